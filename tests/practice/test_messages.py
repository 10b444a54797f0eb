"""Every code that a command to a practice can be answered with has a sentence in each language."""

import ast
import inspect
from string import Formatter

import pytest

from gateway.problems import Catalogue, Language
from write_side.practice import commands, rules

RAISE = {"Invalid", "NotFound", "Refused", "not_in_future", "PydanticCustomError"}


def raised() -> dict[str, set[str]]:
    """Each code with the details that it is always raised with."""
    found: dict[str, set[str]] = {}
    for module in (rules, commands):
        for call in ast.walk(ast.parse(inspect.getsource(module))):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in RAISE):
                continue
            code = ast.literal_eval(call.args[0])
            details = {"given"} if call.func.id == "not_in_future" else {keyword.arg for keyword in call.keywords if keyword.arg}
            found[code] = found.get(code, details) & details
    return found


CODES = raised()


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("code", CODES)
def test_a_sentence_names_only_what_it_is_raised_with(code: str, language: Language) -> None:
    sentence = Catalogue.load().sentences[code][language]
    assert {name for _, name, _, _ in Formatter().parse(sentence) if name} <= CODES[code]


def test_no_sentence_is_left_over() -> None:
    assert {code for code in Catalogue.load().sentences if code.startswith("practice.")} == set(CODES)
