"""The incremental tree against RFC 6962's own definition, and against published vectors."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.ledger.merkle import EMPTY_ROOT, Frontier, leaf_hash, node_hash

# The test tree of Certificate Transparency (google/certificate-transparency, merkletree): inputs, and the root of each prefix.
CT_INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def tree_hash(lines: list[bytes]) -> bytes:
    """MTH of RFC 6962 § 2.1, word for word."""
    if not lines:
        return sha256(b"").digest()
    if len(lines) == 1:
        return sha256(b"\x00" + lines[0]).digest()
    split = 1
    while split * 2 < len(lines):
        split *= 2
    return sha256(b"\x01" + tree_hash(lines[:split]) + tree_hash(lines[split:])).digest()


def grown(lines: list[bytes]) -> Frontier:
    frontier = Frontier()
    for line in lines:
        frontier.append(leaf_hash(line))
    return frontier


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_of_certificate_transparency(size: int) -> None:
    assert grown([bytes.fromhex(line) for line in CT_INPUTS[:size]]).root().hex() == CT_ROOTS[size]


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_the_growing_tree_is_the_recursive_tree(lines: list[bytes]) -> None:
    frontier = grown(lines)
    assert frontier.root() == tree_hash(lines)
    assert frontier.size == len(lines)
    assert len(frontier.hashes) == len(lines).bit_count()


@given(st.lists(st.binary(max_size=8), max_size=40), st.lists(st.binary(max_size=8), max_size=40))
def test_a_tree_is_taken_up_where_it_was_left(before: list[bytes], after: list[bytes]) -> None:
    left = grown(before)
    taken_up = Frontier(left.size, left.hashes)
    for line in after:
        taken_up.append(leaf_hash(line))
    assert taken_up.root() == tree_hash(before + after)


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_any_change_of_a_line_changes_the_root(lines: list[bytes], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines) - 1))
    changed = [*lines[:at], lines[at] + b"!", *lines[at + 1 :]]
    assert grown(changed).root() != grown(lines).root()


def test_a_leaf_is_never_a_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert node_hash(left, right) != leaf_hash(left + right)
    assert Frontier().root() == EMPTY_ROOT


@pytest.mark.parametrize(("size", "hashes"), [(3, 1), (4, 2), (0, 1), (-1, 1)])
def test_hashes_that_do_not_fit_the_size_are_refused(size: int, hashes: int) -> None:
    with pytest.raises(ValueError, match="full subtrees"):
        Frontier(size, [bytes(32)] * hashes)
