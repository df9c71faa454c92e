"""The web console at `/console`: server-rendered pages of the process of contracts, Vietnamese first with English."""
