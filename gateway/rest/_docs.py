"""Swagger UI at /docs, from the files of an installed package: no other host is asked for anything."""

from pathlib import Path

from fastapi import APIRouter

from gateway._static import folder_of, tool_page

_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>API · Sporbar</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/docs/favicon.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui">Swagger UI needs JavaScript; the description itself is at /openapi.json.</div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""


def router() -> APIRouter:
    """The page and its files."""
    package = folder_of("fastapi_offline", "static")
    files = {name: package / name for name in ("favicon.png", "swagger-ui.css", "swagger-ui-bundle.js")}
    files["start.js"] = Path(__file__).parent / "static" / "start.js"
    made = APIRouter()
    tool_page(made, "/docs", lambda _request: _HTML, files)
    return made
