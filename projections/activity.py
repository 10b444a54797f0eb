"""The fold of every event into one row of activity."""

from collections.abc import Iterable
from uuid import UUID

from events import _registry
from events._base import DomainEvent, Envelope
from projections._model import Key, ReadModel
from read_side.activity import ActivityRow

_registry.load_all()


def _by_position(_event: DomainEvent, envelope: Envelope) -> Iterable[Key]:
    return [(envelope.position,)]


def _id_of(envelope: Envelope) -> UUID | None:
    try:
        return envelope.subject_id
    except ValueError:
        return None


activity: ReadModel[ActivityRow] = ReadModel(ActivityRow, _by_position)


@activity.on(*_registry.event_types().values())
def happened(_row: None, _event: DomainEvent, envelope: Envelope) -> ActivityRow:
    return ActivityRow(
        position=envelope.position,
        time=envelope.time,
        subject=envelope.subject,
        subject_id=_id_of(envelope),
        kind=envelope.kind,
        version=envelope.version,
        type=envelope.type,
        actor=envelope.actor,
    )


READ_MODELS = (activity,)
