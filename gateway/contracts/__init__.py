"""The contracts with whoever reads the stream: a JSON Schema for each event type, and an AsyncAPI document."""

from gateway.contracts._breaking import breaking_changes
from gateway.contracts._documents import asyncapi_text, schema_texts
from gateway.contracts._pages import contract_pages

__all__ = ["asyncapi_text", "breaking_changes", "contract_pages", "schema_texts"]
