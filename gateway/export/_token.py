"""Resume tokens: which question of which practice, and from where it goes on. They give no right to anything."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hmac import compare_digest

import orjson

from gateway.auth.pseudonym import sealed
from gateway.export._errors import ExportRefused
from gateway.export._question import Asked, Question, Redaction

_SEAL = 16
_LONGEST = 8_192


@dataclass(frozen=True, slots=True)
class Rest:
    """What is still to come of a question."""

    practice: str
    after: int
    upto: int | None
    """None: up to the end of the record, as it then is."""
    types: tuple[str, ...]
    redaction: Redaction

    @classmethod
    def of(cls, question: Question, *, upto: int | None) -> "Rest":
        """The rest behind a question's `after`."""
        return cls(question.practice, question.after, upto, question.types, question.redaction)

    def asked(self, after: int | None = None) -> Asked:
        """The question for it, behind position `after` if given; raises ExportRefused where that lies outside."""
        start = self.after if after is None else after
        if start < self.after or (self.upto is not None and start > self.upto):
            raise ExportRefused(400, "export.resume.outside", after=start, first=self.after, last=self.upto)
        return Asked(self.practice, start + 1, self.upto, self.types, self.redaction)


def token(secret: bytes, rest: Rest) -> str:
    """The token of a rest; the same rest has the same one."""
    payload = orjson.dumps([rest.practice, rest.after, rest.upto, rest.types, rest.redaction])
    return urlsafe_b64encode(sealed(secret, payload) + payload).decode().rstrip("=")


def rest_of(secret: bytes, given: str, practice: str) -> Rest:
    """What a token stands for; raises ExportRefused (400) for what is none, and for the token of another practice."""
    try:
        content = urlsafe_b64decode(given[:_LONGEST] + "=" * (-len(given) % 4))
    except (binascii.Error, ValueError):
        content = b""
    seal, payload = content[:_SEAL], content[_SEAL:]
    if not compare_digest(seal, sealed(secret, payload)):
        raise ExportRefused(400, "export.resume.unknown")
    its, after, upto, types, redaction = orjson.loads(payload)
    if its != practice:
        raise ExportRefused(400, "export.resume.other_practice", practice=practice)
    return Rest(its, after, upto, tuple(types), Redaction(redaction))
