"""GraphiQL at /graphiql, from the files of an installed package: no other host is asked for anything."""

from pathlib import Path

from fastapi import APIRouter

from gateway._static import folder_of, tool_page

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
<div id="editor">GraphiQL needs JavaScript.</div>
{scripts}
</body>
</html>
"""


def router() -> APIRouter:
    """The page and its files."""
    package, own = folder_of(_PACKAGE, "static", _PACKAGE), Path(__file__).parent / "static"
    names = (*_SCRIPTS, "graphiql.min.css")
    files = {name: package / name for name in names} | {name: own / name for name in ("start.js", "start.css")}
    scripts = "\n".join(f'<script src="/graphiql/{name}"></script>' for name in (*_SCRIPTS, "start.js"))
    made = APIRouter()
    tool_page(made, "/graphiql", _HTML.format(scripts=scripts), files)
    return made
