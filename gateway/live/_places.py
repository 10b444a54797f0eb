"""How many may follow at the same time: in one process, and of one person."""

from collections import Counter

from gateway.auth.actor import Actor
from gateway.problems import ProblemError

RETRY_AFTER = 5
"""Seconds after which somebody who found no place should try again."""
_HEADERS = {"Retry-After": str(RETRY_AFTER)}

Person = tuple[str, str]


class Places:
    """Hands out places for streams and sockets, to those who have said who they are."""

    def __init__(self, *, most: int, most_each: int) -> None:
        """`most` in this process, `most_each` of one person."""
        self._most = most
        self._most_each = most_each
        self._taken_by: Counter[Person] = Counter()

    @property
    def taken(self) -> int:
        """How many are taken."""
        return self._taken_by.total()

    def require_one(self) -> None:
        """Raise ProblemError (503) when all are taken."""
        if self.taken >= self._most:
            raise ProblemError(503, "live.full", headers=_HEADERS, limit=self._most)

    def take(self, actor: Actor) -> "Place":
        """A place for somebody; raises ProblemError when all are taken (503), or as many as one person may have (429)."""
        self.require_one()
        person = actor.practice, actor.subject
        if self._taken_by[person] >= self._most_each:
            raise ProblemError(429, "live.yours", headers=_HEADERS, limit=self._most_each)
        self._taken_by[person] += 1
        return Place(self, person)

    def free(self, person: Person) -> None:
        """Take a place back."""
        self._taken_by[person] -= 1
        if not self._taken_by[person]:
            del self._taken_by[person]


class Place:
    """One stream's or socket's place."""

    def __init__(self, places: Places, person: Person) -> None:
        self._places = places
        self._person = person
        self._left = False

    def leave(self) -> None:
        """Give it back; once is enough."""
        if not self._left:
            self._left = True
            self._places.free(self._person)
