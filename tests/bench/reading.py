"""GraphQL: the dashboard, a list, the past, and reading one's own write."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from time import perf_counter
from uuid import uuid4

from tests.bench._demo import PRACTICE, Running, running
from tests.bench._result import Result, against, limit
from tests.bench.commands import REPORT

ROUNDS = 150

DASHBOARD = """query ($at: AsOfInput) { practice(asOf: $at) { position dashboard {
  deviations { %s } risks { %s } tasks { %s } months { firstDay reported closed medianDaysToClose tasksDue tasksOnTime } } } }"""
LIST = """query ($at: AsOfInput) { practice(asOf: $at) { position deviations(first: 50) { totalCount edges { node {
  id number title status category kind harm reportedAt closedAt measures { id description due doneOn effect } } } } } }"""
COMPLIANCE = "query ($at: AsOfInput) { practice(asOf: $at) { position compliance { duty { code } status positions turnsOn } } }"
READ = "query ($n: Int!) { practice(atLeast: $n) { position } }"


def run() -> list[Result]:
    """Each question many times on warm caches, one after the other."""
    with running() as demo:
        asking = Asking(demo)
        results = []
        for name, query in (("dashboard", asking.dashboard), ("50 deviations with measures", LIST), ("compliance", COMPLIANCE)):
            now = p95(partial(asking.now, query))
            past = p95(partial(asking.past, query))
            results.append(limit(f"GraphQL {name}, p95", now, "ms", below=30))
            results.append(against(f"GraphQL {name} as of any day, p95", past, "ms", "the same now", now, at_most=2))
        own = asking.read_own_writes()
        results.append(limit("read your own write: acknowledged to seen by `atLeast`, p50", own, "ms", below=15))
        return results


class Asking:
    """Somebody who asks and reports, over one connection."""

    def __init__(self, demo: Running) -> None:
        self._demo, self._connection = demo, demo.connection()
        self._auditor = demo.token("--role", "auditor")
        self._employee = demo.token("--holder", "QUALITY_LEAD")
        self.dashboard = DASHBOARD % tuple(
            self._leaves(name) for name in ("DashboardDeviationFigures", "DashboardRiskFigures", "DashboardTaskFigures")
        )

    def now(self, query: str, _number: int = 0) -> None:
        """One question about the present."""
        self._demo.ask(self._connection, self._auditor, query, at=None)

    def past(self, query: str, number: int = 50) -> None:
        """One question about an earlier day; the numbers are spread over three years."""
        day = datetime.now(UTC).date() - timedelta(days=7 * (number + 1))
        self._demo.ask(self._connection, self._auditor, query, at={"date": day.isoformat()})

    def read_own_writes(self) -> float:
        """Median milliseconds from the acknowledgement of a command to an answer that includes it."""
        waited = []
        for _ in range(ROUNDS):
            headers = {"Authorization": f"Bearer {self._employee}", "Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
            self._connection.request("POST", f"/v1/practices/{PRACTICE}/deviations", json.dumps(REPORT), headers)
            answer = self._connection.getresponse()
            position = json.loads(answer.read())["position"]
            acknowledged = perf_counter()
            self._demo.ask(self._connection, self._employee, READ, n=position)
            waited.append((perf_counter() - acknowledged) * 1000)
        return sorted(waited)[ROUNDS // 2]

    def _leaves(self, type_name: str) -> str:
        """Every field of a type of the schema, three levels deep."""
        shape = "name kind ofType { name kind ofType { name kind ofType { name kind } } }"
        query = f"query ($t: String!) {{ __type(name: $t) {{ fields {{ name type {{ {shape} }} }} }} }}"
        fields = self._demo.ask(self._connection, self._auditor, query, t=type_name)["__type"]["fields"]
        return " ".join(self._selected(field) for field in fields)

    def _selected(self, field: dict[str, object]) -> str:
        inner = field["type"]
        while isinstance(inner, dict) and inner.get("ofType"):
            inner = inner["ofType"]
        assert isinstance(inner, dict)
        return f"{field['name']} {{ {self._leaves(str(inner['name']))} }}" if inner["kind"] == "OBJECT" else str(field["name"])


def p95(ask: Callable[[int], None]) -> float:
    """95th percentile in milliseconds, after a tenth of the rounds to warm up."""
    for number in range(ROUNDS // 10):
        ask(number)
    took = []
    for number in range(ROUNDS):
        started = perf_counter()
        ask(number)
        took.append((perf_counter() - started) * 1000)
    return sorted(took)[int(ROUNDS * 0.95)]


def ask_everything(demo: Running) -> None:
    """Every kind of question once, and the page with its charts, so that everything is loaded."""
    asking = Asking(demo)
    for query in (asking.dashboard, LIST, COMPLIANCE):
        asking.now(query)
        asking.past(query)
    asking.read_own_writes()
    demo.see_pages()
