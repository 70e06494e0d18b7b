"""The door, over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.extensions.permessage_deflate import PerMessageDeflate

from api.ocpp.listener import listen, station_id_of
from api.ocpp.node import Node
from domain.credentials import fingerprint
from domain.events import Station, StationDay
from domain.journal import InMemoryJournal, load
from tests.api.ocpp.line import BOOT, LIMIT, Clock, SlowJournal, record, register, until

Dial = Callable[..., Any]


async def call(client: ClientConnection, action: str, payload: Any, message_id: str = "1") -> Any:
    await client.send(orjson.dumps([2, message_id, action, payload]).decode())
    return orjson.loads(await client.recv())


async def refused(dial: Dial, *args: Any, **more: Any) -> int:
    with pytest.raises(InvalidStatus) as refusal:
        async with dial(*args, **more):
            pass
    return refusal.value.response.status_code


def journalled(node: Node, kind: type) -> list[Any]:
    assert isinstance(node.journal, InMemoryJournal)
    return [recorded.event for recorded in node.journal.recorded if isinstance(recorded.event, kind)]


# Who may come in


async def test_an_unknown_station_is_not_found(dial: Dial) -> None:
    assert await refused(dial, "CS1", "ocpp2.0.1") == 404


async def test_a_station_that_names_no_version_is_served_in_the_one_it_is_known_for(dial: Dial, node: Node) -> None:
    await register(node, "CS1", 0)
    assert await refused(dial, "CS1") == 400
    await record(
        node,
        Station.stream("CS1"),
        Station,
        lambda station: station.set_options(lenient=False, assumed_version="1.6", at=node.clock()),
    )
    async with dial("CS1") as client:
        assert client.subprotocol is None
        assert (await call(client, "BootNotification", BOOT["1.6"]))[2]["status"] == "Accepted"
    async with dial("CS1", "ocpp2.0.1") as client:  # what it says of itself goes first
        assert client.subprotocol == "ocpp2.0.1"
    assert await refused(dial, "CS1", "ocpp0.1") == 400


@pytest.mark.parametrize("path", ["", "%00", "%FF%FE", "a%0Ab", "x" * 256])
async def test_what_cannot_name_a_station_is_not_found(path: str, dial: Dial, node: Node) -> None:
    node.accept_unknown = True
    assert await refused(dial, path, "ocpp2.0.1") == 404


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_station_of_profile_0_needs_no_password(protocol: str, dial: Dial, node: Node) -> None:
    await register(node, "CS1", 0)
    async with dial("CS1", protocol) as client:
        assert client.subprotocol == protocol
        reply = await call(client, "BootNotification", BOOT[protocol.removeprefix("ocpp")])
        assert reply[2]["status"] == "Accepted"
    [connected] = journalled(node, StationDay.Connected)
    assert (connected.connection.protocol, connected.connection.node) == (protocol.removeprefix("ocpp"), "node-1")
    assert connected.remote_address == "127.0.0.1"


SECRET = "correct horse battery"


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ({}, 401),
        ({"user": "CS1", "password": ""}, 401),
        ({"user": "CS1", "password": "wrong"}, 401),
        ({"user": "CS2", "password": SECRET}, 401),
        ({"user": "cs1", "password": SECRET}, 401),
        ({"user": "", "password": SECRET}, 401),
        ({"user": "CS1", "password": f"{SECRET} "}, 401),
    ],
)
async def test_a_station_of_profile_1_needs_its_own_name_and_password(
    who: dict[str, str], status: int, dial: Dial, node: Node
) -> None:
    await register(node, "CS1", 1, fingerprint(node.pepper, "CS1", SECRET.encode()))
    await register(node, "CS2", 1, fingerprint(node.pepper, "CS2", SECRET.encode()))
    assert await refused(dial, "CS1", "ocpp2.0.1", **who) == status
    async with dial("CS1", "ocpp2.0.1", user="CS1", password=SECRET):
        pass


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic Q1Mx", "Bearer Q1MxOng=", "", "Basic /w=="])
async def test_a_header_that_says_nothing_is_no_password(header: str, dial: Dial, node: Node) -> None:
    await register(node, "CS1", 1, fingerprint(node.pepper, "CS1", b"x"))
    with pytest.raises(InvalidStatus) as refusal:
        async with dial("CS1", "ocpp1.6", header=header):
            pass
    assert refusal.value.response.status_code == 401
    assert refusal.value.response.headers["WWW-Authenticate"] == 'Basic realm="ocpp"'


@pytest.mark.parametrize("profile", [2, 3])
async def test_a_station_that_has_to_come_encrypted_is_not_let_in_in_the_clear(
    profile: int, dial: Dial, node: Node
) -> None:
    await register(node, "CS1", profile, fingerprint(node.pepper, "CS1", SECRET.encode()))
    assert await refused(dial, "CS1", "ocpp2.0.1", user="CS1", password=SECRET) == 401


async def test_a_password_may_contain_a_colon(dial: Dial, node: Node) -> None:
    await register(node, "CS1", 1, fingerprint(node.pepper, "CS1", b"a:b:c"))
    async with dial("CS1", "ocpp2.0.1", user="CS1", password="a:b:c"):
        pass


async def test_a_1_6_station_may_send_the_bytes_of_its_key_or_their_digits(dial: Dial, node: Node) -> None:
    key = "00ff3a" + "c4" * 17
    await register(node, "CS1", 1, fingerprint(node.pepper, "CS1", key.encode()))
    for password in (key.encode(), bytes.fromhex(key)):
        async with dial("CS1", "ocpp1.6", user="CS1", password=password):
            pass
    assert await refused(dial, "CS1", "ocpp1.6", user="CS1", password=bytes.fromhex(key)[:-1]) == 401


def prints(password: str) -> str:
    return fingerprint(b"pepper", "CS1", password.encode())


async def stands(node: Node) -> tuple[int, str | None, tuple[str, ...]]:
    station = await load(node.journal, Station, Station.stream("CS1"))
    return station.security_profile, station.credential, station.offered_credentials


async def test_a_password_that_is_being_changed_counts_beside_the_old_one_until_it_is_used(
    dial: Dial, node: Node
) -> None:
    await register(node, "CS1", 1, prints("old"))
    stream = Station.stream("CS1")
    await record(node, stream, Station, lambda station: station.offer_credential(prints("new"), node.clock()))
    for _ in range(2):
        async with dial("CS1", "ocpp1.6", user="CS1", password="old"):
            assert await stands(node) == (1, prints("old"), (prints("new"),))
    async with dial("CS1", "ocpp1.6", user="CS1", password="new"):
        assert await stands(node) == (1, prints("new"), ())
    assert await refused(dial, "CS1", "ocpp1.6", user="CS1", password="old") == 401


async def test_a_password_in_the_wrong_company_settles_nothing(dial: Dial, node: Node) -> None:
    await register(node, "CS1", 1, prints("old"))
    stream = Station.stream("CS1")
    await record(node, stream, Station, lambda station: station.offer_credential(prints("new"), node.clock()))
    assert await refused(dial, "CS1", "ocpp1.6", user="CS2", password="new") == 401
    assert await refused(dial, "CS1", "ocpp0.1", user="CS1", password="new") == 400
    assert await stands(node) == (1, prints("old"), (prints("new"),))


async def test_a_higher_profile_that_the_station_has_come_with_holds_for_ever(dial: Dial, node: Node) -> None:
    await register(node, "CS1", 0)

    def agreed(station: Station) -> None:
        station.offer_credential(prints("new"), node.clock())
        station.offer_profile(1, node.clock())

    await record(node, Station.stream("CS1"), Station, agreed)
    async with dial("CS1", "ocpp1.6"):
        assert await stands(node) == (0, None, (prints("new"),)), "it has not come with it yet"
    async with dial("CS1", "ocpp1.6", user="CS1", password="new"):
        assert await stands(node) == (1, prints("new"), ())
    assert await refused(dial, "CS1", "ocpp1.6") == 401


async def test_a_login_is_decided_again_when_the_station_was_changed_meanwhile(
    dial: Dial, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(node, "CS1", 1, prints("old"))
    stream = Station.stream("CS1")
    await record(node, stream, Station, lambda station: station.offer_credential(prints("new"), node.clock()))
    append, journal = node.journal.append, node.journal

    async def overtaken(entries: Any) -> int:
        monkeypatch.setattr(journal, "append", append)
        await record(node, stream, Station, lambda station: station.assign_tariff("t", None, node.clock()))
        return await append(entries)

    monkeypatch.setattr(journal, "append", overtaken)
    async with dial("CS1", "ocpp1.6", user="CS1", password="new"):
        assert await stands(node) == (1, prints("new"), ())


# In which version


@pytest.mark.parametrize("offered", [[], ["ocpp0.1"], ["ocpp1.5", "soap"], ["OCPP2.0.1"]])
async def test_without_a_common_version_there_is_no_upgrade(offered: list[str], dial: Dial, node: Node) -> None:
    await register(node, "CS1")
    assert await refused(dial, "CS1", *offered) == 400


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["ocpp0.1", "ocpp2.0.1"], "ocpp2.0.1"),
        (["ocpp1.6", "ocpp2.0.1"], "ocpp1.6"),
        (["ocpp2.0.1", "ocpp1.6"], "ocpp2.0.1"),
    ],
)
async def test_the_first_version_that_both_know_is_spoken(
    offered: list[str], chosen: str, dial: Dial, node: Node
) -> None:
    await register(node, "CS1")
    async with dial("CS1", *offered) as client:
        assert client.subprotocol == chosen


async def test_a_station_may_change_its_version_between_connections(dial: Dial, node: Node) -> None:
    await register(node, "CS1")
    async with dial("CS1", "ocpp1.6") as client:
        await call(client, "BootNotification", BOOT["1.6"])
    async with dial("CS1", "ocpp2.0.1") as client:
        assert (await call(client, "Heartbeat", {}))[0] == 3


# Under which name


@pytest.mark.parametrize(
    ("path", "station_id"),
    [
        ("RDAM%20123", "RDAM 123"),
        ("RDAM%7C123", "RDAM|123"),
        ("a%2Fb", "a/b"),
        ("a+b", "a+b"),
        ("a%2520b", "a%20b"),
        ("tenant/v1/CS1", "CS1"),
        ("CS1?token=x", "CS1"),
        ("S%C3%A4ule", "Säule"),
        ("a:b@c.d*e=f", "a:b@c.d*e=f"),
    ],
)
async def test_the_last_segment_decoded_once_is_the_name(path: str, station_id: str, dial: Dial, node: Node) -> None:
    await register(node, station_id)
    async with dial(path, "ocpp2.0.1") as client:
        assert (await call(client, "BootNotification", BOOT["2.0.1"]))[0] == 3
        assert list(node.connections) == [station_id]
    [booted] = journalled(node, Station.BootAnswered)
    assert booted.originator_id == Station.stream(station_id)


def test_a_name_ends_where_the_query_begins() -> None:
    assert station_id_of("/ocpp/CS1?x=/CS2") == "CS1"
    assert station_id_of("/ocpp/CS1/") is None


# Unknown stations, where that is allowed


async def test_an_unknown_station_without_a_password_is_registered_open(dial: Dial, node: Node) -> None:
    node.accept_unknown = True
    async with dial("CS1", "ocpp2.0.1") as client:
        assert (await call(client, "BootNotification", BOOT["2.0.1"]))[2]["status"] == "Accepted"
    station = await load(node.journal, Station, Station.stream("CS1"))
    assert (station.exists, station.security_profile) == (True, 0)


async def test_an_unknown_station_is_held_to_the_password_it_first_showed(dial: Dial, node: Node) -> None:
    node.accept_unknown = True
    async with dial("CS1", "ocpp2.0.1", user="CS1", password=SECRET):
        pass
    assert await refused(dial, "CS1", "ocpp2.0.1") == 401
    assert await refused(dial, "CS1", "ocpp2.0.1", user="CS1", password="other") == 401
    async with dial("CS1", "ocpp2.0.1", user="CS1", password=SECRET):
        pass


async def test_no_station_is_registered_by_a_refused_handshake(dial: Dial, node: Node) -> None:
    node.accept_unknown = True
    assert await refused(dial, "CS1", "ocpp0.1") == 400
    assert journalled(node, Station.Registered) == []


# Frames


async def test_a_binary_message_closes_the_connection(dial: Dial, node: Node) -> None:
    await register(node, "CS1")
    async with dial("CS1", "ocpp2.0.1") as client:
        await client.send(b'[2,"1","Heartbeat",{}]')
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd.code == 1003


async def test_a_message_over_the_limit_closes_the_connection(dial: Dial, node: Node) -> None:
    await register(node, "CS1")
    async with dial("CS1", "ocpp2.0.1") as client:
        await client.send("x" * (LIMIT + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd.code == 1009


async def test_a_compressed_bomb_is_over_the_limit_too(dial: Dial, node: Node) -> None:
    await register(node, "CS1")
    async with dial("CS1", "ocpp2.0.1", compression="deflate") as client:
        await client.send(" " * (LIMIT * 100))
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd.code == 1009


async def test_messages_may_be_compressed_each_for_itself(dial: Dial, node: Node) -> None:
    await register(node, "CS1")
    async with dial("CS1", "ocpp2.0.1", compression="deflate") as client:
        [extension] = client.protocol.extensions
        assert isinstance(extension, PerMessageDeflate)
        assert extension.remote_no_context_takeover
        assert extension.local_no_context_takeover
        await call(client, "BootNotification", BOOT["2.0.1"])
        for n in range(3):
            long = {"vendorId": "v", "data": "Grüezi " * 500}
            assert await call(client, "DataTransfer", long, str(n)) == [3, str(n), {"status": "UnknownVendorId"}]


async def test_a_station_without_compression_gets_none(dial: Dial, node: Node) -> None:
    await register(node, "CS1")
    async with dial("CS1", "ocpp1.6", compression=None) as client:
        assert client.protocol.extensions == []
        assert (await call(client, "BootNotification", BOOT["1.6"]))[0] == 3


# Order


async def test_calls_sent_ahead_are_answered_in_order(dial: Dial, node: Node) -> None:
    await register(node, "CS1")
    async with dial("CS1", "ocpp2.0.1") as client:
        await call(client, "BootNotification", BOOT["2.0.1"])
        for n in range(200):
            await client.send(f'[2,"{n}","Heartbeat",{{}}]' if n % 3 else f'[2,"{n}","Hello",{{}}]')
        answers = [orjson.loads(await client.recv()) for _ in range(200)]
    assert [answer[1] for answer in answers] == [str(n) for n in range(200)]
    assert [answer[0] for answer in answers] == [3 if n % 3 else 4 for n in range(200)]


async def test_bad_input_leaves_the_socket_open(dial: Dial, node: Node) -> None:
    await register(node, "CS1")
    async with dial("CS1", "ocpp2.0.1") as client:
        await call(client, "BootNotification", BOOT["2.0.1"])
        for raw in ("", "[", "null", '[2,"1"]', '[9,"1"]', '[2,"1","X",[]]', "[" * 10_000):
            await client.send(raw)
            assert orjson.loads(await client.recv())[0] == 4
        assert (await call(client, "Heartbeat", {}))[0] == 3


async def test_a_message_whose_socket_closes_before_the_answer_is_recorded(dial: Dial, node: Node) -> None:
    journal = SlowJournal()
    node.journal = journal
    await register(node, "CS1")
    async with dial("CS1", "ocpp2.0.1") as client:
        await call(client, "BootNotification", BOOT["2.0.1"])
        journal.held.clear()
        await client.send('[2,"9","DataTransfer",{"vendorId":"v"}]')
        await asyncio.wait_for(journal.asked.wait(), 2)
        client.transport.abort()
    journal.held.set()
    await until(lambda: journalled(node, StationDay.Disconnected))
    assert len(journalled(node, StationDay.DataTransferred)) == 1


async def test_a_message_that_could_not_be_recorded_is_not_answered(dial: Dial, node: Node) -> None:
    # given a journal that fails while a station sends more than is read ahead
    journal = SlowJournal()
    node.journal = journal
    await register(node, "CS1")
    async with dial("CS1", "ocpp2.0.1") as client:
        await call(client, "BootNotification", BOOT["2.0.1"])
        journal.broken = True
        for n in range(100):
            await client.send(f'[2,"{n}","Heartbeat",{{}}]')
        # then it is sent away without a word, to say it again
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd.code == 1013
    await until(lambda: not node.connections)
    # and when it comes back, everything goes on where it was
    journal.broken = False
    async with dial("CS1", "ocpp2.0.1") as client:
        assert (await call(client, "Heartbeat", {}))[0] == 3


async def test_what_follows_a_message_that_could_not_be_recorded_fits_what_was(dial: Dial, node: Node) -> None:
    node.journal = journal = SlowJournal()
    await register(node, "CS1")
    async with dial("CS1", "ocpp2.0.1") as client:
        await call(client, "BootNotification", BOOT["2.0.1"])
        journal.fails_once = True
        await client.send('[2,"1","DataTransfer",{"vendorId":"v"}]')
        with pytest.raises(ConnectionClosed):
            await client.recv()
    await until(lambda: not node.connections)
    day = journalled(node, StationDay.Disconnected) + journalled(node, StationDay.DataTransferred)
    assert [event.TOPIC for event in day] == ["day.disconnected"]
    versions = [event.originator_version for event in await journal.events(day[0].originator_id)]
    assert versions == list(range(1, len(versions) + 1))


async def test_a_station_cannot_connect_while_the_journal_is_away(dial: Dial, node: Node) -> None:
    journal = SlowJournal()
    node.journal = journal
    journal.unreadable = True
    assert await refused(dial, "CS1", "ocpp2.0.1") == 503


# Twice the same station


async def test_the_newest_connection_wins(dial: Dial, node: Node) -> None:
    await register(node, "CS1")
    async with dial("CS1", "ocpp2.0.1") as old:
        await call(old, "BootNotification", BOOT["2.0.1"])
        async with dial("CS1", "ocpp2.0.1") as new:
            with pytest.raises(ConnectionClosed) as closed:
                await old.recv()
            assert closed.value.rcvd.code == 1001
            await call(new, "DataTransfer", {"vendorId": "new"})
            assert [connected.connection.id for connected in journalled(node, StationDay.Connected)][-1:] == [
                node.connections["CS1"].id
            ]
    await until(lambda: not node.connections)
    assert [event.vendor_id for event in journalled(node, StationDay.DataTransferred)] == ["new"]
    [of_old, of_new] = journalled(node, StationDay.Disconnected)
    assert of_old.connection_id != of_new.connection_id


async def test_of_many_at_once_one_remains(dial: Dial, node: Node) -> None:
    await register(node, "CS1")
    async with dial("CS1", "ocpp2.0.1") as first:
        await call(first, "BootNotification", BOOT["2.0.1"])

        async def live() -> bool:
            async with dial("CS1", "ocpp2.0.1") as client:
                try:
                    await call(client, "Heartbeat", {})
                    await asyncio.sleep(0.3)
                    return (await call(client, "Heartbeat", {}))[0] == 3
                except ConnectionClosed:
                    return False

        assert sum(await asyncio.gather(*(live() for _ in range(8)))) == 1
    await until(lambda: not node.connections)
    connected = [event.connection.id for event in journalled(node, StationDay.Connected)]
    assert [event.connection_id for event in journalled(node, StationDay.Disconnected)] == connected


async def test_a_connection_that_another_node_took_over_answers_nothing(dial: Dial, node: Node, clock: Clock) -> None:
    await register(node, "CS1")
    elsewhere = Node("node-2", node.journal, clock, node.pepper)
    server = await listen(elsewhere, "127.0.0.1", 0, max_message_bytes=LIMIT)
    [socket] = server.sockets
    async with dial("CS1", "ocpp2.0.1") as old:
        await call(old, "BootNotification", BOOT["2.0.1"])
        url = f"ws://127.0.0.1:{socket.getsockname()[1]}/CS1"
        async with connect(url, subprotocols=["ocpp2.0.1"], proxy=None) as new:
            assert (await call(new, "DataTransfer", {"vendorId": "new"}))[0] == 3
            await old.send('[2,"1","DataTransfer",{"vendorId":"old"}]')
            with pytest.raises(ConnectionClosed) as closed:
                await old.recv()
            assert closed.value.rcvd.code == 1013
            assert (await call(new, "Heartbeat", {}))[0] == 3
    await until(lambda: not node.connections and not elsewhere.connections)
    assert [event.vendor_id for event in journalled(node, StationDay.DataTransferred)] == ["new"]
    server.close()
    await server.wait_closed()


async def test_a_call_in_hand_is_answered_before_its_socket_is_closed(dial: Dial, node: Node) -> None:
    node.journal = journal = SlowJournal()
    await register(node, "CS1", 0)
    async with dial("CS1", "ocpp1.6") as client:
        await call(client, "BootNotification", BOOT["1.6"])
        journal.held.clear()
        journal.asked.clear()
        await client.send('[2,"2","Heartbeat",{}]')
        await journal.asked.wait()
        closing = asyncio.create_task(node.connections["CS1"].close(1012, "the server restarts"))
        await asyncio.sleep(0.05)
        assert not closing.done()
        journal.held.set()
        assert orjson.loads(await client.recv())[:2] == [3, "2"]
        with pytest.raises(ConnectionClosed):
            await client.recv()
        await closing
    assert client.close_code == 1012


async def test_what_a_station_sent_before_it_was_gone_is_recorded_however_much(dial: Dial, node: Node) -> None:
    node.journal = journal = SlowJournal()
    await register(node, "CS1", 0)
    async with dial("CS1", "ocpp1.6") as client:
        await call(client, "BootNotification", BOOT["1.6"])
        journal.held.clear()
        for n in range(40):  # more than is read ahead, so reading pauses
            await client.send(f'[2,"{n}","DataTransfer",{{"vendorId":"v"}}]')
        await until(lambda: node.connections["CS1"]._paused)
        client.transport.abort()
        await asyncio.sleep(0.05)
        journal.held.set()
    await until(lambda: journalled(node, StationDay.Disconnected))
    assert len(journalled(node, StationDay.DataTransferred)) >= 32
