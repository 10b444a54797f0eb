"""`sporbar project` and `sporbar rebuild`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from projections._engine._worker import Worker
    from projections._kafka._consumer import Consumer
    from projections._kafka._settings import KafkaSettings

commands = typer.Typer()


@commands.command(epilog="Example: sporbar project")
def project(
    from_kafka: Annotated[
        bool, typer.Option("--from-kafka", help="Take the lines from Kafka, into a database without records of its own.")
    ] = False,
) -> None:
    """Keep the read models up with the records until told to stop; any number of these may run."""
    from gateway.cli._database import database
    from gateway.cli._kafka import kafka_settings
    from gateway.cli._signals import run_until_stopped, stopped_by_sigterm
    from gateway.logs import configure_logging
    from gateway.settings import load_settings

    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    kafka = kafka_settings() if from_kafka else None
    with stopped_by_sigterm(), database(settings) as url:
        run_until_stopped(_follower(url, kafka))


def _follower(url: str, kafka: "KafkaSettings | None") -> "Worker | Consumer":
    from projections._engine._worker import Worker

    if kafka is None:
        return Worker(url)
    from projections._kafka._consumer import Consumer

    return Consumer(url, kafka)


@commands.command(epilog="Example: sporbar rebuild --processes 4")
def rebuild(
    processes: Annotated[int, typer.Option(min=1, max=64, help="How many practices to fold at a time.")] = 2,
) -> None:
    """Fold every record anew beside the read models that answer, then switch to the new ones; questions are answered throughout."""
    from gateway.cli._database import database
    from gateway.cli._progress import progress_bar
    from gateway.logs import configure_logging
    from gateway.settings import load_settings
    from projections._engine._rebuild import rebuild as fold_anew

    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    with database(settings) as url, progress_bar("events") as tell:
        rebuilt = fold_anew(url, processes=processes, progress=tell)
    rate = rebuilt.events / rebuilt.seconds
    typer.echo(
        f"{rebuilt.schema} answers: {rebuilt.practices} practices, {rebuilt.events} events in {rebuilt.seconds:.1f} s ({rate:,.0f}/s)"
    )
