"""`make bench`: runs every benchmark against a server of its own and writes docs/benchmarks.md.

`python -m tests.bench reading` runs one part and writes its section anew.
"""

import platform
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from rich.console import Console

from tests.bench._result import Result

MODULES = ("ledger", "projections", "demo", "reading", "commands", "streams", "scale")
"""The demo comes before what is asked of it, and asking before a storm of commands fills its practices."""
PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"

HEADER = """# Benchmarks

Written by `make bench`. Each figure stands beside the peer or limit it is held against, measured in the same run of its
section. PostgreSQL is the embedded one with `fsync` on, on the same machine as its clients. The machine is a shared one, half as
quick again in one hour as in the next (docs/scale.md tells of a slow one): a ratio says more than a rate.
"""
TABLE = """| Figure | Measured | Held against | Its figure | Ratio | Asked for | Reached |
|---|---:|---|---:|---:|---|---|
"""


def main(names: list[str]) -> None:
    """Run the named parts, or all, and write their sections of the page."""
    console = Console()
    for name in names or MODULES:
        run: Callable[[], list[Result]] = import_module(f"tests.bench.{name}").run
        console.rule(name)
        results = run()
        for result in results:
            console.print(_row(result))
        _write(name, results)
        console.print(f"written: {PAGE.relative_to(Path.cwd())}")


def _write(name: str, results: list[Result]) -> None:
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    measured = f"\n{datetime.now(UTC).date().isoformat()}, on {machine()}.\n\n"
    sections[name] = measured + TABLE + "".join(map(_row, results)) + _notes(results) + "\n"
    PAGE.write_text(HEADER + "".join(f"\n## {each}\n{sections[each].rstrip()}\n" for each in MODULES if each in sections), encoding="utf-8")


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
    return "\n" + "".join(notes) if notes else ""


if __name__ == "__main__":
    main(sys.argv[1:])
