"""The digest that tells a repeated command from another one under the same id."""

from hashlib import sha256

import orjson

from write_side._decider import By, Command


def command_digest(command: Command, by: By) -> bytes:
    """SHA-256 over who, what and the payload.

    `recorded_actor` stands for who: of a report given anonymously, not even the digest tells by whom.
    """
    payload = [by.practice, command.recorded_actor(by), command.NAME, command.model_dump(mode="json")]
    return sha256(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).digest()
