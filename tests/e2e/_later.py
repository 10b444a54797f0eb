"""`sporbar serve` in a month: the same composition over the same database, with its clock set ahead.

Times of the record are the database's, so what was recorded today is last month's here.
"""

from datetime import UTC, datetime, timedelta

from gateway.app import make_app
from gateway.cli._database import database
from gateway.cli._http import listen, serve_until_stopped
from gateway.settings import load_settings

LATER = timedelta(days=40)


def in_a_month() -> datetime:
    """The clock, set ahead."""
    return datetime.now(UTC) + LATER


def main() -> None:
    """Serve until killed."""
    settings = load_settings()
    with listen(settings) as listener, database(settings) as url:
        serve_until_stopped(make_app(settings, url, clock=in_a_month), listener, settings)


if __name__ == "__main__":
    main()
