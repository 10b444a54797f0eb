"""What is accepted at the door, and the many things that are not."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, OKPKey

from events._function import Function
from gateway.auth.actor import Role
from gateway.auth.keys import public_keys
from gateway.auth.tokens import LONGEST, LocalIssuer, TokenError, Verifier
from tests.auth.people import KARI, NOW, OLA, PRACTICE

KEY = OKPKey.generate_key("Ed25519", auto_kid=True)
OTHER_KEY = OKPKey.generate_key("Ed25519", auto_kid=True)
ISSUER = LocalIssuer(KEY, "urn:sporbar:local", "sporbar", timedelta(hours=8))
VERIFIER = Verifier(KeySet.import_key_set(public_keys(KEY)), "urn:sporbar:local", "sporbar")
HEADER = {"alg": "Ed25519", "typ": "at+jwt", "kid": KEY.kid}
TOKEN = ISSUER.issue(practice=PRACTICE, roles={Role.EMPLOYEE}, member=KARI, now=NOW)


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good token with some changed, or left out where the change is None."""
    issued = int(NOW.timestamp())
    good = {
        "iss": "urn:sporbar:local",
        "aud": "sporbar",
        "sub": str(KARI),
        "iat": issued,
        "nbf": issued,
        "exp": issued + 3600,
        "practice": PRACTICE,
        "roles": ["employee"],
        "functions": [],
        "member": str(KARI),
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(said: dict[str, Any], header: dict[str, Any] = HEADER, key: OKPKey = KEY) -> str:
    return jwt.encode(header, said, key, algorithms=["Ed25519"])


def refusal(token: str, *, later: timedelta = timedelta()) -> str:
    with pytest.raises(TokenError) as refused:
        VERIFIER.verify(token, NOW + later)
    return refused.value.code


def test_a_token_speaks_for_whom_it_was_issued() -> None:
    token = ISSUER.issue(
        practice=PRACTICE, roles={Role.EMPLOYEE, Role.FUNCTION_HOLDER}, functions=[Function.CLINICAL_LEAD, OLA], member=KARI, now=NOW
    )
    actor = VERIFIER.verify(token, NOW)
    assert (actor.practice, actor.member, actor.id) == (PRACTICE, KARI, str(KARI))
    assert actor.roles == {Role.EMPLOYEE, Role.FUNCTION_HOLDER}
    assert actor.functions == {Function.CLINICAL_LEAD, OLA}
    assert actor.expires_at == NOW + timedelta(hours=8)


def test_somebody_from_outside_is_known_by_their_subject() -> None:
    actor = VERIFIER.verify(ISSUER.issue(practice=PRACTICE, roles={Role.AUDITOR}, subject="auditor-1", now=NOW), NOW)
    assert (actor.id, actor.member) == ("auditor-1", None)


def test_the_hand_made_token_of_these_tests_is_accepted_unchanged() -> None:
    assert VERIFIER.verify(signed(claims()), NOW).member == KARI


def test_the_clock_may_differ_by_the_leeway_and_no_more() -> None:
    hour = timedelta(hours=1)
    VERIFIER.verify(signed(claims()), NOW + hour + timedelta(seconds=9))
    assert refusal(signed(claims()), later=hour + timedelta(seconds=10)) == "token.expired"
    VERIFIER.verify(signed(claims()), NOW - timedelta(seconds=10))
    assert refusal(signed(claims()), later=-timedelta(seconds=11)) == "token.not_yet_valid"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "urn:somebody:else"}, "token.issuer"),
        ({"aud": "another-service"}, "token.audience"),
        ({"aud": ["another-service", "a-third"]}, "token.audience"),
        ({"exp": int(NOW.timestamp()) - 3600}, "token.expired"),
        ({"nbf": int(NOW.timestamp()) + 3600}, "token.not_yet_valid"),
        ({"iat": int(NOW.timestamp()) + 3600}, "token.not_yet_valid"),
        *[({name: None}, "token.claims") for name in ("iss", "aud", "sub", "exp", "nbf", "iat", "practice", "roles")],
        ({"sub": ""}, "token.claims"),
        ({"sub": 7}, "token.claims"),
        ({"exp": "tomorrow"}, "token.claims"),
        ({"exp": 1e300}, "token.claims"),
        ({"practice": ["fjordgata", "havnegata"]}, "token.claims"),
        ({"practice": "Fjordgata/../x"}, "token.claims"),
        ({"roles": []}, "token.claims"),
        ({"roles": ["owner"]}, "token.claims"),
        ({"roles": "manager"}, "token.claims"),
        ({"functions": ["KING"]}, "token.claims"),
        ({"member": "kari"}, "token.claims"),
    ],
    ids=str,
)
def test_a_claim_that_is_wrong_or_missing_is_refused(changes: dict[str, Any], code: str) -> None:
    assert refusal(signed(claims(**changes))) == code


def _segment(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _unsigned(header: dict[str, Any]) -> str:
    return f"{_segment(header)}.{_segment(claims())}."


def _signed_with_the_public_key_as_a_password() -> str:
    raw = KEY.as_dict(private=False)["x"]
    assert isinstance(raw, str)
    return jwt.encode({**HEADER, "alg": "HS256"}, claims(), OctKey.import_key(raw), algorithms=["HS256"])


@pytest.mark.parametrize(
    "make",
    [
        lambda: _unsigned({**HEADER, "alg": "none"}),
        lambda: _unsigned({**HEADER, "alg": "None"}),
        lambda: _unsigned({"typ": "at+jwt"}),
        lambda: _unsigned({**HEADER, "alg": 7}),
        _signed_with_the_public_key_as_a_password,
        lambda: signed(claims(), {**HEADER, "typ": "JWT"}),
        lambda: signed(claims(), {**HEADER, "typ": "dpop+jwt"}),
        lambda: "",
        lambda: "a.b",
        lambda: "æ.ø.å",
        lambda: "x" * (LONGEST + 1),
        lambda: base64.urlsafe_b64encode(b"[" * 5_000).decode() + ".e30.",
        lambda: base64.urlsafe_b64encode(b'{"alg":' + b"9" * 5_000 + b"}").decode() + ".e30.",
    ],
    ids=[
        "none",
        "None",
        "no alg",
        "alg of another type",
        "HS256",
        "JWT",
        "DPoP",
        "empty",
        "two parts",
        "letters",
        "long",
        "deep",
        "digits",
    ],
)
def test_what_is_no_access_token_of_ours_is_refused(make: Callable[[], str]) -> None:
    assert refusal(make()) == "token.malformed"


def test_a_key_that_nobody_trusts_is_refused() -> None:
    assert refusal(signed(claims(), key=OTHER_KEY)) == "token.signature"
    assert refusal(signed(claims(), {**HEADER, "kid": OTHER_KEY.kid}, OTHER_KEY)) == "token.malformed"


def test_changed_claims_are_refused() -> None:
    header, _, signature = signed(claims()).split(".")
    assert refusal(f"{header}.{_segment(claims(practice='havnegata'))}.{signature}") == "token.signature"


@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="ascii"))
def test_any_changed_character_is_refused(place: int, character: str) -> None:
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    last_of_a_part = place + 1 == len(TOKEN)  # its lowest bits are padding
    if changed != TOKEN and not last_of_a_part:
        assert refusal(changed).startswith("token.")


@given(st.text(max_size=300))
def test_whatever_is_sent_is_refused_in_the_same_way(text: str) -> None:
    assert refusal(text) == "token.malformed"
