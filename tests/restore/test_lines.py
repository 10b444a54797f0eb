"""What is no line of this ledger at this position is refused, named, and leaves what came before it kept."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from events.ledger.restore import LONGEST, OtherLine, Restore, UnfitLine, restoring
from tests._database import Database
from tests.ledger._support import LEDGER
from tests.restore.conftest import Origin

Lines = list[bytes]


class Unfit(NamedTuple):
    what: str
    at: int
    change: Callable[[Lines], object]
    says: str


def put(at: int, line: bytes) -> Callable[[Lines], object]:
    return lambda lines: lines.__setitem__(at - 1, line)


def edit(at: int, pattern: str, replacement: str) -> Callable[[Lines], object]:
    def change(lines: Lines) -> None:
        edited = re.sub(pattern.encode(), lambda _: replacement.encode(), lines[at - 1], count=1)
        assert edited != lines[at - 1]
        lines[at - 1] = edited

    return change


def swap(first: int, second: int) -> Callable[[Lines], object]:
    def change(lines: Lines) -> None:
        lines[first - 1], lines[second - 1] = lines[second - 1], lines[first - 1]

    return change


def rewritten(at: int, change: Callable[[dict[str, Any]], Any], **options: Any) -> Callable[[Lines], object]:
    return lambda lines: put(at, json.dumps(change(json.loads(lines[at - 1])), **options).encode())(lines)


def time(at: int, moment: datetime | str) -> Callable[[Lines], object]:
    told = moment if isinstance(moment, str) else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return edit(at, r'"time":"[^"]*"', f'"time":"{told}"')


NOW = datetime.now(UTC)
BYTES = "not written byte for byte"
EVERY_KIND = [
    Unfit("half a line", 5, lambda lines: put(5, lines[4][:90])(lines), "no CloudEvents line"),
    Unfit("an array", 5, put(5, b"[1]"), "no CloudEvents line"),
    Unfit("null", 5, put(5, b"null"), "no CloudEvents line"),
    Unfit("an empty object", 5, put(5, b"{}"), "no CloudEvents line"),
    Unfit("an empty line", 5, put(5, b""), "it is empty"),
    Unfit("no UTF-8", 5, put(5, b'{"a":"\xff"}'), "not UTF-8"),
    Unfit("a NUL byte", 5, edit(5, "kari", "ka\0ri"), "NUL byte"),
    Unfit("Windows line ends", 1, lambda lines: lines.__setitem__(slice(None), [line + b"\r" for line in lines]), "carriage return"),
    Unfit("no line in 16 MB", 5, put(5, b"x" * (LONGEST + 1)), "more than 16 MB"),
    Unfit("another practice", 5, edit(5, "/practices/fjordgata", "/practices/havnegata"), "source is /practices/havnegata"),
    Unfit("no source", 5, edit(5, r'"source":"[^"]*",', ""), "source is missing"),
    Unfit("a line left out", 5, lambda lines: lines.pop(4), "its id is 6, and 5 should follow"),
    Unfit("the first line left out", 1, lambda lines: lines.pop(0), "its id is 2, and 1 should follow"),
    Unfit("a line twice", 6, lambda lines: lines.insert(4, lines[4]), "its id is 5, and 6 should follow"),
    Unfit("two lines swapped", 7, swap(7, 8), "its id is 8, and 7 should follow"),
    Unfit("an id that is a number", 5, edit(5, '"id":"5"', '"id":5'), BYTES),
    Unfit("a version left out", 5, edit(5, '"streamversion":2', '"streamversion":3'), "version 3 does not follow in stream deviation/b"),
    Unfit("a version twice", 5, edit(5, '"streamversion":2', '"streamversion":1'), "version 1 does not follow in stream deviation/b"),
    Unfit("a stream without its first", 1, edit(1, '"streamversion":1', '"streamversion":2'), "whose last one is none"),
    Unfit("a version below 0", 1, edit(1, '"streamversion":1', '"streamversion":-1'), "version -1 does not follow"),
    Unfit("a version as text", 5, edit(5, '"streamversion":2', '"streamversion":"2"'), BYTES),
    Unfit("a version with decimals", 5, edit(5, '"streamversion":2', '"streamversion":2.0'), "no number of a version"),
    Unfit("a version beyond counting", 5, edit(5, '"streamversion":2', '"streamversion":99999999999'), "no number of a version"),
    Unfit("a time before the last", 8, time(8, NOW - timedelta(days=1)), "lies before that of the line it follows"),
    Unfit("a time to come", 8, time(8, NOW + timedelta(days=1)), "lies ahead of the database's clock"),
    Unfit("no time", 8, time(8, "soon"), "its time is not a time"),
    Unfit("a time for ever", 8, time(8, "-infinity"), BYTES),
    Unfit("a time with an offset", 8, edit(8, r"(\d)Z\"", '0+00:00"'), BYTES),
    Unfit("no subject", 5, edit(5, '"subject":"[^"]*"', '"subject":""'), "1 to 255 bytes"),
    Unfit("a subject too long", 5, edit(5, '"subject":"[^"]*"', f'"subject":"{"x" * 256}"'), "1 to 255 bytes"),
    Unfit("no type", 5, edit(5, '"type":"[^"]*",', ""), "1 to 255 bytes"),
    Unfit("no command", 5, edit(5, r'"commandid":"[^"]*"', '"commandid":"x"'), "no UUID"),
    Unfit("a command in capitals", 9, edit(9, "-0000000000cc", "-0000000000CC"), BYTES),
    Unfit("no actor", 5, edit(5, '"actor":"kari",', ""), "its actor is missing"),
    Unfit("another actor in one command", 5, edit(5, '"actor":"kari"', '"actor":"ola"'), "has the commandid of the line it follows"),
    Unfit("a command that comes back", 13, edit(13, f"{9:012d}", f"{2:012d}"), "that of an earlier command"),
    Unfit("data that are no object", 5, edit(5, r'"data":\{"n":1\}', '"data":[1]'), "neither a JSON object"),
    Unfit("no data", 5, edit(5, r',"data":\{"n":1\}', ""), "neither a JSON object"),
    Unfit("data of another kind", 5, edit(5, "application/json", "text/plain"), "neither a JSON object"),
    Unfit("base64 that is a number", 9, edit(9, r'"data_base64":"[^"]*"', '"data_base64":1234'), "nor base64 text"),
    Unfit("base64 that is true", 9, edit(9, r'"data_base64":"[^"]*"', '"data_base64":true'), "nor base64 text"),
    Unfit("no base64", 9, edit(9, '"data_base64":"', '"data_base64":"!'), "nor base64 text"),
    Unfit("an escape of NUL", 5, edit(5, '"n":1', r'"n":"\u0000"'), "no CloudEvents line"),
    Unfit("half a pair", 5, edit(5, '"n":1', r'"n":"\ud800"'), "no CloudEvents line"),
    Unfit("data changed where they stand", 5, edit(5, '"n":1}}', '"n":1} }'), BYTES),
    Unfit("members in another order", 5, rewritten(5, lambda line: dict(reversed(line.items())), separators=(",", ":")), BYTES),
    Unfit("blanks", 5, rewritten(5, lambda line: line), BYTES),
    Unfit("escapes", 8, rewritten(8, lambda line: line, separators=(",", ":"), ensure_ascii=True), BYTES),
    Unfit("a blank at the end", 5, lambda lines: put(5, lines[4] + b" ")(lines), BYTES),
    Unfit("two objects", 5, lambda lines: put(5, lines[4] + b"{}")(lines), "no CloudEvents line"),
    Unfit("a member too many", 5, edit(5, '"actor"', '"more":1,"actor"'), BYTES),
    Unfit("a member twice", 5, edit(5, '"actor":"kari"', '"actor":"kari","actor":"kari"'), BYTES),
    Unfit("another version of CloudEvents", 5, edit(5, '"specversion":"1.0"', '"specversion":"1.1"'), BYTES),
    Unfit("a pseudonymised line", 5, edit(5, '"data":', '"sporbarredacted":true,"data":'), "it is pseudonymised"),
]


@pytest.mark.parametrize("unfit", EVERY_KIND, ids=lambda unfit: unfit.what)
def test_a_line_that_does_not_fit_is_named_and_those_before_it_are_kept(origin: Origin, elsewhere: Database, unfit: Unfit) -> None:
    lines = origin.lines.copy()
    unfit.change(lines)
    with restoring(elsewhere.url, LEDGER) as restore:
        restore.discard()
        with pytest.raises(UnfitLine, match=unfit.says) as refusal:
            restore.take(lines)
        assert refusal.value.position == unfit.at
    with restoring(elsewhere.url, LEDGER) as restore:
        assert restore.kept == unfit.at - 1
        restore.take(origin.lines)
        assert (restore.kept, restore.position, restore.root) == (13, 13, origin.root)


def test_of_several_the_first_is_named(origin: Origin, elsewhere: Database) -> None:
    lines = origin.lines.copy()
    for change in (put(12, b"x"), time(8, NOW - timedelta(days=1)), edit(13, f"{9:012d}", f"{2:012d}"), put(10, b"\xff")):
        change(lines)
    with restoring(elsewhere.url, LEDGER) as restore:
        restore.discard()
        with pytest.raises(UnfitLine) as refusal:
            restore.take(lines)
        assert (refusal.value.position, restore.kept) == (8, 7)


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("unfit", [unfit for unfit in EVERY_KIND if " command" in unfit.what], ids=lambda unfit: unfit.what)
def test_commands_are_told_apart_however_their_lines_are_put_together(origin: Origin, elsewhere: Database, unfit: Unfit, size: int) -> None:
    lines = origin.lines.copy()
    unfit.change(lines)
    with restoring(elsewhere.url, LEDGER) as restore:
        restore.discard()
        with pytest.raises(UnfitLine, match=unfit.says) as refusal:
            take(restore, lines, size)
        assert refusal.value.position == unfit.at
        restore.discard()
    with restoring(elsewhere.url, LEDGER) as restore:
        take(restore, origin.lines, size)
        assert (restore.kept, restore.root) == (13, origin.root)


def take(restore: Restore, lines: Lines, size: int) -> None:
    for first in range(0, len(lines), size):
        restore.take(lines[first : first + size])


@pytest.mark.parametrize("at", [1, 6, 10])
def test_lines_that_are_kept_must_come_again_as_they_were(origin: Origin, elsewhere: Database, at: int) -> None:
    with restoring(elsewhere.url, LEDGER) as restore:
        restore.discard()
        restore.take(origin.lines[:10])
    lines = origin.lines.copy()
    lines[at - 1] += b" "
    with restoring(elsewhere.url, LEDGER) as restore:
        with pytest.raises(OtherLine) as refusal:
            restore.take(lines)
        assert (refusal.value.position, restore.kept) == (at, 10)
