"""A consumer as a process of its own, with a session of TEST_SESSION seconds.

`python -m tests.faults.receive_and_die receive` receives until it is killed, `die` is killed between the first commit of the
database and that of the group's offsets.
"""

import os
import signal
import sys

from gateway.cli._kafka import kafka_settings
from gateway.settings import load_settings
from projections._kafka._consumer import Consumer

LINES = 20


def main(what: str) -> None:
    """Receive, and die."""
    settings = load_settings()
    assert settings.database_url is not None

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    session = float(os.environ["TEST_SESSION"])
    stored = die if what == "die" else lambda: None
    Consumer(settings.database_url.get_secret_value(), kafka_settings(), lines=LINES, session=session, stored=stored).run()


if __name__ == "__main__":
    main(sys.argv[1])
