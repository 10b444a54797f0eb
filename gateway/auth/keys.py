"""Secrets of this installation: made at first start, each in a file that only its owner may read."""

import json
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization, OKPKey

_PSEUDONYM_SECRET_BYTES = 32


class KeyFileError(Exception):
    """A key file cannot be used; the message is one line that says what to do."""


def issuer_key(path: Path) -> OKPKey:
    """The Ed25519 key of the local issuer (a private JWK, RFC 8037), made when there is none; raises KeyFileError."""
    content = _read_or_make(path, _new_issuer_key)
    try:
        key = OKPKey.import_key(json.loads(content))
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise KeyFileError(f"{path} holds no JWK: restore it, or remove it to have a new one made (tokens given out end then)") from error
    if key.curve_name != "Ed25519" or not key.is_private:
        raise KeyFileError(f"{path} holds no private Ed25519 key: restore it, or remove it to have a new one made")
    key.ensure_kid()
    return key


def public_keys(key: OKPKey) -> KeySetSerialization:
    """The public half as a JWK set (RFC 7517 § 5), for whoever verifies tokens."""
    return KeySet([key]).as_dict(private=False, use="sig", alg="Ed25519")


def pseudonym_secret(path: Path) -> bytes:
    """The secret that pseudonyms follow from, made when there is none; raises KeyFileError."""
    content = _read_or_make(path, lambda: secrets.token_hex(_PSEUDONYM_SECRET_BYTES))
    try:
        secret = bytes.fromhex(content.strip())
    except ValueError:
        secret = b""
    if len(secret) != _PSEUDONYM_SECRET_BYTES:
        raise KeyFileError(f"{path} does not hold {_PSEUDONYM_SECRET_BYTES} bytes in hexadecimal: restore it from a backup")
    return secret


def _new_issuer_key() -> str:
    return json.dumps(OKPKey.generate_key("Ed25519", auto_kid=True).as_dict(private=True))


def _read_or_make(path: Path, make: Callable[[], str]) -> str:
    try:
        if not path.exists():
            _create(path, make())
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise KeyFileError(f"{path} can be read by others: chmod 600 {path}")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"cannot keep a key in {path}: {error}") from error


def _create(path: Path, content: str) -> None:
    """Put a whole file in place, unless another process was first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.") as draft:  # mode 0600
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
        try:
            os.link(draft.name, path)
        except FileExistsError:
            return
