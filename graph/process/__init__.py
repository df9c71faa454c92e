"""What people with roles can ask and do: the schema of the process of contracts, apart from the schema of data."""
