"""OCPP 2.0.1 certificates: cases of the certification test plan that need no TLS, each named after its id."""

from __future__ import annotations

from typing import Any

from tests.conformance.tool import Tool, moment
from tests.pem import CSR, LEAF, ROOT

INSTALLED = """
query ($now: String, $id: ID!) { installedCertificates(stationId: $id, atLeastPosition: $now) {
  type hashData { hashAlgorithm issuerNameHash issuerKeyHash serialNumber } children { serialNumber } } }
"""
REQUESTS = """
query ($now: String, $id: ID!) { signingRequests(first: 5, filter: {stationId: $id}, atLeastPosition: $now) { nodes {
  certificateType csr outcome open } } }
"""
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "0a1b" * 16, "issuerKeyHash": "2c3d" * 16, "serialNumber": "FFF"}
MAKER = "ManufacturerRootCertificate"


async def _signed(tool: Tool, trigger: str, use: str | None, answer: str) -> None:
    """The operator has the station ask for a certificate, and sends it one; no use is any."""
    said = {"certificateType": use} if use else {}
    accepted = {"status": "Accepted"}
    heard, _ = await tool.asked("triggerMessage", "TriggerMessage", accepted, requestedMessage=trigger)
    assert heard == {"requestedMessage": trigger}
    assert await tool.call("SignCertificate", csr=CSR, **said) == accepted
    request = {"certificateType": use or "ChargingStationCertificate", "csr": CSR}
    [shown] = (await tool.api.seen(REQUESTS, id=tool.id))["signingRequests"]["nodes"]
    assert shown == request | {"outcome": None, "open": True}
    sending = {"certificateChain": LEAF + ROOT, "type": use}
    heard, _ = await tool.asked("sendCertificateSigned", "CertificateSigned", {"status": answer}, **sending)
    assert heard == {"certificateChain": LEAF + ROOT, **said}
    [shown] = (await tool.api.seen(REQUESTS, id=tool.id))["signingRequests"]["nodes"]
    assert shown == request | {"outcome": answer, "open": False}


async def _install(tool: Tool, use: str, answer: str = "Accepted") -> str:
    """The operator installs a root certificate; what has become of the command."""
    root = {"type": use, "certificate": ROOT}
    heard, command = await tool.asked("installCertificate", "InstallCertificate", {"status": answer}, **root)
    assert heard == {"certificateType": use, "certificate": ROOT}
    return str(command["status"])


async def _list(tool: Tool, types: list[str], *chains: dict[str, Any]) -> dict[str, Any]:
    """The operator asks which certificates there are; what the station heard."""
    answer = {"status": "Accepted", "certificateHashDataChain": list(chains)} if chains else {"status": "NotFound"}
    heard, command = await tool.asked("getInstalledCertificateIds", "GetInstalledCertificateIds", answer, types=types)
    assert command["status"] == "ACCEPTED"
    return heard


async def _lists_one(tool: Tool, use: str) -> None:
    assert await _list(tool, [use], _chain(use)) == {"certificateType": [use]}
    assert await _installed(tool) == [_shown(use)]


async def _installed(tool: Tool) -> list[dict[str, Any]]:
    return list((await tool.api.seen(INSTALLED, id=tool.id))["installedCertificates"])


def _chain(use: str, *children: str, **other: str) -> dict[str, Any]:
    """A certificate as the station lists it, with the serial numbers of those below."""
    below = {"childCertificateHashData": [HASH | {"serialNumber": one} for one in children]} if children else {}
    return {"certificateType": use, "certificateHashData": HASH | other, **below}


def _shown(use: str, *children: str, **other: str) -> dict[str, Any]:
    return {"type": use, "hashData": HASH | other, "children": [{"serialNumber": one} for one in children]}


async def test_tc_a_11_csms(tool201: Tool) -> None:
    """A station is made to ask for a certificate of its own, and gets it.

    That it connects with it then is not tested: it would need a TLS listener. Here it comes back as it was.
    """
    await _signed(tool201, "SignChargingStationCertificate", "ChargingStationCertificate", "Accepted")
    await tool201.close()
    await tool201.connect()
    assert (await tool201.call("Heartbeat"))["currentTime"]


async def test_tc_a_12_csms(tool201: Tool) -> None:
    """A station is made to ask for a certificate for vehicles, and gets it."""
    await _signed(tool201, "SignV2GCertificate", "V2GCertificate", "Accepted")


async def test_tc_a_13_csms(tool201: Tool) -> None:
    """A station is made to ask for one certificate for the CSMS and for vehicles, and gets it."""
    await _signed(tool201, "SignCombinedCertificate", None, "Accepted")


async def test_tc_a_14_csms(tool201: Tool) -> None:
    """A station does not take the certificate that it is sent, and says why in a security event."""
    await _signed(tool201, "SignChargingStationCertificate", "ChargingStationCertificate", "Rejected")
    event = {"type": "InvalidChargingStationCertificate", "timestamp": moment()}
    assert await tool201.call("SecurityEventNotification", **event) == {}


async def test_tc_m_01_csms(tool201: Tool) -> None:
    """A root certificate of the CSMS is installed."""
    assert await _install(tool201, "CSMSRootCertificate") == "ACCEPTED"


async def test_tc_m_02_csms(tool201: Tool) -> None:
    """A root certificate of the manufacturer is installed."""
    assert await _install(tool201, MAKER) == "ACCEPTED"


async def test_tc_m_03_csms(tool201: Tool) -> None:
    """A root certificate of V2G is installed."""
    assert await _install(tool201, "V2GRootCertificate") == "ACCEPTED"


async def test_tc_m_04_csms(tool201: Tool) -> None:
    """A root certificate of a mobility operator is installed."""
    assert await _install(tool201, "MORootCertificate") == "ACCEPTED"


async def test_tc_m_05_csms(tool201: Tool) -> None:
    """A certificate cannot be installed."""
    assert await _install(tool201, "CSMSRootCertificate", "Failed") == "REJECTED"


async def test_tc_m_12_csms(tool201: Tool) -> None:
    """Root certificates of the CSMS are listed."""
    await _lists_one(tool201, "CSMSRootCertificate")


async def test_tc_m_13_csms(tool201: Tool) -> None:
    """Root certificates of manufacturers are listed."""
    await _lists_one(tool201, MAKER)


async def test_tc_m_14_csms(tool201: Tool) -> None:
    """Root certificates of V2G are listed."""
    await _lists_one(tool201, "V2GRootCertificate")


async def test_tc_m_15_csms(tool201: Tool) -> None:
    """A chain is listed with what is below."""
    use = "V2GCertificateChain"
    assert await _list(tool201, [use], _chain(use, "1", "2")) == {"certificateType": [use]}
    assert await _installed(tool201) == [_shown(use, "1", "2")]


async def test_tc_m_16_csms(tool201: Tool) -> None:
    """Root certificates of mobility operators are listed."""
    await _lists_one(tool201, "MORootCertificate")


async def test_tc_m_17_csms(tool201: Tool) -> None:
    """Certificates of two types are listed at once."""
    both = [MAKER, "CSMSRootCertificate"]
    assert await _list(tool201, both, *(_chain(use) for use in both)) == {"certificateType": both}
    assert await _installed(tool201) == [_shown(use) for use in both]


async def test_tc_m_18_csms(tool201: Tool) -> None:
    """All certificates are listed."""
    both = (_chain(MAKER), _chain("CSMSRootCertificate", serialNumber="1"))
    assert await _list(tool201, [], *both) == {}
    assert await _installed(tool201) == [_shown(MAKER), _shown("CSMSRootCertificate", serialNumber="1")]


async def test_tc_m_19_csms(tool201: Tool) -> None:
    """There are none any more."""
    await _list(tool201, [MAKER], _chain(MAKER))
    await _list(tool201, [MAKER])
    assert await _installed(tool201) == []


async def test_tc_m_20_csms(tool201: Tool) -> None:
    """A certificate is deleted by the hashes that the station reported."""
    await _list(tool201, [MAKER], _chain(MAKER))
    [shown] = await _installed(tool201)
    deleted = {"status": "Accepted"}
    heard, _ = await tool201.asked("deleteCertificate", "DeleteCertificate", deleted, **shown["hashData"])
    assert heard == {"certificateHashData": HASH}
    assert await _installed(tool201) == []


async def test_tc_m_21_csms(tool201: Tool) -> None:
    """A certificate cannot be deleted, and stays in the list."""
    await _list(tool201, [MAKER], _chain(MAKER))
    _, command = await tool201.asked("deleteCertificate", "DeleteCertificate", {"status": "Failed"}, **HASH)
    assert command["status"] == "REJECTED"
    assert await _installed(tool201) == [_shown(MAKER)]
