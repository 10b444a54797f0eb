"""Files of installed packages, and our own, under names that are listed: nothing else of a folder can be had."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from mimetypes import guess_type
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

TOOL_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""For the pages of GraphiQL and Swagger UI, which set styles while they run; scripts come from this server alone."""


def folder_of(package: str, *below: str) -> Path:
    """A folder inside an installed package, found without importing it; FileNotFoundError when it is not installed."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {package} is not installed")
    return Path(spec.submodule_search_locations[0], *below)


def tool_page(router: APIRouter, path: str, html: Callable[[Request], str], files: Mapping[str, Path]) -> None:
    """Give a page its address, and each of its files one below it."""

    async def page(request: Request) -> Response:
        headers = {"Content-Security-Policy": TOOL_PAGE_POLICY, "Cache-Control": "private, no-cache", "Vary": "Accept-Language, Cookie"}
        return HTMLResponse(html(request), headers=headers)

    async def file(name: str) -> Response:
        if name not in files:
            return Response(status_code=404)
        return FileResponse(files[name], media_type=guess_type(name)[0], headers={"Cache-Control": "public, max-age=3600"})

    router.add_api_route(path, page, methods=["GET"], include_in_schema=False, response_model=None)
    router.add_api_route(f"{path}/{{name}}", file, methods=["GET"], include_in_schema=False, response_model=None)
