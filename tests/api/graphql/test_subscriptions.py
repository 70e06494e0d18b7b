"""The journal as a list and as a stream, and what a browser hears of changes."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from domain.events import Station, StationDay
from domain.journal import Entry, Evidence
from domain.station_day import Connection, ConnectorStatus
from tests.api.graphql.conftest import KEY, T0, Api, fleet
from tests.api.graphql.test_transactions import charge

PROTOCOL = Subprotocol("graphql-transport-ws")
EVENTS = (
    "subscription ($after: String, $filter: EventFilter) { events(after: $after, filter: $filter) { position type } }"
)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@pytest.fixture
async def url(api: Api) -> AsyncIterator[str]:
    server = _Server(
        uvicorn.Config(api.app, port=0, log_config=None, ws="websockets-sansio", timeout_graceful_shutdown=1)
    )
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/graphql"
    server.should_exit = True
    await task


class Client:
    """A client of graphql-transport-ws as the protocol says, and no more."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def receive(self) -> Any:
        async with asyncio.timeout(10):
            return json.loads(await self.socket.recv())

    async def open(self, **payload: Any) -> None:
        await self.send(type="connection_init", payload=payload)
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, query: str, operation: str = "1", **variables: Any) -> None:
        await self.send(id=operation, type="subscribe", payload={"query": query, "variables": variables})

    async def data(self) -> Any:
        message = await self.receive()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]


@contextlib.asynccontextmanager
async def subscriber(url: str) -> AsyncIterator[Client]:
    async with connect(url, subprotocols=[PROTOCOL]) as socket:
        client = Client(socket)
        await client.open(Authorization=f"Bearer {KEY}")
        yield client


async def watched(api: Api) -> None:
    """Until somebody watches."""
    while not any(topic._watches for topic in (api.bulletin.stations, api.bulletin.transactions, api.bulletin.journal)):
        await asyncio.sleep(0.002)


async def test_the_journal_is_listed_with_the_wire_text_behind_each_event(api: Api) -> None:
    await api.register("CS1")
    day = StationDay.open("CS1", None, T0)
    day.report_status(ConnectorStatus(1, 1, "Available", None), T0 - timedelta(hours=1), T0)
    opened, reported = day.collect_events()
    wire = Evidence("ocpp1.6", '[2,"1","StatusNotification",{"é":1}]'.encode(), b'[3,"1",{}]')
    position = str(await api.journal.append([Entry(opened), Entry(reported, wire)]))  # type: ignore[arg-type]
    station = Station.blank(Station.stream("CS2"))
    station.register(security_profile=1, credential="deadbeef", at=T0)
    last = await api.record(station)
    data = await api.ask(
        """query ($p: String) { events(first: 10, atLeastPosition: $p) {
          edges { cursor node { position stream type recordedAt occurredAt data evidence } }
          pageInfo { hasNextPage endCursor } } }""",
        p=last,
    )
    edges = data["events"]["edges"]
    assert [edge["node"]["type"] for edge in edges] == [
        "station.registered", "day.opened", "day.status-reported", "station.registered"
    ]  # fmt: skip
    assert edges[2]["node"] == {
        "position": position,
        "stream": "day:2026-11-20:CS1",
        "type": "day.status-reported",
        "recordedAt": "2026-11-20T08:00:00+00:00",
        "occurredAt": "2026-11-20T07:00:00+00:00",
        "data": edges[2]["node"]["data"],
        "evidence": {"protocol": "ocpp1.6", "request": '[2,"1","StatusNotification",{"é":1}]', "reply": '[3,"1",{}]'},
    }
    assert edges[2]["node"]["data"]["status"] == "Available"
    assert edges[0]["node"]["evidence"] is None
    assert "deadbeef" not in json.dumps(data)
    query = "query ($a: String, $f: EventFilter) { events(first: 10, after: $a, filter: $f) { nodes { position } } }"
    for wanted, count in [
        ({"stationId": "CS1"}, 3),
        ({"types": ["station.registered"]}, 2),
        ({"stationId": "CS1", "types": ["station.registered"]}, 1),
        ({"stationId": "nobody"}, 0),
        ({"transactionId": "1"}, 0),
    ]:
        assert len((await api.ask(query, f=wanted))["events"]["nodes"]) == count
    assert len((await api.ask(query, a=edges[1]["cursor"]))["events"]["nodes"]) == 2
    assert (await api.post(query, a="Q1Mx"))["errors"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_events_resume_where_a_lost_connection_ended_without_loss_or_repetition(api: Api, url: str) -> None:
    streams = 120
    done = asyncio.Event()

    async def write() -> None:
        for aggregate in fleet(streams // 2, evses=1):
            await api.record(aggregate)
            await asyncio.sleep(0.004)
        done.set()

    writing = asyncio.create_task(write())
    seen: list[str] = []
    after: str | None = "0"
    while not done.is_set() or len(seen) < streams // 2 * 3:
        async with subscriber(url) as client:
            await client.subscribe(EVENTS, after=after)
            for _ in range(40):
                if len(seen) == streams // 2 * 3:
                    break
                seen.append((await client.data())["events"]["position"])
                after = seen[-1]
            client.socket.transport.abort()
    await writing
    recorded = [str(r.position) for r in (await api.journal.read(0, 10_000)).recorded]
    assert seen == recorded


async def test_events_begin_now_and_are_filtered(api: Api, url: str) -> None:
    position = await api.register("CS0")
    await api.ask("query ($p: String) { events(first: 1, atLeastPosition: $p) { nodes { type } } }", p=position)
    async with subscriber(url) as client:
        await client.subscribe(EVENTS, filter={"stationId": "CS/1", "types": ["day.opened", "transaction.ended"]})
        await watched(api)
        await api.record(*fleet(3))
        await api.register("CS/1")
        await charge(api, "CS/1", "1")
        assert (await client.data())["events"]["type"] == "transaction.ended"
        await api.record(StationDay.open("CS/1", None, T0))
        assert (await client.data())["events"]["type"] == "day.opened"


async def test_a_station_is_told_when_it_looks_different_and_only_to_those_who_watch_it(api: Api, url: str) -> None:
    await api.register("CS1")
    position = await api.register("CS2")
    await api.ask("query ($p: String) { events(first: 1, atLeastPosition: $p) { nodes { type } } }", p=position)
    await asyncio.sleep(0.05)
    async with subscriber(url) as client, subscriber(url) as other:
        query = "subscription ($id: ID) { stationChanged(id: $id) { id online evses { connectors { status } } } }"
        await client.subscribe(query, id="CS1")
        await other.subscribe(query.replace("(id: $id)", "").replace("($id: ID)", ""))
        while len(api.bulletin.stations._watches) < 2:
            await asyncio.sleep(0.002)
        day2 = StationDay.open("CS2", None, T0)
        day2.connect(Connection("c2", "n", "ocpp1.6", T0), 0, None, T0)
        await api.record(day2)
        assert (await other.data())["stationChanged"] == {"id": "CS2", "online": True, "evses": []}
        day = StationDay.open("CS1", None, T0)
        day.receive("Heartbeat", T0)
        await api.record(day)
        day.report_status(ConnectorStatus(1, 1, "Charging", None), T0, T0)
        position = await api.record(day)
        changed = {"id": "CS1", "online": False, "evses": [{"connectors": [{"status": "Charging"}]}]}
        assert (await client.data())["stationChanged"] == changed
        assert (await other.data())["stationChanged"] == changed
        assert api.bulletin.position is not None
        assert api.bulletin.position >= int(position)


async def test_a_transaction_is_told_with_each_news_of_it(api: Api, url: str) -> None:
    async with subscriber(url) as client:
        await client.subscribe(
            "subscription { transactionChanged { id state energyWh chargeDetailRecord { revision } } }"
        )
        await watched(api)
        await charge(api, "CS 1", "tx/1")
        told = (await client.data())["transactionChanged"]
        assert told == {
            "id": "CS 1/tx%2F1",
            "state": "ENDED",
            "energyWh": 11_000,
            "chargeDetailRecord": {"revision": 1},
        }


async def test_news_arrive_within_a_tenth_of_a_second(api: Api, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    await api.register("CS1")
    day = StationDay.open("CS1", None, T0)
    await api.record(day)
    async with subscriber(url) as client:
        await client.subscribe('subscription { stationChanged(id: "CS1") { id evses { connectors { status } } } }')
        await watched(api)
        times = []
        for n in range(40):
            day.report_status(ConnectorStatus(1, 1, f"{n}", None), T0 + timedelta(seconds=n), T0)
            await api.record(day)
            started = monotonic()
            await client.data()
            times.append((monotonic() - started) * 1000)
            await asyncio.sleep(0.01)
    times.sort()
    with capsys.disabled():
        print(f"\n  from commit to subscriber: median {times[20]:.0f} ms, p95 {times[38]:.0f} ms")
    assert times[38] < 500  # the aim is 100 on a machine with nothing else to do


async def test_a_subscriber_that_does_not_read_holds_up_nobody(api: Api, url: str) -> None:
    """10 MB are more than any buffer on the way takes."""
    query = 'subscription { events(after: "0", filter: {stationId: "CS1"}) { position data } }'
    async with subscriber(url) as slow, subscriber(url) as quick:
        await slow.subscribe(query)
        await quick.subscribe(query)
        day = StationDay.open("CS1", None, T0)
        for n in range(150):
            day.transfer_data("vendor", str(n), "x" * 64_000, "Accepted", T0)
        await api.record(day)
        for _ in range(151):
            await quick.data()
        await api.register("CS1")
        assert (await quick.data())["events"]["data"]["security_profile"] == 0
        slow.socket.transport.abort()


async def test_subscriptions_need_the_key(api: Api, url: str) -> None:
    for payload in (
        {},
        {"Authorization": "Bearer wrong"},
        {"authorization": KEY},
        {"Authorization": 7},
        {"Authorization": None},
    ):
        async with connect(url, subprotocols=[PROTOCOL]) as socket:
            await Client(socket).send(type="connection_init", payload=payload)
            with pytest.raises(ConnectionClosed) as closed:
                await Client(socket).receive()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4403
    for payload in ({"Authorization": f"Bearer {KEY}"}, {"authorization": f"Bearer {KEY}"}):
        async with connect(url, subprotocols=[PROTOCOL]) as socket:
            await Client(socket).open(**payload)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with connect(url, subprotocols=[PROTOCOL], additional_headers=headers) as socket:
        client = Client(socket)
        await client.open()
        await client.subscribe("{ __typename }")
        assert await client.data() == {"__typename": "Query"}
        assert (await client.receive())["type"] == "complete"


async def test_nothing_is_executed_before_the_init_and_without_one_the_socket_closes(
    api: Api, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connect(url, subprotocols=[PROTOCOL]) as socket:
        await Client(socket).subscribe("{ __typename }")
        with pytest.raises(ConnectionClosed) as closed:
            await Client(socket).receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


async def test_a_key_that_is_taken_away_ends_the_subscription(api: Api, url: str) -> None:
    async with subscriber(url) as client:
        await client.subscribe("subscription { stationChanged { id } }")
        await watched(api)
        api.keys.clear()
        message = await client.receive()
        assert message["payload"]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_pages_of_other_sites_and_older_protocols_are_turned_away(api: Api, url: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, subprotocols=[PROTOCOL], origin="https://evil.example").__aenter__()  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403
    async with connect(url, subprotocols=[Subprotocol("graphql-ws")]) as socket:
        with pytest.raises(ConnectionClosed):
            await Client(socket).receive()


async def test_a_connection_has_at_most_twenty_subscriptions_and_messages_of_bounded_size(api: Api, url: str) -> None:
    async with subscriber(url) as client:
        for n in range(21):
            await client.subscribe("subscription { stationChanged { id } }", operation=str(n))
        refused = await client.receive()
        assert (refused["id"], refused["type"]) == ("20", "error")
        await client.send(
            type="subscribe", id="x", payload={"query": "{ __typename }", "variables": {"x": "y" * 300_000}}
        )
        with pytest.raises(ConnectionClosed):
            await client.receive()


async def test_a_bad_position_is_named_in_a_subscription_too(api: Api, url: str) -> None:
    async with subscriber(url) as client:
        await client.subscribe(EVENTS, after="x")
        message = await client.receive()
        errors = message["payload"] if isinstance(message["payload"], list) else message["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "BAD_INPUT"
