"""`sporbar parked list` and `sporbar parked retry`."""

from typing import Annotated

import typer

commands = typer.Typer(help="Practices that a failing event has stopped in a projection.", no_args_is_help=True)


@commands.command("list", epilog="Example: sporbar parked list")
def list_() -> None:
    """Show each parked practice with the position and the error that stopped it."""
    from gateway.cli._database import database
    from gateway.settings import load_settings
    from projections._engine._parked import list_parked

    with database(load_settings()) as url:
        found = list_parked(url)
    for each in found:
        typer.echo(f"{each.ledger} in {each.name}: position {each.position}, since {each.since:%Y-%m-%d %H:%M} UTC: {each.error}")
    if not found:
        typer.echo("nothing is parked")


@commands.command(epilog="Example: sporbar parked retry fjordgata")
def retry(
    practice: Annotated[str | None, typer.Argument(help="Id of the practice; all that are parked, if left out.")] = None,
) -> None:
    """Go on where the parked practices stopped, after what stopped them was mended; ends with status 1 if one stops again."""
    from gateway.cli._database import database, recorded_events
    from gateway.logs import configure_logging
    from gateway.settings import load_settings
    from projections._engine._batch import describe
    from projections._engine._parked import ask_again, publish_again
    from projections._engine._parked import retry as go_on

    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    with database(settings) as url:
        if practice is not None:
            recorded_events(url, practice)
        outcomes = go_on(url, practice)
        asked, published = ask_again(url, practice), publish_again(url, practice)
    for ledger, outcome in outcomes.items():
        stopped = f"stopped again: {describe(outcome.parked.error)}" if outcome.parked else f"at position {outcome.position}"
        typer.echo(f"{ledger}: {stopped}")
    for ledger in asked:
        typer.echo(f"{ledger}: read again from Kafka by `sporbar project --from-kafka`; `sporbar parked list` tells whether it stops again")
    for ledger in published:
        typer.echo(f"{ledger}: sent again by `sporbar publish`; `sporbar parked list` tells whether it stops again")
    if not (outcomes or asked or published):
        typer.echo("nothing is parked")
    if any(outcome.parked for outcome in outcomes.values()):
        raise typer.Exit(1)
