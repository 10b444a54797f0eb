"""Settings come from the environment, and what they cannot be is said."""

from pathlib import Path

import pytest

from gateway import settings as module
from gateway.settings import FIELDS, SettingsError, default_data_dir, load_kafka, load_settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in FIELDS:
        monkeypatch.delenv(module.variable(name), raising=False)
    monkeypatch.chdir(tmp_path)


def test_nothing_set_is_a_safe_installation() -> None:
    settings = load_settings()
    assert settings.database_url is None
    assert settings.host == "127.0.0.1"
    assert settings.demo_sign_in is False
    assert settings.graphql_introspection is False
    assert settings.body_limit == 64 * 1024


def test_every_number_says_what_it_may_be() -> None:
    rows = {row.split(" | ")[0]: row.split(" | ")[2] for row in module.markdown().splitlines() if row.startswith("| `")}
    assert rows["| `SPORBAR_PORT`"] == "0 to 65535"
    assert rows["| `SPORBAR_STATEMENT_TIMEOUT`"] == "more than 0"
    numbers = {name for name, field in FIELDS.items() if field.annotation in (int, float, int | None)}
    assert {f"| `{module.variable(name)}`" for name in numbers} == {name for name, allowed in rows.items() if allowed.strip()}


def test_every_setting_is_described() -> None:
    assert [name for name, field in FIELDS.items() if not field.description] == []


def test_paths_follow_the_data_directory_and_do_not_move_with_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SPORBAR_DATA_DIR", "elsewhere")
    settings = load_settings()
    assert settings.issuer_key == tmp_path / "elsewhere" / "keys" / "issuer.jwk"
    assert settings.pseudonym_key == tmp_path / "elsewhere" / "keys" / "pseudonym.key"
    assert settings.postgres_dir == tmp_path / "elsewhere" / "postgres"


def test_a_clone_keeps_its_own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert default_data_dir() == tmp_path / "var"


def test_root_in_a_closed_directory_keeps_the_data_where_the_server_may_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.chdir(closed)
    assert default_data_dir().parent == Path("/var/lib/sporbar")
    assert default_data_dir().name.startswith("closed-")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SPORBAR_PORT", "70000", "SPORBAR_PORT: Input should be less than or equal to 65535"),
        ("SPORBAR_LOG_LEVEL", "loud", "SPORBAR_LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error'"),
        ("SPORBAR_DEMO_SIGNIN", "1", "there is no setting SPORBAR_DEMO_SIGNIN; did you mean SPORBAR_DEMO_SIGN_IN?"),
        ("SPORBAR_QWERTY", "1", "there is no setting SPORBAR_QWERTY: see docs/settings.md"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value) == said


def test_a_password_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPORBAR_DATABASE_URL", "postgresql://app:geheim@db/sporbar")
    settings = load_settings()
    assert "geheim" not in f"{settings} {settings!r} {settings.model_dump()}"
    monkeypatch.setenv("SPORBAR_DATABASE_URL", "geheim is no url")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SECURITY_PROTOCOL", "foo", "Input should be 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or 'SASL_SSL'"),
        ("BOOTSTRAP_SERVERS", "kafka-1", "give host:port of some brokers, with commas between them, such as kafka-1:9092,kafka-2:9092"),
        ("PARTITIONS", "0", "Input should be greater than or equal to 1"),
    ],
)
def test_what_is_wrong_with_kafka_stops_only_whoever_uses_it(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(f"SPORBAR_KAFKA_{name}", value)
    assert load_settings().port == 8000
    with pytest.raises(SettingsError) as refused:
        load_kafka()
    assert str(refused.value) == f"SPORBAR_KAFKA_{name}: {said}"


def test_a_variable_that_nobody_reads_stops_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPORBAR_KAFKA_TOPIK", "x")
    for load in (load_settings, load_kafka):
        with pytest.raises(SettingsError, match=r"^there is no setting SPORBAR_KAFKA_TOPIK; did you mean SPORBAR_KAFKA_TOPIC\?$"):
            load()
