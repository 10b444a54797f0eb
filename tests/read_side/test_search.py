"""What is typed to search for: the grammar, and that nothing in it is ever an operator or an error."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from read_side._as_of import open_view
from read_side._errors import InvalidSearch
from read_side._search import MOST_WORDS, Term, matches, parse
from tests._database import Database
from tests.projections._record import Record

Found = Callable[[str, str], bool]
"""Whether a text has what is searched for."""

OPERATORS = [
    "dose",
    "or",
    "-",
    '"',
    "'",
    "\\",
    ":*",
    "&",
    "|",
    "!",
    "(",
    ")",
    "<->",
    "og",
    "æ",
    " ",
    "\\m",
    "[",
    "{2}",
    "$",
    "%s",
    "--",
    ";",
]
on_a_server = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)


def word(*words: str, exact: bool = False, without: bool = False) -> Term:
    return Term(words, exact, without)


@pytest.mark.parametrize(
    ("searched", "alternatives"),
    [
        ("feil dose", [[word("feil"), word("dose")]]),
        ("feil -dose", [[word("feil"), word("dose", without=True)]]),
        ("feil or dose OR liste", [[word("feil")], [word("dose")], [word("liste")]]),
        ('"feil dose" or "liste', [[word("feil", "dose", exact=True)], [word("liste")]]),
        ('-"feil dose"', [[word("feil", "dose", exact=True, without=True)]]),
        ("e-post 2026/14 ola@fjordgata.no", [[word("e", "post"), word("2026", "14"), word("ola", "fjordgata", "no")]]),
        ("or -or or", [[word("or", without=True)]]),
        ("a\u030apen", [[word("åpen")]]),
        ("  - '' \"\" !", []),
    ],
)
def test_the_grammar_is_that_of_a_web_search(searched: str, alternatives: list[list[Term]]) -> None:
    assert parse(searched) == alternatives


def test_a_search_has_a_limit() -> None:
    parse("dose " * MOST_WORDS)
    with pytest.raises(InvalidSearch):
        parse("dose " * MOST_WORDS + "feil")


@given(st.text())
def test_whatever_is_typed_only_letters_and_digits_come_through(searched: str) -> None:
    try:
        found = parse(searched)
    except InvalidSearch:
        return
    assert all(part.isalnum() for terms in found for term in terms for part in "".join(term.words).replace("_", ""))


@pytest.fixture
def found(read_models: Database, record: Record) -> Iterator[Found]:
    """Asks a database, in one view for all that a test asks."""

    async def ask(text: str, searched: str) -> bool:
        condition, params = await matches(view, sql.SQL("{}::text").format(sql.Literal(text)), searched)
        (row,) = await view.fetch_dicts(sql.SQL("select {} as found").format(condition), params)
        return bool(row["found"])

    with asyncio.Runner() as runner:
        opened = AsyncExitStack()
        pool = runner.run(opened.enter_async_context(read_models.async_pool()))
        view = runner.run(opened.enter_async_context(open_view(pool, record.practice, now=datetime.now(UTC))))
        yield lambda text, searched: runner.run(ask(text, searched))
        runner.run(opened.aclose())


TEXT = "Stikkuhell på lab. Hendelsen ble meldt til legen og på e-post; ærlige svar."
HAS = ["stikk", "stikkuhellet", "hende", "hendels", "hendelser", "lege", "leger", "og", "og stikk", "-mangler", "mangler or stikk"]
HAS += ['"stikkuhell på"', "e-post", "ærlig", "ÆRLIG", "til stikk"]
HAS_NOT = ["uhell", "stikkuhell mangler", "legg", "og mangler", "-og", "-stikk", '"stikkuhell lab"', '"stikk"', "epost", "æ-post"]


def test_a_word_finds_its_forms_and_what_begins_with_it(found: Found) -> None:
    assert [searched for searched in HAS if not found(TEXT, searched)] == []
    assert [searched for searched in HAS_NOT if found(TEXT, searched)] == []


@on_a_server
@given(searched=st.lists(st.sampled_from(OPERATORS), max_size=12).map("".join))
def test_operators_of_any_language_are_only_text(found: Found, searched: str) -> None:
    found("Feil dose", searched)


@on_a_server
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
def test_any_text_can_be_searched_for(found: Found, text: str) -> None:
    found("Feil dose", text)


a_word = st.text("abcdefghijklmnopqrstuvwxyzæøå0123456789", min_size=1, max_size=8).filter(lambda word: word != "or")


@on_a_server
@given(words=st.lists(a_word, min_size=1, max_size=6), data=st.data())
def test_every_word_is_found_by_its_beginning_and_a_phrase_as_it_stands(found: Found, words: list[str], data: st.DataObject) -> None:
    text = ", ".join(words).title()
    chosen = data.draw(st.sampled_from(words))
    assert found(text, chosen[: data.draw(st.integers(1, len(chosen)))].replace("or", "o"))
    first = data.draw(st.integers(0, len(words) - 1))
    phrase = " ".join(words[first : first + 3])
    assert found(text, f'"{phrase}"')
    assert not found(text, f'-"{phrase}"')
