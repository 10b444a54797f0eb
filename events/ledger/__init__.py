"""The log that holds the facts: append, read, follow, prove."""
