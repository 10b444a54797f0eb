"""Reading the topic: a member of the consumer group, whose offsets move when they are told to."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from kafka import KafkaConsumer
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.errors import (
    CommitFailedError,
    CorruptRecordError,
    GroupAuthorizationFailedError,
    KafkaTimeoutError,
    RebalanceInProgressError,
)
from kafka.structs import OffsetAndMetadata, TopicPartition

from projections._kafka._greeting import greet
from projections._kafka._port import partition_of
from projections._kafka._settings import KafkaAway, KafkaSettings, KafkaUnusable
from projections._kafka._topic import require_version, told
from projections._kafka._unpack import Message, PartitionMessages

SESSION = 30.0
"""Seconds without a sign of life after which another member of the group gets the partitions."""
PAGE = 250
"""Messages taken from the client at a time; each may have a megabyte."""
_FETCH = 16_000_000
"""Bytes, compressed, of an answer of a broker."""
_LOOK = 5.0
"""Seconds of silence after which the broker is asked whether it is there."""
_CLOSE = 2_000
"""Milliseconds for leaving the group."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """Partitions that the group gave to this member."""

    partitions: tuple[int, ...]
    from_beginning: tuple[int, ...]
    """Those that hold something, and of which the group has no offset: when it is new, or was reset."""


class _Changes(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """Notes that partitions came or went; called by the client's own thread."""

    def __init__(self) -> None:
        self.noticed = False

    def on_partitions_revoked(self, revoked: Collection[object]) -> None:
        """Note it, unless it is the beginning."""
        self.noticed = self.noticed or bool(revoked)

    def on_partitions_assigned(self, assigned: object) -> None:
        """Note it."""
        self.noticed = True


class Source:
    """A member of the consumer group `settings.group`. Used by one thread.

    Everything raises KafkaAway when Kafka does not answer, and KafkaUnusable when it refuses.
    """

    def __init__(self, settings: KafkaSettings, *, session: float = SESSION, member: str = "") -> None:
        """Join the group, beginning where it stands, or with the first message where it stands nowhere.

        `member` is the id that this process had in the group before. A group that was left without a word waits for its
        former member as long as a session is, and not when that one comes back.
        """
        self.member = member
        self._settings = settings
        self._changes = _Changes()
        self._patience = round(settings.connect_timeout * 1000)
        self._heard_at = monotonic()
        greet(settings)
        with told(settings):
            self._consumer = _consumer(settings, session)
            try:
                # in this order, or the group is joined a second time when the client learns of the topic
                self._consumer.subscribe([settings.topic], listener=self._changes)
                if member:
                    self._consumer._coordinator.reset_generation(member)
                self.partitions = self._find_topic()
            except BaseException:
                self.close()
                raise

    def _find_topic(self) -> int:
        require_version(self._consumer.config["api_version"])
        found = self._consumer.partitions_for_topic(self._settings.topic)
        if not found:
            raise KafkaUnusable(
                f"there is no topic {self._settings.topic} at {self._settings.addresses}:"
                " `sporbar publish` makes it; or set SPORBAR_KAFKA_TOPIC to the one that it writes"
            )
        return len(found)

    def close(self) -> None:
        """Leave the group; `member` is then the id that it had there."""
        self.member = self._consumer._coordinator._generation.member_id
        self._consumer.close(timeout_ms=_CLOSE)

    def poll(self, seconds: float, most: int = PAGE) -> Mapping[int, list[Message]]:
        """The next messages by partition, in their order, as soon as there are some; none after `seconds`."""
        with self._told():
            self._go_on_joining()
            found = self._consumer.poll(timeout_ms=round(seconds * 1000), max_records=most)
            if found:
                self._heard_at = monotonic()
            elif monotonic() - self._heard_at > _LOOK:
                self._ask()
        return {partition.partition: messages for partition, messages in found.items()}

    def _go_on_joining(self) -> None:
        """kafka-python 3.0 forgets to end what a poll began and had no time for, when it was the topic's doing and not the group's."""
        coordinator = self._consumer._coordinator
        if coordinator.rejoining:
            coordinator.request_rejoin()

    def _ask(self) -> None:
        """Find out whether a broker is there: the client goes on trying, and does not say so."""
        try:
            self._consumer.end_offsets([self._partition(0)], timeout_ms=self._patience)
        except KafkaTimeoutError:
            raise KafkaAway(f"Kafka at {self._settings.addresses} does not answer") from None
        self._heard_at = monotonic()

    @property
    def changed(self) -> bool:
        """Whether `reassigned` has something new to say."""
        return self._changes.noticed

    def reassigned(self) -> Assigned | None:
        """The partitions that this member has, if that changed since it was asked last."""
        if not self._changes.noticed:
            return None
        self._changes.noticed = False
        with self._told():
            partitions = self.assigned()
            ends = self.ends() if partitions else {}
            beginning = [number for number in partitions if ends[number] and self._consumer.committed(self._partition(number)) is None]
        return Assigned(tuple(partitions), tuple(beginning))

    def assigned(self) -> list[int]:
        """The partitions that this member has now."""
        return sorted(partition.partition for partition in self._consumer.assignment())

    def partition_of(self, practice: str) -> int:
        """The partition that holds a practice's lines."""
        return partition_of(practice, self.partitions)

    def commit(self, offsets: Mapping[int, int]) -> bool:
        """Let the group go on from these offsets; False if another member has the partitions now."""
        given = {self._partition(number): OffsetAndMetadata(offset, "", -1) for number, offset in offsets.items()}
        with self._told():
            try:
                self._consumer.commit(given, timeout_ms=self._patience)
            except (CommitFailedError, RebalanceInProgressError):
                return False
        return True

    def next_offset(self, partition: int) -> int | None:
        """Offset of the message that comes next; None if the partition is another member's."""
        wanted = self._partition(partition)
        if wanted not in self._consumer.assignment():
            return None
        with self._told():
            position: int | None = self._consumer.position(wanted, timeout_ms=self._patience)
        return position

    def ends(self) -> dict[int, int]:
        """Offset behind the last message, of every partition."""
        with self._told():
            found = self._consumer.end_offsets([self._partition(number) for number in range(self.partitions)], timeout_ms=self._patience)
        return {partition.partition: offset for partition, offset in found.items()}

    def rewind(self, partition: int) -> None:
        """Go back to the first message that the partition holds."""
        with self._told():
            self._consumer.seek_to_beginning(self._partition(partition))

    def waiting(self) -> dict[int, int]:
        """How many messages wait in each partition that this member has, as far as brokers have told."""
        states = self._consumer._subscription.assignment
        known = [(partition, states.get(partition)) for partition in self._consumer.assignment()]
        return {
            partition.partition: max(0, state.highwater - state.position.offset)
            for partition, state in known
            if state is not None and state.highwater is not None and state.position is not None
        }

    def _partition(self, number: int) -> TopicPartition:
        return TopicPartition(self._settings.topic, number)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """As `told`, for what is asked in the group's name."""
        with told(self._settings):
            try:
                yield
            except GroupAuthorizationFailedError:
                raise KafkaUnusable(
                    f"Kafka does not let the user into the group {self._settings.group}:"
                    " let the user read groups of that name, or set SPORBAR_KAFKA_GROUP"
                ) from None
            except CorruptRecordError as error:
                raise KafkaAway(f"what came from Kafka is damaged: {error}") from error


def _consumer(settings: KafkaSettings, session: float) -> KafkaConsumer:
    consumer = KafkaConsumer(
        **settings.client_options(),
        group_id=settings.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        allow_auto_create_topics=False,
        session_timeout_ms=round(session * 1000),
        heartbeat_interval_ms=round(session * 1000 / 6),
        fetch_max_bytes=_FETCH,
        metrics_enabled=False,
    )
    consumer._fetcher.PartitionRecords = PartitionMessages
    return consumer
