"""OCPP 2.0.1 Transactions (block E): cases of the certification test plan, each named after its id."""

from __future__ import annotations

from typing import Any

from tests.conformance.charging_v201 import (
    ACCEPTED,
    Charging,
    authorizes,
    is_now,
    sampled,
    the_transaction,
    transactions,
)
from tests.conformance.tool import Tool, moment

_STATUS = """query($now: String, $station: ID!, $id: String) {
    transactionStatus(stationId: $station, transactionId: $id, atLeastPosition: $now) { ongoing messagesInQueue }
}"""


async def begins(charging: Charging, trigger: str, state: str, token: str, **more: Any) -> None:
    """The transaction begins with a token that is accepted, and the operator sees whose it is."""
    await charging.accepted("Started", trigger, token, state, **more)
    running = await the_transaction(charging.tool)
    assert (running["transactionId"], running["state"]) == (charging.id, "ACTIVE")
    assert (running["idToken"], running["authorizationStatus"]) == (token, "Accepted")
    assert (running["chargingState"], running["provisional"]) == (state, False)


async def ended(tool: Tool, reason: str) -> dict[str, Any]:
    transaction = await the_transaction(tool)
    assert (transaction["state"], transaction["stoppedReason"]) == ("ENDED", reason)
    return transaction


async def test_tc_e_01_csms(tool201: Tool, token: str) -> None:
    """A transaction that begins when the power path is closed: plugged in and authorised."""
    await is_now(tool201, "Occupied")
    await authorizes(tool201, token)
    await begins(Charging(tool201), "Authorized", "EVConnected", token, placed=True)


async def test_tc_e_02_csms(tool201: Tool, token: str) -> None:
    """A transaction that begins when energy flows."""
    await is_now(tool201, "Occupied")
    await authorizes(tool201, token)
    await begins(Charging(tool201), "ChargingStateChanged", "Charging", token, placed=True)


async def test_tc_e_03_csms(tool201: Tool, token: str) -> None:
    """The cable first, then the tag."""
    charging = Charging(tool201)
    await charging.flows(token)
    running = await the_transaction(tool201)
    assert (running["evseId"], running["connectorId"], running["idToken"]) == (1, 1, token)
    assert (running["chargingState"], running["authorizationStatus"]) == ("Charging", "Accepted")


async def test_tc_e_04_csms(tool201: Tool, token: str) -> None:
    """The tag first, then the cable."""
    charging = Charging(tool201)
    await authorizes(tool201, token)
    await charging.accepted("Started", "Authorized", token, "Idle")
    assert (await the_transaction(tool201))["evseId"] is None
    await is_now(tool201, "Occupied")
    assert await charging.says("Updated", "CablePluggedIn", "EVConnected", placed=True) == {}
    assert await charging.says("Updated", "ChargingStateChanged", "Charging") == {}
    running = await the_transaction(tool201)
    assert (running["evseId"], running["connectorId"], running["chargingState"]) == (1, 1, "Charging")


async def test_tc_e_07_csms(tool201: Tool, token: str) -> None:
    """A transaction that ends with the power path, by the tag."""
    charging = Charging(tool201)
    await charging.flows(token)
    await authorizes(tool201, token)
    answer = await charging.says("Ended", "StopAuthorized", "EVConnected", token=token, info={"stoppedReason": "Local"})
    assert answer == {"idTokenInfo": ACCEPTED, "totalCost": 0}
    await ended(tool201, "Local")


async def test_tc_e_08_csms(tool201: Tool, token: str) -> None:
    """A transaction that ends with the flow of energy, by the tag; no reason means by its driver."""
    charging = Charging(tool201)
    await charging.flows(token)
    await charging.accepted("Ended", "StopAuthorized", token, "EVConnected")
    await ended(tool201, "Local")


async def test_tc_e_09_csms(tool201: Tool) -> None:
    """A transaction that begins with the cable, nobody's yet."""
    charging = Charging(tool201)
    await charging.plugs_in()
    running = await the_transaction(tool201)
    assert (running["state"], running["evseId"], running["idToken"]) == ("ACTIVE", 1, None)
    assert running["authorizationStatus"] is None


async def test_tc_e_10_csms(tool201: Tool, token: str) -> None:
    """A transaction that begins with the tag, nowhere yet."""
    await authorizes(tool201, token)
    await begins(Charging(tool201), "Authorized", "Idle", token)


async def test_tc_e_11_csms(tool201: Tool, token: str) -> None:
    """A transaction that begins with a signed meter value."""
    await is_now(tool201, "Occupied")
    await authorizes(tool201, token)
    await begins(Charging(tool201), "SignedDataReceived", "EVConnected", token, placed=True)


async def test_tc_e_12_csms(tool201: Tool, token: str) -> None:
    """A transaction that begins when a car stands in the bay, before cable and tag."""
    charging = Charging(tool201)
    assert await charging.says("Started", "EVDetected", "Idle", evse={"id": 1}) == {}
    running = await the_transaction(tool201)
    assert (running["evseId"], running["connectorId"], running["chargingState"]) == (1, None, "Idle")
    await is_now(tool201, "Occupied")
    assert await charging.says("Updated", "CablePluggedIn", "EVConnected", placed=True) == {}
    await charging.accepted("Updated", "Authorized", token)
    running = await the_transaction(tool201)
    assert (running["connectorId"], running["idToken"]) == (1, token)


async def test_tc_e_14_csms(tool201: Tool, token: str) -> None:
    """The cable is taken out at the station, and that is the end."""
    charging = Charging(tool201)
    await charging.flows(token)
    await charging.accepted("Updated", "StopAuthorized", token, "EVConnected")
    assert await charging.unplugs("Local", "EVDeparted") == {"totalCost": 0}
    await ended(tool201, "Local")


async def test_tc_e_15_csms(tool201: Tool, token: str) -> None:
    """The tag ends the flow of energy, the cable the transaction."""
    charging = Charging(tool201)
    await charging.flows(token)
    await authorizes(tool201, token)
    await charging.accepted("Updated", "StopAuthorized", token, "EVConnected")
    assert (await the_transaction(tool201))["state"] == "ACTIVE"
    await charging.unplugs()
    await ended(tool201, "EVDisconnected")


async def test_tc_e_16_csms(tool201: Tool) -> None:
    """A tag that is not valid: the station hears it, and ends what it had let begin."""
    charging = Charging(tool201)
    await charging.plugs_in()
    answer = await charging.says("Updated", "Authorized", token="NOBODYS-TAG")
    assert answer == {"idTokenInfo": {"status": "Invalid"}}
    answer = await charging.says("Ended", "Deauthorized", "EVConnected", info={"stoppedReason": "DeAuthorized"})
    assert answer == {"totalCost": 0}
    transaction = await ended(tool201, "DeAuthorized")
    assert (transaction["idToken"], transaction["authorizationStatus"]) == ("NOBODYS-TAG", "Invalid")


async def test_tc_e_17_csms(tool201: Tool, token: str) -> None:
    """The cable is taken out at the car, and that is the end."""
    charging = Charging(tool201)
    await charging.flows(token)
    assert await charging.unplugs("EVDisconnected", "EVCommunicationLost") == {"totalCost": 0}
    await ended(tool201, "EVDisconnected")


async def test_tc_e_19_csms(tool201: Tool, token: str) -> None:
    """The car leaves the bay, and only that is the end."""
    charging = Charging(tool201)
    await charging.flows(token)
    await charging.accepted("Updated", "StopAuthorized", token, "EVConnected")
    assert await charging.says("Updated", "EVCommunicationLost", "Idle") == {}
    await is_now(tool201, "Available")
    assert (await the_transaction(tool201))["state"] == "ACTIVE"
    assert await charging.says("Ended", "EVDeparted", "Idle", info={"stoppedReason": "Local"}) == {"totalCost": 0}
    await ended(tool201, "Local")


async def test_tc_e_20_csms(tool201: Tool, token: str) -> None:
    """A car after IEC 61851 is unplugged at its side: it suspends first."""
    charging = Charging(tool201)
    await charging.flows(token)
    assert await charging.says("Updated", "ChargingStateChanged", "SuspendedEV") == {}
    await charging.unplugs()
    await ended(tool201, "EVDisconnected")


async def test_tc_e_21_csms(tool201: Tool, token: str) -> None:
    """Stop from afar, with the id that the station has chosen."""
    charging = Charging(tool201)
    await charging.flows(token)
    heard, command = await tool201.asked("remoteStop", "RequestStopTransaction", ACCEPTED, transactionId=charging.id)
    assert (heard, command["status"]) == ({"transactionId": charging.id}, "ACCEPTED")
    assert await charging.says("Updated", "RemoteStop", "EVConnected") == {}
    await charging.unplugs("Remote", "RemoteStop")
    await ended(tool201, "Remote")


async def test_tc_e_22_csms(tool201: Tool, token: str) -> None:
    """The car takes no more energy, and that is the end."""
    charging = Charging(tool201)
    await charging.flows(token)
    answer = await charging.says("Ended", "ChargingStateChanged", "SuspendedEV", info={"stoppedReason": "StoppedByEV"})
    assert answer == {"totalCost": 0}
    assert (await ended(tool201, "StoppedByEV"))["chargingState"] == "SuspendedEV"


async def test_tc_e_26_csms(tool201: Tool, token: str) -> None:
    """The cable is taken out at the car and put in again: it was a pause."""
    charging = Charging(tool201)
    await charging.flows(token)
    for trigger, state in (
        ("EVCommunicationLost", "Idle"),
        ("CablePluggedIn", "EVConnected"),
        ("ChargingStateChanged", "Charging"),
    ):
        assert await charging.says("Updated", trigger, state) == {}
        running = await the_transaction(tool201)
        assert (running["state"], running["chargingState"]) == ("ACTIVE", state)


async def _status(tool: Tool, charging: Charging | None, queued: bool, ongoing: bool | None = None) -> None:
    """The operator asks how a transaction stands, or all, and sees the answer."""
    about = {"transactionId": charging.id} if charging else {}
    answer = {"messagesInQueue": queued} | ({} if ongoing is None else {"ongoingIndicator": ongoing})
    heard, command = await tool.asked("getTransactionStatus", "GetTransactionStatus", answer, **about)
    assert (heard, command["status"], command["response"]) == (about, "ACCEPTED", answer)
    shown = await tool.api.seen(_STATUS, station=tool.id, id=about.get("transactionId"))
    assert shown["transactionStatus"] == {"ongoing": ongoing, "messagesInQueue": queued}


async def test_tc_e_29_csms(tool201: Tool, token: str) -> None:
    """A transaction goes on, and messages about it wait."""
    charging = Charging(tool201)
    await charging.flows(token)
    await _status(tool201, charging, queued=True, ongoing=True)


async def test_tc_e_30_csms(tool201: Tool, token: str) -> None:
    """A transaction goes on, and we have heard all of it."""
    charging = Charging(tool201)
    await charging.flows(token)
    await _status(tool201, charging, queued=False, ongoing=True)


async def test_tc_e_31_csms(tool201: Tool, token: str) -> None:
    """The end overtakes two messages: the operator sees which are missing, and that they will come; then they come."""
    charging = Charging(tool201)
    await charging.flows(token)
    late = [
        charging.event(
            "Updated", "MeterValuePeriodic", offline=True, meterValue=sampled(moment(-minute), 1000 + minute)
        )
        for minute in (2, 1)
    ]
    await charging.says("Ended", "EVCommunicationLost", "Idle", offline=True, info={"stoppedReason": "EVDisconnected"})
    transaction = await ended(tool201, "EVDisconnected")
    assert transaction["missingSeqNos"] == [{"first": 3, "last": 4}]
    await _status(tool201, charging, queued=True, ongoing=False)
    for event in late:
        assert await tool201.call("TransactionEvent", **event) == {}
    transaction = await ended(tool201, "EVDisconnected")
    assert (transaction["missingSeqNos"], len(transaction["meterValues"]["nodes"])) == ([], 2)


async def test_tc_e_33_csms(tool201: Tool) -> None:
    """Messages about some transaction wait."""
    await _status(tool201, None, queued=True)


async def test_tc_e_34_csms(tool201: Tool) -> None:
    """No message about any transaction waits."""
    await _status(tool201, None, queued=False)


async def test_tc_e_38_csms(tool201: Tool, token: str) -> None:
    """The car is plugged in but takes no energy yet."""
    charging = Charging(tool201)
    await charging.plugs_in()
    await authorizes(tool201, token)
    await charging.accepted("Updated", "Authorized", token, "SuspendedEV")
    assert (await the_transaction(tool201))["chargingState"] == "SuspendedEV"
    assert await charging.says("Updated", "ChargingStateChanged", "Charging") == {}
    assert (await the_transaction(tool201))["chargingState"] == "Charging"


async def test_tc_e_39_csms(tool201: Tool, token: str) -> None:
    """The tag is shown, but no cable comes in time."""
    charging = Charging(tool201)
    await authorizes(tool201, token)
    await charging.accepted("Started", "Authorized", token, "Idle")
    answer = await charging.says("Ended", "EVConnectTimeout", "Idle", info={"stoppedReason": "Timeout"})
    assert answer == {"totalCost": 0}
    transaction = await ended(tool201, "Timeout")
    assert (transaction["evseId"], transaction["energyWh"]) == (None, 0)


async def test_tc_e_53_csms(tool201: Tool, token: str) -> None:
    """Two transactions, one after the other, that both count from 0."""
    both = [Charging(tool201), Charging(tool201)]
    for charging in both:
        await charging.flows(token)
        await charging.unplugs()
    found = await transactions(tool201)
    assert {transaction["transactionId"] for transaction in found} == {charging.id for charging in both}
    assert [(t["state"], t["missingSeqNos"]) for t in found] == [("ENDED", [])] * 2
