"""Messages of a topic become runs of lines: in memory, without Kafka."""

from projections._kafka._sorter import Reread, Sorter
from projections._kafka._unpack import Message
from tests.kafka._far import life

KARI = "kari"
LINES = life(KARI, 9)
OTHERS = [line.replace(b'"actor":"', b'"actor":"x') for line in LINES]


def messages(lines: list[bytes], start: int = 1, *, key: bytes = KARI.encode()) -> list[Message]:
    """Lines as they come, from a position on."""
    return [Message(0, key, position, line) for position, line in enumerate(lines, start)]


def test_keys_that_are_no_practices_are_not_remembered() -> None:
    sorter = Sorter()
    for number in range(1_000):
        sorter.sort(0, messages(LINES[:1], key=b"Not a practice %d" % number))
    assert len(sorter.strange) == 1_000
    assert sorter._names == {}


def test_the_last_line_that_was_there_is_handed_on() -> None:
    sorter = Sorter(known={KARI: 5})
    sorter.sort(0, [*messages(LINES[:5]), *messages(LINES[1:3], 2)])
    (run,) = sorter.runs()
    assert (run.lines, run.again, run.differs) == ([], (5, LINES[4]), None)
    sorter.sort(0, messages(LINES[4:7], 5))
    (run,) = sorter.runs()
    assert (run.lines, run.again) == ([(6, LINES[5]), (7, LINES[6])], (5, LINES[4]))
    assert sorter.dropped == 8


def test_another_line_of_a_position_ends_a_run() -> None:
    sorter = Sorter()
    sorter.sort(0, [*messages(LINES[:5]), *messages(LINES[:5]), *messages([b"?" + LINES[2]], 3), *messages(OTHERS)])
    (run,) = sorter.runs()
    assert ([line for _, line in run.lines], run.differs) == (LINES[:5], 1)
    assert (sorter.dropped, sorter.passed_over) == (11, 4)


def test_another_line_of_a_position_ends_another_try() -> None:
    sorter = Sorter(known={KARI: 2}, stopped={KARI}, rereads={0: Reread(99, {KARI: 0})})
    sorter.sort(0, [*messages(LINES[:5]), *messages(OTHERS)])
    (run,) = sorter.runs()
    assert ([line for _, line in run.lines], run.again, run.differs) == (LINES[2:5], (2, OTHERS[1]), 3)
    assert run.retrying
