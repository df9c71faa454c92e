"""`python -m bench`: the gateway against plain Strawberry and against a handler written by hand."""
