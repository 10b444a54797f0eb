"""`python -m gateway.cli` is `sporbar`."""

from gateway.cli import main

main()
