"""What somebody may claim to be: their roles and functions, as the record has them on the day."""

from dataclasses import dataclass
from uuid import UUID

from events._function import Function, FunctionKey
from gateway.auth.actor import Role
from read_side import practice as practices
from read_side._as_of import View


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's roles and functions today."""

    roles: frozenset[Role]
    functions: tuple[FunctionKey, ...]


async def standing(view: View, member_id: UUID) -> Standing | None:
    """The standing of somebody who works in the practice today; None for everybody else."""
    member = await practices.member(view, member_id)
    if member is None or not member.employed_on(view.today):
        return None
    held = tuple(entry.function for entry in await practices.functions_of(view, member_id))
    roles = {Role.EMPLOYEE}
    if held:
        roles.add(Role.FUNCTION_HOLDER)
    if Function.GENERAL_MANAGER in held:
        roles.add(Role.MANAGER)
    return Standing(frozenset(roles), held)
