"""`sporbar publish`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from projections._kafka._publisher import Publisher

commands = typer.Typer()
_NAMED = 5
"""Parked practices named in a line, at most."""


@commands.command(epilog="Example: SPORBAR_KAFKA_BOOTSTRAP_SERVERS=localhost:9092 sporbar publish --once")
def publish(
    once: Annotated[bool, typer.Option("--once", help="Publish what there is, and end; with status 1 if a practice is parked.")] = False,
) -> None:
    """Publish the lines of all practices to Kafka, each in its order, until told to stop; any number of these may run.

    The topic is made if it is missing. A broker that is away is tried again; what was published is marked in the database.
    """
    from gateway.cli._database import database
    from gateway.cli._kafka import kafka_settings
    from gateway.cli._signals import run_until_stopped, stopped_by_sigterm
    from gateway.logs import configure_logging
    from gateway.settings import load_settings
    from projections._kafka._publisher import Publisher

    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    kafka = kafka_settings()
    with stopped_by_sigterm(), database(settings) as url:
        publisher = Publisher(url, kafka)
        if once:
            _publish_what_there_is(publisher, kafka.topic)
            _require_none_parked(url, kafka.topic)
        else:
            run_until_stopped(publisher)


def _publish_what_there_is(publisher: "Publisher", topic: str) -> None:
    from time import monotonic

    from gateway.cli._progress import progress_bar

    started = monotonic()
    with progress_bar("events") as tell:
        published = publisher.once(lambda done, total: tell(topic, done, total))
    seconds = monotonic() - started
    typer.echo(f"{published} events published to {topic} in {seconds:.1f} s")


def _require_none_parked(url: str, topic: str) -> None:
    """End with status 1 and one line where practices are parked: not all of what there is was published."""
    from projections._engine._parked import list_parked
    from projections._kafka._mark import name_of

    ledgers = sorted(each.ledger for each in list_parked(url) if each.name == name_of(topic))
    if ledgers:
        more = f" and {len(ledgers) - _NAMED} more" if len(ledgers) > _NAMED else ""
        what = "practice is" if len(ledgers) == 1 else "practices are"
        named = ", ".join(ledgers[:_NAMED])
        typer.echo(f"sporbar: {len(ledgers)} {what} parked and not published: {named}{more}; `sporbar parked list` tells why", err=True)
        raise typer.Exit(1)
