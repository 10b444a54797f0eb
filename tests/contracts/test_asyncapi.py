"""The AsyncAPI document: what version 3.0.0 asks for, no reference that leads nowhere, and what Kafka is told."""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from events._schema import schemas
from gateway.contracts import asyncapi_text
from projections._kafka._settings import KafkaSettings
from tests.contracts import _specification
from tests.contracts._schemas import COMMITTED, ROOT, read_schemas

DOCUMENT: dict[str, Any] = orjson.loads((ROOT / "docs" / "asyncapi.json").read_bytes())
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]
SPECIFICATION = Draft202012Validator(_specification.DOCUMENT)


def test_what_is_committed_is_current() -> None:
    assert (ROOT / "docs" / "asyncapi.json").read_text("utf-8") == asyncapi_text()


def test_it_is_what_the_specification_asks_for() -> None:
    assert [f"{error.json_path}: {error.message}" for error in SPECIFICATION.iter_errors(DOCUMENT)] == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda document, _: document.update(asyncapi="2.6.0"),
        lambda document, _: document["info"].pop("version"),
        lambda document, _: document["servers"]["kafka"].update(url="{bootstrap}"),
        lambda document, _: document["channels"]["live"].update(address="/v1/events?after=1"),
        lambda document, _: document["operations"]["receiveLive"].update(action="subscribe"),
        lambda _, message: message["payload"].pop("schemaFormat"),
        lambda _, message: message.update(payload=message["payload"]["schema"]),
        lambda _, message: message.update(schemaFormat=message["payload"]["schemaFormat"]),
    ],
)
def test_what_the_specification_does_not_know_is_noticed(wrong: Callable[[Any, Any], object]) -> None:
    changed = deepcopy(DOCUMENT)
    wrong(changed, changed["components"]["messages"]["deviation.reported.v1"])
    assert not SPECIFICATION.is_valid(changed)


def test_a_channel_has_the_parameters_of_its_address() -> None:
    for channel in DOCUMENT["channels"].values():
        assert set(re.findall(r"{(\w+)}", channel["address"])) == channel.get("parameters", {}).keys()


def test_schemas_are_of_the_format_that_is_named() -> None:
    for schema in read_schemas(COMMITTED).values():
        assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


def test_a_server_is_a_variable_of_a_protocol_that_is_known() -> None:
    for server in DOCUMENT["servers"].values():
        assert server["protocol"] in ("kafka", "https")
        assert set(re.findall(r"{(\w+)}", server["host"])) == set(server["variables"])
        assert re.sub(r"{\w+}", "", server["host"]) == ""


def test_an_operation_receives_from_a_channel() -> None:
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] == "receive"
        assert operation["channel"]["$ref"].startswith("#/channels/")


def test_every_type_of_event_is_a_message_of_the_channel() -> None:
    channel = DOCUMENT["channels"]["events"]
    assert set(channel["messages"]) == set(MESSAGES) == set(schemas())
    for name, message in MESSAGES.items():
        assert message["name"] == name
        assert message["payload"]["schema"] == {"$ref": f"schemas/{name}.json"}
        assert channel["messages"][name] == {"$ref": f"#/components/messages/{name}"}


def test_no_reference_leads_nowhere_and_none_to_another_host() -> None:
    schemas = read_schemas(COMMITTED)
    for reference in references(DOCUMENT):
        if reference.startswith("#/"):
            found: Any = DOCUMENT
            for step in reference[2:].split("/"):
                found = found[step]
        else:
            assert reference.removeprefix("schemas/").removesuffix(".json") in schemas
    assert "://" not in asyncapi_text()


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_names_of_components_are_ones() -> None:
    for part in DOCUMENT["components"].values():
        assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in part)


def test_key_and_headers_are_schemas() -> None:
    kafka = DOCUMENT["components"]["messageBindings"]["line"]["kafka"]
    Draft7Validator.check_schema(kafka["key"])
    Draft7Validator.check_schema(DOCUMENT["components"]["schemas"]["kafkaHeaders"])
    assert Draft7Validator(kafka["key"]).is_valid("fjordgata")
    assert not Draft7Validator(kafka["key"]).is_valid("fjordgata/access")


def test_the_topic_is_the_one_of_the_default_settings() -> None:
    channel, default = DOCUMENT["channels"]["events"], KafkaSettings(("localhost:9092",))
    binding = channel["bindings"]["kafka"]
    assert channel["address"] == binding["topic"] == default.topic
    assert (binding["partitions"], binding["replicas"]) == (default.partitions, default.replication)
