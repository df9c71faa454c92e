"""One file per database. Every module in this folder is part of the schema: adding one adds a database."""
