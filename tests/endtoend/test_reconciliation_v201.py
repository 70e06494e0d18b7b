"""Charging profiles, messages of displays and connection profiles are compared, and what differs is sent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.conformance.conftest import BOOT_16, BOOT_201, token, tool, tool201  # noqa: F401  # fixtures
from tests.conformance.smart_charging import charging, event, given, of_transaction, set_profile, wire
from tests.conformance.tool import Tool, moment
from tests.endtoend.front_end import Api
from tests.endtoend.reconciled import ACCEPTED, NOTHING, begin, done, hears
from tests.endtoend.server import Server

CSO = {"chargingProfile": {"chargingLimitSource": ["CSO"]}}
NONE = {"status": "NoProfiles"}
HELLO = {"text": "Hello", "language": "en"}


async def finding(tool: Tool, subject: str) -> tuple[int, str | None]:  # noqa: F811
    came_of_it = (await done(tool))[subject]
    return came_of_it["differing"], came_of_it["problem"]


async def reports_profiles(tool: Tool, *profiles: Any) -> None:  # noqa: F811
    heard = await hears(tool, "GetChargingProfiles", **ACCEPTED)
    number = heard.pop("requestId")
    assert heard == CSO
    profile_parts = {"requestId": number, "chargingLimitSource": "CSO", "evseId": 1}
    for profile in profiles[:-1]:
        await tool.call("ReportChargingProfiles", **profile_parts, chargingProfile=[profile], tbc=True)
    await tool.call("ReportChargingProfiles", **profile_parts, chargingProfile=[profiles[-1]])


async def test_profiles_that_are_gone_or_others_are_set_again(tool201: Tool) -> None:  # noqa: F811
    same, other, gone = [await set_profile(tool201, given(id, stackLevel=id)) for id in (1, 2, 3)]
    await begin(tool201)
    foreign, changed = wire(9, level=9), other["chargingProfile"] | {"stackLevel": 7}
    await reports_profiles(tool201, same["chargingProfile"], changed, foreign)
    assert await hears(tool201, "SetChargingProfile", **ACCEPTED) == other
    assert await hears(tool201, "SetChargingProfile", **ACCEPTED) == gone
    assert await finding(tool201, "chargingProfiles") == (2, None)
    await begin(tool201)
    await reports_profiles(tool201, *(held["chargingProfile"] for held in (same, other, gone)), foreign)
    assert (await done(tool201))["chargingProfiles"] == NOTHING


async def test_a_profile_whose_time_is_over_is_not_asked_for(tool201: Tool) -> None:  # noqa: F811
    await set_profile(tool201, given(validTo=moment(-1)))
    await begin(tool201)
    assert (await done(tool201))["chargingProfiles"] == NOTHING


async def test_a_profile_of_a_transaction_is_set_again_until_that_ends(tool201: Tool, token: str) -> None:  # noqa: F811
    transaction_id = await charging(tool201, token)
    cost = {
        "startValue": "1.5",
        "costs": [{"costKind": "CARBON_DIOXIDE_EMISSION", "amount": 3, "amountMultiplier": -1}],
    }
    entries = [
        {"start": 0, "duration": 60, "priceLevel": 0},
        {"start": 60, "priceLevel": 1, "consumptionCosts": [cost]},
    ]
    profile = of_transaction(1, 6, 8)
    schedule = profile.pop("schedule") | {"duration": 600, "minChargingRate": "0.5"}
    tariff = {"id": 1, "description": "Night", "priceLevels": 2, "entries": entries}
    profile["schedules"] = [schedule | {"salesTariff": tariff}, schedule]
    sent = await set_profile(tool201, profile)
    await begin(tool201)
    await hears(tool201, "GetChargingProfiles", **NONE)
    assert await hears(tool201, "SetChargingProfile", **ACCEPTED) == sent
    assert await finding(tool201, "chargingProfiles") == (1, None)
    await event(tool201, transaction_id, 3, "Ended", "EVDeparted")
    await begin(tool201)
    assert (await done(tool201))["chargingProfiles"] == NOTHING


async def test_a_profile_of_a_transaction_that_we_ended_is_not_set_again(own_server: Callable[..., Server]) -> None:
    server = own_server(unknown_stations="accept", transaction_grace="0.1")
    async with Api(server) as api, Tool(api, "2.0.1", "TOOL-CLOSED", None) as station:
        await api.well("setIdToken", idToken="CARD", status="Accepted")
        await station.call("BootNotification", **BOOT_201)
        await charging(station, "CARD")
        await set_profile(station, of_transaction())
        await station.call("BootNotification", **BOOT_201)
        query = "query($id: ID!) { transactions(first: 1, filter: {stationId: $id}) { nodes { estimated } } }"
        closed = {"transactions": {"nodes": [{"estimated": True}]}}
        await api.until(lambda answer: answer == closed, query, id=station.id)
        await begin(station)
        assert (await done(station))["chargingProfiles"] == NOTHING


async def test_profiles_that_1_6_took_before_a_boot_are_set_again(tool: Tool) -> None:  # noqa: F811
    sent = await set_profile(tool, given())
    await begin(tool)
    assert (await done(tool))["chargingProfiles"] == NOTHING
    await tool.call("BootNotification", **BOOT_16)
    await begin(tool)
    assert await hears(tool, "SetChargingProfile", **ACCEPTED) == sent
    assert await finding(tool, "chargingProfiles") == (1, None)
    await begin(tool)
    assert (await done(tool))["chargingProfiles"] == NOTHING


async def put(tool: Tool, number: int, status: str = "Accepted", **input: Any) -> Any:  # noqa: F811
    asked = HELLO | {"messageId": number} | input
    heard, _ = await tool.asked("setDisplayMessage", "SetDisplayMessage", {"status": status}, **asked)
    return heard


async def reports_messages(tool: Tool, *messages: Any) -> None:  # noqa: F811
    heard = await hears(tool, "GetDisplayMessages", **ACCEPTED)
    assert heard.keys() == {"requestId"}
    await tool.call("NotifyDisplayMessages", **heard, messageInfo=list(messages))


async def test_messages_that_are_gone_or_others_are_set_again(tool201: Tool) -> None:  # noqa: F811
    wishes = {"state": "Idle", "startsAt": moment(-5), "endsAt": moment(60), "display": {"component": "Display"}}
    same, other, gone = await put(tool201, 1), await put(tool201, 2), await put(tool201, 3, **wishes)
    await put(tool201, 4, "Rejected")
    await begin(tool201)
    main = {"display": {"name": "Main"}}
    shown = {"id": 9, "priority": "InFront", "message": {"format": "ASCII", "content": "Not ours"}}
    await reports_messages(tool201, same["message"] | main, other["message"] | {"state": "Faulted"}, shown)
    assert await hears(tool201, "SetDisplayMessage", **ACCEPTED) == other
    assert await hears(tool201, "SetDisplayMessage", **ACCEPTED) == gone
    assert await finding(tool201, "displayMessages") == (2, None)


async def test_a_message_whose_time_or_transaction_is_over_is_not_set_again(tool201: Tool) -> None:  # noqa: F811
    begun = {"timestamp": moment(), "triggerReason": "CablePluggedIn", "seqNo": 0, "evse": {"id": 1}}
    info = {"transactionInfo": {"transactionId": "tx-1"}}
    await tool201.call("TransactionEvent", eventType="Started", **begun, **info)
    await put(tool201, 1, transactionId="tx-1")
    await put(tool201, 2, endsAt=moment(-1))
    await tool201.asked("getDisplayMessages", "GetDisplayMessages", {"status": "Unknown"})
    ended = {"timestamp": moment(), "triggerReason": "EVDeparted", "seqNo": 1}
    await tool201.call("TransactionEvent", eventType="Ended", **ended, **info)
    await begin(tool201)
    assert (await done(tool201))["displayMessages"] == NOTHING


async def fails(tool: Tool, mutation: str, action: str, **input: Any) -> dict[str, Any]:  # noqa: F811
    """The operator asks for something, and the station gives no answer to it."""
    await tool.api.well(mutation, stationId=tool.id, waitSeconds=0, **input)
    heard = await tool.hears(action)
    await tool.refuses(heard, "InternalError", "busy")
    return heard.payload


async def test_a_message_that_was_to_go_is_cleared_again(tool201: Tool) -> None:  # noqa: F811
    sent = await put(tool201, 1)
    await fails(tool201, "clearDisplayMessage", "ClearDisplayMessage", messageId=1)
    await begin(tool201)
    await reports_messages(tool201, sent["message"])
    assert await hears(tool201, "ClearDisplayMessage", **ACCEPTED) == {"id": 1}
    assert await finding(tool201, "displayMessages") == (1, None)
    await begin(tool201)
    assert (await done(tool201))["displayMessages"] == NOTHING


async def test_a_connection_profile_that_was_not_answered_is_sent_again(tool201: Tool) -> None:  # noqa: F811
    slot = {"url": "wss://example.org", "securityProfile": 1, "interface": "Wired0"}
    for number, status in ((1, "Accepted"), (2, "Rejected")):
        await tool201.asked("setNetworkProfile", "SetNetworkProfile", {"status": status}, slot=number, **slot)
    sent = await fails(tool201, "setNetworkProfile", "SetNetworkProfile", slot=3, **slot)
    await begin(tool201)
    assert await hears(tool201, "SetNetworkProfile", **ACCEPTED) == sent
    assert await finding(tool201, "networkProfiles") == (1, None)
    await begin(tool201)
    assert (await done(tool201))["networkProfiles"] == NOTHING


async def test_a_connection_profile_with_secrets_is_for_somebody_to_send(tool201: Tool) -> None:  # noqa: F811
    apn = {"apn": "internet", "authentication": "AUTO", "password": "secret"}
    slot = {"url": "wss://example.org", "securityProfile": 1, "interface": "Wireless0", "apn": apn}
    await fails(tool201, "setNetworkProfile", "SetNetworkProfile", slot=1, **slot)
    await begin(tool201)
    problem = "slot 1: the secrets of its profile are not kept, send it once more"
    assert await finding(tool201, "networkProfiles") == (1, problem)
