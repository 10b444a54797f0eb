"""`sporbar schedule`."""

import typer

commands = typer.Typer()


@commands.command(epilog="Example: sporbar schedule")
def schedule() -> None:
    """Carry out what the clock brings until told to stop: occurrences of recurring tasks, and reminders. Several may run."""
    import asyncio

    from gateway.cli._database import database
    from gateway.cli._signals import stopped_by_sigterm
    from gateway.logs import configure_logging
    from gateway.settings import load_settings

    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    with stopped_by_sigterm(), database(settings) as url:
        asyncio.run(_follow_the_clock(url))


async def _follow_the_clock(url: str) -> None:
    import asyncio
    from datetime import UTC, datetime

    from events.ledger.connect import async_pool, conninfo, sync_pool
    from events.ledger.hints import Notifier
    from gateway.application import make_application
    from gateway.scheduler import Scheduler

    with sync_pool(url, "sporbar_app", max_size=2) as commands_pool, Notifier(conninfo(url, "sporbar_app")) as notifier:
        async with async_pool(url, "sporbar_app", max_size=2) as read_pool:
            application = make_application(commands_pool, appended=lambda ledger, _position: notifier.hint(ledger))
            await Scheduler(read_pool, application, lambda: datetime.now(UTC)).forever(asyncio.Event())
