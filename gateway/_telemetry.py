"""Figures for Prometheus: what the gateway does itself, and how far its followers lag."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from starlette.responses import Response

_LAG = """
with unmarked as (  -- of a topic that is known, ledgers that its publisher has not come to: they lag with all they have
  select 'kafka:' || topic.name as name, ledger.ledger, 0::bigint as position, null::timestamptz as parked_at
  from projection.topic join ledger.ledger on split_part(ledger.ledger, '/', 2) = coalesce(
    (select max(split_part(known.ledger, '/', 2)) from projection.follower as known where known.name = 'kafka:' || topic.name), ''
  )
  where not exists (
    select from projection.follower as marked where marked.name = 'kafka:' || topic.name and marked.ledger = ledger.ledger
  )
)
select follower.name,
  coalesce(sum(record.size - follower.position), 0)::bigint as positions,
  coalesce(extract(epoch from max(now() - waiting.time)), 0)::float8 as seconds,
  count(follower.parked_at) as parked
from (
  select name, ledger, position, parked_at from projection.follower union all select name, ledger, position, parked_at from unmarked
) as follower
join projection.record on record.ledger = follower.ledger
left join lateral (
  select projection.time_of(line) as time from projection.record_line
  where record_line.ledger = follower.ledger and record_line.position = follower.position + 1 and record.size > follower.position
) as waiting on true
group by follower.name
"""
_WAITING = "select topic, partition::text, messages, extract(epoch from now() - noted_at)::float8 from projection.waiting"
_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


@dataclass(frozen=True)
class Telemetry:
    """The figures of one gateway, in a registry of its own."""

    registry: CollectorRegistry
    commands: Counter
    append: Histogram
    requests: Histogram
    lag_positions: Gauge
    lag_seconds: Gauge
    parked: Gauge
    live: Gauge
    kafka_waiting: Gauge
    kafka_silence: Gauge

    @classmethod
    def make(cls) -> "Telemetry":
        """All figures at zero."""
        registry = CollectorRegistry()
        counter = partial(Counter, registry=registry)
        histogram = partial(Histogram, registry=registry, buckets=_BUCKETS)
        gauge = partial(Gauge, registry=registry)
        return cls(
            registry=registry,
            commands=counter("sporbar_commands", "Commands by outcome: done, repeated, or the code of the refusal", ["command", "outcome"]),
            append=histogram("sporbar_append_seconds", "From a command's validation to its commit"),
            requests=histogram("sporbar_request_seconds", "Requests by method and status", ["method", "status"]),
            lag_positions=gauge("sporbar_follower_lag_positions", "Lines recorded and not followed yet", ["follower"]),
            lag_seconds=gauge("sporbar_follower_lag_seconds", "Age of the oldest such line", ["follower"]),
            parked=gauge("sporbar_follower_parked", "Practices that a follower has parked", ["follower"]),
            live=gauge("sporbar_live_streams", "Event streams, and subscription sockets that somebody has signed in to"),
            kafka_waiting=gauge("sporbar_kafka_waiting", "Messages of a topic that are not received yet", ["topic", "partition"]),
            kafka_silence=gauge("sporbar_kafka_silence_seconds", "Time since a consumer said so", ["topic", "partition"]),
        )

    async def exposition(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> Response:
        """Every figure in Prometheus' text format; the followers' are read when asked for."""
        async with pool.connection() as conn:
            rows = await (await conn.execute(_LAG)).fetchall()
            partitions = await (await conn.execute(_WAITING)).fetchall()
        for gauge in (self.lag_positions, self.lag_seconds, self.parked, self.kafka_waiting, self.kafka_silence):
            gauge.clear()
        for topic, partition, messages, seconds in partitions:
            self.kafka_waiting.labels(topic, partition).set(messages)
            self.kafka_silence.labels(topic, partition).set(max(seconds, 0.0))
        for follower, positions, seconds, parked in rows:
            self.lag_positions.labels(follower).set(positions)
            self.lag_seconds.labels(follower).set(max(seconds, 0.0))
            self.parked.labels(follower).set(parked)
        return Response(generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
