"""How many may follow at the same time: in one process, and of one person."""

from collections import Counter

from gateway.auth.actor import Actor
from gateway.problems import ProblemError

RETRY_AFTER = 5
"""Seconds after which somebody who found no place should try again."""
_HEADERS = {"Retry-After": str(RETRY_AFTER)}

Person = tuple[str, str]


class Places:
    """Hands out places for streams and sockets."""

    def __init__(self, *, most: int, most_each: int) -> None:
        """`most` in this process, `most_each` of one person."""
        self._most = most
        self._most_each = most_each
        self._taken = 0
        self._taken_by: Counter[Person] = Counter()

    @property
    def taken(self) -> int:
        """How many are taken."""
        return self._taken

    def take(self) -> "Place":
        """A place for somebody; raises ProblemError (503) when all are taken."""
        if self._taken >= self._most:
            raise ProblemError(503, "live.full", headers=_HEADERS, limit=self._most)
        self._taken += 1
        return Place(self)

    def seat(self, person: Person) -> None:
        """Count a place as this person's; raises ProblemError (429) when they have as many as anybody may."""
        if self._taken_by[person] >= self._most_each:
            raise ProblemError(429, "live.yours", headers=_HEADERS, limit=self._most_each)
        self._taken_by[person] += 1

    def free(self, person: Person | None) -> None:
        """Take a place back."""
        self._taken -= 1
        if person is not None:
            self._taken_by[person] -= 1
            if not self._taken_by[person]:
                del self._taken_by[person]


class Place:
    """One stream's or socket's place."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._person: Person | None = None
        self._left = False

    def is_for(self, actor: Actor) -> None:
        """Say who it is for; raises ProblemError (429)."""
        person = actor.practice, actor.subject
        self._places.seat(person)
        self._person = person

    def leave(self) -> None:
        """Give it back; once is enough."""
        if not self._left:
            self._left = True
            self._places.free(self._person)
