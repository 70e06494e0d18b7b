"""OCPP 2.0.1 Authorization (block C, without contract certificates): cases of the certification test plan."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from tests.conformance.charging_v201 import ACCEPTED, Charging, authorizes, card, the_transaction, transactions
from tests.conformance.tool import Tool, moment

_numbers = itertools.count(1)
MASTER_PASS = "MASTERPASSGROUP"


async def entered(tool: Tool, status: str = "Accepted", **more: Any) -> str:
    """A tag that the operator has entered."""
    tag = f"C-{next(_numbers)}"
    await tool.api.well("setIdToken", idToken=tag, status=status, **more)
    return tag


@pytest.fixture
async def group(tool201: Tool) -> tuple[str, str, dict[str, Any]]:
    """Two tags of one group, and what both are answered."""
    name = f"GROUP-{next(_numbers)}"
    first, second = [await entered(tool201, groupId=name) for _ in range(2)]
    return first, second, {"status": "Accepted", "groupIdToken": card(name, "Central")}


async def test_tc_c_02_csms(tool201: Tool) -> None:
    """A tag nobody knows is invalid."""
    assert await authorizes(tool201, "NOBODYS-TAG", "Invalid") == {"status": "Invalid"}


async def test_tc_c_06_csms(tool201: Tool) -> None:
    """A blocked tag is told to be blocked."""
    await authorizes(tool201, await entered(tool201, "Blocked"), "Blocked")


async def test_tc_c_07_csms(tool201: Tool) -> None:
    """A tag whose time is over is expired."""
    tag = await entered(tool201, expiresAt=moment(-1))
    info = await authorizes(tool201, tag, "Expired")
    assert "cacheExpiryDateTime" in info


async def test_tc_c_08_csms(tool201: Tool, token: str) -> None:
    """A tag that the station remembers: verified with the first message that carries it."""
    charging = Charging(tool201)
    await charging.plugs_in()
    assert await charging.says("Updated", "Authorized", token=token.lower()) == {"idTokenInfo": ACCEPTED}
    assert (await the_transaction(tool201))["authorizationStatus"] == "Accepted"


async def test_tc_c_20_csms(tool201: Tool, token: str) -> None:
    """A tag that the station remembers is not valid any more: it is told so, and ends the transaction."""
    await authorizes(tool201, token)
    await tool201.api.well("setIdToken", idToken=token, status="Invalid")
    async with asyncio.timeout(5):  # the process with the station's socket learns of it a moment later
        while (await tool201.call("Authorize", idToken=card(token)))["idTokenInfo"] == ACCEPTED:
            await asyncio.sleep(0.05)
    charging = Charging(tool201)
    await charging.plugs_in()
    answer = await charging.says("Updated", "Authorized", token=token)
    assert answer == {"idTokenInfo": {"status": "Invalid"}}
    await charging.says("Updated", "Deauthorized", "EVConnected", info={"stoppedReason": "DeAuthorized"})
    await charging.unplugs("DeAuthorized")
    ended = await the_transaction(tool201)
    assert (ended["authorizationStatus"], ended["stoppedReason"]) == ("Invalid", "DeAuthorized")


async def _clears(tool: Tool, answer: str, outcome: str) -> None:
    heard, command = await tool.asked("clearCache", "ClearCache", {"status": answer})
    assert (heard, command["status"]) == ({}, outcome)


async def test_tc_c_37_csms(tool201: Tool) -> None:
    """A station forgets the tags that it remembers."""
    await _clears(tool201, "Accepted", "ACCEPTED")


async def test_tc_c_38_csms(tool201: Tool) -> None:
    """A station will not forget them; the operator sees that."""
    await _clears(tool201, "Rejected", "REJECTED")


async def test_tc_c_39_csms(tool201: Tool, group: tuple[str, str, dict[str, Any]]) -> None:
    """Two tags of one group: the second may end what the first began."""
    first, second, answer = group
    charging = Charging(tool201)
    await charging.plugs_in()
    assert await authorizes(tool201, first) == answer
    assert await charging.says("Updated", "Authorized", token=first) == {"idTokenInfo": answer}
    await charging.says("Updated", "ChargingStateChanged", "Charging")
    assert await authorizes(tool201, second) == answer
    stopped = await charging.says("Updated", "StopAuthorized", "EVConnected", token=second)
    assert stopped == {"idTokenInfo": answer}
    await charging.unplugs("Local")
    assert (await the_transaction(tool201))["idToken"] == first


async def _listed(tool: Tool, tags: tuple[str, str], name: str) -> None:
    entries = [{"idToken": tag, "type": "ISO14443"} for tag in tags]
    heard, command = await tool.asked("sendLocalList", "SendLocalList", ACCEPTED, updateType="FULL", entries=entries)
    assert command["status"] == "ACCEPTED"
    infos = [entry["idTokenInfo"] for entry in heard["localAuthorizationList"]]
    assert [info["groupIdToken"] for info in infos] == [card(name, "Central")] * 2


async def test_tc_c_40_csms(tool201: Tool, group: tuple[str, str, dict[str, Any]]) -> None:
    """The same with a local list: the station asks about no tag, and the answers to its events carry the group."""
    first, second, answer = group
    await _listed(tool201, (first, second), answer["groupIdToken"]["idToken"])
    charging = Charging(tool201)
    await charging.plugs_in()
    assert await charging.says("Updated", "Authorized", token=first) == {"idTokenInfo": answer}
    await charging.says("Updated", "ChargingStateChanged", "Charging")
    assert await charging.says("Updated", "StopAuthorized", token=second) == {"idTokenInfo": answer}
    assert await charging.says("Ended", "StopAuthorized", "Idle", token=second) == {
        "idTokenInfo": answer,
        "totalCost": 0,
    }


async def test_tc_c_43_csms(tool201: Tool, group: tuple[str, str, dict[str, Any]]) -> None:
    """Tags of a group whose entries in the station's list are of no use to it (read so: the station asks us about the
    second one); both are accepted, with their group.
    """
    first, second, answer = group
    await _listed(tool201, (first, second), answer["groupIdToken"]["idToken"])
    charging = Charging(tool201)
    await charging.plugs_in()
    assert await charging.says("Updated", "Authorized", token=first) == {"idTokenInfo": answer}
    assert await authorizes(tool201, second) == answer
    assert await charging.says("Updated", "StopAuthorized", token=second) == {"idTokenInfo": answer}
    await charging.unplugs()


async def _master_pass(tool: Tool, asked: bool, ended: list[Charging]) -> None:
    """A master pass ends transactions: before each the station may ask about it; it never becomes theirs."""
    master = await entered(tool, groupId=MASTER_PASS)
    answer = {"status": "Accepted", "groupIdToken": card(MASTER_PASS, "Central")}
    if asked:
        assert await authorizes(tool, master) == answer
    for charging in ended:
        stopped = await charging.says("Updated", "StopAuthorized", "EVConnected", token=master)
        assert stopped["idTokenInfo"] == answer
        await charging.unplugs("MasterPass")
    assert master not in {transaction["idToken"] for transaction in await transactions(tool)}


async def _two_running(tool: Tool, token: str) -> list[Charging]:
    running = [Charging(tool, evse) for evse in (1, 2)]
    for charging in running:
        await charging.flows(token)
    return running


async def test_tc_c_47_csms(tool201: Tool, token: str) -> None:
    """A master pass, and all transactions are chosen to end."""
    running = await _two_running(tool201, token)
    await _master_pass(tool201, True, running)
    ended = await transactions(tool201)
    assert [(t["state"], t["stoppedReason"], t["idToken"]) for t in ended] == [("ENDED", "MasterPass", token)] * 2


async def test_tc_c_48_csms(tool201: Tool, token: str) -> None:
    """A master pass, and one transaction is chosen to end; the other goes on."""
    running = await _two_running(tool201, token)
    await _master_pass(tool201, True, running[1:])
    states = {t["transactionId"]: t["state"] for t in await transactions(tool201)}
    assert states == {running[0].id: "ACTIVE", running[1].id: "ENDED"}


async def test_tc_c_49_csms(tool201: Tool, token: str) -> None:
    """A master pass at a station without a screen, which ends all."""
    await _master_pass(tool201, False, await _two_running(tool201, token))
    assert [t["state"] for t in await transactions(tool201)] == ["ENDED", "ENDED"]
