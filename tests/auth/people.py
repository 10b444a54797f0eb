"""People for the tests of who may."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from events._function import Function, FunctionKey
from gateway.auth.actor import Actor, Role

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
KARI = UUID("00000000-0000-4000-8000-00000000000a")
OLA = UUID("00000000-0000-4000-8000-00000000000b")
PRACTICE = "fjordgata"
ELSEWHERE = "havnegata"


def actor(*roles: Role, functions: tuple[FunctionKey, ...] = (), member: UUID | None = KARI, practice: str = PRACTICE) -> Actor:
    return Actor(str(member or "outside"), practice, frozenset(roles), frozenset(functions), member, NOW + timedelta(hours=1))


CAST = {
    "employee": actor(Role.EMPLOYEE),
    "function holder": actor(Role.EMPLOYEE, Role.FUNCTION_HOLDER, functions=(Function.CLINICAL_LEAD,)),
    "manager": actor(Role.EMPLOYEE, Role.MANAGER),
    "auditor": actor(Role.AUDITOR, member=None),
    "analyst": actor(Role.ANALYST, member=None),
}
