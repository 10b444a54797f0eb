"""GraphiQL at /graphiql, from the files of an installed package: no other host is asked for anything."""

from html import escape
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request

from gateway._identity import Identities
from gateway._static import folder_of, tool_page
from gateway.problems import Catalogue, ProblemError, preferred_language

_PACKAGE = "graphene_django_graphiql_static"
_SCRIPTS = ("react.production.min.js", "react-dom.production.min.js", "graphiql.min.js")
_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>GraphiQL · Sporbar</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/graphiql/graphiql.min.css">
<link rel="stylesheet" href="/graphiql/start.css">
</head>
<body>
{signed_out}
<div id="editor">GraphiQL needs JavaScript.</div>
{scripts}
</body>
</html>
"""


_SIGNED_OUT = '<p class="signed-out" lang="{language}"><a href="/">{sentence}</a></p>'


def router(identities: Identities) -> APIRouter:
    """The page and its files; whoever is not signed in finds the way to the start page on it."""
    package, own = folder_of(_PACKAGE, "static", _PACKAGE), Path(__file__).parent / "static"
    names = (*_SCRIPTS, "graphiql.min.css")
    files = {name: package / name for name in names} | {name: own / name for name in ("start.js", "start.css")}
    scripts = "\n".join(f'<script src="/graphiql/{name}"></script>' for name in (*_SCRIPTS, "start.js"))
    made = APIRouter()
    tool_page(made, "/graphiql", lambda request: _HTML.format(scripts=scripts, signed_out=_signed_out(request, identities)), files)
    return made


def _signed_out(request: Request, identities: Identities) -> str:
    try:
        identities.of(request)
    except ProblemError:
        language = preferred_language(request.headers.get("accept-language"))
        sentence = Catalogue.load().sentence("sign_in.required", language, {})
        return _SIGNED_OUT.format(language=language, sentence=escape(sentence))
    return ""
