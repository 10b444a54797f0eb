"""Commands from any door to the application: who may, what it says, once for each idempotency key."""

import asyncio
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Any
from uuid import UUID, uuid5

import orjson

from gateway._concerned import concerned
from gateway._telemetry import Telemetry
from gateway.auth.actor import Actor
from gateway.auth.policy import Deny, NotAllowed, Resource, could, depends_on_resource, require
from gateway.problems import ProblemError
from write_side._application import Application, Outcome
from write_side._decider import By, Command
from write_side._errors import CommandError, NotFound
from write_side.practice.commands import RegisterPractice

_NAMESPACE = UUID("3f1d7e0c-5a0b-5b8e-9c55-8d0f1c0a7b11")
"""Of command ids made from idempotency keys."""
_UNDECIDED = UUID(int=0)
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a command that was carried out."""

    practice: str
    position: int
    """Position of the last event it wrote; ask for `atLeast` this to see its effect."""
    subject: str
    id: str
    version: int
    root: str
    """Merkle root of the record at that position (RFC 6962), hexadecimal."""
    repeated: bool
    """True when this idempotency key had been carried out before; the answer is the first one."""


def checked_key(key: str | None) -> str:
    """The client's own name of a command; ProblemError 400 unless it is 1 to 255 visible ASCII characters."""
    if key is None:
        raise ProblemError(400, "idempotency.key_missing")
    if not _VISIBLE_ASCII.fullmatch(key):
        raise ProblemError(400, "idempotency.key_malformed")
    return key


class CommandBus:
    """Carries out commands in threads of its own, for REST and GraphQL alike."""

    def __init__(
        self,
        application: Application,
        threads: ThreadPoolExecutor,
        telemetry: Telemetry,
        *,
        clock: Callable[[], datetime],
        pseudonym: Callable[[str, UUID], str],
        hidden: Callable[[str, str, str], str],
        open_record: Callable[[str], object],
    ) -> None:
        """`pseudonym` names a member of a practice in reports; `hidden` makes of practice, actor and key what tells none of them.

        `open_record` opens the record of a practice that registers.
        """
        self._application = application
        self._threads = threads
        self._telemetry = telemetry
        self._clock = clock
        self._pseudonym = pseudonym
        self._hidden = hidden
        self._open_record = open_record

    def admit(self, actor: Actor, practice: str, command: type[Command]) -> None:
        """Raise NotAllowed where the policy lets the actor give such a command to nothing at all in the practice."""
        decision = could(actor, command.NAME, practice, self._clock())
        if isinstance(decision, Deny):
            raise NotAllowed(decision.reason)

    async def carry_out(
        self,
        actor: Actor,
        practice: str,
        command_class: type[Command],
        content: Mapping[str, Any],
        *,
        key: str,
        expected_version: int | None = None,
    ) -> Receipt:
        """Carry out what `content` says; raises ValidationError, NotAllowed and `write_side._errors`, having stored nothing."""
        self.admit(actor, practice, command_class)
        command = command_class.model_validate_json(orjson.dumps(content), strict=True)
        by = self._by(actor, practice, command, key)
        work = partial(self._execute, actor, command, by, expected_version)
        outcome = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        return _receipt(practice, outcome)

    def _execute(self, actor: Actor, command: Command, by: By, expected_version: int | None) -> Outcome:
        started, outcome = perf_counter(), "error"
        try:
            if depends_on_resource(command.NAME):
                with_whom = concerned(self._application.state(command, by), command)
                require(actor, command.NAME, Resource(by.practice, with_whom.functions, with_whom.members), by.now)
            done = self._apply(command, by, expected_version)
            outcome = "repeated" if done.repeated else "done"
            return done
        except (CommandError, NotAllowed) as refusal:
            outcome = refusal.code
            raise
        finally:
            self._telemetry.append.observe(perf_counter() - started)
            self._telemetry.commands.labels(command.NAME, outcome).inc()

    def _apply(self, command: Command, by: By, expected_version: int | None) -> Outcome:
        try:
            return self._application.execute(command, by, expected_version=expected_version)
        except NotFound as missing:
            if missing.code != "practice.not_found" or not isinstance(command, RegisterPractice):
                raise
        self._open_record(by.practice)
        return self._application.execute(command, by, expected_version=expected_version)

    def _by(self, actor: Actor, practice: str, command: Command, key: str) -> By:
        by = By(
            practice=practice,
            actor=actor.id,
            now=self._clock(),
            command_id=_UNDECIDED,
            correlation_id=_UNDECIDED,
            pseudonym=self._pseudonym(practice, actor.member) if actor.member else None,
        )
        named = command.recorded_actor(by) == actor.id
        # keys of two people never meet; of an anonymous report, not even the command id may tell by whom
        name = f"{practice}\n{actor.id}\n{key}" if named else self._hidden(practice, actor.id, key)
        command_id = uuid5(_NAMESPACE, name)
        return replace(by, command_id=command_id, correlation_id=command_id)


def _receipt(practice: str, outcome: Outcome) -> Receipt:
    return Receipt(
        practice=practice,
        position=outcome.position,
        subject=outcome.subject,
        id=outcome.subject.partition("/")[2],
        version=outcome.version,
        root=outcome.root.hex(),
        repeated=outcome.repeated,
    )
