"""OCPP 2.0.1 firmware: cases of the certification test plan, each named after its id."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.jobs import jobs, report
from tests.conformance.tool import Tool, moment
from tests.pem import ROOT

SIGNED = {"location": "https://files.test/firmware.bin", "signingCertificate": ROOT, "signature": "c2lnbmF0dXJl"}
SHARED = {"location": "https://files.test/firmware.bin", "checksum": "0123456789abcdef" * 2}
LOCATIONS = ["http://controller.test/firmware.bin", "ftp://controller.test/firmware.bin"]


async def _update(tool: Tool, answer: str = "Accepted", **times: str) -> tuple[int, str]:
    """The operator asks for a signed update: the number of the request, and the outcome of the command."""
    times = {"retrieveAt": moment(1)} | times
    heard, command = await tool.asked("updateFirmware", "UpdateFirmware", {"status": answer}, **times, **SIGNED)
    said = {name.replace("At", "DateTime"): time.replace("Z", ".000Z") for name, time in times.items()}
    assert heard == {"requestId": heard["requestId"], "firmware": SIGNED | said}
    return heard["requestId"], command["status"]


async def _tells(tool: Tool, request_id: int, *statuses: str) -> None:
    await report(tool, "FirmwareStatusNotification", request_id, *statuses)


async def _security_event(tool: Tool, what: str) -> None:
    assert await tool.call("SecurityEventNotification", type=what, timestamp=moment()) == {}


async def _boots(tool: Tool, reason: str, **more: str) -> None:
    """The station comes back after a restart."""
    await tool.close()
    await tool.connect()
    station: dict[str, Any] = {"reason": reason, "chargingStation": {"vendorName": "Tool", "model": "T1", **more}}
    assert (await tool.call("BootNotification", **station))["status"] == "Accepted"


async def _installs(tool: Tool, *before: str, **times: str) -> None:
    """An update goes through all of this, and well."""
    number, status = await _update(tool, **times)
    assert status == "ACCEPTED"
    chain = (*before, "Installing", "InstallRebooting")
    await _tells(tool, number, *chain)
    await _boots(tool, "FirmwareUpdate", firmwareVersion="2")
    await _security_event(tool, "FirmwareUpdated")
    await _tells(tool, number, "Installed")
    [job] = await jobs(tool)
    assert (job["kind"], job["finished"], job["progress"]) == ("FIRMWARE", True, [*chain, "Installed"])


async def _fails(tool: Tool, *statuses: str) -> None:
    """An update goes so far, and no further."""
    number, _ = await _update(tool)
    await _tells(tool, number, *statuses)
    [job] = await jobs(tool)
    assert (job["finished"], job["progress"]) == (True, list(statuses))


async def _refused(tool: Tool, answer: str) -> None:
    _, status = await _update(tool, answer)
    assert status == "REJECTED"
    [job] = await jobs(tool)
    assert (job["outcome"], job["status"], job["finished"]) == (answer, None, True)


async def _publish(tool: Tool) -> int:
    """The operator has a local controller publish firmware; returns the number of the request."""
    heard, command = await tool.asked("publishFirmware", "PublishFirmware", {"status": "Accepted"}, **SHARED)
    assert heard == SHARED | {"requestId": heard["requestId"]}
    assert command["status"] == "ACCEPTED"
    return int(heard["requestId"])


async def _publishes(tool: Tool, *statuses: str, locations: list[str] | None = None) -> None:
    """What the controller tells is what the operator sees."""
    number = await _publish(tool)
    await report(tool, "PublishFirmwareStatusNotification", number, *statuses[:-1])
    where = {"location": locations} if locations else {}
    last = {"status": statuses[-1], "requestId": number, **where}
    assert await tool.call("PublishFirmwareStatusNotification", **last) == {}
    [job] = await jobs(tool)
    assert (job["kind"], job["checksum"], job["finished"]) == ("PUBLICATION", SHARED["checksum"], True)
    assert (job["progress"], job["locations"]) == (list(statuses), locations or [])


async def _unpublish(tool: Tool, answer: str) -> str:
    checksum = {"checksum": SHARED["checksum"]}
    heard, command = await tool.asked("unpublishFirmware", "UnpublishFirmware", {"status": answer}, **checksum)
    assert heard == checksum
    assert command["response"] == {"status": answer}
    return str(command["status"])


async def test_tc_l_01_csms(tool201: Tool) -> None:
    """Signed firmware is fetched, verified and installed, over a restart."""
    await _installs(tool201, "Downloading", "Downloaded", "SignatureVerified")


async def test_tc_l_02_csms(tool201: Tool) -> None:
    """Signed firmware is fetched at once, and installed later."""
    chain = ("Downloading", "Downloaded", "SignatureVerified", "InstallScheduled")
    await _installs(tool201, *chain, installAt=moment(60))


async def test_tc_l_03_csms(tool201: Tool) -> None:
    """Signed firmware is fetched later."""
    chain = ("DownloadScheduled", "Downloading", "Downloaded", "SignatureVerified")
    await _installs(tool201, *chain, retrieveAt=moment(60))


async def test_tc_l_04_csms(tool201: Tool) -> None:
    """The certificate that firmware is signed with has been revoked."""
    await _refused(tool201, "RevokedCertificate")


async def test_tc_l_05_csms(tool201: Tool) -> None:
    """A station does not take the certificate that firmware is signed with."""
    await _refused(tool201, "InvalidCertificate")
    await _security_event(tool201, "InvalidFirmwareSigningCertificate")


async def test_tc_l_06_csms(tool201: Tool) -> None:
    """The signature of firmware is wrong."""
    await _fails(tool201, "Downloading", "Downloaded", "InvalidSignature")
    await _security_event(tool201, "InvalidFirmwareSignature")


async def test_tc_l_07_csms(tool201: Tool) -> None:
    """Firmware cannot be fetched."""
    await _fails(tool201, "Downloading", "DownloadFailed")


async def test_tc_l_08_csms(tool201: Tool) -> None:
    """Firmware does not pass the station's checks before it is installed."""
    chain = ("Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallVerificationFailed")
    await _fails(tool201, *chain)


async def test_tc_l_09_csms(tool201: Tool) -> None:
    """Installing firmware fails, and the station comes back with what it had."""
    await _fails(tool201, "Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallationFailed")
    await _boots(tool201, "FirmwareUpdate", firmwareVersion="1")


async def test_tc_l_10_csms(tool201: Tool) -> None:
    """A second update takes the place of the first."""
    first, _ = await _update(tool201)
    await _tells(tool201, first, "Downloading")
    second, status = await _update(tool201, "AcceptedCanceled")
    assert (status, second != first) == ("ACCEPTED", True)
    await _tells(tool201, second, "Downloading")
    assert [(job["status"], job["finished"]) for job in await jobs(tool201)] == [
        ("AcceptedCanceled", True),
        ("Downloading", False),
    ]


async def test_tc_l_11_csms(tool201: Tool) -> None:
    """A second update is refused, the first goes on."""
    first, _ = await _update(tool201)
    _, status = await _update(tool201, "Rejected")
    assert status == "REJECTED"
    await _tells(tool201, first, "Installing", "Installed")
    assert [(job["outcome"], job["status"]) for job in await jobs(tool201)] == [
        ("Accepted", "Installed"),
        ("Rejected", None),
    ]


async def test_tc_l_13_csms(tool201: Tool, token: str) -> None:
    """Firmware is installed when the running transaction has ended; until then no other may begin."""
    where = {"evse": {"id": 1, "connectorId": 1}, "idToken": {"idToken": token, "type": "ISO14443"}}
    about = {"offline": False, "transactionInfo": {"transactionId": f"{tool201.id}-1"}}
    start = {"eventType": "Started", "triggerReason": "Authorized", "timestamp": moment(), "seqNo": 0}
    answer = await tool201.call("TransactionEvent", **start, **about, **where)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    number, _ = await _update(tool201)
    await _tells(tool201, number, "Downloading", "Downloaded", "SignatureVerified", "InstallScheduled")
    for status in ("Occupied", "Unavailable"):  # the EVSE that charges, and the one that does not
        evse = 1 if status == "Occupied" else 2
        connector = {"evseId": evse, "connectorId": 1, "connectorStatus": status, "timestamp": moment()}
        assert await tool201.call("StatusNotification", **connector) == {}
    end = {"eventType": "Ended", "triggerReason": "EVDeparted", "timestamp": moment(), "seqNo": 1}
    await tool201.call("TransactionEvent", **end, **about)
    connector = {"evseId": 1, "connectorId": 1, "connectorStatus": "Unavailable", "timestamp": moment()}
    assert await tool201.call("StatusNotification", **connector) == {}
    await _tells(tool201, number, "Installing", "InstallRebooting")
    await _boots(tool201, "FirmwareUpdate", firmwareVersion="2")
    await _tells(tool201, number, "Installed")
    [job] = await jobs(tool201)
    assert (job["finished"], job["progress"][3:5]) == (True, ["InstallScheduled", "Installing"])


async def test_tc_l_17_csms(tool201: Tool) -> None:
    """A local controller publishes firmware, and says where."""
    await _publishes(tool201, "Downloading", "Downloaded", "ChecksumVerified", "Published", locations=LOCATIONS)


async def test_tc_l_19_csms(tool201: Tool) -> None:
    """What a local controller has fetched is not what was meant."""
    await _publishes(tool201, "Downloading", "Downloaded", "InvalidChecksum")


async def test_tc_l_20_csms(tool201: Tool) -> None:
    """A local controller cannot publish what it has fetched."""
    await _publishes(tool201, "Downloading", "Downloaded", "ChecksumVerified", "PublishFailed")


async def test_tc_l_21_csms(tool201: Tool) -> None:
    """A local controller offers firmware no longer."""
    await _publishes(tool201, "Downloaded", "ChecksumVerified", "Published", locations=LOCATIONS)
    assert await _unpublish(tool201, "Unpublished") == "ACCEPTED"
    [job] = await jobs(tool201)
    assert job["status"] == "Unpublished"


async def test_tc_l_22_csms(tool201: Tool) -> None:
    """A local controller does not have the firmware that it is to offer no longer."""
    assert await _unpublish(tool201, "NoFirmware") == "REJECTED"
    assert await jobs(tool201) == []


async def test_tc_l_23_csms(tool201: Tool) -> None:
    """A station is just fetching the firmware that is to be offered no longer: it goes on being offered."""
    await _publishes(tool201, "Downloaded", "ChecksumVerified", "Published", locations=LOCATIONS)
    assert await _unpublish(tool201, "DownloadOngoing") == "REJECTED"
    [job] = await jobs(tool201)
    assert (job["status"], job["locations"]) == ("Published", LOCATIONS)


async def test_tc_l_24_csms(tool201: Tool) -> None:
    """A local controller cannot fetch the firmware."""
    await _publishes(tool201, "Downloading", "DownloadFailed")


@pytest.mark.parametrize("checksum", ["", "ab" * 15, "ab" * 17, "zz" * 16])
async def test_what_is_no_checksum_is_refused(checksum: str, tool201: Tool) -> None:
    payload = await tool201.api.do("unpublishFirmware", stationId=tool201.id, checksum=checksum)
    assert payload["error"] == {"code": "BAD_INPUT", "field": "checksum"}
