"""Secrets on disk, and the names that follow from them."""

import json
import re
from pathlib import Path
from threading import Barrier, Thread
from uuid import UUID

import pytest

from gateway.auth.keys import KeyFileError, issuer_key, pseudonym_secret, public_keys
from gateway.auth.pseudonym import pseudonym
from tests.auth.people import ELSEWHERE, KARI, OLA, PRACTICE


def test_a_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "issuer.jwk"
    key = issuer_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert issuer_key(path).as_dict(private=True) == key.as_dict(private=True)
    assert [entry.name for entry in path.parent.iterdir()] == ["issuer.jwk"]


def test_the_public_half_has_no_private_part(tmp_path: Path) -> None:
    (published,) = public_keys(issuer_key(tmp_path / "issuer.jwk"))["keys"]
    assert published.keys() == {"kty", "crv", "x", "kid", "use", "alg"}
    assert published["alg"] == "Ed25519"


def test_many_starting_at_once_end_up_with_one_key(tmp_path: Path) -> None:
    path, start = tmp_path / "issuer.jwk", Barrier(8)
    kids: list[str | None] = []

    def make() -> None:
        start.wait(10)
        kids.append(issuer_key(path).kid)

    threads = [Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(kids) == 8
    assert len(set(kids)) == 1


@pytest.mark.parametrize("content", ["", "{}", "[]", "not json", '{"kty":"oct","k":"AAAA"}', '{"kty":"OKP","crv":"Ed25519","x":"AAAA"}'])
def test_a_file_that_holds_no_key_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "issuer.jwk"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match=r"issuer\.jwk holds no"):
        issuer_key(path)


def test_a_public_key_or_one_of_another_curve_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "issuer.jwk"
    public = issuer_key(tmp_path / "other.jwk").as_dict(private=False)
    path.write_text(json.dumps(public))
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="no private Ed25519 key"):
        issuer_key(path)


def test_a_key_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "issuer.jwk"
    issuer_key(path)
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match=re.escape(f"can be read by others: chmod 600 {path}")):
        issuer_key(path)


def test_a_place_that_cannot_hold_a_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileError, match=r"cannot keep a key in .*file/issuer"):
        issuer_key(tmp_path / "file" / "issuer.jwk")


def test_a_pseudonym_is_always_the_same_and_differs_by_member_practice_and_secret(tmp_path: Path) -> None:
    secret = pseudonym_secret(tmp_path / "one.key")
    assert pseudonym_secret(tmp_path / "one.key") == secret
    name = pseudonym(secret, PRACTICE, KARI)
    assert pseudonym(secret, PRACTICE, KARI) == name
    others = [
        pseudonym(secret, PRACTICE, OLA),
        pseudonym(secret, ELSEWHERE, KARI),
        pseudonym(pseudonym_secret(tmp_path / "two.key"), PRACTICE, KARI),
    ]
    assert len({name, *others}) == 4


def test_the_form_of_a_pseudonym_is_pinned() -> None:
    assert pseudonym(bytes(32), "fjordgata", UUID(int=1)) == "p-ixxrryrrhkr6yb7t"


def test_a_damaged_secret_is_refused_rather_than_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    path.write_text("abcd")
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="restore it from a backup"):
        pseudonym_secret(path)
