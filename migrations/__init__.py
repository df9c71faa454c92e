"""Numbered SQL files, one folder per schema; `service.migrate` applies them in order."""
