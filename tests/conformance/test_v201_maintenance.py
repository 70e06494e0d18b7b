"""OCPP 2.0.1 firmware and logs: cases of the certification test plan that 1.6 has too, each named after its id."""

from __future__ import annotations

from typing import Any

from tests.conformance.conftest import BOOT_201
from tests.conformance.tool import Tool, moment
from tests.pem import ROOT

JOBS = """
query ($now: String, $id: ID!) { maintenanceJobs(first: 5, filter: {stationId: $id}, atLeastPosition: $now) { nodes {
  kind logType outcome status finished progress { status } } } }
"""
UPDATE = {"location": "https://files.test/firmware.bin", "signingCertificate": ROOT, "signature": "c2lnbmF0dXJl"}
UPLOADS = "https://files.test/uploads"


async def jobs(tool: Tool) -> list[dict[str, Any]]:
    """The jobs of the station, oldest first, their progress as texts."""
    found = (await tool.api.seen(JOBS, id=tool.id))["maintenanceJobs"]["nodes"]
    return [job | {"progress": [step["status"] for step in job["progress"]]} for job in reversed(found)]


async def _update(tool: Tool, answer: str) -> tuple[int, str]:
    """The operator asks for a signed update: the number of the request, and the outcome of the command."""
    then = moment(1)
    heard, command = await tool.asked("updateFirmware", "UpdateFirmware", {"status": answer}, retrieveAt=then, **UPDATE)
    assert heard["firmware"] == {**UPDATE, "retrieveDateTime": then.replace("Z", ".000Z")}
    return heard["requestId"], command["status"]


async def _log(tool: Tool, log_type: str, answer: str) -> tuple[int, str]:
    asking = {"logType": log_type, "location": UPLOADS}
    heard, command = await tool.asked("getLog", "GetLog", {"status": answer}, **asking)
    assert (heard["logType"], heard["log"]) == (log_type, {"remoteLocation": UPLOADS})
    return heard["requestId"], command["status"]


async def _report(tool: Tool, action: str, request_id: int, *statuses: str) -> None:
    for status in statuses:
        assert await tool.call(action, status=status, requestId=request_id) == {}


async def test_tc_l_01_csms(tool201: Tool) -> None:
    """Signed firmware is fetched, verified and installed, over a restart."""
    number, status = await _update(tool201, "Accepted")
    assert status == "ACCEPTED"
    chain = ("Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting")
    await _report(tool201, "FirmwareStatusNotification", number, *chain)
    await tool201.close()
    await tool201.connect()
    assert (await tool201.call("BootNotification", **BOOT_201 | {"reason": "FirmwareUpdate"}))["status"] == "Accepted"
    event = {"type": "FirmwareUpdated", "timestamp": moment()}
    assert await tool201.call("SecurityEventNotification", **event) == {}
    await _report(tool201, "FirmwareStatusNotification", number, "Installed")
    [job] = await jobs(tool201)
    assert (job["kind"], job["finished"], job["progress"]) == ("FIRMWARE", True, [*chain, "Installed"])


async def test_tc_l_05_csms(tool201: Tool) -> None:
    """A station does not take the certificate that the firmware is signed with."""
    _, status = await _update(tool201, "InvalidCertificate")
    assert status == "REJECTED"
    event = {"type": "InvalidFirmwareSigningCertificate", "timestamp": moment()}
    assert await tool201.call("SecurityEventNotification", **event) == {}
    [job] = await jobs(tool201)
    assert (job["outcome"], job["finished"]) == ("InvalidCertificate", True)


async def test_tc_l_10_csms(tool201: Tool) -> None:
    """A second update takes the place of the first."""
    first, _ = await _update(tool201, "Accepted")
    await _report(tool201, "FirmwareStatusNotification", first, "Downloading")
    second, status = await _update(tool201, "AcceptedCanceled")
    assert (status, second != first) == ("ACCEPTED", True)
    await _report(tool201, "FirmwareStatusNotification", second, "Downloading")
    assert [(job["status"], job["finished"]) for job in await jobs(tool201)] == [
        ("AcceptedCanceled", True),
        ("Downloading", False),
    ]


async def test_tc_l_11_csms(tool201: Tool) -> None:
    """A second update is refused, the first goes on."""
    first, _ = await _update(tool201, "Accepted")
    _, status = await _update(tool201, "Rejected")
    assert status == "REJECTED"
    await _report(tool201, "FirmwareStatusNotification", first, "Installing", "Installed")
    assert [(job["outcome"], job["status"]) for job in await jobs(tool201)] == [
        ("Accepted", "Installed"),
        ("Rejected", None),
    ]


async def test_tc_n_25_csms(tool201: Tool) -> None:
    """Diagnostics are uploaded."""
    heard, command = await tool201.asked(
        "getDiagnostics", "GetLog", {"status": "Accepted", "filename": "d.zip"}, location=UPLOADS
    )
    assert (heard["logType"], command["status"]) == ("DiagnosticsLog", "ACCEPTED")
    await _report(tool201, "LogStatusNotification", heard["requestId"], "Uploading", "Uploaded")
    [job] = await jobs(tool201)
    assert (job["kind"], job["logType"], job["finished"]) == ("LOG", "DiagnosticsLog", True)


async def test_tc_n_34_csms(tool201: Tool) -> None:
    """A log is refused."""
    _, status = await _log(tool201, "DiagnosticsLog", "Rejected")
    assert status == "REJECTED"
    [job] = await jobs(tool201)
    assert (job["outcome"], job["finished"]) == ("Rejected", True)


async def test_tc_n_35_csms(tool201: Tool) -> None:
    """The security log is uploaded."""
    number, status = await _log(tool201, "SecurityLog", "Accepted")
    assert status == "ACCEPTED"
    await _report(tool201, "LogStatusNotification", number, "Uploading", "Uploaded")
    [job] = await jobs(tool201)
    assert (job["logType"], job["progress"], job["finished"]) == ("SecurityLog", ["Uploading", "Uploaded"], True)


async def test_tc_n_36_csms(tool201: Tool) -> None:
    """A second log takes the place of the first."""
    first, _ = await _log(tool201, "DiagnosticsLog", "Accepted")
    await _report(tool201, "LogStatusNotification", first, "Uploading")
    second, status = await _log(tool201, "DiagnosticsLog", "AcceptedCanceled")
    assert status == "ACCEPTED"
    await _report(tool201, "LogStatusNotification", first, "AcceptedCanceled")
    await _report(tool201, "LogStatusNotification", second, "Uploading", "Uploaded")
    assert [(job["status"], job["finished"]) for job in await jobs(tool201)] == [
        ("AcceptedCanceled", True),
        ("Uploaded", True),
    ]
