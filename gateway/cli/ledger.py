"""`sporbar open` and `sporbar verify`."""

from typing import Annotated

import typer

from gateway.cli._arguments import Practice

commands = typer.Typer()


@commands.command("open", epilog="Example: sporbar open fjordgata")
def open_(practice: Practice) -> None:
    """Open the record of a practice; one that is open stays as it is."""
    from events.ledger.connect import sync_pool
    from events.ledger.recorder import open_ledger
    from gateway.cli._database import database
    from gateway.settings import load_settings

    with database(load_settings()) as url, sync_pool(url, "sporbar_app", max_size=1) as pool:
        new = open_ledger(pool, practice)
    typer.echo(f"opened {practice}" if new else f"{practice} is open already")


@commands.command(epilog="Example: sporbar verify fjordgata")
def verify(
    practice: Annotated[list[str] | None, typer.Argument(help="Ledgers to prove; all, if none is named.")] = None,
) -> None:
    """Prove that no stored line was changed, removed, added or moved; ends with status 1 when one was.

    The printed root is worth comparing with one that is kept elsewhere: a ledger that was rewritten as a whole, or cut
    off at its end with all traces removed, can only be told by that.
    """
    from events.ledger.verify import verify_all
    from gateway.cli._database import database
    from gateway.settings import load_settings

    sound = True
    with database(load_settings()) as url:
        for report in verify_all(url, practice or None):
            sound = sound and not report.problems
            typer.echo(f"{report.ledger}: {report.size} entries, root {report.root.hex()}, {'NOT SOUND' if report.problems else 'sound'}")
            for problem in report.problems:
                typer.echo(f"  position {problem.position}: {problem.what}")
    if not sound:
        raise typer.Exit(1)
