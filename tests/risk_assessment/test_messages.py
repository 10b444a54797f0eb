"""Every code that the rules raise has a sentence in both languages, with the details that it is raised with."""

import ast
import inspect
from string import Formatter
from types import ModuleType

import pytest

from gateway.problems._catalogue import Catalogue, Language
from write_side.risk_assessment import commands, rules

RAISED = {"Invalid", "NotFound", "Refused", "not_in_future", "_not_past", "PydanticCustomError"}


def raised(module: ModuleType) -> dict[str, set[str]]:
    """The codes of a module, each with the details it is raised with."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED:
            code = node.args[0]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                dated = {"given"} if node.func.id in {"not_in_future", "_not_past"} else set()
                found[code.value] = dated | {keyword.arg for keyword in node.keywords if keyword.arg}
    return found


CODES = {**raised(rules), **raised(commands)}


@pytest.mark.parametrize("language", Language)
def test_every_code_has_a_sentence_that_names_only_its_details(language: Language) -> None:
    sentences = Catalogue.load().sentences
    placed = {code: {name for _, name, _, _ in Formatter().parse(sentences[code][language]) if name} for code in CODES}
    assert {code: names - CODES[code] for code, names in placed.items() if names - CODES[code]} == {}


def test_no_sentence_is_left_without_its_code() -> None:
    written = {code for code in Catalogue.load().sentences if code.startswith(("risk_assessment.", "risk_matrix."))}
    assert written == set(CODES)
