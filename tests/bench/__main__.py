"""`make bench`: runs every benchmark against a server of its own and writes docs/benchmarks.md."""

import platform
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from rich.console import Console

from tests.bench._result import Result

MODULES = ("ledger", "commands", "projections", "reading", "demo")
PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"

HEADER = """# Benchmarks

Measured by `make bench` on {day}, on this machine: {machine}. Each figure stands beside the peer or limit it is held
against, measured in the same run. PostgreSQL is the embedded one with `fsync` on, on the same machine as its clients.

| Figure | Measured | Held against | Its figure | Ratio | Asked for | Reached |
|---|---:|---|---:|---:|---|---|
"""


def main(names: list[str]) -> None:
    """Run the named modules, or all, and write the page when all were run."""
    console = Console()
    results: list[Result] = []
    for name in names or MODULES:
        run: Callable[[], list[Result]] = import_module(f"tests.bench.{name}").run
        console.rule(name)
        for result in run():
            console.print(_row(result))
            results.append(result)
    if not names:
        PAGE.write_text(
            HEADER.format(day=datetime.now(UTC).date().isoformat(), machine=machine()) + "".join(map(_row, results)) + _notes(results)
        )
        console.print(f"written: {PAGE.relative_to(Path.cwd())}")


def machine() -> str:
    """Processor, cores and memory, as the kernel tells them."""
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    cores = len(re.findall(r"^processor", Path("/proc/cpuinfo").read_text(), re.MULTILINE))
    gib = int(memory[1]) / 2**20 if memory else 0
    name = cpu[1] if cpu else platform.processor()
    return f"{name}, {cores} cores, {gib:.0f} GiB, Linux {platform.release()}, Python {platform.python_version()}"


def _row(result: Result) -> str:
    reached = "yes" if result.met else "**no**"
    return (
        f"| {result.name} | {_number(result.value)} {result.unit} | {result.peer} | {_number(result.peer_value)} {result.unit} "
        f"| {result.ratio:.2f} | {result.bar} | {reached} |\n"
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"


def _notes(results: list[Result]) -> str:
    notes = [f"- **{result.name}**: {result.note}\n" for result in results if result.note]
    return "\n## Notes\n\n" + "".join(notes) if notes else ""


if __name__ == "__main__":
    main(sys.argv[1:])
