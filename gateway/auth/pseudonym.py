"""What stands for a member in reports given under a pseudonym or without a name."""

import base64
import hashlib
import hmac
from uuid import UUID

_PURPOSE = b"sporbar pseudonym v1"
_PURPOSE_OF_A_COMMAND = b"sporbar hidden command v1"
_PURPOSE_OF_AN_EXPORT = b"sporbar exported person v1"
_PURPOSE_OF_AN_EXPORTED_COMMAND = b"sporbar exported command v1"
_PURPOSE_OF_A_TOKEN = b"sporbar resume token v1"
_PURPOSE_OF_THE_KEYS_NAME = b"sporbar key name v1"
_BYTES = 10


def pseudonym(secret: bytes, practice: str, member: UUID) -> str:
    """The pseudonym of a member in a practice: always the same, and without the secret nobody finds out whose it is.

    HMAC-SHA256 (RFC 2104) of practice and member, its first 80 bits in base32: `p-` and 16 letters and digits.
    """
    digest = hmac.digest(secret, b"\0".join((_PURPOSE, practice.encode(), member.bytes)), hashlib.sha256)
    return f"p-{base64.b32encode(digest[:_BYTES]).decode().lower()}"


def hidden_name(secret: bytes, practice: str, actor: str, key: str) -> str:
    """What a command is called whose sender the record does not name: one sender's key, the same again when it is sent again.

    HMAC-SHA256 (RFC 2104) in hexadecimal. Without the secret nobody can try out who it was, and no two senders meet.
    """
    told = (_PURPOSE_OF_A_COMMAND, practice.encode(), actor.encode(), key.encode())
    return hmac.digest(secret, b"\0".join(told), hashlib.sha256).hex()


def exported_person(secret: bytes, practice: str, person: str) -> str:
    """What stands for a person in a pseudonymised export: always the same within a practice, and in no other one.

    HMAC-SHA256 (RFC 2104), its first 80 bits in base32: `m-` and 16 letters and digits. It is not the pseudonym of their
    reports, for otherwise whatever else they do would tell who reported.
    """
    digest = hmac.digest(secret, b"\0".join((_PURPOSE_OF_AN_EXPORT, practice.encode(), person.encode())), hashlib.sha256)
    return f"m-{base64.b32encode(digest[:_BYTES]).decode().lower()}"


def exported_command(secret: bytes, practice: str, command: str) -> str:
    """What stands for a command id in a pseudonymised export: the id itself follows from who sent the command.

    A UUID of version 8 (RFC 9562) made of HMAC-SHA256; events of one command keep one.
    """
    digest = hmac.digest(secret, b"\0".join((_PURPOSE_OF_AN_EXPORTED_COMMAND, practice.encode(), command.encode())), hashlib.sha256)
    told, variant = digest.hex(), "89ab"[digest[8] >> 4 & 3]
    return f"{told[:8]}-{told[8:12]}-8{told[13:16]}-{variant}{told[17:20]}-{told[20:32]}"  # as str(UUID), at a sixth of its cost


def sealed(secret: bytes, payload: bytes) -> bytes:
    """What shows that a resume token was given out here: HMAC-SHA256 (RFC 2104) of its payload, 128 bits."""
    return hmac.digest(secret, _PURPOSE_OF_A_TOKEN + b"\0" + payload, hashlib.sha256)[:16]


def key_name(secret: bytes) -> str:
    """A name of the secret that does not tell it: two exports with the same one have the same pseudonyms."""
    return hmac.digest(secret, _PURPOSE_OF_THE_KEYS_NAME, hashlib.sha256)[:4].hex()
