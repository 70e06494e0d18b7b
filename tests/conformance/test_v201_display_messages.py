"""OCPP 2.0.1 display messages: cases of the certification test plan, each named after its id."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.tool import Tool, moment

MESSAGES = """
query ($now: String, $id: ID!, $shown: Boolean) {
  displayMessages(first: 20, filter: {stationId: $id, shown: $shown}, atLeastPosition: $now) { nodes {
    messageId status outcome drift desired { text }
    confirmed { text priority state startsAt endsAt transactionId } } } }
"""
HELLO = {"text": "Welcome", "priority": "NormalCycle", "format": "UTF8"}
SAID = {"format": "UTF8", "content": "Welcome"}


async def messages(tool: Tool, shown: bool | None = None) -> list[dict[str, Any]]:
    found = await tool.api.seen(MESSAGES, id=tool.id, shown=shown)
    return list(found["displayMessages"]["nodes"])


async def message(tool: Tool) -> dict[str, Any]:
    [found] = await messages(tool)
    return found


async def put(tool: Tool, outcome: str = "Accepted", **input: Any) -> dict[str, Any]:
    """The operator sets a message: the message as the station heard it."""
    heard, command = await tool.asked("setDisplayMessage", "SetDisplayMessage", {"status": outcome}, **(HELLO | input))
    assert command["status"] == ("ACCEPTED" if outcome == "Accepted" else "REJECTED")
    assert heard.keys() == {"message"}
    return dict(heard["message"])


async def refused(tool: Tool, outcome: str, **input: Any) -> None:
    await put(tool, outcome, messageId=1, **input)
    shown = await message(tool)
    assert (shown["status"], shown["outcome"], shown["confirmed"]) == ("REFUSED", outcome, None)
    assert await messages(tool, shown=True) == []


def stored(number: int, text: str, **more: Any) -> dict[str, Any]:
    """A message as a station reports it."""
    return {"id": number, "priority": "NormalCycle", "message": {"format": "UTF8", "content": text}, **more}


async def get(tool: Tool, outcome: str = "Accepted", **input: Any) -> dict[str, Any]:
    """The operator asks for messages: what the station heard."""
    heard, command = await tool.asked("getDisplayMessages", "GetDisplayMessages", {"status": outcome}, **input)
    assert (command["status"], command["response"]) == ("ACCEPTED", {"status": outcome})
    return heard


async def notify(tool: Tool, number: int, *found: dict[str, Any], **more: Any) -> None:
    assert await tool.call("NotifyDisplayMessages", requestId=number, messageInfo=list(found), **more) == {}


async def begin(tool: Tool, kind: str = "Started", number: int = 0) -> None:
    event = {"eventType": kind, "timestamp": moment(), "triggerReason": "CablePluggedIn", "seqNo": number}
    await tool.call("TransactionEvent", **event, transactionInfo={"transactionId": "tx-1"}, evse={"id": 1})


async def test_tc_o_01_csms(tool201: Tool) -> None:
    """A message is shown in a state of the station."""
    heard = await put(tool201, messageId=7, priority="InFront", state="Idle", language="en")
    expected = {"id": 7, "priority": "InFront", "state": "Idle", "message": SAID | {"language": "en"}}
    assert heard == expected
    shown = await message(tool201)
    assert (shown["messageId"], shown["status"], shown["drift"]) == (7, "SHOWN", False)
    assert (shown["confirmed"]["text"], shown["confirmed"]["state"]) == ("Welcome", "Idle")


async def test_tc_o_02_csms(tool201: Tool) -> None:
    """All messages are asked for, and come in two parts; what is not among them is not there any more."""
    await put(tool201, messageId=9)
    heard = await get(tool201)
    assert heard.keys() == {"requestId"}
    await notify(tool201, heard["requestId"], stored(1, "One"), tbc=True)
    assert {m["messageId"]: m["status"] for m in await messages(tool201)} == {1: "SHOWN", 9: "SHOWN"}
    await notify(tool201, heard["requestId"], stored(2, "Two"))
    expected = {1: "SHOWN", 2: "SHOWN", 9: "NOT_REPORTED"}
    assert {m["messageId"]: m["status"] for m in await messages(tool201)} == expected
    assert [m["confirmed"]["text"] for m in await messages(tool201, shown=True)] == ["One", "Two"]


async def test_tc_o_03_csms(tool201: Tool) -> None:
    """All messages are asked for, and there are none."""
    await get(tool201, "Unknown")
    assert await messages(tool201) == []


async def test_tc_o_04_csms(tool201: Tool) -> None:
    """A message is taken away."""
    await put(tool201, messageId=7)
    heard, command = await tool201.asked(
        "clearDisplayMessage", "ClearDisplayMessage", {"status": "Accepted"}, messageId=7
    )
    assert (heard, command["status"]) == ({"id": 7}, "ACCEPTED")
    assert (await message(tool201))["status"] == "CLEARED"
    assert await messages(tool201, shown=True) == []


async def test_tc_o_05_csms(tool201: Tool) -> None:
    """A message that the station does not have cannot be taken away."""
    heard, command = await tool201.asked(
        "clearDisplayMessage", "ClearDisplayMessage", {"status": "Unknown"}, messageId=404
    )
    assert (heard, command["status"], command["response"]) == ({"id": 404}, "REJECTED", {"status": "Unknown"})


async def test_tc_o_06_csms(tool201: Tool) -> None:
    """A message of a transaction goes when that ends."""
    await begin(tool201)
    heard = await put(tool201, messageId=7, transactionId="tx-1")
    assert heard == {"id": 7, "priority": "NormalCycle", "transactionId": "tx-1", "message": SAID}
    assert (await message(tool201))["status"] == "SHOWN"
    await begin(tool201, "Ended", 1)
    assert (await message(tool201))["status"] == "ENDED"


async def narrowed(tool: Tool, expected: dict[str, Any], **input: Any) -> None:
    """What fulfils the criteria is reported; what is not reported may be there all the same."""
    await put(tool, messageId=9)
    heard = await get(tool, **input)
    assert heard == {"requestId": heard["requestId"], **expected}
    await notify(tool, heard["requestId"], stored(1, "One"))
    assert {m["messageId"]: m["status"] for m in await messages(tool)} == {1: "SHOWN", 9: "SHOWN"}


async def test_tc_o_07_csms(tool201: Tool) -> None:
    """Messages are asked for by their ids."""
    await narrowed(tool201, {"id": [1, 2]}, messageIds=[1, 2])


async def test_tc_o_08_csms(tool201: Tool) -> None:
    """Messages are asked for by their priority."""
    await narrowed(tool201, {"priority": "AlwaysFront"}, priority="AlwaysFront")


async def test_tc_o_09_csms(tool201: Tool) -> None:
    """Messages are asked for by the state in which they are shown."""
    await narrowed(tool201, {"state": "Faulted"}, state="Faulted")


async def test_tc_o_10_csms(tool201: Tool) -> None:
    """A message is for a transaction that the station does not know."""
    await refused(tool201, "UnknownTransaction", transactionId="tx-nobody")


async def test_tc_o_11_csms(tool201: Tool) -> None:
    """A message is asked for by an id that the station does not have, whatever we thought."""
    await put(tool201, messageId=7)
    assert (await get(tool201, "Unknown", messageIds=[7]))["id"] == [7]
    assert (await message(tool201))["status"] == "NOT_REPORTED"


async def test_tc_o_12_csms(tool201: Tool) -> None:
    """A message takes the place of the one that has its id."""
    await put(tool201, messageId=7)
    assert (await put(tool201, messageId=7, text="Goodbye"))["message"]["content"] == "Goodbye"
    assert (await message(tool201))["confirmed"]["text"] == "Goodbye"
    await put(tool201, "Rejected", messageId=7, text="Never")
    shown = await message(tool201)
    assert (shown["status"], shown["confirmed"]["text"], shown["desired"]["text"]) == ("SHOWN", "Goodbye", "Never")
    assert (shown["drift"], shown["outcome"]) == (True, "Rejected")


def _on_the_wire(at: str) -> str:
    return at.replace("Z", ".000Z")


async def test_tc_o_13_csms(tool201: Tool) -> None:
    """A message is shown from a time on."""
    later = moment(5)
    heard = await put(tool201, messageId=7, startsAt=later)
    assert heard["startDateTime"] == _on_the_wire(later)
    assert (await message(tool201))["confirmed"]["startsAt"] == later.replace("Z", "+00:00")


async def test_tc_o_14_csms(tool201: Tool) -> None:
    """A message is shown until a time, and reads as ended after it."""
    later, earlier = moment(5), moment(-5)
    assert (await put(tool201, messageId=7, endsAt=later))["endDateTime"] == _on_the_wire(later)
    assert (await message(tool201))["status"] == "SHOWN"
    await put(tool201, messageId=7, endsAt=earlier)
    assert (await message(tool201))["status"] == "ENDED"
    assert await messages(tool201, shown=True) == []


async def test_tc_o_17_csms(tool201: Tool) -> None:
    """The station does not have the priority."""
    await refused(tool201, "NotSupportedPriority", priority="AlwaysFront")


async def test_tc_o_18_csms(tool201: Tool) -> None:
    """The station does not have the state."""
    await refused(tool201, "NotSupportedState", state="Charging")


async def test_tc_o_19_csms(tool201: Tool) -> None:
    """The station does not show the format."""
    await refused(tool201, "NotSupportedMessageFormat", format="HTML")


@pytest.mark.parametrize("state", ["Charging", "Faulted", "Idle", "Unavailable"])
async def test_tc_o_25_csms(tool201: Tool, state: str) -> None:
    """A message is shown in each of the states there are."""
    assert (await put(tool201, state=state))["state"] == state
    assert (await message(tool201))["confirmed"]["state"] == state


async def test_tc_o_26_csms(tool201: Tool) -> None:
    """The station rejects a message."""
    await refused(tool201, "Rejected")


async def test_tc_o_27_csms(tool201: Tool) -> None:
    """A message of a transaction is shown from a time on."""
    await begin(tool201)
    later = moment(1)
    heard = await put(tool201, transactionId="tx-1", startsAt=later)
    assert (heard["transactionId"], heard["startDateTime"]) == ("tx-1", _on_the_wire(later))
    assert (await message(tool201))["confirmed"]["transactionId"] == "tx-1"


async def test_tc_o_28_csms(tool201: Tool) -> None:
    """A message of a transaction is shown until a time, in a state; the transaction ends first."""
    await begin(tool201)
    later = moment(5)
    heard = await put(tool201, transactionId="tx-1", endsAt=later, state="Charging")
    assert (heard["endDateTime"], heard["state"]) == (_on_the_wire(later), "Charging")
    await begin(tool201, "Ended", 1)
    assert (await message(tool201))["status"] == "ENDED"
