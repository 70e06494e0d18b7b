# mypy: disallow_untyped_decorators=false
"""Maintenance: firmware updated and published, logs and diagnostics uploaded: asked for and followed."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import msgspec
import strawberry

from api.graphql.asking import CommandPayload, StationRequest, ask
from api.graphql.context import Info
from api.graphql.deciding import certificate, checked, within_bounds
from api.graphql.errors import bad_input, refusals_as
from api.graphql.paging import Connection, connection, key_of, page_size
from api.graphql.scalars import INT_MAX, whole
from api.graphql.visibility import at_least
from projections.maintenance import (
    DIAGNOSTICS,
    FIRMWARE,
    LOG,
    PUBLICATION,
    JobRow,
    jobs_page,
    maintenance,
    progress_by_job,
)

_DRAWN = ("requestId",)
_LONGEST_LOCATION = 512
_LONGEST_SIGNATURE = 800
_MD5 = re.compile(r"[0-9A-Fa-f]{32}")


@strawberry.enum
class MaintenanceKind(Enum):
    FIRMWARE = FIRMWARE
    LOG = LOG
    DIAGNOSTICS = DIAGNOSTICS
    PUBLICATION = PUBLICATION


@strawberry.enum(description="2.x LogEnumType.")
class LogType(Enum):
    DiagnosticsLog = "DiagnosticsLog"
    SecurityLog = "SecurityLog"


@strawberry.type(description="A status of a job and when we were told it.")
class MaintenanceStatus:
    status: str
    at: datetime


@strawberry.type(description="A firmware update or an upload. What we were not told, or does not apply, is null.")
class MaintenanceJob:
    id: strawberry.ID
    station_id: strawberry.ID
    kind: MaintenanceKind
    request_id: int | None
    requested_at: datetime | None = strawberry.field(description="Null for a job that we did not ask for.")
    location: str | None
    outcome: str | None = strawberry.field(description="What the station said when it was asked.")
    log_type: str | None
    signed: bool | None
    retrieve_at: datetime | None
    install_at: datetime | None
    oldest: datetime | None
    latest: datetime | None
    retries: int | None
    retry_interval_seconds: int | None
    file_name: str | None
    status: str | None = strawberry.field(description="The latest, as OCPP spells it.")
    status_at: datetime | None
    finished: bool = strawberry.field(description="Whether nothing more is to come of it, well or badly.")
    checksum: str | None = strawberry.field(description="Of firmware that is published: MD5.")
    locations: list[str] = strawberry.field(description="Where a local controller offers the firmware.")

    @strawberry.field(description="All that the station told, in order.")
    async def progress(self, info: Info) -> list[MaintenanceStatus]:
        rows = await info.context.load(progress_by_job, self.id)
        return [MaintenanceStatus(status=row.status, at=row.at) for row in rows or ()]

    @classmethod
    def of(cls, row: JobRow) -> MaintenanceJob:
        return cls(
            id=strawberry.ID(row.id),
            station_id=strawberry.ID(row.station_id),
            kind=MaintenanceKind(row.kind),
            request_id=row.request_id,
            requested_at=row.requested_at,
            location=row.location,
            outcome=row.outcome,
            log_type=row.log_type,
            signed=row.signed,
            retrieve_at=row.retrieve_at,
            install_at=row.install_at,
            oldest=row.oldest,
            latest=row.latest,
            retries=None if row.retries is None else whole(row.retries),
            retry_interval_seconds=None if row.retry_interval is None else whole(row.retry_interval),
            file_name=row.file_name,
            status=row.status,
            status_at=row.status_at,
            finished=bool(row.finished),
            checksum=row.checksum,
            locations=msgspec.json.decode(row.locations, type=list[str]) if row.locations else [],
        )


@strawberry.input
class MaintenanceJobFilter:
    station_id: strawberry.ID | None = None
    kind: MaintenanceKind | None = None
    finished: bool | None = None


@strawberry.input
class TransferRequest(StationRequest):
    location: str = strawberry.field(description="A URL that the station can reach.")
    retries: int | None = None
    retry_interval_seconds: int | None = None


@strawberry.input
class UpdateFirmwareInput(TransferRequest):
    retrieve_at: datetime
    install_at: datetime | None = None
    signing_certificate: str | None = strawberry.field(default=None, description="PEM; together with signature.")
    signature: str | None = strawberry.field(default=None, description="Base64; together with signingCertificate.")


@strawberry.input
class PublishFirmwareInput(TransferRequest):
    checksum: str = strawberry.field(description="MD5 of the whole file, 32 hex digits.")


@strawberry.input
class UnpublishFirmwareInput(StationRequest):
    checksum: str = strawberry.field(description="With which the firmware was published.")


@strawberry.input
class GetDiagnosticsInput(TransferRequest):
    oldest: datetime | None = None
    latest: datetime | None = None


@strawberry.input
class GetLogInput(GetDiagnosticsInput):
    log_type: LogType


@strawberry.type
class MaintenanceQueries:
    @strawberry.field(description="Firmware updates and uploads, youngest first.")
    async def maintenance_jobs(
        self,
        info: Info,
        first: int,
        after: str | None = None,
        filter: MaintenanceJobFilter | None = None,
        at_least_position: str | None = None,
    ) -> Connection[MaintenanceJob]:
        size, key = page_size(first), key_of(after)
        await at_least(info, at_least_position, maintenance)
        where = vars(filter) if filter else {}
        if filter and filter.kind:
            where = where | {"kind": filter.kind.value}
        page = await jobs_page(info.context.pool, size, key, **where)
        return connection(page, MaintenanceJob.of, lambda row: row.id)


@strawberry.type
class MaintenanceMutations:
    @strawberry.mutation(description="Have new firmware fetched and installed; signed, if there is a signature.")
    @refusals_as(CommandPayload)
    async def update_firmware(self, info: Info, input: UpdateFirmwareInput) -> CommandPayload:
        payload = _transfer(input) | {"retrieveAt": _utc(input.retrieve_at)}
        if input.install_at is not None:
            payload["installAt"] = _utc(input.install_at)
        if (input.signature is None) != (input.signing_certificate is None):
            raise bad_input("signature", "signature and signingCertificate go together")
        if input.signature is not None and input.signing_certificate is not None:
            payload["signingCertificate"] = certificate("signingCertificate", input.signing_certificate)
            payload["signature"] = checked("signature", input.signature, _LONGEST_SIGNATURE)
        return await ask(info, input, "UpdateFirmware", payload, drawn=_DRAWN)

    @strawberry.mutation(description="Have a local controller fetch firmware and offer it to the stations behind it.")
    @refusals_as(CommandPayload)
    async def publish_firmware(self, info: Info, input: PublishFirmwareInput) -> CommandPayload:
        payload = _transfer(input) | {"checksum": _md5(input.checksum)}
        return await ask(info, input, "PublishFirmware", payload, drawn=_DRAWN)

    @strawberry.mutation(description="Have a local controller offer firmware no longer.")
    @refusals_as(CommandPayload)
    async def unpublish_firmware(self, info: Info, input: UnpublishFirmwareInput) -> CommandPayload:
        return await ask(info, input, "UnpublishFirmware", {"checksum": _md5(input.checksum)})

    @strawberry.mutation(description="Have diagnostics uploaded.")
    @refusals_as(CommandPayload)
    async def get_diagnostics(self, info: Info, input: GetDiagnosticsInput) -> CommandPayload:
        return await ask(info, input, "GetDiagnostics", _transfer(input) | _span(input), drawn=_DRAWN)

    @strawberry.mutation(description="Have a log uploaded.")
    @refusals_as(CommandPayload)
    async def get_log(self, info: Info, input: GetLogInput) -> CommandPayload:
        payload = {"logType": input.log_type.value} | _transfer(input) | _span(input)
        return await ask(info, input, "GetLog", payload, drawn=_DRAWN)


def _transfer(input: TransferRequest) -> dict[str, Any]:
    """What everything that is fetched or uploaded needs."""
    payload: dict[str, Any] = {
        "location": checked("location", input.location, _LONGEST_LOCATION),
        "requestId": 1 + secrets.randbelow(INT_MAX),
    }
    if input.retries is not None:
        within_bounds("retries", input.retries, 0, INT_MAX)
        payload["retries"] = input.retries
    if input.retry_interval_seconds is not None:
        within_bounds("retryIntervalSeconds", input.retry_interval_seconds, 0, INT_MAX)
        payload["retryInterval"] = input.retry_interval_seconds
    return payload


def _md5(checksum: str) -> str:
    if not _MD5.fullmatch(checksum):
        raise bad_input("checksum", "checksum must be an MD5 in 32 hex digits")
    return checksum


def _span(input: GetDiagnosticsInput) -> dict[str, str]:
    ends = {"oldest": input.oldest, "latest": input.latest}
    return {name: _utc(at) for name, at in ends.items() if at is not None}


def _utc(at: datetime) -> str:
    try:
        return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except OverflowError:
        raise bad_input("retrieveAt", "a time is out of range") from None
