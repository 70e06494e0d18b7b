"""What a front-end sees of stations and transactions without asking again."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.endtoend.billing import BEGAN, ENDED, FROM_WH, TO_WH, middle
from tests.endtoend.conftest import Registered
from tests.endtoend.front_end import Api, first
from tests.endtoend.server import Server
from tests.endtoend.stations import Station16, plugged_in

_STATION = """online ocppVersion vendor model serialNumber firmwareVersion registrationStatus lastSeenAt
evses { id connectors { id status errorCode } }"""
_EVENTS = """subscription($after: String, $id: ID) {
  events(after: $after, filter: {stationId: $id}) { position stream type } }"""
_JOURNAL = """query($after: String, $id: ID, $now: String) {
  events(first: 100, after: $after, filter: {stationId: $id}, atLeastPosition: $now) {
    nodes { position stream type } } }"""


async def test_a_station_is_online_while_it_is_and_shows_what_it_said(
    server: Server, api: Api, registered: Registered
) -> None:
    look = f"query($id: ID!, $now: String) {{ station(id: $id, atLeastPosition: $now) {{ {_STATION} }} }}"
    never = (await api.seen(look, id=registered.id))["station"]
    async with plugged_in(server, *registered) as station:
        await station.report("Available", evse_id=2)
        await station.report("Available")
        await station.report("Unavailable")
        here = (await api.seen(look, id=registered.id))["station"]
    gone = await api.until(lambda answer: not answer["station"]["online"], look, id=registered.id)
    assert (never["online"], never["vendor"], never["registrationStatus"], never["evses"]) == (False, None, None, [])
    is_16 = registered.kind is Station16
    told = ("online", "ocppVersion", "vendor", "model", "serialNumber", "firmwareVersion", "registrationStatus")
    expected = ("1.6", "Acme", "Six", "S-16", "1.6.1") if is_16 else ("2.0.1", "Acme", "Two", "S-201", "2.0.1")
    assert [here[name] for name in told] == [True, *expected, "ACCEPTED"]
    error = "NoError" if is_16 else None
    assert here["evses"] == [
        {"id": 1, "connectors": [{"id": 1, "status": "Unavailable", "errorCode": error}]},
        {"id": 2, "connectors": [{"id": 1, "status": "Available", "errorCode": error}]},
    ]
    assert here["lastSeenAt"] > (never["lastSeenAt"] or "")
    assert gone["station"] | {"online": True, "lastSeenAt": 0} == here | {"lastSeenAt": 0}


async def test_a_station_is_told_of_when_it_changes(server: Server, api: Api, registered: Registered) -> None:
    document = f"subscription($id: ID!) {{ stationChanged(id: $id) {{ {_STATION} }} }}"
    async with api.subscribed(document, id=registered.id) as stations:
        async with plugged_in(server, *registered) as station:
            await first(stations, lambda told: told["online"] and told["registrationStatus"] == "ACCEPTED")
            await station.report("Available")
            await first(stations, lambda told: _status(told) == "Available")
            await station.report("Faulted")
            await first(stations, lambda told: _status(told) == "Faulted")
        gone = await first(stations, lambda told: not told["online"])
    assert _status(gone) == "Faulted"


def _status(station: dict[str, Any]) -> str | None:
    return station["evses"][0]["connectors"][0]["status"] if station["evses"] else None


async def test_a_transaction_is_told_of_when_it_changes(server: Server, api: Api, registered: Registered) -> None:
    document = "subscription { transactionChanged { stationId transactionId state energyWh powerW } }"
    async with api.subscribed(document) as everything, plugged_in(server, *registered) as station:
        told = (one async for one in everything if one["stationId"] == registered.id)
        message = station.starting("whoever", BEGAN, FROM_WH)
        transaction_id, _ = station.started(message, await station.say(message))
        began = await first(told, lambda one: one["state"] == "ACTIVE")
        await station.say(station.metering(transaction_id, middle()))
        await first(told, lambda one: (one["energyWh"], one["powerW"]) == (6000, 11_000))
        await station.say(station.ending(transaction_id, ENDED, TO_WH))
        ended = await first(told, lambda one: one["state"] == "ENDED")
    assert (began["transactionId"], ended["energyWh"]) == (transaction_id, TO_WH - FROM_WH)


async def test_a_journal_that_was_left_is_taken_up_where_it_was_left(
    server: Server, api: Api, registered: Registered
) -> None:
    read: list[dict[str, str]] = []
    async with plugged_in(server, *registered) as station:
        for round_ in range(3):
            after = read[-1]["position"] if read else "0"
            async with api.subscribed(_EVENTS, after=after, id=registered.id) as events:
                await _heartbeats(station, 7)
                read += [await first(events, lambda _: True) for _ in range(4 + round_)]
            await _heartbeats(station, 2)  # while nobody listens
        now = await api.now()
        journal = (await api.ask(_JOURNAL, id=registered.id, now=now))["events"]["nodes"]
        async with api.subscribed(_EVENTS, after=read[-1]["position"], id=registered.id) as events:
            read += [await first(events, lambda _: True) for _ in range(len(journal) - len(read))]
    assert len(journal) > 27
    assert read == journal
    assert [int(event["position"]) for event in read] == sorted({int(event["position"]) for event in read})


async def test_a_journal_without_a_place_to_begin_begins_now(server: Server, api: Api, registered: Registered) -> None:
    async with plugged_in(server, *registered) as station:
        await _heartbeats(station, 3)
        await api.now()
        async with api.subscribed(_EVENTS, id=registered.id) as events:
            await station.report("Available")
            told = await first(events, lambda _: True)
    assert told["type"] == "day.status-reported"


async def test_a_subscription_ends_when_its_reader_says_so(api: Api, registered: Registered) -> None:
    wanted = {"query": _EVENTS, "variables": {"id": registered.id}}
    async with api.socket() as socket:
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": wanted}))
        for status in ("PENDING", "ACCEPTED"):
            await asyncio.sleep(0.3)
            await api.well("setRegistrationStatus", stationId=registered.id, status=status)
            await socket.send('{"type":"ping"}')
            if status == "PENDING":
                assert {json.loads(await socket.recv())["type"] for _ in range(2)} == {"next", "pong"}
                await socket.send('{"type":"complete","id":"1"}')
        assert json.loads(await socket.recv()) == {"type": "pong"}


async def _heartbeats(station: Any, count: int) -> None:
    for _ in range(count):
        await station.heartbeat()
