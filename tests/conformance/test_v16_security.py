"""OCPP 1.6 security extension: the cases of the certification test plan, each named after its id."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.test_v16_firmware import the_job
from tests.conformance.tool import Tool, moment
from tests.pem import CSR, LEAF, ROOT

INSTALLED = """
query ($now: String, $id: ID!, $type: InstalledCertificateType) {
  installedCertificates(stationId: $id, type: $type, atLeastPosition: $now) {
    type hashData { hashAlgorithm issuerNameHash issuerKeyHash serialNumber } } }
"""
REQUESTS = """
query ($now: String, $id: ID!) { signingRequests(first: 5, filter: {stationId: $id}, atLeastPosition: $now) { nodes {
  certificateType csr answer outcome open } } }
"""
EVENTS = """
query ($now: String, $filter: SecurityEventFilter) { securityEvents(first: 5, filter: $filter, atLeastPosition: $now) {
  nodes { type occurredAt techInfo } } }
"""
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "0a1b" * 16, "issuerKeyHash": "2c3d" * 16, "serialNumber": "FFF"}
IN_16 = {
    "CSMSRootCertificate": "CentralSystemRootCertificate",
    "ManufacturerRootCertificate": "ManufacturerRootCertificate",
}
UPDATE = {"location": "https://files.test/firmware.bin", "signingCertificate": ROOT, "signature": "c2lnbmF0dXJl"}


async def _signing_request(tool: Tool) -> dict[str, Any]:
    [request] = (await tool.api.seen(REQUESTS, id=tool.id))["signingRequests"]["nodes"]
    return dict(request)


async def _asks_for_a_certificate(tool: Tool) -> None:
    """The operator has the station ask for a certificate, which it does."""
    trigger = {"requestedMessage": "SignChargingStationCertificate"}
    heard, command = await tool.asked("triggerMessage", "ExtendedTriggerMessage", {"status": "Accepted"}, **trigger)
    assert heard == {"requestedMessage": "SignChargePointCertificate"}
    assert command["status"] == "ACCEPTED"
    assert await tool.call("SignCertificate", csr=CSR) == {"status": "Accepted"}
    request = await _signing_request(tool)
    assert (request["csr"], request["open"]) == (CSR, True)


async def _sends_the_chain(tool: Tool, answer: str) -> dict[str, Any]:
    """The operator sends the certificate; returns the command and what has become of the request."""
    chain = LEAF + ROOT
    heard, command = await tool.asked(
        "sendCertificateSigned", "CertificateSigned", {"status": answer}, certificateChain=chain
    )
    assert heard == {"certificateChain": chain}
    return {"command": command["status"]} | await _signing_request(tool)


async def _security_event(tool: Tool, kind: str, **more: str) -> None:
    """The station tells of an event; the operator sees it."""
    at = moment()
    assert await tool.call("SecurityEventNotification", type=kind, timestamp=at, **more) == {}
    found = await tool.api.seen(EVENTS, filter={"stationId": tool.id, "type": kind})
    told = {"type": kind, "occurredAt": at.replace("Z", "+00:00"), "techInfo": more.get("techInfo")}
    assert found["securityEvents"]["nodes"] == [told]


async def test_tc_074_csms(tool: Tool) -> None:
    """A station is made to ask for a new certificate of its own, and gets it.

    That it connects with it then is not tested: it would need a TLS listener. Here it comes back as it was.
    """
    await _asks_for_a_certificate(tool)
    sent = await _sends_the_chain(tool, "Accepted")
    assert (sent["command"], sent["outcome"], sent["open"]) == ("ACCEPTED", "Accepted", False)
    await tool.close()
    await tool.connect()
    assert (await tool.call("Heartbeat"))["currentTime"]


async def _installs_and_lists(tool: Tool, use: str) -> None:
    accepted = {"status": "Accepted"}
    heard, command = await tool.asked("installCertificate", "InstallCertificate", accepted, type=use, certificate=ROOT)
    assert heard == {"certificateType": IN_16[use], "certificate": ROOT}
    assert command["status"] == "ACCEPTED"
    await _lists(tool, use, HASH)


async def _lists(tool: Tool, use: str, *hashes: dict[str, str]) -> None:
    """The operator asks for the certificates of a type, and sees those that the station has."""
    has = {"status": "Accepted", "certificateHashData": list(hashes)}
    heard, command = await tool.asked("getInstalledCertificateIds", "GetInstalledCertificateIds", has, types=[use])
    assert heard == {"certificateType": IN_16[use]}
    assert (command["status"], command["response"]) == ("ACCEPTED", has)
    shown = await tool.api.seen(INSTALLED, id=tool.id, type=use)
    assert shown["installedCertificates"] == [{"type": use, "hashData": one} for one in hashes]


async def test_tc_075_1_csms(tool: Tool) -> None:
    """A root certificate of the manufacturer is installed, and listed."""
    await _installs_and_lists(tool, "ManufacturerRootCertificate")


async def test_tc_075_2_csms(tool: Tool) -> None:
    """A root certificate of the central system is installed, and listed."""
    await _installs_and_lists(tool, "CSMSRootCertificate")


async def test_tc_076_csms(tool: Tool) -> None:
    """A certificate is deleted by the hashes that the station reported."""
    await _lists(tool, "CSMSRootCertificate", HASH, HASH | {"serialNumber": "1"})
    shown = (await tool.api.seen(INSTALLED, id=tool.id))["installedCertificates"]
    deleted = shown[0]["hashData"]
    heard, command = await tool.asked("deleteCertificate", "DeleteCertificate", {"status": "Accepted"}, **deleted)
    assert heard == {"certificateHashData": HASH}
    assert command["status"] == "ACCEPTED"
    assert (await tool.api.seen(INSTALLED, id=tool.id))["installedCertificates"] == shown[1:]


async def test_tc_077_csms(tool: Tool) -> None:
    """A station does not take the certificate that it is sent, and says why in a security event."""
    await _asks_for_a_certificate(tool)
    sent = await _sends_the_chain(tool, "Rejected")
    assert (sent["command"], sent["outcome"], sent["open"]) == ("REJECTED", "Rejected", False)
    await _security_event(tool, "InvalidChargePointCertificate", techInfo="not signed by a root it knows")


async def test_tc_078_csms(tool: Tool) -> None:
    """A station does not take a root certificate, and says why in a security event."""
    root = {"type": "CSMSRootCertificate", "certificate": ROOT}
    heard, command = await tool.asked("installCertificate", "InstallCertificate", {"status": "Rejected"}, **root)
    assert heard["certificateType"] == "CentralSystemRootCertificate"
    assert (command["status"], command["response"]) == ("REJECTED", {"status": "Rejected"})
    await _security_event(tool, "InvalidCentralSystemCertificate")


async def test_tc_079_csms(tool: Tool) -> None:
    """The security log is uploaded to where the operator says."""
    answer = {"status": "Accepted", "filename": "security.log"}
    asking = {"logType": "SecurityLog", "location": "https://files.test/uploads"}
    heard, command = await tool.asked("getLog", "GetLog", answer, **asking)
    request_id = heard.pop("requestId")
    assert heard == {"logType": "SecurityLog", "log": {"remoteLocation": "https://files.test/uploads"}}
    assert command["status"] == "ACCEPTED"
    for status in ("Uploading", "Uploaded"):
        assert await tool.call("LogStatusNotification", status=status, requestId=request_id) == {}
    job = await the_job(tool)
    assert (job["kind"], job["fileName"], job["finished"]) == ("LOG", "security.log", True)
    assert job["progress"] == ["Uploading", "Uploaded"]


async def _signed_update(tool: Tool) -> int:
    """The operator asks for an update with signature, the station takes it on; returns the number of the request."""
    then = moment(1)
    accepted = {"status": "Accepted"}
    heard, command = await tool.asked("updateFirmware", "SignedUpdateFirmware", accepted, retrieveAt=then, **UPDATE)
    request_id = heard.pop("requestId")
    assert heard == {"firmware": {**UPDATE, "retrieveDateTime": then.replace("Z", ".000Z")}}
    assert command["status"] == "ACCEPTED"
    return int(request_id)


async def _report(tool: Tool, request_id: int, *statuses: str) -> None:
    for status in statuses:
        assert await tool.call("SignedFirmwareStatusNotification", status=status, requestId=request_id) == {}


@pytest.mark.parametrize("installed", ["before the restart", "after the boot", "last"])
async def test_tc_080_csms(tool: Tool, installed: str) -> None:
    """Signed firmware is fetched, verified and installed; the restart, its event and Installed come in any order."""
    request_id = await _signed_update(tool)
    before = ("Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting")
    await _report(tool, request_id, *before)
    assert (await the_job(tool))["finished"] is False
    if installed == "before the restart":
        await _report(tool, request_id, "Installed")
    await tool.close()
    await tool.connect()
    boot = {"chargePointVendor": "Tool", "chargePointModel": "T1", "firmwareVersion": "2"}
    assert (await tool.call("BootNotification", **boot))["status"] == "Accepted"
    if installed == "after the boot":
        await _report(tool, request_id, "Installed")
    await _security_event(tool, "FirmwareUpdated", techInfo="2")
    if installed == "last":
        await _report(tool, request_id, "Installed")
    job = await the_job(tool)
    assert (job["kind"], job["status"], job["finished"]) == ("FIRMWARE", "Installed", True)
    assert job["progress"] == [*before, "Installed"]


async def test_tc_081_csms(tool: Tool) -> None:
    """Firmware whose signature is wrong is not installed."""
    request_id = await _signed_update(tool)
    await _report(tool, request_id, "Downloading", "Downloaded", "InvalidSignature")
    await _security_event(tool, "InvalidFirmwareSignature")
    job = await the_job(tool)
    assert (job["status"], job["finished"]) == ("InvalidSignature", True)
    assert job["progress"] == ["Downloading", "Downloaded", "InvalidSignature"]
