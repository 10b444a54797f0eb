"""All commands; docs/cli.md is made from them."""

from importlib.metadata import version
from typing import Annotated

import typer

from gateway.cli import demo, export, generate, import_, ledger, migrate, parked, publish, read_models, schedule, serve, token

app = typer.Typer(
    name="sporbar",
    help="The quality-management record of a health-care practice, kept as events that can be proven.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(demo.commands)
app.add_typer(migrate.commands)
app.add_typer(serve.commands)
app.add_typer(read_models.commands)
app.add_typer(schedule.commands)
app.add_typer(publish.commands)
app.add_typer(ledger.commands)
app.add_typer(export.commands)
app.add_typer(import_.commands)
app.add_typer(parked.commands, name="parked")
app.add_typer(generate.commands)
app.add_typer(token.commands)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"sporbar {version('sporbar')}")
        raise typer.Exit


@app.callback()
def sporbar(
    _version: Annotated[bool, typer.Option("--version", help="Say which version this is.", callback=_tell_version, is_eager=True)] = False,
) -> None:
    """The quality-management record of a health-care practice, kept as events that can be proven."""


def markdown() -> str:
    """docs/cli.md."""
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    command = get_command(app)
    context = typer.Context(command, info_name="sporbar")
    return get_docs_for_click(obj=command, ctx=context, name="sporbar", title="The command line").rstrip() + "\n"
