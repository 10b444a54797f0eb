"""What was made last is kept, up to a number or a weight."""

import asyncio

import pytest

from gateway._recent import Recent


def test_what_is_kept_again_weighs_once() -> None:
    recent = Recent[str](10, len)
    for _ in range(3):
        recent.keep("a", "four")
    recent.keep("b", "four")
    assert (recent.get("a"), recent.get("b")) == ("four", "four")
    recent.keep("a", "seven..")
    assert (recent.get("a"), recent.get("b")) == ("seven..", None)


def test_what_nobody_has_asked_for_the_longest_is_forgotten() -> None:
    recent = Recent[str](2)
    for key in "ab":
        recent.keep(key, key)
    assert recent.get("a") == "a"
    recent.keep("c", "c")
    assert [recent.get(key) for key in "abc"] == ["a", None, "c"]


def test_what_weighs_more_than_all_together_may_is_not_kept() -> None:
    recent = Recent[str](3, len)
    for _ in range(2):
        recent.keep("a", "four")
        assert recent.get("a") is None
    recent.keep("b", "two")
    assert recent.get("b") == "two"


@pytest.mark.anyio
async def test_two_who_make_the_same_at_the_same_time() -> None:
    recent, together = Recent[str](6, len), asyncio.Barrier(2)

    async def make() -> str:
        await together.wait()
        return "made"

    assert set(await asyncio.gather(recent.of("a", make), recent.of("a", make))) == {"made"}
    recent.keep("b", "b")
    assert (recent.get("a"), recent.get("b")) == ("made", "b")
