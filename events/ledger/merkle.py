"""The Merkle tree over a ledger's lines (RFC 6962 § 2.1): one leaf a line, in the order of positions."""

from collections.abc import Iterable
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
"""Root of the tree without leaves."""


def leaf_hash(line: bytes) -> bytes:
    """Hash of a leaf: SHA-256(0x00 ‖ line), 32 bytes."""
    return sha256(b"\x00" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an interior node: SHA-256(0x01 ‖ left ‖ right), 32 bytes."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: the roots of its full subtrees, largest first.

    There is one for each 1 in the binary form of the size, so a tree of a million leaves needs at most twenty hashes
    to grow on and to tell its root.
    """

    __slots__ = ("_hashes", "_size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        """Take up a tree of `size` leaves where it was left; ValueError if the hashes do not fit the size."""
        self._size = size
        self._hashes = list(hashes)
        if size < 0 or len(self._hashes) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves does not have {len(self._hashes)} full subtrees")

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Roots of the full subtrees, largest first."""
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        node, carry = leaf, self._size
        while carry & 1:
            node = sha256(b"\x01" + self._hashes.pop() + node).digest()
            carry >>= 1
        self._hashes.append(node)
        self._size += 1

    def root(self) -> bytes:
        """Root of the tree as it stands."""
        if not self._hashes:
            return EMPTY_ROOT
        node = self._hashes[-1]
        for left in self._hashes[-2::-1]:
            node = sha256(b"\x01" + left + node).digest()
        return node
