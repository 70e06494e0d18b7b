"""OCPP 1.6 Security, at the door: passwords, profiles and subprotocols, each case named after its id."""

from __future__ import annotations

import itertools
import json
from base64 import b64encode
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.conformance.tool import Tool
from tests.endtoend.front_end import COMMAND, Api

_numbers = itertools.count(1)
ACCEPTED = {"status": "Accepted"}
BOOT_16 = {"chargePointVendor": "Tool", "chargePointModel": "T1"}
HISTORY = """query($now: String) { events(first: 100, atLeastPosition: $now, filter: {stationId: "%s"}) {
  nodes { data evidence } } }"""
STATION = "query($id: ID!, $now: String) { station(id: $id, atLeastPosition: $now) { online securityProfile } }"


async def entered(api: Api) -> Tool:
    """A station that the operator has entered, with its password; not connected yet."""
    station_id = f"DOOR-1.6-{next(_numbers)}"
    payload = await api.well("registerStation", "password", stationId=station_id)
    return Tool(api, "1.6", station_id, payload["password"])


async def refused(tool: Tool, password: str | bytes | None) -> int:
    """The status with which the station is turned away."""
    given, tool.password = tool.password, password
    with pytest.raises(InvalidStatus) as refusal:
        await tool.connect()
    tool.password = given
    return refusal.value.response.status_code


async def back(tool: Tool, password: str | bytes | None) -> None:
    """The station hangs up and comes again, with this password."""
    await tool.close()
    tool.password = password
    await tool.connect()
    assert (await tool.call("BootNotification", **BOOT_16))["status"] == "Accepted"


async def changed(tool: Tool, answer: dict[str, Any], **input: Any) -> tuple[str, str | None]:
    """The operator changes the password; returns what the station heard, and what the operator was shown."""
    fields = f"password {COMMAND}"
    asking = tool.api.well("changePassword", fields, stationId=tool.id, **input)
    heard, payload = await tool.told(asking, "ChangeConfiguration", answer)
    assert heard["key"] == "AuthorizationKey"
    assert payload["command"]["status"] == ("ACCEPTED" if answer == ACCEPTED else "REJECTED")
    assert heard["value"] not in json.dumps(payload["command"])
    return heard["value"], payload["password"]


async def test_tc_073_csms(tool: Tool) -> None:
    """The operator changes the password; the station comes with it, and can no longer come with the old one."""
    old = tool.password
    assert isinstance(old, str)
    key, shown = await changed(tool, ACCEPTED)
    assert key == shown
    assert len(bytes.fromhex(key)) == 20
    await back(tool, old)  # counts until it has come with the new one
    await back(tool, bytes.fromhex(key))
    await tool.close()
    assert await refused(tool, old) == 401
    assert await refused(tool, bytes.fromhex(old)) == 401
    for form in (key, key.upper(), bytes.fromhex(key)):
        await back(tool, form)
    # a password of the operator's own is told in digits too, and counts in either form
    chosen = "Correct-Horse_42"
    told, none = await changed(tool, ACCEPTED, password=chosen)
    assert (bytes.fromhex(told).decode(), none) == (chosen, None)
    await back(tool, told)
    await back(tool, chosen)
    await tool.close()
    assert await refused(tool, key) == 401
    # one that the station refuses never counts
    await back(tool, chosen)
    late, _ = await changed(tool, {"status": "Rejected"})
    await tool.close()
    assert await refused(tool, late) == 401
    await back(tool, chosen)
    # the same by hand, in the words of the standard
    by_hand = {"key": "AuthorizationKey", "value": "0123456789abcdef0123456789abcdef01234567"}
    asking = tool.api.well("requestCommand", COMMAND, stationId=tool.id, action="ChangeConfiguration", payload=by_hand)
    heard, _ = await tool.told(asking, "ChangeConfiguration", ACCEPTED)
    assert heard == by_hand
    await back(tool, bytes.fromhex(by_hand["value"]))
    await tool.close()
    assert await refused(tool, chosen) == 401
    await back(tool, by_hand["value"])
    recorded = json.dumps(await tool.api.seen(HISTORY % tool.id))
    assert "ChangeConfiguration" in recorded
    assert by_hand["value"] not in recorded
    assert not any(secret in recorded for secret in (key, told, chosen, late))


async def test_tc_083_csms(api: Api) -> None:
    """A station without a password gets one and a higher security profile; without it, it is not let in any more."""
    station_id = "TOOL-1.6-OPEN"
    await api.well("registerStation", stationId=station_id, securityProfile=0)
    async with Tool(api, "1.6", station_id, None) as tool:
        assert (await tool.call("BootNotification", **BOOT_16))["status"] == "Accepted"
        key, _ = await changed(tool, ACCEPTED)
        await back(tool, None)
        higher = {"key": "SecurityProfile", "value": "1"}
        asking = api.well("requestCommand", COMMAND, stationId=station_id, action="ChangeConfiguration", payload=higher)
        heard, payload = await tool.told(asking, "ChangeConfiguration", ACCEPTED)
        assert (heard, payload["command"]["status"]) == (higher, "ACCEPTED")
        heard, _ = await tool.asked("reset", "Reset", ACCEPTED, type="IMMEDIATE")
        assert heard == {"type": "Hard"}
        await back(tool, key)
        assert (await api.seen(STATION, id=station_id))["station"] == {"online": True, "securityProfile": 1}
        await tool.close()
        assert await refused(tool, None) == 401
        assert await refused(tool, "0" * 40) == 401
        await back(tool, key)


async def test_tc_085_csms(api: Api) -> None:
    """A station shows its name and password and is served; with another name or password it is not let in."""
    tool, other = await entered(api), await entered(api)
    assert isinstance(tool.password, str)
    for wrong in (None, "", tool.password[:-1], other.password):
        assert await refused(tool, wrong) == 401
    as_another = "Basic " + b64encode(f"{other.id}:{tool.password}".encode()).decode()
    with pytest.raises(InvalidStatus) as refusal:
        await offering(tool, "ocpp1.6", authorization=as_another)
    assert refusal.value.response.status_code == 401
    async with tool:
        assert (await tool.call("BootNotification", **BOOT_16))["status"] == "Accepted"
        assert "currentTime" in await tool.call("Heartbeat")
    await back(tool, bytes.fromhex(tool.password))
    await tool.close()


async def offering(tool: Tool, *subprotocols: str, authorization: str | None = None) -> str | None:
    """Connect and hang up; what the server says of the subprotocol, word for word."""
    assert isinstance(tool.password, str)
    headers = {"Authorization": authorization or "Basic " + b64encode(f"{tool.id}:{tool.password}".encode()).decode()}
    url = f"{tool.api.server.ocpp}/{tool.id}"
    offered: Any = subprotocols
    async with connect(url, subprotocols=offered, additional_headers=headers, proxy=None) as socket:
        assert socket.response is not None
        [agreed] = socket.response.headers.get_all("Sec-WebSocket-Protocol")
        return agreed


async def test_tc_088_csms(api: Api) -> None:
    """A station that offers no version of ours is not upgraded; of several the one that both speak is agreed on."""
    tool = await entered(api)
    with pytest.raises(InvalidStatus) as refusal:
        await offering(tool, "ocpp0.1")
    assert refusal.value.response.status_code == 400
    assert await offering(tool, "ocpp0.1", "ocpp1.6") == "ocpp1.6"
