"""What a member is called in reports given under a pseudonym."""

import base64
import hashlib
import hmac
from uuid import UUID

_PURPOSE = b"sporbar pseudonym v1"
_BYTES = 10


def pseudonym(secret: bytes, practice: str, member: UUID) -> str:
    """The pseudonym of a member in a practice: always the same, and without the secret nobody finds out whose it is.

    HMAC-SHA256 (RFC 2104) of practice and member, its first 80 bits in base32: `p-` and 16 letters and digits.
    """
    digest = hmac.digest(secret, b"\0".join((_PURPOSE, practice.encode(), member.bytes)), hashlib.sha256)
    return f"p-{base64.b32encode(digest[:_BYTES]).decode().lower()}"
