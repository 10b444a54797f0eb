"""`sporbar export`."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli._arguments import Practice
from gateway.cli._signals import Interrupts

if TYPE_CHECKING:
    from gateway.export import Source
    from gateway.export._question import Asked

commands = typer.Typer()


@commands.command(
    epilog="Examples: sporbar export fjordgata --to out; "
    "sporbar export fjordgata --format csv --to march --from 2026-03-01 --until 2026-03-31 --type deviation.reported.v1"
)
def export(
    context: typer.Context,
    practice: Practice,
    to: Annotated[Path, typer.Option(help="Folder to make; the files have their final names when all is written.")],
    format_: Annotated[str, typer.Option("--format", help="Format of the files.")] = "ndjson",
    since: Annotated[str | None, typer.Option("--from", help="First position, day or moment; the beginning, if left out.")] = None,
    until: Annotated[str | None, typer.Option(help="Last position, day or moment; the end as it is now, if left out.")] = None,
    type_: Annotated[list[str] | None, typer.Option("--type", help="Event type, such as deviation.reported; may be repeated.")] = None,
    redaction: Annotated[
        str | None, typer.Option(help="full: everything; pseudonymised (if left out): no personal fields, members under pseudonyms.")
    ] = None,
    continues: Annotated[
        str | None, typer.Option("--continues", help="`resume` of an export's manifest: what came after it, asked the same way.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with this export where it was broken off.")] = False,
) -> None:
    """Write events of a practice to files, with a manifest: NDJSON lines, CSV, and more; see docs/exports.md.

    The same question gives the same bytes. An export that is broken off leaves a folder with the ending .part, and the
    same command with --resume goes on with it; OCEL begins anew.
    """
    from events.ledger.connect import sync_pool
    from gateway.auth.keys import pseudonym_secret
    from gateway.cli._database import database, require_database
    from gateway.cli._progress import progress_bar
    from gateway.cli._signals import interrupted_by_sigterm
    from gateway.export import Source
    from gateway.export._folder import export_to
    from gateway.export._formats import format_named
    from gateway.settings import load_settings

    interrupts: Interrupts = context.obj
    interrupts.outcome = partial(_left, to, format_)
    settings = load_settings()
    require_database(settings)
    secret, chosen = pseudonym_secret(settings.pseudonym_key), format_named(format_)
    if continues is not None:
        chosen.require_resumable()
    asked = _asked(secret, practice, continues, since, until, type_ or [], redaction)
    try:
        with (
            interrupted_by_sigterm(interrupts),
            database(settings) as url,
            sync_pool(url, "sporbar_app", max_size=1) as pool,
            progress_bar("positions") as tell,
        ):
            source = Source(pool.connection, secret)
            if not resume and (continues or asked.until is None) and (end := _end_of_all(source, asked)) is not None:
                said = f"nothing new: {practice} has no events behind position {end}; {to} is not made"
            else:
                progress = partial(tell, practice)
                said = _said(to, export_to(to, source, asked, chosen, resume=resume, progress=progress, naming=interrupts.too_late))
    except OSError as error:
        typer.echo(f"sporbar: cannot write {error.filename or to}: {error.strerror or error}; {_left(to, format_)}", err=True)
        raise typer.Exit(1) from None
    typer.echo(said)


def _said(to: Path, told: dict[str, Any]) -> str:
    shown = "as recorded" if told["redaction"] == "full" else "pseudonymised"
    positions = f"positions {told['from']} to {told['to']}" if told["from"] <= told["to"] else "no positions"
    return f"{to}: {told['count']:,} events of {told['practice']}, {positions}, {shown}"


def _end_of_all(source: "Source", asked: "Asked") -> int | None:
    """The last position of the record, where nothing stands behind it yet that could be exported."""
    question = source.ask(asked).question
    return question.upto if question.after == question.upto else None


def _asked(
    secret: bytes, practice: str, continues: str | None, since: str | None, until: str | None, types: list[str], redaction: str | None
) -> "Asked":
    from gateway.export._question import Asked
    from gateway.export._token import rest_of

    if continues is None:
        return Asked.of(practice, since, until, types, redaction)
    if since or types or redaction:
        raise typer.BadParameter("--continues asks the same way as that export: leave out --from, --type and --redaction")
    rest = rest_of(secret, continues, practice).asked()
    return Asked(practice, rest.since, Asked.of(practice, None, until, (), None).until, rest.types, rest.redaction)


def _left(to: Path, format_: str) -> str:
    from gateway.export._folder import part_of
    from gateway.export._formats import FORMATS

    part = part_of(to.absolute())
    if not os.path.exists(part):  # noqa: PTH110 -- it is asked in handlers, and Path.exists() raises for a name that is too long
        return "nothing was written"
    if format_ in FORMATS and not FORMATS[format_].resumes:
        return f"broken off; {format_} begins anew: remove {part}, and give the same command"
    return f"broken off; {part} is kept, and the same command with --resume goes on"
