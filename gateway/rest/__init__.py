"""Commands over REST: one POST a command below /v1/practices/{practice}, described by OpenAPI."""

from gateway.rest._mount import mount
from gateway.rest._openapi import DESCRIPTION

__all__ = ["DESCRIPTION", "mount"]
