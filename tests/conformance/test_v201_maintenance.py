"""OCPP 2.0.1 logs: cases of the certification test plan that 1.6 has too, each named after its id."""

from __future__ import annotations

from tests.conformance.jobs import jobs, report
from tests.conformance.tool import Tool

UPLOADS = "https://files.test/uploads"


async def _log(tool: Tool, log_type: str, answer: str) -> tuple[int, str]:
    asking = {"logType": log_type, "location": UPLOADS}
    heard, command = await tool.asked("getLog", "GetLog", {"status": answer}, **asking)
    assert (heard["logType"], heard["log"]) == (log_type, {"remoteLocation": UPLOADS})
    return heard["requestId"], command["status"]


async def test_tc_n_25_csms(tool201: Tool) -> None:
    """Diagnostics are uploaded."""
    heard, command = await tool201.asked(
        "getDiagnostics", "GetLog", {"status": "Accepted", "filename": "d.zip"}, location=UPLOADS
    )
    assert (heard["logType"], command["status"]) == ("DiagnosticsLog", "ACCEPTED")
    await report(tool201, "LogStatusNotification", heard["requestId"], "Uploading", "Uploaded")
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
    await report(tool201, "LogStatusNotification", number, "Uploading", "Uploaded")
    [job] = await jobs(tool201)
    assert (job["logType"], job["progress"], job["finished"]) == ("SecurityLog", ["Uploading", "Uploaded"], True)


async def test_tc_n_36_csms(tool201: Tool) -> None:
    """A second log takes the place of the first."""
    first, _ = await _log(tool201, "DiagnosticsLog", "Accepted")
    await report(tool201, "LogStatusNotification", first, "Uploading")
    second, status = await _log(tool201, "DiagnosticsLog", "AcceptedCanceled")
    assert status == "ACCEPTED"
    await report(tool201, "LogStatusNotification", first, "AcceptedCanceled")
    await report(tool201, "LogStatusNotification", second, "Uploading", "Uploaded")
    assert [(job["status"], job["finished"]) for job in await jobs(tool201)] == [
        ("AcceptedCanceled", True),
        ("Uploaded", True),
    ]
