"""The circular's process: from a unit's request to a contract in force, and to its end."""
