"""Writes the schemas that this version promises, once: `python -m tests.contracts.write_promised`, when it is released.

Before its release, remove its folder and write it anew where a change is meant; afterwards never.
"""

import sys
from importlib.metadata import version

from tests.contracts._schemas import COMMITTED
from tests.contracts.test_breaking import PROMISED

if __name__ == "__main__":
    folder = PROMISED / version("sporbar")
    if folder.exists():
        sys.exit(f"{folder} is there already: what a release promised stays")
    folder.mkdir(parents=True)
    for file in COMMITTED.glob("*.json"):
        (folder / file.name).write_bytes(file.read_bytes())
