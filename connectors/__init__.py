"""Where data is: one fetch protocol, one file per kind of engine."""
