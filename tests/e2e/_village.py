"""Two practices in which the same has happened; every word of the second one carries a mark."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from events._function import Function
from gateway.auth.actor import Role
from projections._engine._generation import ensure_generation
from tests._database import Database, Postgres
from tests.e2e import _deviations, _people, _risks, _tasks
from tests.e2e._doors import Doors, serving, today
from tests.e2e._people import Staff
from tests.faults._processes import part
from tests.gateway._house import Person

MARK = "Bjørkeli"
WORDS = frozenset(
    {
        "title",
        "description",
        "name",
        "reason",
        "note",
        "scope",
        "conclusion",
        "lessons",
        "text",
        "place",
        "explanation",
        "immediate_measures",
    }
)
"""Fields of commands that hold words; a value in small letters, such as `duplicate`, is a choice."""
ROLES: dict[str, tuple[Role, ...]] = {
    "employee": (Role.EMPLOYEE,),
    "holder": (Role.EMPLOYEE, Role.FUNCTION_HOLDER),
    "manager": (Role.EMPLOYEE, Role.FUNCTION_HOLDER, Role.MANAGER),
    "auditor": (Role.AUDITOR,),
    "analyst": (Role.ANALYST,),
}
SETTINGS = {"SPORBAR_DEMO_SIGN_IN": "true", "SPORBAR_GRAPHQL_COST": "1000000000", "SPORBAR_GRAPHQL_FIELDS": "10000"}
"""The walk asks for all that there is."""
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MADE = {
    "deviation.reported.v1": ("deviation", None),
    "deviation.measure_planned.v1": ("measure", "measure_id"),
    "risk_assessment.started.v1": ("risk_assessment", None),
    "risk_assessment.scenario_described.v1": ("scenario", "scenario_id"),
    "risk_assessment.treatment_planned.v1": ("treatment", "treatment_id"),
    "recurring_task.defined.v1": ("recurring_task", None),
    "task.planned.v1": ("task", None),
    "practice.member_joined.v1": ("member", "member_id"),
    "practice.function_established.v1": ("function", "function"),
}
"""Which event makes a thing of a kind, and where its id stands; the subject's, where no field is named."""


class Marked(Person):
    """Somebody whose every word carries the mark."""

    def post(self, path: str, content: Any, *, key: str | None = None, practice: str | None = None, **headers: str) -> httpx.Response:
        return super().post(path, _marked(content), key=key, practice=practice, **headers)


@dataclass(frozen=True)
class Side:
    """One of the two practices."""

    name: str
    staff: Staff
    things: dict[str, list[str]]
    """Ids by kind, the latest last."""
    ids: frozenset[str]
    """Every id that stands anywhere in its record."""
    size: int
    """Events in its record."""

    @property
    def members(self) -> frozenset[str]:
        """Ids of everybody who works there."""
        return frozenset(self.things["member"]) | {str(person.member) for person in self.staff.all}

    def subjects(self) -> list[str]:
        """Subjects of every kind, the latest of each."""
        kinds = ("deviation", "risk_assessment", "task", "recurring_task")
        return [f"{kind}/{self.things[kind][-1]}" for kind in kinds] + [f"practice/{self.name}", f"risk_matrix/{self.name}"]


@dataclass(frozen=True)
class Village:
    """Both practices, and the doors to them."""

    database: Database
    doors: Doors
    own: Side
    other: Side

    def person(self, role: str) -> Person:
        """Somebody of the own practice."""
        roles = ROLES[role]
        member = self.own.staff.manager.member if Role.EMPLOYEE in roles else None
        token = self.doors.issuer.issue(
            practice=self.own.name,
            roles=roles,
            functions=[Function.QUALITY_LEAD] if Role.FUNCTION_HOLDER in roles else [],
            member=member,
            subject=None if member else role,
            now=datetime.now(UTC),
        )
        return Person(self.doors.client, self.own.name, token, member)

    @property
    def secrets(self) -> frozenset[str]:
        """What nobody of the own practice may ever be shown."""
        return (self.other.ids - self.own.ids) | {MARK, self.other.name}

    def told(self, text: str) -> list[str]:
        """Secrets that stand in a text."""
        return [secret for secret in self.secrets if secret in text]

    def ledgers(self) -> list[tuple[Any, ...]]:
        """Size of each ledger, and how many commands it has answered."""
        with self.database.connect() as conn:
            counted = (
                "select ledger, size, (select count(*) from ledger.receipt r where r.ledger = l.ledger) from ledger.ledger l order by 1"
            )
            return conn.execute(counted).fetchall()


@contextmanager
def living_village(postgres: Postgres, directory: Path) -> Iterator[Village]:
    """Both practices with all that the story makes, and something open besides; processes, on a database of their own."""
    name = postgres.make_database()
    database = Database(postgres.url(name))
    ensure_generation(database.url)
    try:
        with pytest.MonkeyPatch.context() as environment:
            for setting, value in SETTINGS.items():
                environment.setenv(setting, value)
            with part("project", database.url, directory), serving(database, directory) as doors:
                yield _filled(database, doors, directory)
    finally:
        database.close()
        postgres.drop_database(name)


def _filled(database: Database, doors: Doors, directory: Path) -> Village:
    lives = [_begin(doors, "fjordgata"), _begin(replace(doors, made=Marked), "bergvik")]
    with part("schedule", database.url, directory):
        own, other = (_go_on(database, staff, planned, deviation) for staff, planned, deviation in lives)
    return Village(database, doors, own, other)


def _begin(doors: Doors, practice: str) -> tuple[Staff, _tasks.Planned, str]:
    staff = _people.employ(doors, _people.register(doors, practice))
    _people.confirm(staff.manager)
    reported = _deviations.report(staff.nurse)
    _deviations.report_again(staff, reported)
    treated = _deviations.treat(staff, reported)
    staff.secretary.done("/deviations", _deviations.told(reporter="pseudonymous"))
    assessed = _risks.assess(staff)
    return staff, _tasks.plan(staff, treated.id, assessed.id), treated.id


def _go_on(database: Database, staff: Staff, planned: _tasks.Planned, deviation: str) -> Side:
    _tasks.work(staff, planned, _tasks.made_by_the_clock(staff.manager, planned), deviation)
    manager = staff.manager
    reported = manager.done("/deviations", _deviations.told(title="Ikke ferdig"))
    one = f"/deviations/{reported['id']}"
    manager.done(f"{one}/accept-routing", {"responsible": str(staff.nurse.member)})
    plan = {"kind": "preventive", "description": "Følges opp.", "owner": str(manager.member), "due": str(today())}
    last = manager.done(f"{one}/measures", plan)
    _people.members(manager, last["position"])
    with database.connect() as conn:
        found = conn.execute("select line from ledger.entry where ledger = %s order by position", (manager.practice,)).fetchall()
    lines = [line for (line,) in found]
    return Side(manager.practice, staff, _things(lines), frozenset(_ID.findall("\n".join(lines))), len(lines))


def _things(lines: list[str]) -> dict[str, list[str]]:
    things: dict[str, list[str]] = defaultdict(list)
    for line in map(json.loads, lines):
        if line["type"] in _MADE:
            kind, field = _MADE[line["type"]]
            things[kind].append(line["data"][field] if field else line["subject"].partition("/")[2])
    assert len(things) == len(_MADE)
    return things


def _marked(content: Any, key: str = "") -> Any:
    if isinstance(content, dict):
        return {name: _marked(value, name) for name, value in content.items()}
    if isinstance(content, list):
        return [_marked(value, key) for value in content]
    if key in WORDS and isinstance(content, str) and content[0].isupper():
        return f"{content} {MARK}"
    return content


def is_id(text: object) -> bool:
    """Whether a value is an id."""
    try:
        return isinstance(text, str) and bool(UUID(text))
    except ValueError:
        return False
