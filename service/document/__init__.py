"""The technical document of a contract version, generated from the contract: what an integrator needs to know."""
