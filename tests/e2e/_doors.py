"""The doors of a running Sporbar, and how one gets in: over HTTP, by the sign-in of the start page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from events._base import OSLO
from events._function import Function
from gateway._identity import COOKIE
from gateway.auth.actor import Role
from gateway.auth.local import local_issuer
from gateway.auth.tokens import LocalIssuer
from gateway.settings import Settings
from tests._database import Database
from tests.faults._processes import address, part
from tests.gateway._house import Person
from tests.web._html import Page, check

FOUNDER = frozenset({Role.EMPLOYEE, Role.FUNCTION_HOLDER, Role.MANAGER})


def today() -> date:
    """The day in Norway."""
    return datetime.now(OSLO).date()


@dataclass(frozen=True)
class Doors:
    """Where a Sporbar answers."""

    url: str
    client: httpx.Client
    issuer: LocalIssuer
    made: Callable[[httpx.Client, str, str, UUID | None], Person] = Person
    """Makes a person of client, practice, token and member."""

    def founder(self, practice: str) -> Person:
        """Whoever registers a practice: nobody can sign in to one that does not exist."""
        token = self.issuer.issue(
            practice=practice, roles=FOUNDER, functions=[Function.GENERAL_MANAGER], member=uuid4(), subject=None, now=datetime.now(UTC)
        )
        return self.made(self.client, practice, token, None)

    def sign_in(self, practice: str, person: str) -> Person:
        """A member, by id, or the `auditor` or `analyst`, with the roles and functions that the record has them in today."""
        form = {"practice": practice, "person": person}
        answer = httpx.post(f"{self.url}/sign-in", data=form, headers={"Origin": self.url}, timeout=20)
        assert answer.status_code == 303, answer.text
        member = None if person in ("auditor", "analyst") else UUID(person)
        return self.made(self.client, practice, answer.cookies[COOKIE], member)

    def get(self, path: str, person: Person, **headers: str) -> httpx.Response:
        """What a browser gets in which that person is signed in."""
        with httpx.Client(base_url=self.url, cookies={COOKIE: person.token}, timeout=20) as browser:
            return browser.get(path, headers={"Accept": "text/html"} | headers)

    def page(self, path: str, person: Person, language: str = "nb") -> Page:
        """A page that is as every page must be, for somebody who reads that language."""
        answer = self.get(path, person, **{"Accept-Language": language})
        assert answer.status_code == 200, answer.text
        page = check(answer.text)
        assert page.one("html").attributes["lang"] == language
        return page


@contextmanager
def serving(database: Database, data_dir: Path, module: str = "gateway.cli") -> Iterator[Doors]:
    """A server process with its doors; the start page's sign-in must be open (SPORBAR_DEMO_SIGN_IN)."""
    with part("serve", database.url, data_dir, module=module) as server:
        host, port = address(server)
        url = f"http://{host}:{port}"
        with httpx.Client(base_url=url, timeout=20) as client:
            yield Doors(url, client, local_issuer(Settings(data_dir=data_dir)))


def nodes(connection: dict[str, Any]) -> list[dict[str, Any]]:
    """The items of a page of a list."""
    return [edge["node"] for edge in connection["edges"]]
