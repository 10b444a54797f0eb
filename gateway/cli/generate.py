"""`sporbar generate`."""

from typing import Annotated

import typer

from gateway.cli._signals import Interrupts

commands = typer.Typer()


@commands.command(epilog="Example: sporbar generate --practices 3 --years 3 --seed 7")
def generate(
    context: typer.Context,
    practices: Annotated[int, typer.Option(min=1, max=500, help="How many practices.")] = 3,
    years: Annotated[int, typer.Option(min=1, max=10, help="How many years until today.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed makes the same practices.")] = 7,
) -> None:
    """Make practices that never were, with their history, through the real commands; killed, it goes on where it stopped.

    It works on a database that `sporbar migrate` has been run on, and makes the form of the embedded one itself.
    `sporbar project` or `sporbar rebuild` brings what it made into the read models.
    """
    from datetime import UTC, datetime

    from events._base import OSLO
    from events.ledger.migrate import migrate
    from gateway.auth.keys import pseudonym_secret
    from gateway.cli._database import any_database, database
    from gateway.cli._progress import progress_bar
    from gateway.cli._signals import interrupted_by_sigterm
    from gateway.generator.run import generate as carry_out
    from gateway.generator.run import orders
    from gateway.settings import load_settings
    from projections._engine._generation import ensure_generation

    interrupts: Interrupts = context.obj
    interrupts.outcome = lambda: "stopped; the same command goes on"
    settings = load_settings()
    wanted = orders(practices, years, seed, datetime.now(UTC).astimezone(OSLO).date())
    if settings.database_url is None:
        with any_database(settings) as url:
            migrate(url)
            ensure_generation(url)
    with interrupted_by_sigterm(interrupts), database(settings) as url, progress_bar("commands") as tell:
        given = carry_out(
            url,
            wanted,
            secret=pseudonym_secret(settings.pseudonym_key),
            truth_dir=settings.data_dir / "truth",
            progress=lambda done, planned: tell("practices", done, planned),
        )
    names = ", ".join(order.practice for order in wanted)
    typer.echo(f"{names}: {given:,} commands carried out" if given else f"{names}: all there already")
