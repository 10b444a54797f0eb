"""Configuration by environment: every setting is a variable `SPORBAR_<NAME>`; docs/settings.md is made from this class."""

import hashlib
import os
from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Literal, TypeVar

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "SPORBAR_"
_CONFIG = SettingsConfigDict(env_prefix=PREFIX, frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True)


class LogFormat(StrEnum):
    """How a line of the log is written."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """The least severe line that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class SettingsError(Exception):
    """A setting cannot be used; the message is one line that names it."""


def default_data_dir() -> Path:
    """`var/` below the working directory, where a clone keeps its own data.

    Root has to let an unprivileged user into the data (PostgreSQL does not run as root). In a directory that is closed
    to others, such as root's home, the data go below /var/lib/sporbar/ instead, one folder for each working directory.
    """
    here = Path.cwd()
    if os.geteuid() != 0 or all(directory.stat().st_mode & 0o001 for directory in (here, *here.parents)):
        return here / "var"
    return Path("/var/lib/sporbar") / f"{here.name}-{hashlib.sha256(os.fsencode(here)).hexdigest()[:8]}"


class Settings(BaseSettings):
    """All that can be configured, Kafka left out. Durations are in seconds, sizes in bytes."""

    model_config = _CONFIG

    database_url: SecretStr | None = None
    """PostgreSQL 16 or newer, as a libpq URL. Left out: the embedded PostgreSQL, in `postgres/` of the data directory.
    Its login owns the database or is a member of the roles that `sporbar migrate` makes. A password can stay out of the
    environment: libpq reads it from the file that PGPASSFILE names."""
    data_dir: Path = Field(default_factory=default_data_dir)
    """Where the embedded PostgreSQL and the keys are kept: `var/` below the working directory; for root in a directory
    that is closed to others, a folder below /var/lib/sporbar/."""
    host: str = "127.0.0.1"
    """Address that the server listens on."""
    port: int = Field(default=8000, ge=0, le=65535)
    """Port that the server listens on; 0 takes a free one."""
    log_level: LogLevel = LogLevel.INFO
    """The least severe line that is logged: debug, info, warning or error."""
    log_format: LogFormat = LogFormat.CONSOLE
    """console for people, json for machines (one object a line)."""
    token_issuer: str = "urn:sporbar:local"
    """Issuer (`iss`) of the access tokens that are accepted."""
    token_audience: str = "sporbar"
    """Audience (`aud`) that an access token must name."""
    token_key_file: Path | None = None
    """Ed25519 key of the local issuer, as a JWK; made at first start, readable by its owner only. Left out:
    `keys/issuer.jwk` of the data directory."""
    token_lifetime: int = Field(default=28_800, ge=60, le=604_800)
    """How long a token of the local issuer is valid."""
    token_leeway: int = Field(default=10, ge=0, le=60)
    """How far the clocks of issuer and server may differ."""
    pseudonym_key_file: Path | None = None
    """Secret from which the names of reports under a pseudonym follow, and the command ids of these and of reports without
    a name; made at first start. Lost, a reporter no longer recognises earlier reports, and such a report that is sent again
    is recorded again. Left out: `keys/pseudonym.key` of the data directory."""
    demo_sign_in: bool = False
    """Whether the start page lets anybody sign in as anybody. For a demo on one's own machine only."""
    body_limit: int = Field(default=65_536, ge=1_024)
    """Largest request body that is read."""
    graphql_introspection: bool = False
    """Whether clients may ask for the GraphQL schema; it is in schema.graphql as well."""
    graphql_fields: int = Field(default=400, ge=1)
    """Most fields that a GraphQL document may write."""
    graphql_depth: int = Field(default=20, ge=1)
    """Deepest nesting of a GraphQL operation."""
    graphql_aliases: int = Field(default=200, ge=0)
    """Most aliases of a GraphQL operation, fragments spread out."""
    graphql_cost: int = Field(default=6_000, ge=1)
    """Most fields that the answer to a GraphQL operation may have, every page full."""
    statement_timeout: float = Field(default=10.0, gt=0)
    """Longest that one statement of a request may run in the database."""
    at_least_patience: float = Field(default=5.0, ge=0)
    """Longest wait for the read models to reach the position that a query asks for with `atLeast`."""
    write_pool: int = Field(default=10, ge=1)
    """Most database connections for commands, in one process."""
    read_pool: int = Field(default=10, ge=1)
    """Most database connections for queries, in one process."""
    exports: int = Field(default=4, ge=1, le=100)
    """Most exports that are sent at the same time, in one process; each takes a database connection now and then."""
    export_patience: float = Field(default=60.0, gt=0)
    """Longest that a client may take for the next part of an export before its connection is cut."""
    live_streams: int = Field(default=500, ge=1)
    """Most event streams, and subscription sockets that somebody has signed in to, at the same time, in one process."""
    live_streams_each: int = Field(default=10, ge=1)
    """Most of them that one person may have open."""
    live_heartbeat: float = Field(default=15.0, gt=0)
    """Silence after which an event stream gets a sign of life."""
    live_patience: float = Field(default=30.0, gt=0)
    """Longest that a client may take for what it is sent before it is cut off, and to say who it is on a socket (5 s at most)."""
    shutdown_patience: int = Field(default=15, ge=0, le=20)
    """How long a stopping server lets requests finish."""

    @field_validator("data_dir", "token_key_file", "pseudonym_key_file")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return _absolute(path)

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        try:
            conninfo_to_dict(url.get_secret_value() if url else "")
        except ProgrammingError:
            raise ValueError("give a libpq URL such as postgresql://user@host/database") from None  # the cause would quote it
        return url

    @property
    def issuer_key(self) -> Path:
        """Where the local issuer's key lies."""
        return self.token_key_file or self.data_dir / "keys" / "issuer.jwk"

    @property
    def pseudonym_key(self) -> Path:
        """Where the secret of the pseudonyms lies."""
        return self.pseudonym_key_file or self.data_dir / "keys" / "pseudonym.key"

    @property
    def postgres_dir(self) -> Path:
        """Directory of the embedded PostgreSQL."""
        return self.data_dir / "postgres"


class KafkaVariables(BaseSettings):
    """Which Kafka the commands that use one work with; what is wrong here stops no other command."""

    model_config = _CONFIG

    kafka_bootstrap_servers: str | None = None
    """Some brokers of the Kafka cluster, as `host:port`, with commas between them. See docs/streams.md."""
    kafka_topic: str = Field(default="sporbar.events.v1", pattern=r"^[A-Za-z0-9._-]{1,249}$")
    """Topic of the practices' records; made if it is missing."""
    kafka_partitions: int = Field(default=12, ge=1, le=10_000)
    """Partitions of the topic. A topic that is there must have as many."""
    kafka_replication: int = Field(default=1, ge=1, le=32)
    """Replicas of each partition. 3 for what must not be lost; two of them then acknowledge each line."""
    kafka_retention: int | None = Field(default=None, ge=60)
    """How long the topic keeps a line. Left out: for ever, so that a new reader finds everything."""
    kafka_compression: Literal["zstd", "lz4", "none"] = "zstd"
    """How batches are compressed: zstd, lz4 or none."""
    kafka_group: str = Field(default="sporbar.projections", min_length=1)
    """Consumer group of the projections that read from the topic."""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How brokers are spoken to: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."""
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    """How the user is proven: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512."""
    kafka_username: str | None = None
    """User at the brokers."""
    kafka_password: SecretStr | None = None
    """Password of that user."""
    kafka_ca_file: Path | None = None
    """Certificates (PEM) of who vouches for the brokers. Left out: those that the system trusts."""
    kafka_cert_file: Path | None = None
    """Certificate (PEM) that is shown to brokers which ask for one."""
    kafka_key_file: Path | None = None
    """Private key (PEM) of that certificate."""
    kafka_connect_timeout: float = Field(default=10.0, ge=1, le=30)
    """Longest wait for the first broker that answers."""
    kafka_delivery_timeout: float = Field(default=20.0, ge=1, le=25)
    """Longest wait for the acknowledgement of a line, after which it is sent anew."""

    @field_validator("kafka_ca_file", "kafka_cert_file", "kafka_key_file")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return _absolute(path)

    @field_validator("kafka_bootstrap_servers")
    @classmethod
    def _are_addresses(cls, servers: str | None) -> str | None:
        for address in [] if servers is None else servers.split(","):
            host, _, port = address.strip().rpartition(":")
            if not host or not port.isdigit():
                raise ValueError("give host:port of some brokers, with commas between them, such as kafka-1:9092,kafka-2:9092")
        return servers


FIELDS = Settings.model_fields | KafkaVariables.model_fields
"""Every setting by its name."""
Loaded = TypeVar("Loaded", bound=BaseSettings)


def load_settings() -> Settings:
    """The settings of this process; raises SettingsError for a value that cannot be and for a variable that nobody reads."""
    return _load(Settings)


def load_kafka() -> KafkaVariables:
    """Those of Kafka; raises SettingsError likewise."""
    return _load(KafkaVariables)


def _load(kind: type[Loaded]) -> Loaded:
    _refuse_unknown(name for name in os.environ if name.upper().startswith(PREFIX))
    try:
        return kind()
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
        raise SettingsError(
            "; ".join(f"{variable(str(item['loc'][0]))}: {item['msg'].removeprefix('Value error, ')}" for item in wrong)
        ) from None


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def markdown() -> str:
    """docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Every setting is an environment variable. A variable that begins with `SPORBAR_` and is not listed here stops the start.",
        "Durations are in seconds, sizes in bytes. What is wrong in a setting of Kafka stops the commands that use Kafka and no other.",
        "",
        "| Variable | Default | Allowed | Meaning |",
        "|---|---|---|---|",
    ]
    for name, field in FIELDS.items():
        given = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
        default = "" if field.default_factory or field.default is None else f"`{given}`"
        meaning = " ".join((field.description or "").split())
        lines.append(f"| `{variable(name)}` | {default} | {_allowed(field)} | {meaning} |")
    return "\n".join(lines) + "\n"


def _allowed(field: FieldInfo) -> str:
    """The range of a number, as its constraints say it; empty for what has none."""
    bounds = {name: getattr(mark, name) for mark in field.metadata for name in ("ge", "gt", "le", "lt") if hasattr(mark, name)}
    if {"ge", "le"} <= bounds.keys():
        return f"{bounds['ge']} to {bounds['le']}"
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    return ", ".join(f"{words[name]} {bound}" for name, bound in bounds.items())


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else path.expanduser().absolute()


def _refuse_unknown(names: Iterable[str]) -> None:
    for name in names:
        setting = name.removeprefix(PREFIX).lower()
        if name.upper() != name or setting not in FIELDS:
            meant = get_close_matches(setting, FIELDS, n=1)
            raise SettingsError(
                f"there is no setting {name}" + (f"; did you mean {variable(meant[0])}?" if meant else ": see docs/settings.md")
            )
