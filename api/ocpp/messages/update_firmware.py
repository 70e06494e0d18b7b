"""UpdateFirmware: have new firmware fetched and installed (1.6 §6.19, 2.0.1 L01, L02).

Typed payload: `location`, `retrieveAt`, `requestId`, `installAt`?, `signingCertificate`? with `signature`?, `retries`?,
`retryInterval`?. With a signature a 1.6 station is told SignedUpdateFirmware of the security extension.
"""

from typing import Any

from api.ocpp.registry import answered, sent
from api.ocpp.schema import CallFailed
from api.ocpp.session import StationSession
from api.ocpp.wire import count, instant, reference
from domain.maintenance import MaintenanceBook


@sent("UpdateFirmware", "1.6")
def update_firmware_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if typed.get("signature"):
        return "SignedUpdateFirmware", _with_request_id(typed)
    if typed.get("installAt"):
        raise CallFailed("NotSupported", "OCPP 1.6 installs firmware that is not signed as soon as it is there")
    return "UpdateFirmware", {
        "location": typed["location"],
        "retrieveDate": typed["retrieveAt"],
        **_retries(typed),
    }


@sent("UpdateFirmware", "2.0.1")
def update_firmware_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "UpdateFirmware", _with_request_id(typed)


def _with_request_id(typed: dict[str, Any]) -> dict[str, Any]:
    firmware = {"location": typed["location"], "retrieveDateTime": typed["retrieveAt"]}
    if typed.get("installAt"):
        firmware["installDateTime"] = typed["installAt"]
    firmware |= {name: typed[name] for name in ("signingCertificate", "signature") if typed.get(name)}
    return {"requestId": typed["requestId"], "firmware": firmware, **_retries(typed)}


def _retries(typed: dict[str, Any]) -> dict[str, Any]:
    return {name: typed[name] for name in ("retries", "retryInterval") if typed.get(name) is not None}


@answered("UpdateFirmware", "1.6")
async def requested_v16(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    book = await session.book(MaintenanceBook)
    book.trigger_event(
        MaintenanceBook.FirmwareUpdateRequested,
        location=request["location"],
        retrieve_at=instant(request["retrieveDate"]),
        outcome="Accepted",
        retries=count(request.get("retries")),
        retry_interval=count(request.get("retryInterval")),
        timestamp=session.now,
    )


@answered("SignedUpdateFirmware", "1.6")
@answered("UpdateFirmware", "2.0.1")
async def requested(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    firmware = request["firmware"]
    install_at = firmware.get("installDateTime")
    book = await session.book(MaintenanceBook)
    book.trigger_event(
        MaintenanceBook.FirmwareUpdateRequested,
        location=firmware["location"],
        retrieve_at=instant(firmware["retrieveDateTime"]),
        outcome=response["status"],
        request_id=reference(request["requestId"]),
        install_at=instant(install_at) if install_at else None,
        signed="signature" in firmware,
        retries=count(request.get("retries")),
        retry_interval=count(request.get("retryInterval")),
        timestamp=session.now,
    )
