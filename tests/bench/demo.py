"""How long `sporbar demo` takes to start, and what it holds in memory."""

import psycopg

from gateway.embedded_postgres import EmbeddedPostgres
from tests.bench._demo import Running, data_dir, running
from tests.bench._result import Result, limit
from tests.bench.reading import ask_everything

MIB = 2**20


def run() -> list[Result]:
    """First start with three practices made, next start, memory of all processes after pages and queries were asked for."""
    if any(data_dir().iterdir()):
        raise RuntimeError("the demo of this run was started before: measure its first start before what uses it")
    with running() as first:
        first_start, written = first.seconds, _written(first)
    with running() as second:
        ask_everything(second)
        return [
            limit("`sporbar demo`, first start: 3 practices, 3 years", first_start, "s", below=60, note=written),
            limit("`sporbar demo`, next start", second.seconds, "s", below=3),
            limit(
                "`sporbar demo`, memory of all processes (PSS)",
                second.memory() / MIB,
                "MiB",
                below=600,
                note="After the dashboard page with its charts, GraphQL and commands were used.",
            ),
        ]


def _written(demo: Running) -> str:
    """What the generator wrote."""
    with psycopg.connect(EmbeddedPostgres(demo.data_dir / "postgres").url()) as connection:
        query = "SELECT count(*), count(DISTINCT ledger), avg(octet_length(line)), max(time) - min(time) FROM ledger.entry"
        events, practices, size, time = connection.execute(query).fetchone() or (0, 1, 0, 0)
    return f"{events:,} events, {events / practices / (time.days / 365):,.0f} a practice and year, {size:,.0f} bytes a line."
