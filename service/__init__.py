"""How it is served: the Starlette application, settings, telemetry, pages and the command line."""
