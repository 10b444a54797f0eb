"""`sporbar import`."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli._signals import Interrupts

commands = typer.Typer()


@commands.command("import", epilog="Example: sporbar import out")
def import_(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="NDJSON lines from position 1 on, plain, .gz or .zst; an export's folder; - for standard input."
        ),
    ],
    practice: Annotated[str | None, typer.Option(help="Refuse lines of any other practice; none can be given another name.")] = None,
    manifest: Annotated[Path | None, typer.Option(help="The export's manifest, where it is not manifest.json beside the file.")] = None,
    root: Annotated[str | None, typer.Option(help="Root that the lines must come to, as `sporbar verify` prints it.")] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Forget what an unfinished import of the practice has kept aside.")] = False,
) -> None:
    """Restore the record of a practice from a full NDJSON export: the same positions, bytes and root, in an empty ledger.

    Each line is checked and kept aside; all are recorded at once when the count and root of the export's manifest.json
    have been found right. Until then nobody sees any of them. An import that was broken off goes on when the same command
    is given again, and one of what is there already changes nothing.
    """
    from events.ledger.migrate import migrate
    from gateway.cli._database import any_database, database
    from gateway.cli._importing import import_files, parts_of, root_of
    from gateway.cli._progress import progress_bar
    from gateway.cli._signals import interrupted_by_sigterm
    from gateway.settings import load_settings
    from projections._engine._generation import ensure_generation

    interrupts: Interrupts = context.obj
    settings, parts, expected = load_settings(), parts_of(files, manifest), root_of(root)
    if settings.database_url is None:
        with any_database(settings) as url:
            migrate(url)
            ensure_generation(url)
    interrupts.outcome = lambda: "stopped; nothing is recorded, and the same command goes on with what is kept aside"
    with interrupted_by_sigterm(interrupts), database(settings) as url, progress_bar("events") as tell:
        imported = import_files(url, parts, practice=practice, root=expected, anew=anew, progress=tell)
        interrupts.end()
    events = f"{imported.practice}: {imported.size:,} events"
    if not imported.new:
        typer.echo(f"{events}, all there already")
        return
    typer.echo(f"{events} recorded, root {imported.root.hex()}")
    if not imported.compared:
        typer.echo("  there was no manifest and no --root: compare the root with the one that `sporbar verify` prints where they come from")
