"""Versioned SQL of the ledger; applied in the order of their numbers, each once."""
