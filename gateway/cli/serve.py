"""`sporbar serve`."""

import typer

commands = typer.Typer()


@commands.command(epilog="Example: SPORBAR_PORT=8080 sporbar serve")
def serve() -> None:
    """Answer over HTTP until told to stop: REST, GraphQL and pages. `sporbar project` keeps the read models up beside it."""
    from gateway.app import make_app
    from gateway.cli._database import database
    from gateway.cli._http import listen, serve_until_stopped
    from gateway.cli._signals import stopped_by_sigterm
    from gateway.logs import configure_logging
    from gateway.settings import load_settings

    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    with stopped_by_sigterm(), listen(settings) as listener, database(settings) as url:
        serve_until_stopped(make_app(settings, url), listener, settings)
