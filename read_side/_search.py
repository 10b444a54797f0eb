"""What somebody types to search for, as a condition on texts in Norwegian.

The grammar is that of a web search: words that all must occur, "words in quotes" that follow each other, -without, or.
A word finds its inflections and what begins with it, so that `stikk` finds `Stikkuhell`; words too common to tell
anything apart, such as `og`, are passed over. Nobody's text is ever read as PostgreSQL's own query syntax.
"""

import re
from typing import Any

from psycopg import sql

_ITEM = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_DOCUMENT = sql.SQL("(to_tsvector('norwegian', {text}) || to_tsvector('simple', {text}))")
_WORD = sql.SQL(
    "case when numnode(plainto_tsquery('norwegian', {word})) = 0 then ''::tsquery"
    " else plainto_tsquery('norwegian', {word}) || to_tsquery('simple', {prefix}) end"
)
_PHRASE = sql.SQL("phraseto_tsquery('norwegian', {word})")
_NOTHING = sql.SQL("''::tsquery")


def matches(text: sql.Composable, searched: str) -> tuple[sql.Composed, dict[str, Any]]:
    """Whether the SQL expression `text` has what is searched for, and the parameters of that condition."""
    params: dict[str, Any] = {}
    alternatives: list[list[sql.Composable]] = [[]]
    for minus, phrase, word in _ITEM.findall(searched):
        if word.lower() == "or" and not minus:
            alternatives.append([])
        else:
            alternatives[-1].append(_term(phrase, word, without=bool(minus), params=params))
    query = sql.SQL(" || ").join(sql.SQL("({})").format(_all(terms)) for terms in alternatives)
    return sql.SQL("{} @@ ({})").format(_DOCUMENT.format(text=text), query), params


def _all(terms: list[sql.Composable]) -> sql.Composable:
    return sql.SQL(" && ").join(terms) if terms else _NOTHING


def _term(phrase: str, word: str, *, without: bool, params: dict[str, Any]) -> sql.Composable:
    name = f"search_{len(params)}"
    params[name] = word or phrase
    given = sql.Placeholder(name)
    if word:
        params[f"{name}_prefix"] = _quoted(word) + ":*"
        found: sql.Composable = _WORD.format(word=given, prefix=sql.Placeholder(f"{name}_prefix"))
    else:
        found = _PHRASE.format(word=given)
    return sql.SQL("(!! ({}))" if without else "({})").format(found)


def _quoted(word: str) -> str:
    """A word as an operand of to_tsquery, in which nothing is an operator."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
