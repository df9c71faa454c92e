"""How the schema of the process of contracts is answered."""
