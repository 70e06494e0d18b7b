"""OCPP 1.6 firmware management and diagnostics: the cases of the certification test plan, each named after its id."""

from __future__ import annotations

from typing import Any

from tests.conformance.tool import Tool, moment

JOBS = """
query ($now: String, $id: ID!) { maintenanceJobs(first: 5, filter: {stationId: $id}, atLeastPosition: $now) { nodes {
  kind location requestedAt outcome fileName status finished progress { status } } } }
"""
FIRMWARE = "https://files.test/firmware.bin"
UPLOADS = "ftp://files.test/uploads/"


async def the_job(tool: Tool) -> dict[str, Any]:
    """The only job of the station, as the operator sees it, its progress as texts."""
    [job] = (await tool.api.seen(JOBS, id=tool.id))["maintenanceJobs"]["nodes"]
    job["progress"] = [step["status"] for step in job["progress"]]
    return dict(job)


async def _update(tool: Tool) -> None:
    """The operator asks for an update in a minute, the station takes it on."""
    then = moment(1)
    heard, command = await tool.asked("updateFirmware", "UpdateFirmware", {}, location=FIRMWARE, retrieveAt=then)
    assert heard == {"location": FIRMWARE, "retrieveDate": then.replace("Z", ".000Z")}
    assert command["status"] == "ACCEPTED"


async def _report(tool: Tool, action: str, *statuses: str) -> None:
    for status in statuses:
        assert await tool.call(action, status=status) == {}


async def _plugs(tool: Tool, status: str) -> None:
    for connector in (1, 2):
        assert await tool.call("StatusNotification", connectorId=connector, errorCode="NoError", status=status) == {}


async def test_tc_044_1_csms(tool: Tool) -> None:
    """Firmware is fetched and installed, over a restart, and the station is back in service."""
    await _update(tool)
    await _report(tool, "FirmwareStatusNotification", "Downloading", "Downloaded")
    await _plugs(tool, "Unavailable")
    await _report(tool, "FirmwareStatusNotification", "Installing")
    assert (await the_job(tool))["finished"] is False
    await tool.close()
    await tool.connect()
    boot = {"chargePointVendor": "Tool", "chargePointModel": "T1", "firmwareVersion": "2"}
    assert (await tool.call("BootNotification", **boot))["status"] == "Accepted"
    await _plugs(tool, "Available")
    await _report(tool, "FirmwareStatusNotification", "Installed")
    job = await the_job(tool)
    assert (job["kind"], job["location"], job["outcome"]) == ("FIRMWARE", FIRMWARE, "Accepted")
    assert (job["status"], job["finished"]) == ("Installed", True)
    assert job["progress"] == ["Downloading", "Downloaded", "Installing", "Installed"]


async def test_tc_044_2_csms(tool: Tool) -> None:
    """Firmware cannot be fetched."""
    await _update(tool)
    await _report(tool, "FirmwareStatusNotification", "Downloading", "DownloadFailed")
    job = await the_job(tool)
    assert (job["status"], job["finished"]) == ("DownloadFailed", True)
    assert job["progress"] == ["Downloading", "DownloadFailed"]


async def test_tc_044_3_csms(tool: Tool) -> None:
    """Firmware is fetched, but cannot be installed."""
    await _update(tool)
    await _report(tool, "FirmwareStatusNotification", "Downloading", "Downloaded")
    await _plugs(tool, "Unavailable")
    await _report(tool, "FirmwareStatusNotification", "Installing", "InstallationFailed")
    await _plugs(tool, "Available")
    job = await the_job(tool)
    assert (job["status"], job["finished"]) == ("InstallationFailed", True)
    assert job["progress"] == ["Downloading", "Downloaded", "Installing", "InstallationFailed"]


async def _get_diagnostics(tool: Tool) -> None:
    ends = {"oldest": moment(-60), "latest": moment()}
    answer = {"fileName": "diagnostics.zip"}
    heard, command = await tool.asked("getDiagnostics", "GetDiagnostics", answer, location=UPLOADS, retries=2, **ends)
    span = {"startTime": ends["oldest"].replace("Z", ".000Z"), "stopTime": ends["latest"].replace("Z", ".000Z")}
    assert heard == {"location": UPLOADS, "retries": 2, **span}
    assert (command["status"], command["response"]) == ("ACCEPTED", answer)


async def test_tc_045_1_csms(tool: Tool) -> None:
    """Diagnostics are uploaded."""
    await _get_diagnostics(tool)
    await _report(tool, "DiagnosticsStatusNotification", "Uploading")
    assert (await the_job(tool))["finished"] is False
    await _report(tool, "DiagnosticsStatusNotification", "Uploaded")
    job = await the_job(tool)
    assert (job["kind"], job["location"], job["fileName"]) == ("DIAGNOSTICS", UPLOADS, "diagnostics.zip")
    assert (job["status"], job["finished"], job["progress"]) == ("Uploaded", True, ["Uploading", "Uploaded"])


async def test_tc_045_2_csms(tool: Tool) -> None:
    """Diagnostics cannot be uploaded."""
    await _get_diagnostics(tool)
    await _report(tool, "DiagnosticsStatusNotification", "Uploading", "UploadFailed")
    job = await the_job(tool)
    assert (job["status"], job["finished"], job["progress"]) == ("UploadFailed", True, ["Uploading", "UploadFailed"])
