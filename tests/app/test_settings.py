"""What can be set, and what is said of values that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.launch import InvalidSettings, read_settings
from app.settings import ApiAuth, LogLevel, Settings, UnknownStations


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"CSMS_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)  # no .env here


def test_the_defaults_are_safe() -> None:
    settings = Settings()
    assert (settings.http_host, settings.ocpp_host) == ("127.0.0.1", "127.0.0.1")
    assert (settings.unknown_stations, settings.api_auth) == (UnknownStations.REJECT, ApiAuth.REQUIRED)
    assert (settings.http_port, settings.ocpp_port, settings.data_dir) == (8000, 9000, Path(".csms"))


def test_the_environment_counts_more_than_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("CSMS_HTTP_PORT=1\nCSMS_OCPP_PORT=2\nCSMS_NO_SUCH=3\n")
    monkeypatch.setenv("CSMS_HTTP_PORT", "4")
    assert (Settings().http_port, Settings().ocpp_port) == (4, 2)


def test_an_authority_needs_certificate_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CSMS_CA_KEY", "CSMS_V2G_CA_CERTIFICATE"):
        monkeypatch.setenv(name, "file.pem")
        with pytest.raises(InvalidSettings, match=r"CERTIFICATE and (V2G_)?CA_KEY go together"):
            read_settings()
        monkeypatch.delenv(name)


def test_a_pool_of_contracts_is_asked_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSMS_CONTRACT_POOL_URL", "ftp://pool.test/")
    with pytest.raises(InvalidSettings, match="CSMS_CONTRACT_POOL_URL: CONTRACT_POOL_URL must begin with http"):
        read_settings()


def test_hosts_of_responders_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().ocsp_hosts_inside == frozenset()
    monkeypatch.setenv("CSMS_OCSP_HOSTS", "ocsp.inside.test, 10.0.0.1,")
    assert Settings().ocsp_hosts_inside == {"ocsp.inside.test", "10.0.0.1"}


def test_an_empty_value_is_as_if_it_were_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "API_KEY", "PEPPER", "HTTP_PORT", "API_AUTH"):
        monkeypatch.setenv(f"CSMS_{name}", "")
    settings = Settings()
    assert (settings.database_url, settings.api_key, settings.pepper) == (None, None, None)
    assert (settings.http_port, settings.api_auth) == (8000, ApiAuth.REQUIRED)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("HTTP_PORT", "eighty", "CSMS_HTTP_PORT: Input should be a valid integer"),
        ("OCPP_PORT", "70000", "CSMS_OCPP_PORT: Input should be less than or equal to 65535"),
        ("UNKNOWN_STATIONS", "maybe", "CSMS_UNKNOWN_STATIONS: Input should be 'reject' or 'accept'"),
        ("API_AUTH", "none", "CSMS_API_AUTH: Input should be 'required' or 'off'"),
        ("LOG_LEVEL", "loud", "CSMS_LOG_LEVEL: Input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("ANSWER_TIMEOUT", "0", "CSMS_ANSWER_TIMEOUT: Input should be greater than 0"),
        ("DATABASE_URL", "mysql://x", "CSMS_DATABASE_URL: DATABASE_URL must begin with postgresql://"),
        ("DATABASE_URL", "postgresql://u:pa/ss@host/db", "CSMS_DATABASE_URL: DATABASE_URL has no valid port"),
    ],
)
def test_a_bad_value_is_named_with_what_would_be_right(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"CSMS_{name}", value)
    with pytest.raises(InvalidSettings) as refused:
        read_settings()
    [line] = str(refused.value).splitlines()
    assert line.startswith(told)
    assert "pa/ss" not in line, "no secret is repeated"


def test_all_bad_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSMS_HTTP_PORT", "x")
    monkeypatch.setenv("CSMS_OCPP_PORT", "y")
    with pytest.raises(InvalidSettings) as refused:
        read_settings()
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == ["CSMS_HTTP_PORT", "CSMS_OCPP_PORT"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "csms.example.com"])
def test_an_open_api_is_refused_where_others_can_reach_it(host: str) -> None:
    with pytest.raises(ValidationError, match="API_AUTH=off would leave the API open to all"):
        Settings(api_auth=ApiAuth.OFF, http_host=host)
    assert Settings(http_host=host).api_auth is ApiAuth.REQUIRED


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_an_open_api_is_allowed_at_home(host: str) -> None:
    assert Settings(api_auth=ApiAuth.OFF, http_host=host).api_auth is ApiAuth.OFF


def test_words_are_taken_as_people_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSMS_LOG_LEVEL", "debug")
    monkeypatch.setenv("CSMS_DATABASE_URL", "postgres://u@h/db")
    assert Settings().log_level is LogLevel.DEBUG
    assert Settings().database_url == "postgresql://u@h/db"


def test_a_process_is_named_after_its_host_and_port_unless_it_is_given_a_name() -> None:
    assert Settings(ocpp_port=9123).node.endswith(":9123")
    assert Settings(node_id="blue").node == "blue"
