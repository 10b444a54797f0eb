"""A database that is fed from Kafka shows records that are kept elsewhere; there is none to send from (docs/adr/0020)."""

FED = "select exists (select from projection.received)"
"""Whether the database has read models of such records."""
