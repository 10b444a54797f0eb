"""Every code that a task or a rule can be answered with has a sentence in both languages, with details that are given."""

import ast
import inspect
from string import Formatter
from types import ModuleType

import pytest

from events import _rrule
from gateway.problems._catalogue import Catalogue, Language
from write_side.task import commands, rules, values
from write_side.task.recurring import commands as recurring_commands
from write_side.task.recurring import rules as recurring_rules

RAISED = {"Invalid", "NotFound", "Refused", "PydanticCustomError", "BadRule", "not_in_future"}
AHEAD = {f"{capability}.{code}": details for capability in ("task", "recurring_task") for code, details in {
    "day_in_past": {"given"}, "day_too_far": {"given", "latest"},
}.items()}  # fmt: skip


def raised(module: ModuleType) -> dict[str, set[str]]:
    """The codes of a module, each with the details it is raised with."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED:
            code = node.args[0]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                dated = {"given"} if node.func.id == "not_in_future" else set()
                found[code.value] = dated | {keyword.arg for keyword in node.keywords if keyword.arg}
    return found


MODULES = [_rrule, commands, rules, values, recurring_commands, recurring_rules]
CODES = {code: details for module in MODULES for code, details in raised(module).items()} | AHEAD


@pytest.mark.parametrize("language", Language)
def test_every_code_has_a_sentence_that_names_only_its_details(language: Language) -> None:
    sentences = Catalogue.load().sentences
    placed = {code: {name for _, name, _, _ in Formatter().parse(sentences[code][language]) if name} for code in CODES}
    assert {code: names - CODES[code] for code, names in placed.items() if names - CODES[code]} == {}


def test_no_sentence_is_left_without_its_code() -> None:
    written = {code for code in Catalogue.load().sentences if code.startswith(("task.", "recurring_task.", "recurrence."))}
    assert written == {code for code in CODES if code != "reference.not_found"}
