"""The addresses of the pages."""

from mimetypes import guess_type

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.problems import ProblemError
from gateway.web._render import HEADERS, static_file
from gateway.web._web import Web, as_page
from gateway.web.dashboard import DashboardPage
from gateway.web.start import StartPage

_FILES = frozenset({"style.css", "script.js", "mark.svg"})


def mount_web(app: Starlette, web: Web) -> None:
    """Give the pages their addresses in an application."""
    app.state.web = web
    start, dashboard = StartPage(web), DashboardPage(web)
    app.router.routes.extend(
        [
            Route("/", as_page(start.show), name="start"),
            Route("/sign-in", as_page(start.sign_in), methods=["POST"], name="sign-in"),
            Route("/sign-out", as_page(start.sign_out), methods=["POST"], name="sign-out"),
            Route("/p/{practice}", as_page(dashboard.show), name="dashboard"),
            Route("/p/{practice}/charts/{chart}.svg", as_page(dashboard.chart), name="chart"),
            Route("/static/{file}", as_page(_static), name="static"),
        ]
    )


async def _static(request: Request) -> Response:
    """One of our own files; its address changes with its content."""
    name = request.path_params["file"]
    if name not in _FILES:
        raise ProblemError(404, "route.not_found")
    kept = "public, max-age=31536000, immutable" if "v" in request.query_params else "public, no-cache"
    headers = {**HEADERS, "Cache-Control": kept, "Vary": "Accept-Encoding"}
    return Response(static_file(name), headers=headers, media_type=guess_type(name)[0])
