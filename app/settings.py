"""Everything that can be set, from the environment with the prefix CSMS_."""

from __future__ import annotations

import socket
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class UnknownStations(StrEnum):
    REJECT = "reject"
    ACCEPT = "accept"


class UnknownTags(StrEnum):
    REJECT = "reject"
    ACCEPT = "accept"


class ApiAuth(StrEnum):
    REQUIRED = "required"
    OFF = "off"


class LogFormat(StrEnum):
    JSON = "json"
    CONSOLE = "console"


class LogLevel(StrEnum):
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class Settings(BaseSettings):
    """Defaults are safe: loopback only, unknown stations refused, an API key required."""

    model_config = SettingsConfigDict(env_prefix="CSMS_", env_file=".env", env_ignore_empty=True, extra="ignore")

    database_url: str | None = Field(None, description="PostgreSQL 15 or later; unset: an embedded one in DATA_DIR")
    data_dir: Path = Field(Path(".csms"), description="embedded database, pepper and API key fingerprint")
    http_host: str = Field("127.0.0.1", description="where GraphQL, health and metrics listen")
    http_port: int = Field(8000, ge=0, le=65535)
    ocpp_host: str = Field("127.0.0.1", description="where stations connect (security profiles 0 and 1)")
    ocpp_port: int = Field(9000, ge=0, le=65535)
    unknown_stations: UnknownStations = Field(
        UnknownStations.REJECT, description="accept registers them at first sight"
    )
    unknown_tags: UnknownTags = Field(
        UnknownTags.REJECT, description="accept lets everybody charge whose token was never set"
    )
    master_pass_group: str | None = Field(
        None, description="group of the tokens that may end any transaction and begin none (MasterPassGroupId)"
    )
    api_auth: ApiAuth = Field(ApiAuth.REQUIRED, description="off only works on a loopback HTTP_HOST")
    api_key: str | None = Field(None, description="unset: one is made at the first start and shown once")
    pepper: str | None = Field(
        None, description="secret for station credentials; the same on all nodes; unset: kept in DATA_DIR"
    )
    node_id: str | None = Field(None, description="unique per process; default: host name and OCPP port")
    heartbeat_interval: int = Field(300, ge=1, description="seconds, told to stations when they boot")
    answer_timeout: float = Field(30.0, gt=0, description="seconds a station has to answer a command")
    transaction_grace: float = Field(
        600.0,
        gt=0,
        description="seconds a transaction that seems to have ended unheard is waited for, before it is closed",
    )
    transaction_silence: float = Field(
        86_400.0, gt=0, description="seconds without a word about a transaction after which it is suspected"
    )
    max_message_bytes: int = Field(
        262_144, ge=1024, description="largest OCPP message; larger ones close the socket (1009)"
    )
    ca_certificate: Path | None = Field(
        None, description="PEM: of the authority that signs certificates of stations, and those above it"
    )
    ca_key: Path | None = Field(
        None, description="PEM, without a password; unset: what stations ask for is signed elsewhere, by hand"
    )
    v2g_ca_certificate: Path | None = Field(None, description="the same for certificates that stations show to cars")
    v2g_ca_key: Path | None = Field(None, description="together with it")
    ca_days: int = Field(365, ge=1, le=36_500, description="days that certificates of stations are good for")
    mo_certificates: Path | None = Field(
        None, description="PEM: the roots of mobility operators, which contract certificates of cars must lead to"
    )
    ocsp_hosts: str = Field(
        "", description="hosts of OCSP responders in private networks, with commas between; others there are not asked"
    )
    contract_pool_url: str | None = Field(
        None, description="where contract certificates for cars come from; unset: there are none"
    )
    contract_pool_key: str | None = Field(None, description="sent there as a bearer token")
    log_level: LogLevel = Field(LogLevel.INFO)
    log_format: LogFormat = Field(LogFormat.JSON)

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("DATABASE_URL must begin with postgresql://")
        try:
            _ = urlsplit(url or "").port
        except ValueError:
            raise ValueError(
                "DATABASE_URL has no valid port; in a password, percent-encode what is not plain"
            ) from None
        return url.replace("postgres://", "postgresql://", 1) if url else None

    @field_validator("contract_pool_url")
    @classmethod
    def _http(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("CONTRACT_POOL_URL must begin with http:// or https://")
        return url

    @model_validator(mode="after")
    def _certificate_and_key(self) -> Settings:
        for name in ("ca", "v2g_ca"):
            if (getattr(self, f"{name}_certificate") is None) != (getattr(self, f"{name}_key") is None):
                raise ValueError(f"{name.upper()}_CERTIFICATE and {name.upper()}_KEY go together")
        return self

    @model_validator(mode="after")
    def _open_only_at_home(self) -> Settings:
        if self.api_auth is ApiAuth.OFF and not _is_loopback(self.http_host):
            raise ValueError(
                f"API_AUTH=off would leave the API open to all on {self.http_host}; use it on 127.0.0.1 only"
            )
        return self

    @property
    def ocsp_hosts_inside(self) -> frozenset[str]:
        return frozenset(host.strip() for host in self.ocsp_hosts.split(",") if host.strip())

    @property
    def node(self) -> str:
        return self.node_id or f"{socket.gethostname()}:{self.ocpp_port}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
