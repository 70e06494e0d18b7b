from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from domain.events import Station, StationDay
from domain.station import Identity
from domain.values import RegistrationStatus
from tests.api.ocpp.line import BOOT, Line, Refused, record

Connect = Callable[..., Awaitable[Line]]


@pytest.mark.parametrize("version", BOOT)
async def test_a_station_that_may_is_accepted_and_told_the_time(version: str, connect: Connect) -> None:
    # given a registered station that has never booted
    line = await connect(version, boots=False)
    # when it boots
    reply = await line.call("BootNotification", BOOT[version])
    # then
    assert reply == {"status": "Accepted", "currentTime": "2026-11-20T12:00:00.000Z", "interval": 283}
    assert line.kinds == ["day.booted", "station.identified", "station.boot-answered"]
    assert line.happened[0].identity == Identity("Vendor", "Model")


async def test_everything_a_1_6_station_says_of_itself_is_kept(connect: Connect) -> None:
    line = await connect("1.6", boots=False)
    more = {
        "chargePointSerialNumber": "SN1",
        "chargeBoxSerialNumber": "old",
        "firmwareVersion": "1.2.3",
        "iccid": "8941",
        "imsi": "2280",
        "meterType": "DC4",
        "meterSerialNumber": "M7",
    }
    await line.call("BootNotification", {**BOOT["1.6"], **more})
    [event] = line.all(Station.Identified)
    assert event.identity == Identity("Vendor", "Model", "SN1", "1.2.3", "8941", "2280", "DC4", "M7")


async def test_everything_a_2_0_1_station_says_of_itself_is_kept(connect: Connect) -> None:
    line = await connect("2.0.1", boots=False)
    station = {**BOOT["2.0.1"]["chargingStation"], "serialNumber": "SN1", "firmwareVersion": "1.2.3"}
    station["modem"] = {"iccid": "8941", "imsi": "2280"}
    await line.call("BootNotification", {"reason": "Watchdog", "chargingStation": station})
    [booted] = line.all(StationDay.Booted)
    assert booted.identity == Identity("Vendor", "Model", "SN1", "1.2.3", "8941", "2280")
    assert booted.reason == "Watchdog"


async def test_an_empty_vendor_is_a_vendor(connect: Connect) -> None:
    line = await connect("1.6", boots=False)
    reply = await line.call("BootNotification", {"chargePointVendor": "", "chargePointModel": "Model"})
    assert reply["status"] == "Accepted"


async def test_a_second_boot_of_the_same_station_is_recorded_and_identifies_nothing_new(line: Line) -> None:
    await line.call("BootNotification", BOOT[line.version.name])
    assert line.kinds == ["day.booted"]


@pytest.mark.parametrize("status", [RegistrationStatus.PENDING, RegistrationStatus.REJECTED])
@pytest.mark.parametrize("version", BOOT)
async def test_a_station_that_is_not_accepted_may_only_boot(
    version: str, status: RegistrationStatus, connect: Connect
) -> None:
    # given a station that somebody holds back
    line = await connect(version, boots=False)
    await _hold_back(line, status)
    # when it boots and then goes on
    reply = await line.call("BootNotification", BOOT[version])
    refused = await line.call("Heartbeat", {})
    # then it is told to wait, and everything else is a matter of security (B01.FR.10)
    assert reply["status"] == status
    assert 0.9 * line.node.boot_retry_interval <= reply["interval"] <= line.node.boot_retry_interval
    assert isinstance(refused, Refused)
    assert refused.code == "SecurityError"
    assert line.kinds == ["day.message-refused"]


async def test_a_station_is_not_served_before_its_first_boot(connect: Connect) -> None:
    line = await connect("2.0.1", boots=False)
    refused = await line.call("Heartbeat", {})
    assert refused.code == "SecurityError"


async def test_a_station_held_back_stays_accepted_until_it_boots_again(line: Line) -> None:
    await _hold_back(line, RegistrationStatus.REJECTED)
    assert "currentTime" in await line.call("Heartbeat", {})
    await line.call("BootNotification", BOOT[line.version.name])
    assert (await line.call("Heartbeat", {})).code == "SecurityError"


async def test_an_accepted_station_that_reconnects_without_booting_is_served(line: Line) -> None:
    await line.connect()
    assert "currentTime" in await line.call("Heartbeat", {})


async def _hold_back(line: Line, status: RegistrationStatus) -> None:
    def decide(station: Any) -> None:
        station.set_registration_status(status, line.node.clock())

    await record(line.node, Station.stream(line.station_id), Station, decide)
    line.session.station_stale = True  # what the journal's feed does on every node
