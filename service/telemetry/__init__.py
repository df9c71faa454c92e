"""What the people on call see: traces, metrics and log lines of requests, and never a value of anybody."""
