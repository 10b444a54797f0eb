"""The facts of a practice and the ledger that holds them."""
