"""Every code that can be raised has a sentence in both languages, and a sentence speaks of nothing that is not given."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from gateway.problems import Catalogue, Language, Problem, body, preferred_language
from gateway.problems._fields import _CODES

ROOT = Path(__file__).parents[2]
RAISERS = {
    "Refused", "Invalid", "NotFound", "Conflict", "KeyReused", "NotYet", "OutOfRange", "NoSuchPractice", "InvalidPage", "InvalidSearch",
    "PydanticCustomError", "TokenError", "NotAllowed", "Deny", "not_in_future", "unauthorised",
}  # fmt: skip
WITH_STATUS = {"ProblemError", "Problem", "ExportRefused"}
FOLDERS = ("write_side", "read_side", "gateway", "events")


def raised() -> Iterator[tuple[str, set[str] | None, str]]:
    """Every code that is written where it is raised, with the names of its details; None where they cannot be told."""
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    yield from _code(node, f"{file.relative_to(ROOT)}:{node.lineno}")


def _code(call: ast.Call, place: str) -> Iterator[tuple[str, set[str] | None, str]]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    index = 0 if name in RAISERS else 1 if name in WITH_STATUS else None
    if index is None or len(call.args) <= index:
        return
    code = call.args[index]
    if index == 1 and not (isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, int)):
        return
    if not (isinstance(code, ast.Constant) and isinstance(code.value, str)):
        return
    details: set[str] | None = {keyword.arg for keyword in call.keywords if keyword.arg} - {"headers"}
    if name in ("PydanticCustomError", "Problem", "not_in_future") or any(keyword.arg is None for keyword in call.keywords):
        details = None
    yield code.value, details, place


CODES = list(raised())
SENTENCES = Catalogue.load().sentences


def test_codes_are_found_where_they_are_raised() -> None:
    known = {"deviation.close.measures_open", "text.control_character", "idempotency.key_missing", "token.missing"}
    assert known <= {code for code, _, _ in CODES}


@pytest.mark.parametrize("code", sorted({code for code, _, _ in CODES} | set(_CODES.values())))
def test_a_code_has_its_sentence_in_both_languages(code: str) -> None:
    assert set(SENTENCES.get(code, ())) == set(Language), f"write {code} in gateway/messages/"


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_the_languages_speak_of_the_same_details(code: str) -> None:
    english, norwegian = (set(placeholders(SENTENCES[code][language])) for language in (Language.ENGLISH, Language.NORWEGIAN))
    assert english == norwegian
    assert all(SENTENCES[code][language].rstrip().endswith((".", "?", "}")) for language in Language)


@pytest.mark.parametrize(("code", "details", "place"), [item for item in CODES if item[1] is not None and item[0] in SENTENCES])
def test_a_sentence_speaks_only_of_what_is_given(code: str, details: set[str], place: str) -> None:
    assert set(placeholders(SENTENCES[code][Language.ENGLISH])) <= details, place


def placeholders(sentence: str) -> Iterator[str]:
    return (name for _, name, _, _ in Formatter().parse(sentence) if name)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, Language.ENGLISH),
        ("nb-NO,nb;q=0.9,en;q=0.8", Language.NORWEGIAN),
        ("en-GB,en;q=0.9,nb;q=0.8", Language.ENGLISH),
        ("de, no;q=0.5", Language.NORWEGIAN),
        ("nn", Language.NORWEGIAN),
        ("fr", Language.ENGLISH),
        ("nb;q=rubbish, en;q=0.1", Language.ENGLISH),
    ],
)
def test_the_language_is_the_one_asked_for(header: str | None, language: Language) -> None:
    assert preferred_language(header) is language


def test_a_problem_has_the_members_of_rfc_9457() -> None:
    told = body(Problem(409, "deviation.ended", {"status": "closed"}), Language.NORWEGIAN, instance="/v1/x")
    assert told == {
        "type": "/problems/deviation.ended",
        "title": "Ikke mulig nå",
        "status": 409,
        "code": "deviation.ended",
        "detail": "Avviket er avsluttet (closed). Gjenåpne det før du går videre.",
        "instance": "/v1/x",
        "details": {"status": "closed"},
    }
