"""The commands of the process of contracts."""
