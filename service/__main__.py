"""`python -m service` is the command `lienthong`."""

from service.cli import main

main()
