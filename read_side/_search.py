"""What somebody types to search for, as a condition on a text in Norwegian.

The grammar is that of a web search: words that all must occur, "words in quotes" exactly as they follow each other,
-without, or. A word finds what begins with it, so that `stikk` finds `Stikkuhell`, and its inflections. Words too common
to tell anything apart, such as `og`, are passed over where others are given.

Of what is typed only letters and digits reach the database, so nothing in it can be read as an operator. Expressions
look at every text of the practice, some hundreds: that takes a twentieth of the time of making a tsvector of each.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from psycopg import sql

from read_side._as_of import View
from read_side._errors import InvalidSearch

MOST_WORDS = 16
"""Each is looked for by up to two expressions, and a session keeps 32 of them ready."""

_ITEM = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_WORD = re.compile(r"\w+")
_FOUND = sql.SQL("{text} ~* {pattern}")
_INFLECTED = sql.SQL("({text} ~* {stem} and to_tsvector('norwegian', {text}) @@ plainto_tsquery('norwegian', {word}))")
_STEMS = sql.SQL("select word, ts_lexize('norwegian_stem', word) as stems from unnest(%(words)s::text[]) as word")


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for: a word, or several that follow each other."""

    words: tuple[str, ...]
    exact: bool
    """Whether it was given in quotation marks."""
    without: bool

    @property
    def pattern(self) -> str:
        """A regular expression of PostgreSQL for it, which has signs for the beginning and the end of a word."""
        return r"\m" + r"\W+".join(self.words) + (r"\M" if self.exact else "")


def parse(searched: str) -> list[list[Term]]:
    """Alternatives, in each the terms that must all hold; raises InvalidSearch for more than MOST_WORDS words."""
    alternatives: list[list[Term]] = [[]]
    for minus, quoted, plain in _ITEM.findall(normalize("NFC", searched)):
        if plain.lower() == "or" and not minus:
            alternatives.append([])
        elif words := tuple(_WORD.findall(plain or quoted)):
            alternatives[-1].append(Term(words, exact=not plain, without=bool(minus)))
    if sum(len(term.words) for terms in alternatives for term in terms) > MOST_WORDS:
        raise InvalidSearch("search.words", limit=MOST_WORDS)
    return [terms for terms in alternatives if terms]


async def matches(view: View, text: sql.Composable, searched: str) -> tuple[sql.Composable, dict[str, Any]]:
    """Whether the SQL expression `text` has what is searched for, and the parameters of that condition.

    Nothing has what is searched for without a word. Raises InvalidSearch.
    """
    alternatives = parse(searched)
    words = {term.words[0] for terms in alternatives for term in terms if _may_be_inflected(term)}
    stems = {row["word"]: row["stems"] for row in await view.fetch_dicts(_STEMS, {"words": list(words)})}
    telling = [[term for term in terms if stems.get(term.words[0]) != [] or not _may_be_inflected(term)] for terms in alternatives]
    params: dict[str, Any] = {}
    conditions = [_all(text, terms, stems, params) for terms in (telling if any(telling) else alternatives) if terms]
    return sql.SQL("({})").format(sql.SQL(" or ").join(conditions)) if conditions else sql.SQL("false"), params


def _may_be_inflected(term: Term) -> bool:
    return len(term.words) == 1 and not term.exact


def _all(text: sql.Composable, terms: list[Term], stems: Mapping[str, list[str]], params: dict[str, Any]) -> sql.Composable:
    return sql.SQL("({})").format(sql.SQL(" and ").join(_one(text, term, stems, params) for term in terms))


def _one(text: sql.Composable, term: Term, stems: Mapping[str, list[str]], params: dict[str, Any]) -> sql.Composable:
    found: sql.Composable = _FOUND.format(text=text, pattern=_given(term.pattern, params))
    word = term.words[0]
    if _may_be_inflected(term) and (stem := next(iter(stems[word]), word.lower())) != word.lower():
        inflected = _INFLECTED.format(text=text, stem=_given(rf"\m{stem}", params), word=_given(word, params))
        found = sql.SQL("({} or {})").format(found, inflected)
    return sql.SQL("not {}").format(found) if term.without else found


def _given(value: str, params: dict[str, Any]) -> sql.Placeholder:
    name = f"search_{len(params)}"
    params[name] = value
    return sql.Placeholder(name)
