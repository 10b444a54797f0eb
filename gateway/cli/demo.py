"""`sporbar demo`."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli._signals import Interrupts

if TYPE_CHECKING:
    from gateway.settings import Settings

commands = typer.Typer()


@commands.command(epilog="Example: sporbar demo")
def demo(
    context: typer.Context,
    practices: Annotated[int, typer.Option(min=1, max=50, help="How many practices are made at the first start.")] = 3,
    years: Annotated[int, typer.Option(min=1, max=10, help="How many years of history they have.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed makes the same practices.")] = 7,
) -> None:
    """Run everything on this machine: database, practices made at the first start, read models, scheduler, API and pages."""
    from events.ledger.migrate import migrate
    from gateway.app import make_app
    from gateway.cli._alone import alone
    from gateway.cli._database import any_database
    from gateway.cli._http import address, listen, serve_until_stopped
    from gateway.cli._parts import parts
    from gateway.cli._signals import interrupted_by_sigterm, stopped_by_sigterm
    from gateway.logs import configure_logging
    from gateway.settings import LogLevel, load_settings

    interrupts: Interrupts = context.obj
    interrupts.outcome = lambda: "stopped; the same command goes on"
    settings = load_settings()
    settings = settings.model_copy(update={"demo_sign_in": True, "graphql_introspection": True})
    configure_logging(max(settings.log_level, LogLevel.WARNING, key=list(LogLevel).index), settings.log_format)
    with ExitStack() as stack:
        stack.enter_context(stopped_by_sigterm())
        stack.enter_context(alone(settings.data_dir, "demo"))
        listener = stack.enter_context(listen(settings))
        url = stack.enter_context(any_database(settings))
        migrate(url)
        with interrupted_by_sigterm(interrupts):
            make_read_models(url)
            _make_practices(settings, url, practices, years, seed)
        stack.enter_context(parts("project", "schedule"))
        app = make_app(settings, url)
        _say_what_to_open(address(listener))
        serve_until_stopped(app, listener, settings)


def make_read_models(url: str) -> None:
    """Make the read models: empty where there are none, anew where another version of Sporbar made them."""
    from gateway.cli._progress import progress_bar
    from projections._engine._generation import RebuildNeeded, ensure_generation
    from projections._engine._rebuild import rebuild

    try:
        ensure_generation(url)
    except RebuildNeeded:
        typer.echo("The read models were made by another version of Sporbar: making them anew.")
        with progress_bar("events") as tell:
            rebuild(url, progress=tell)


def _make_practices(settings: "Settings", url: str, practices: int, years: int, seed: int) -> None:
    from datetime import UTC, datetime

    from events._base import OSLO
    from gateway.auth.keys import pseudonym_secret
    from gateway.cli._progress import progress_bar
    from gateway.generator.run import GeneratorError, generate, orders
    from projections._engine._parked import list_parked
    from projections._engine._worker import catch_up

    made = settings.data_dir / "demo.json"
    if made.exists():
        return
    made_of = f"{_number(practices, 'practice')} with {_number(years, 'year')} of history"
    typer.echo(f"Making {made_of}; this happens once.")
    with progress_bar("commands") as tell:
        generate(
            url,
            orders(practices, years, seed, datetime.now(UTC).astimezone(OSLO).date()),
            secret=pseudonym_secret(settings.pseudonym_key),
            truth_dir=settings.data_dir / "truth",
            progress=lambda done, planned: tell("practices", done, planned),
        )
    catch_up(url)
    if parked := list_parked(url):
        raise GeneratorError(f"{parked[0].ledger} could not be folded: see `sporbar parked list`, then start again")
    _remember(made, {"practices": practices, "years": years, "seed": seed})


def _number(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _remember(path: Path, what: dict[str, int]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(what), encoding="utf-8")
    part.replace(path)


def _say_what_to_open(url: str) -> None:
    typer.echo(
        f"""
Sporbar is running. Open

  {url}/           start page: choose a practice and sign in as one of its people
  {url}/graphiql   GraphQL, once you are signed in
  {url}/docs       the REST API

A token for the command line:  .venv/bin/sporbar token fjordgata --role auditor
Stop with Ctrl-C; the practices are kept in the data directory (SPORBAR_DATA_DIR).
"""
    )
