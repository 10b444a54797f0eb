"""Mutations from commands: one field a command, over the same bus as REST."""

from collections.abc import Iterable
from typing import Annotated, Any

import strawberry
from strawberry.tools import create_type
from strawberry.types.field import StrawberryField

from gateway._bus import Receipt, checked_key
from gateway.graphql._context import Info
from gateway.graphql._inputs import input_type, plain
from gateway.graphql._types import describe
from write_side._decider import Command

Key = Annotated[
    str,
    strawberry.argument(description="Your own name of this command, 1 to 255 visible ASCII characters; send it again to try again."),
]
Expected = Annotated[
    int | None, strawberry.argument(description="Version that the subject must stand at; left out, the command is decided on the latest.")
]


@strawberry.type(description="The answer to a command that was carried out.")
class CommandResult:
    """See `gateway._bus.Receipt`."""

    practice: strawberry.ID
    position: int = strawberry.field(description="Position of the last event it wrote; ask for `atLeast` this to see its effect.")
    subject: str
    id: strawberry.ID
    version: int
    root: str = strawberry.field(description="Merkle root of the record at that position (RFC 6962), hexadecimal.")
    repeated: bool = strawberry.field(description="Whether this key had been carried out before; the answer is the first one.")

    @classmethod
    def of(cls, receipt: Receipt) -> "CommandResult":
        """The receipt as GraphQL shows it."""
        return cls(
            practice=strawberry.ID(receipt.practice),
            position=receipt.position,
            subject=receipt.subject,
            id=strawberry.ID(receipt.id),
            version=receipt.version,
            root=receipt.root,
            repeated=receipt.repeated,
        )


def mutation_type(commands: Iterable[type[Command]]) -> Any:
    """The `Mutation` type; ValueError when two commands would have one name."""
    made: dict[str, StrawberryField] = {}
    for command in commands:
        name = command.__name__[0].lower() + command.__name__[1:]
        if name in made:
            raise ValueError(f"two commands are called {command.__name__}")
        made[name] = _field(name, command)
    return create_type("Mutation", list(made.values()), description="One field a command; each is carried out once for its key.")


def _field(name: str, command: type[Command]) -> StrawberryField:
    async def resolve(
        info: Info,
        practice: strawberry.ID,
        idempotency_key: Key,
        input: Any,  # noqa: A002 -- the argument's name in the schema
        expected_version: Expected = None,
    ) -> Any:
        operation = info.context
        receipt = await operation.sources.bus.carry_out(
            operation.actor, practice, command, plain(input), key=checked_key(idempotency_key), expected_version=expected_version
        )
        return CommandResult.of(receipt)

    resolve.__name__ = command.NAME.replace(".", "_")
    resolve.__annotations__ |= {"input": input_type(command), "return": CommandResult}
    made: StrawberryField = strawberry.mutation(resolver=resolve, name=name, description=describe(command))
    return made
