"""Firmware updated or published, and uploads of logs: what a station was asked for, what it said, how far it is.

Stream `maintenance:<day>:<station>`. A request id is None where the protocol has none (1.6 UpdateFirmware,
GetDiagnostics) or the station told none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.aggregate import DomainEvent
from domain.books import Book


class MaintenanceBook(Book):
    KIND = "maintenance"

    @dataclass(frozen=True)
    class FirmwareUpdateRequested(DomainEvent):
        TOPIC = "maintenance.firmware-update-requested"
        location: str
        retrieve_at: datetime
        outcome: str
        """2.0.1 UpdateFirmwareStatusEnumType; 1.6 without signature only knows Accepted."""
        request_id: int | None = None
        install_at: datetime | None = None
        signed: bool = False
        retries: int | None = None
        retry_interval: int | None = None
        """Seconds."""

    @dataclass(frozen=True)
    class FirmwareStatusReported(DomainEvent):
        TOPIC = "maintenance.firmware-status-reported"
        status: str
        request_id: int | None = None

    @dataclass(frozen=True)
    class PublicationRequested(DomainEvent):
        """A local controller is to fetch firmware and offer it to the stations behind it (2.0.1 L03)."""

        TOPIC = "maintenance.publication-requested"
        location: str
        checksum: str
        """MD5, 32 hex digits."""
        outcome: str
        request_id: int | None = None
        retries: int | None = None
        retry_interval: int | None = None

    @dataclass(frozen=True)
    class PublicationStatusReported(DomainEvent):
        TOPIC = "maintenance.publication-status-reported"
        status: str
        request_id: int | None = None
        locations: tuple[str, ...] = ()
        """Where the firmware is offered, once it is."""

    @dataclass(frozen=True)
    class PublicationEndAnswered(DomainEvent):
        """The answer to the wish that firmware is offered no longer (2.0.1 L04)."""

        TOPIC = "maintenance.publication-end-answered"
        checksum: str
        outcome: str
        """2.0.1 UnpublishFirmwareStatusEnumType."""

    @dataclass(frozen=True)
    class LogRequested(DomainEvent):
        TOPIC = "maintenance.log-requested"
        log_type: str
        location: str
        outcome: str
        """2.0.1 LogStatusEnumType."""
        request_id: int | None = None
        oldest: datetime | None = None
        latest: datetime | None = None
        retries: int | None = None
        retry_interval: int | None = None
        file_name: str | None = None

    @dataclass(frozen=True)
    class LogStatusReported(DomainEvent):
        TOPIC = "maintenance.log-status-reported"
        status: str
        request_id: int | None = None

    @dataclass(frozen=True)
    class DiagnosticsRequested(DomainEvent):
        """1.6 only: without a file name the station has nothing to upload."""

        TOPIC = "maintenance.diagnostics-requested"
        location: str
        oldest: datetime | None = None
        latest: datetime | None = None
        retries: int | None = None
        retry_interval: int | None = None
        file_name: str | None = None

    @dataclass(frozen=True)
    class DiagnosticsStatusReported(DomainEvent):
        TOPIC = "maintenance.diagnostics-status-reported"
        status: str
