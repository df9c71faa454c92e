"""What the people on call look at on a machine that has nothing else: /traces and /metrics."""
