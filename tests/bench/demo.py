"""How long `sporbar demo` takes to start, and what it holds in memory."""

from tests.bench._demo import running
from tests.bench._result import Result, limit
from tests.bench.reading import ask_everything

MIB = 2**20


def run() -> list[Result]:
    """First start with three practices made, next start, memory of all processes after pages and queries were asked for."""
    with running() as first:
        first_start = first.seconds
    with running() as second:
        ask_everything(second)
        return [
            limit("`sporbar demo`, first start: 3 practices, 3 years", first_start, "s", below=60),
            limit("`sporbar demo`, next start", second.seconds, "s", below=3),
            limit(
                "`sporbar demo`, memory of all processes (PSS)",
                second.memory() / MIB,
                "MiB",
                below=600,
                note="After the dashboard page with its charts, GraphQL and commands were used.",
            ),
        ]
