"""Review help: what a request would open, how it differs from the version it would replace, what to look at."""
