"""One line an occurrence, and no secret in it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from gateway.logs import HIDDEN, configure_logging
from gateway.settings import LogFormat, LogLevel


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def lines(_logging_as_before: None) -> io.StringIO:
    stream = io.StringIO()
    configure_logging(LogLevel.INFO, LogFormat.JSON, stream)
    return stream


def test_a_line_is_one_object_with_what_it_is_about(lines: io.StringIO) -> None:
    structlog.get_logger("sporbar.projection").info("parked", practice="fjordgata", position=17)
    line = json.loads(lines.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "parked", "level": "info", "logger": "sporbar.projection", "practice": "fjordgata", "position": 17}


def test_what_libraries_log_comes_out_in_the_same_form(lines: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("closed %s", "early")
    assert json.loads(lines.getvalue())["event"] == "closed early"


def test_what_is_below_the_level_is_left_out(lines: io.StringIO) -> None:
    structlog.get_logger("sporbar").debug("detail")
    logging.getLogger("uvicorn.access").info("GET /p/fjordgata?name=Kari")
    assert lines.getvalue() == ""


@pytest.mark.parametrize(
    "said",
    [
        {"authorization": "Bearer geheim"},
        {"headers": {"Cookie": "sporbar_session=geheim"}},
        {"client_secret": "geheim"},
        {"deep": [{"deeper": {"db_password": "geheim"}}]},
        {"url": "postgresql://app:geheim@db/sporbar"},
        {"conninfo": "host=db password=geheim dbname=x"},
        {"header": "Bearer eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiJnZWhlaW0ifQ.geheim"},
        {"pseudonym": "geheim"},
    ],
    ids=str,
)
def test_secrets_are_hidden_by_name_and_by_form(lines: io.StringIO, said: dict[str, object]) -> None:
    structlog.get_logger("sporbar").info("asked", **said)
    assert "geheim" not in lines.getvalue()
    assert HIDDEN in lines.getvalue()


def test_an_exception_is_in_the_line_without_its_secrets(lines: io.StringIO) -> None:
    try:
        raise ValueError("postgresql://app:geheim@db/sporbar")
    except ValueError:
        structlog.get_logger("sporbar").exception("failed")
    line = json.loads(lines.getvalue())
    assert "ValueError" in line["exception"]
    assert "geheim" not in lines.getvalue()
