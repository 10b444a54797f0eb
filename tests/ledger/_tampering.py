"""What a superuser might do to the twelve entries of test_verify, as SQL, and which position should be named."""

from typing import NamedTuple

REHASH = "UPDATE ledger.entry SET leaf = sha256('\\x00'::bytea || convert_to(line, 'UTF8'))"
"""A forger makes the leaf hashes agree again."""
BACKDATED = """
    UPDATE ledger.entry SET time = time - interval '1 day', line = regexp_replace(line, '"time":"[^"]*"',
      '"time":' || to_json(to_char((time - interval '1 day') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
    WHERE position = 3
"""
SWAPPED_LINES = """
    UPDATE ledger.entry AS a SET line = b.line, leaf = b.leaf FROM ledger.entry AS b
    WHERE (a.position, b.position) IN ((7, 11), (11, 7))
"""


class Tampering(NamedTuple):
    what: str
    found_at: int
    statements: list[str]


def entry(position: int, change: str) -> str:
    return f"UPDATE ledger.entry SET {change} WHERE position = {position}"


def edited(position: int, *replacements: tuple[str, str]) -> str:
    line = "line"
    for old, new in replacements:
        line = f"replace({line}, '{old}', '{new}')"
    return entry(position, f"line = {line}")


def moved(first: int, by: int) -> list[str]:
    """All entries from `first` on get other positions; through negative ones, because positions are unique."""
    return [
        f"UPDATE ledger.entry SET position = -position WHERE position >= {first}",
        f"UPDATE ledger.entry SET position = -position + {by} WHERE position < 0",
    ]


def copied(source: int, position: int, subject: str, version: int) -> str:
    return f"""
        INSERT INTO ledger.entry SELECT ledger, {position}, '{subject}', {version}, type, time, line, leaf
        FROM ledger.entry WHERE position = {source}
    """


OTHER_WORD = ('"n":1', '"n":2')

EVERY_KIND = [
    Tampering("a word of a line", 5, [edited(5, OTHER_WORD)]),
    Tampering("a line and its leaf hash", 8, [edited(8, OTHER_WORD), REHASH]),
    Tampering("a line and its leaf hash, inside a batch", 4, [edited(5, OTHER_WORD), REHASH]),
    Tampering("a leaf hash", 7, [entry(7, "leaf = sha256('x')")]),
    Tampering("no JSON any more", 7, [entry(7, "line = 'x'")]),
    Tampering("no object any more", 7, [entry(7, "line = '[]'")]),
    Tampering("the time of a row", 3, [entry(3, "time = time - interval '1 day'")]),
    Tampering("the time of a row, to one that no calendar has", 3, [entry(3, "time = '-infinity'")]),
    Tampering(
        "the type of a row, and the time of its line without a zone",
        3,
        [entry(3, "type = 'task.planned.v1', line = replace(line, 'Z\"', '\"')")],
    ),
    Tampering(
        "the type of a row, and its line without a time",
        3,
        [entry(3, "type = 'task.planned.v1', line = replace(line, '\"time\"', '\"when\"')")],
    ),
    Tampering("the time of a row, its line and its leaf", 3, [BACKDATED, REHASH]),
    Tampering("the subject", 5, [entry(5, "subject = 'deviation/c'")]),
    Tampering("the type", 5, [entry(5, "type = 'other.v1'")]),
    Tampering("the version", 12, [entry(12, "version = 70")]),
    Tampering("an entry taken out", 7, ["DELETE FROM ledger.entry WHERE position = 7"]),
    Tampering("the first entry taken out", 1, ["DELETE FROM ledger.entry WHERE position = 1"]),
    Tampering(
        "an entry taken out and the rest moved up",
        7,
        ["DELETE FROM ledger.entry WHERE position = 7", *moved(8, -1), "UPDATE ledger.ledger SET size = 11"],
    ),
    Tampering(
        "an entry put in",
        7,
        [
            *moved(7, 1),
            copied(6, 7, "forged/1", 1),
            edited(7, ('"id":"6"', '"id":"7"'), ("deviation/b", "forged/1"), ('"streamversion":3', '"streamversion":1')),
            REHASH,
            "UPDATE ledger.ledger SET size = 13",
        ],
    ),
    Tampering(
        "an entry put at the end",
        13,
        [
            copied(12, 13, "deviation/a", 8),
            edited(13, ('"id":"12"', '"id":"13"'), ('"streamversion":7', '"streamversion":8')),
            REHASH,
        ],
    ),
    Tampering(
        "two entries swapped",
        7,
        [entry(7, "position = -1"), entry(11, "position = 7"), "UPDATE ledger.entry SET position = 11 WHERE position = -1"],
    ),
    Tampering("two lines swapped", 7, [SWAPPED_LINES]),
    Tampering("the tail cut off", 10, ["DELETE FROM ledger.entry WHERE position >= 10"]),
    Tampering(
        "the tail and its receipts cut off",
        11,
        ["DELETE FROM ledger.entry WHERE position >= 11", "DELETE FROM ledger.receipt WHERE position >= 11"],
    ),
    Tampering("everything cut off", 1, ["DELETE FROM ledger.entry"]),
    Tampering("a receipt's root", 8, ["UPDATE ledger.receipt SET root = sha256('x') WHERE position = 8"]),
    Tampering("the root where there was nothing to do", 10, ["UPDATE ledger.receipt SET root = sha256('x') WHERE count = 0"]),
    Tampering("a receipt taken out", 7, ["DELETE FROM ledger.receipt WHERE position = 7"]),
    Tampering("the last receipt taken out", 12, ["DELETE FROM ledger.receipt WHERE position = 12"]),
    Tampering("a receipt's count", 9, ["UPDATE ledger.receipt SET count = 1 WHERE count = 2"]),
    Tampering("the head row's frontier", 12, ["UPDATE ledger.ledger SET frontier = array[sha256('x'), sha256('y')]"]),
    Tampering("the head row's size", 13, ["UPDATE ledger.ledger SET size = 20"]),
    Tampering("the head row's time", 12, ["UPDATE ledger.ledger SET last_time = now() + interval '1 hour'"]),
]
