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


@commands.command(epilog="Example: sporbar verify --read-models")
def verify(
    practice: Annotated[list[str] | None, typer.Argument(help="Ledgers to prove; all, if none is named.")] = None,
    read_models: Annotated[
        bool, typer.Option("--read-models", help="Also replay every record and compare the read models with it.")
    ] = False,
) -> None:
    """Prove that no stored line was changed, removed, added or moved; ends with status 1 when one was, or there is none.

    The printed root is worth comparing with one that is kept elsewhere: a ledger that was rewritten as a whole, or cut
    off at its end with all traces removed, can only be told by that.
    """
    from gateway.cli._database import database
    from gateway.settings import load_settings

    with database(load_settings()) as url:
        sound = _prove(url, practice or None, alone=not read_models)
        if read_models:
            sound = _compare(url) and sound
    if not sound:
        raise typer.Exit(1)


def _prove(url: str, ledgers: list[str] | None, *, alone: bool) -> bool:
    """Whether every ledger is sound; there must be one where nothing else is proven (`alone`)."""
    from events.ledger.verify import verify_all

    sound, proven, restored = True, 0, _restored(url)
    for report in verify_all(url, ledgers):
        proven += 1
        sound = sound and not report.problems
        typer.echo(f"{report.ledger}: {report.size} entries, root {report.root.hex()}, {'NOT SOUND' if report.problems else 'sound'}")
        for problem in report.problems:
            typer.echo(f"  position {problem.position}: {problem.what}")
        if report.ledger in restored:
            typer.echo(f"  {restored[report.ledger]}")
    if not proven:
        typer.echo("there is no ledger in this database (read models that are fed from Kafka: `sporbar verify --read-models`)")
    return sound and (proven > 0 or not alone)


def _restored(url: str) -> dict[str, str]:
    """What is to be said of ledgers whose first entries were recorded in another database."""
    from events.ledger.restore import restorations
    from projections._engine._store import connect

    with connect(url) as connection:
        return {
            each.ledger: f"positions 1 to {each.size} were imported {each.restored_at:%Y-%m-%d} by {each.restored_by}, their root "
            + ("compared" if each.compared else "NOT compared with any")
            for each in restorations(connection)
        }


def _compare(url: str) -> bool:
    from gateway.cli._progress import progress_bar
    from projections._engine._verify import verify_read_models

    with progress_bar("events") as tell:
        verified = verify_read_models(url, progress=tell)
    outcome = "as a replay makes them" if verified.sound else "NOT AS A REPLAY MAKES THEM"
    typer.echo(f"read models in {verified.schema}: {verified.practices} practices, {verified.events} events, {outcome}")
    for each in verified.differences:
        columns = f" in {', '.join(each.columns)}" if each.columns else ""
        typer.echo(f"  {each.practice}, {each.table} {each.key}, position {each.position}: {each.what}{columns}")
    for ledger, position, size in _lagging(url, verified.schema):
        typer.echo(f"  {ledger}: the read models stand at {position} of {size}; `sporbar project` folds the rest")
    return verified.sound


def _lagging(url: str, schema: str) -> list[tuple[str, int, int]]:
    from projections._engine._store import connect

    with connect(url) as connection:
        return connection.execute(
            "select ledger, coalesce(position, 0), size from ledger.ledger"
            " left join (select ledger, position from projection.follower where name = %s) as folded using (ledger)"
            " where size > coalesce(position, 0) and strpos(ledger, '/') = 0 order by ledger",
            (schema,),
        ).fetchall()
