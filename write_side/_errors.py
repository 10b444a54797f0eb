"""Why a command was not carried out. Each error has a stable code; the gateway turns codes into sentences."""

from typing import Any


class CommandError(Exception):
    """Base of everything that keeps a command from being carried out; nothing was stored."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(f"{code} {details}" if details else code)
        self.code = code
        self.details = details


class Refused(CommandError):
    """A rule of the practice's quality work does not allow it now."""


class Invalid(CommandError):
    """What the command says cannot be so: a date in the future, an unknown reference."""


class NotFound(CommandError):
    """The subject does not exist in this practice."""


class Conflict(CommandError):
    """Somebody else was faster, or the subject is not at the version the caller expected."""


class KeyReused(CommandError):
    """The idempotency key was used before, for another command."""
