"""`sporbar token`."""

from typing import Annotated
from uuid import UUID

import typer

from events._function import Function, FunctionKey
from gateway.auth.actor import Role
from gateway.cli._arguments import Practice

commands = typer.Typer()
_OF_MEMBERS = {Role.EMPLOYEE, Role.FUNCTION_HOLDER, Role.MANAGER}


@commands.command(
    epilog='Example: curl -H "Authorization: Bearer $(sporbar token fjordgata --role auditor)" http://127.0.0.1:8000/v1/…',
)
def token(
    practice: Practice,
    role: Annotated[list[Role], typer.Option(help="A role; may be given several times.")],
    member: Annotated[UUID | None, typer.Option(help="Id of the member it is for; needed for everybody who works there.")] = None,
    function: Annotated[list[str] | None, typer.Option(help="A function that the member holds; may be given several times.")] = None,
    subject: Annotated[str | None, typer.Option(help="What the record calls somebody from outside; their role, if left out.")] = None,
) -> None:
    """Print an access token of the local issuer, for a demo or a script on this machine."""
    from datetime import UTC, datetime

    from gateway.auth.local import local_issuer
    from gateway.settings import load_settings

    if member is None and _OF_MEMBERS.intersection(role):
        raise typer.BadParameter("name the member with --member: employees, function holders and managers are members")
    issuer = local_issuer(load_settings())
    typer.echo(
        issuer.issue(
            practice=practice,
            roles=role,
            functions=_functions(function or []),
            member=member,
            subject=subject or (None if member else role[0].value),
            now=datetime.now(UTC),
        )
    )


def _functions(names: list[str]) -> list[FunctionKey]:
    try:
        return [Function(name) if name in Function.__members__ else UUID(name) for name in names]
    except ValueError:
        known = ", ".join(Function)
        raise typer.BadParameter(f"no such function: give {known}, or the id of a function of the practice's own") from None
