"""Who may ask what: credentials, contracts, decisions, audit."""
