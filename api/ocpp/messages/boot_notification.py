"""BootNotification: a station says what it is and asks to be accepted (1.6 §4.2, 2.0.1 B01 to B03)."""

from typing import Any
from zlib import crc32

from api.ocpp import wire
from api.ocpp.registry import received
from api.ocpp.session import StationSession
from domain.station import Identity
from domain.values import RegistrationStatus


@received("BootNotification", "1.6")
async def boot_notification_v16(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    identity = Identity(
        vendor=request["chargePointVendor"],
        model=request["chargePointModel"],
        serial_number=request.get("chargePointSerialNumber") or request.get("chargeBoxSerialNumber"),
        firmware_version=request.get("firmwareVersion"),
        iccid=request.get("iccid"),
        imsi=request.get("imsi"),
        meter_type=request.get("meterType"),
        meter_serial_number=request.get("meterSerialNumber"),
    )
    return _boot(session, identity, None)


@received("BootNotification", "2.0.1")
async def boot_notification_v2(session: StationSession, request: dict[str, Any]) -> dict[str, Any]:
    station = request["chargingStation"]
    modem = station.get("modem", {})
    identity = Identity(
        vendor=station["vendorName"],
        model=station["model"],
        serial_number=station.get("serialNumber"),
        firmware_version=station.get("firmwareVersion"),
        iccid=modem.get("iccid"),
        imsi=modem.get("imsi"),
    )
    return _boot(session, identity, request["reason"])


def _spread(seconds: int, session: StationSession) -> int:
    """Up to a tenth less, by the station's name: those that booted together do not all call together for ever."""
    return seconds - crc32(session.station_id.encode()) % (seconds // 10 + 1)


def _boot(session: StationSession, identity: Identity, reason: str | None) -> dict[str, Any]:
    status = session.station.boot(identity, session.now)
    accepted = status is RegistrationStatus.ACCEPTED
    interval = _spread(session.node.heartbeat_interval if accepted else session.node.boot_retry_interval, session)
    session.day.boot(identity, status, interval, reason, session.now)
    session.day.suspect(None, "the station booted", session.now)
    return {"status": status, "currentTime": wire.timestamp(session.now), "interval": interval}
