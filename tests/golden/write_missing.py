"""Writes the golden files that are missing; never touches one that exists: `python -m tests.golden.write_missing`."""

from events._codec import encode_data
from tests.contracts.test_golden import GOLDEN, examples

if __name__ == "__main__":
    for event in examples():
        path = GOLDEN / f"{event.TYPE}.json"
        if not path.exists():
            path.write_bytes(encode_data(event))
            print(path.name)
