"""`sporbar token`."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID, uuid4

import typer

from events._function import Function
from gateway.auth.actor import Role
from gateway.cli._arguments import Practice

if TYPE_CHECKING:
    from gateway._standing import Standing

commands = typer.Typer()
_OUTSIDERS = (Role.AUDITOR, Role.ANALYST)


@commands.command(
    epilog="Examples: sporbar token fjordgata --holder GENERAL_MANAGER; sporbar token fjordgata --role auditor --subject inspector-7"
)
def token(
    practice: Practice,
    holder: Annotated[Function | None, typer.Option(help="For whoever holds this function today.")] = None,
    member: Annotated[UUID | None, typer.Option(help="For this member, with the functions they hold today.")] = None,
    role: Annotated[Role | None, typer.Option(metavar="<auditor|analyst>", help="For somebody from outside.")] = None,
    founder: Annotated[
        bool, typer.Option("--founder", help="For whoever registers a practice that is open and has no record yet.")
    ] = False,
    subject: Annotated[str | None, typer.Option(help="What the record calls somebody from outside; their role, if left out.")] = None,
) -> None:
    """Print an access token of the local issuer, for a demo or a script on this machine."""
    import asyncio
    from datetime import UTC

    from gateway.auth.local import local_issuer
    from gateway.cli._database import database, recorded_events, require_database
    from gateway.settings import load_settings

    if sum(each is not None for each in (holder, member, role)) + founder != 1:
        raise typer.BadParameter("say for whom: give --holder, --member, --role or --founder, one of them")
    if role is not None and role not in _OUTSIDERS:
        raise typer.BadParameter("--role is for people from outside, auditor or analyst; for members give --holder or --member")
    settings, now = load_settings(), datetime.now(UTC)
    require_database(settings)
    issuer = local_issuer(settings)
    with database(settings) as url:
        recorded = recorded_events(url, practice)
        if role is not None:
            typer.echo(issuer.issue(practice=practice, roles=[role], subject=subject or role.value, now=now))
            return
        if founder:
            if recorded:
                raise typer.BadParameter(f"{practice} is registered already; its general manager has --holder GENERAL_MANAGER")
            typer.echo(issuer.issue(practice=practice, roles=[Role.EMPLOYEE, Role.MANAGER], member=uuid4(), now=now))
            return
        found, stands = asyncio.run(_member(url, practice, holder, member, now))
    typer.echo(issuer.issue(practice=practice, roles=stands.roles, functions=stands.functions, member=found, now=now))


async def _member(url: str, practice: str, holder: Function | None, member: UUID | None, now: datetime) -> "tuple[UUID, Standing]":
    from events.ledger.connect import async_pool
    from gateway._standing import standing
    from read_side._as_of import open_view
    from read_side.practice import holders

    async with async_pool(url, "sporbar_app", max_size=1) as pool, open_view(pool, practice, now=now) as view:
        if holder is not None:
            member = next(iter(await holders(view, holder)), None)
        found = await standing(view, member) if member else None
    if member is None or found is None:
        raise typer.BadParameter(f"nobody in {practice} holds {holder} today" if holder else f"{member} does not work in {practice} today")
    return member, found
