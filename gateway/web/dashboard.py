"""The practice's dashboard: the page and its charts, now or as of the end of any day."""

from datetime import date
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from gateway._recent import Recent
from gateway.auth.actor import Actor
from gateway.auth.policy import Allow, Resource, decide
from gateway.problems import ProblemError
from gateway.web._duties import duty_panel
from gateway.web._language import Speech
from gateway.web._lists import Names, attention_lists
from gateway.web._matrix import matrix_of
from gateway.web._panels import panels
from gateway.web._render import HEADERS, Viewer, by_roles, look, page, speech_of
from gateway.web._tiles import tiles
from gateway.web._web import Web, position_asked
from gateway.web.charts import ChartName, Size, specification
from read_side._as_of import View
from read_side.activity import ActivityRow
from read_side.compliance import Answer, assess
from read_side.dashboard import attention, dashboard
from read_side.dashboard.figures import Dashboard
from read_side.practice import FunctionRow, MemberRow, PracticeRow

_KEPT = 64
"""Practices whose figures and answers are kept, for the charts that a page asks for next and for the next reader."""


class DashboardPage:
    """The page at `/p/{practice}` and the charts below it."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._figures: Recent[Dashboard] = Recent(_KEPT)
        self._answers: Recent[list[Answer]] = Recent(_KEPT)

    async def show(self, request: Request) -> Response:
        """The page."""
        web, speech = self._web, speech_of(request)
        actor = web.require(request, "read.practice", "read.dashboard", "read.deviations", "read.risks", "read.tasks", "read.compliance")
        practice, day = request.path_params["practice"], web.day_asked(request)
        async with web.view(practice, day=day) as view:
            figures = await self._figures_of(view)
            names = await _names(view, speech, personal=self._may_see_persons(actor, practice))
            needs_attention = await attention(view)
            answers = await self._answers_of(view)
            profile = await view.all(PracticeRow)
            last = await view.one(ActivityRow, position=view.position)
        path = f"/p/{practice}"
        query = {"position": str(view.position)} | ({"as_of": day.isoformat()} if day else {})
        return page(
            request,
            "dashboard.html",
            viewer=_viewer(actor, names),
            path=path,
            practice_name=profile[0].name if profile else practice,
            view=view,
            day=day,
            today=web.today,
            recorded_until=last.time if last else None,
            tiles=tiles(figures, answers, speech),
            attention=attention_lists(needs_attention, figures, names, view.today),
            compliance=duty_panel(answers, speech),
            charts=panels(figures, speech, f"{path}/charts", query),
            matrix=matrix_of(figures.risks, speech),
        )

    async def chart(self, request: Request) -> Response:
        """One chart as SVG; its ETag is the position, with all else that it depends on."""
        web, speech = self._web, speech_of(request)
        web.require(request, "read.dashboard")
        chart, size = _asked(request)
        practice, day = request.path_params["practice"], web.day_asked(request)
        async with web.view(practice, day=day, at_least=None if day else position_asked(request)) as view:
            state = _state(view)
            tag = f'"{view.position}-{view.today:%Y%m%d}-{chart}-{size}-{speech.language}-{look()}"'
            if tag in request.headers.get("if-none-match", ""):
                return _image(304, tag)
            figures = await self._figures_of(view)
        key = (*state, chart, size, speech.language)
        drawn = await web.drawer.svg(key, speech.language, partial(specification, chart, figures, speech, size))
        return _image(200, tag, drawn)

    async def _figures_of(self, view: View) -> Dashboard:
        return await self._figures.of(_state(view), partial(dashboard, view))

    async def _answers_of(self, view: View) -> list[Answer]:
        return await self._answers.of(_state(view), partial(assess, view))

    def _may_see_persons(self, actor: Actor, practice: str) -> bool:
        return isinstance(decide(actor, "read.personal", Resource(practice), self._web.reads.clock()), Allow)


def _state(view: View) -> tuple[str, int, date]:
    """What figures and answers depend on: nothing else in them changes while these stay."""
    return view.practice, view.position, view.today


async def _names(view: View, speech: Speech, *, personal: bool) -> Names:
    members = await view.all(MemberRow)
    functions = await view.all(FunctionRow)
    return Names(
        {member.member_id: member.name for member in members}, {str(row.function): row.name for row in functions}, personal, speech
    )


def _viewer(actor: Actor, names: Names) -> Viewer:
    if actor.member is None:
        return by_roles(actor, names.speech)
    return Viewer(names.members.get(actor.member, names.speech.text("unit.none")), actor.practice)


def _asked(request: Request) -> tuple[ChartName, Size]:
    try:
        return ChartName(request.path_params["chart"]), Size(request.query_params.get("size", Size.WIDE))
    except ValueError:
        raise ProblemError(404, "route.not_found") from None


def _image(status: int, tag: str, content: bytes = b"") -> Response:
    headers = {**HEADERS, "ETag": tag}
    return Response(content, status, headers, media_type="image/svg+xml" if content else None)
