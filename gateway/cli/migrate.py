"""`sporbar migrate`."""

import typer

commands = typer.Typer()


@commands.command(epilog="Example: SPORBAR_DATABASE_URL=postgresql://sporbar@db/sporbar sporbar migrate")
def migrate() -> None:
    """Bring the database to the form that this version needs; does nothing where it has it already."""
    from events.ledger import migrate as ledger
    from gateway.cli._database import any_database
    from gateway.settings import load_settings
    from projections._engine._generation import ensure_generation

    with any_database(load_settings()) as url:
        applied = ledger.migrate(url)
        for name in applied:
            typer.echo(f"applied {name}")
        generation = ensure_generation(url)
    typer.echo(f"ready; read models in {generation.schema}")
