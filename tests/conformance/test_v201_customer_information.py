"""OCPP 2.0.1 customer information: cases of the certification test plan, each named after its id."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.test_v16_local_list import shown as list_shown
from tests.conformance.tool import Tool, moment

TOLD = """
query ($now: String, $id: ID!) {
  customerInformation(first: 20, filter: {stationId: $id}, atLeastPosition: $now) { nodes {
    requestId report clear outcome reference idToken parts complete data forgottenAt } } }
"""
ACCEPTED = {"status": "Accepted"}
CARD = {"idToken": "CUST-1", "idTokenType": "ISO14443"}
ON_THE_WIRE = {"idToken": "CUST-1", "type": "ISO14443"}
CERTIFICATE = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "ab" * 32,
    "issuerKeyHash": "CD" * 32,
    "serialNumber": "FFF",
}


async def told(tool: Tool) -> dict[int, dict[str, Any]]:
    found = (await tool.api.seen(TOLD, id=tool.id))["customerInformation"]["nodes"]
    return {one.pop("requestId"): one for one in found}


async def request(
    tool: Tool, *, report: bool, clear: bool, status: str = "Accepted", **customer: Any
) -> dict[str, Any]:
    """The operator asks about a customer: what the station heard, which says so and nothing else."""
    heard, command = await tool.asked(
        "requestCustomerInformation",
        "CustomerInformation",
        {"status": status},
        report=report,
        clear=clear,
        **(customer or CARD),
    )
    assert command["status"] == ("ACCEPTED" if status == "Accepted" else "REJECTED")
    assert heard == {"requestId": heard["requestId"], "report": report, "clear": clear} | {
        name: heard[name] for name in heard if name in ("idToken", "customerCertificate", "customerIdentifier")
    }
    return heard


async def notify(tool: Tool, number: int, *parts: str) -> None:
    for seq_no, data in enumerate(parts):
        more = {"tbc": True} if seq_no < len(parts) - 1 else {}
        payload = {"requestId": number, "seqNo": seq_no, "generatedAt": moment(), "data": data, **more}
        assert await tool.call("NotifyCustomerInformation", **payload) == {}


async def told_about(tool: Tool, heard: dict[str, Any], *parts: str) -> None:
    """The station tells; the operator sees it all, put together."""
    number = heard["requestId"]
    await notify(tool, number, *parts)
    shown = (await told(tool))[number]
    assert (shown["outcome"], shown["complete"], shown["parts"]) == ("Accepted", True, len(parts))
    assert (shown["data"], shown["report"], shown["clear"]) == ("".join(parts), heard["report"], heard["clear"])


async def test_tc_n_27_csms(tool201: Tool) -> None:
    """A customer's data is told, named by a token, in two parts."""
    heard = await request(tool201, report=True, clear=False)
    assert heard["idToken"] == ON_THE_WIRE
    await told_about(tool201, heard, "name: A. Customer; ", "sessions: 3")
    assert (await told(tool201))[heard["requestId"]]["reference"] == "ID_TOKEN"


async def test_tc_n_28_csms(tool201: Tool) -> None:
    """There is no data about a customer."""
    await told_about(tool201, await request(tool201, report=True, clear=False), "")


@pytest.mark.parametrize("status", ["Rejected", "Invalid"])
async def test_tc_n_29_csms(tool201: Tool, status: str) -> None:
    """The station does not tell: it cannot, or the customer is not named as it should be."""
    heard = await request(tool201, report=True, clear=False, status=status)
    shown = (await told(tool201))[heard["requestId"]]
    assert (shown["outcome"], shown["complete"], shown["data"]) == (status, False, None)


async def test_tc_n_30_csms(tool201: Tool) -> None:
    """A customer's data is told and cleared; what was told before is not shown any more, and at last nothing is."""
    before = await request(tool201, report=True, clear=False)
    await told_about(tool201, before, "name: A. Customer")
    heard = await request(tool201, report=True, clear=True)
    await told_about(tool201, heard, "name: A. Customer")
    shown = await told(tool201)
    assert shown[before["requestId"]]["data"] is None
    assert shown[before["requestId"]]["forgottenAt"] is not None
    await tool201.api.well("forgetCustomerInformation", stationId=tool201.id, requestId=heard["requestId"])
    assert [one["data"] for one in (await told(tool201)).values()] == [None, None]


async def test_tc_n_31_csms(tool201: Tool) -> None:
    """A customer of whom there is no data is told about and cleared."""
    await told_about(tool201, await request(tool201, report=True, clear=True), "")


async def test_tc_n_32_csms(tool201: Tool) -> None:
    """A customer's data is cleared, untold; the station says when it is done."""
    await told_about(tool201, await request(tool201, report=False, clear=True), "cleared")


async def test_tc_n_46_csms(tool201: Tool) -> None:
    """A customer is cleared whose token is in the station's local list: we take it off the list by ourselves."""
    entries = [{"idToken": "CUST-1", "status": "Accepted"}, {"idToken": "STAYS", "status": "Accepted"}]
    await tool201.asked("sendLocalList", "SendLocalList", ACCEPTED, updateType="FULL", entries=entries)
    heard = await request(tool201, report=False, clear=True)
    await notify(tool201, heard["requestId"], "cleared")
    update = await tool201.hears("SendLocalList")
    assert update.payload == {
        "versionNumber": 2,
        "updateType": "Differential",
        "localAuthorizationList": [{"idToken": ON_THE_WIRE}],
    }
    await tool201.answers(update, **ACCEPTED)
    shown = await list_shown(tool201)
    assert (shown["version"], [entry["idToken"] for entry in shown["entries"]]) == (2, ["STAYS"])


async def test_tc_n_62_csms(tool201: Tool) -> None:
    """A customer's data is told, named in terms of the station's vendor."""
    heard = await request(tool201, report=True, clear=False, customerIdentifier="customer 17")
    assert heard["customerIdentifier"] == "customer 17"
    await told_about(tool201, heard, "sessions: 1")


async def test_tc_n_63_csms(tool201: Tool) -> None:
    """A customer's data is told, named by the hash of a certificate."""
    heard = await request(tool201, report=True, clear=False, customerCertificate=CERTIFICATE)
    assert heard["customerCertificate"] == CERTIFICATE
    await told_about(tool201, heard, "sessions: 2")
