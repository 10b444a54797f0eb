"""Counts the events of each practice by type, in counts.sqlite: each line once, and a missing one is noticed.

python consumer.py BROKER:PORT [TOPIC]    (pip install "kafka-python[crc32c,zstd]" orjson)
"""

import sqlite3
import sys
from contextlib import suppress

import orjson
from kafka import KafkaConsumer

options = {"bootstrap_servers": sys.argv[1], "group_id": "counts", "auto_offset_reset": "earliest", "enable_auto_commit": False}
database = sqlite3.connect("counts.sqlite")
database.execute("create table if not exists position (source primary key, id)")
database.execute("create table if not exists counted (source, type, events, primary key (source, type))")
count = "insert into counted values (?, ?, 1) on conflict do update set events = events + 1"
with suppress(KeyboardInterrupt), KafkaConsumer(*sys.argv[2:] or ["sporbar.events.v1"], **options) as consumer:
    while True:
        batch = consumer.poll(timeout_ms=1000, max_records=5000)
        with database:  # results and positions: both or neither
            for message in [each for found in batch.values() for each in found]:
                event = orjson.loads(message.value)
                source, id_ = event["source"], int(event["id"])
                (last,) = database.execute("select coalesce(max(id), 0) from position where source = ?", (source,)).fetchone()
                if id_ > last + 1:
                    database.commit()  # what came before it counts
                    sys.exit(f"{source}: line {last + 1} is missing, line {id_} came instead")
                if id_ == last + 1:  # else it is a copy
                    database.execute(count, (source, event["type"]))
                    database.execute("insert or replace into position values (?, ?)", (source, id_))
        consumer.commit()
