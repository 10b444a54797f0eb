"""Access tokens (RFC 9068): signed by the local issuer with Ed25519, verified claim by claim."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.errors import BadSignatureError, ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from joserfc.jwk import KeySet, OKPKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from events._function import FunctionKey
from gateway.auth.actor import PRACTICE_ID, Actor, Role

ALGORITHM = "Ed25519"
"""RFC 9864; the only algorithm that is accepted."""
TYPE = "at+jwt"
LONGEST = 8_192
"""Bytes of the longest token that is looked at."""

_CODE_OF_CLAIM = {"iss": "token.issuer", "aud": "token.audience", "nbf": "token.not_yet_valid", "iat": "token.not_yet_valid"}


class TokenError(Exception):
    """A token is not accepted; `code` is a stable `token.…` code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Claims(BaseModel):
    """What a token says beside the registered claims."""

    model_config = ConfigDict(frozen=True)

    sub: str = Field(min_length=1, max_length=255)
    exp: float
    practice: str = Field(pattern=PRACTICE_ID)
    roles: frozenset[Role] = Field(min_length=1)
    functions: frozenset[FunctionKey] = frozenset()
    member: UUID | None = None


@dataclass(frozen=True)
class LocalIssuer:
    """Gives out tokens for people of this installation; stands in for an OpenID provider."""

    key: OKPKey
    issuer: str
    audience: str
    lifetime: timedelta

    def issue(
        self,
        *,
        practice: str,
        roles: Iterable[Role],
        functions: Iterable[FunctionKey] = (),
        member: UUID | None = None,
        subject: str | None = None,
        now: datetime,
    ) -> str:
        """A token for a member, or for somebody outside who is known as `subject`."""
        issued = int(now.timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": subject or str(member),
            "iat": issued,
            "nbf": issued,
            "exp": issued + int(self.lifetime.total_seconds()),
            "jti": str(uuid4()),
            "practice": practice,
            "roles": sorted(roles),
            "functions": sorted(str(function) for function in functions),
        }
        if member:
            claims["member"] = str(member)
        header = {"alg": ALGORITHM, "kid": self.key.kid, "typ": TYPE}
        return jwt.encode(header, claims, self.key, algorithms=[ALGORITHM])


@dataclass(frozen=True)
class Verifier:
    """Turns tokens into actors, or refuses them; fails closed."""

    keys: KeySet
    issuer: str
    audience: str
    leeway: timedelta = timedelta(seconds=10)

    def verify(self, token: str, now: datetime) -> Actor:
        """Whom a token speaks for; raises TokenError."""
        claims = self._signed_claims(token)
        self._check_registered(claims, now)
        try:
            said = _Claims.model_validate(claims)
            expires_at = datetime.fromtimestamp(said.exp, UTC)
        except (ValidationError, ValueError, OverflowError, OSError):
            raise TokenError("token.claims") from None
        return Actor(said.sub, said.practice, said.roles, said.functions, said.member, expires_at)

    def _signed_claims(self, token: str) -> dict[str, Any]:
        if len(token) > LONGEST:
            raise TokenError("token.malformed")
        try:
            decoded = jwt.decode(token, self.keys, algorithms=[ALGORITHM])
        except BadSignatureError:
            raise TokenError("token.signature") from None
        except (JoseError, ValueError, TypeError, RecursionError):
            raise TokenError("token.malformed") from None
        if str(decoded.header.get("typ", "")).lower().removeprefix("application/") != TYPE:
            raise TokenError("token.malformed")
        return decoded.claims

    def _check_registered(self, claims: dict[str, Any], now: datetime) -> None:
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=int(self.leeway.total_seconds()),
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.audience},
            sub={"essential": True},
            exp={"essential": True},
            nbf={"essential": True},
            iat={"essential": True},
        )
        try:
            registry.validate(claims)
        except ExpiredTokenError:
            raise TokenError("token.expired") from None
        except InvalidClaimError as error:
            raise TokenError(_CODE_OF_CLAIM.get(error.claim, "token.claims")) from None
        except MissingClaimError:
            raise TokenError("token.claims") from None
