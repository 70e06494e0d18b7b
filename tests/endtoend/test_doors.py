"""Who is let in: stations at the handshake and at their boot, people with their API key."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import Any

import pytest
from ocpp.exceptions import SecurityError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.endtoend.conftest import Registered
from tests.endtoend.front_end import Api
from tests.endtoend.server import KEY, Server
from tests.endtoend.stations import plugged_in

BOTH = ("ocpp2.0.1", "ocpp1.6")


async def dialled(server: Server, path: str, *offered: str, user: str = "", password: str = "") -> str | int | None:
    """The subprotocol that was agreed on, or the HTTP status of the refusal."""
    basic = f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
    headers = {"Authorization": basic} if user or password else {}
    try:
        async with connect(
            f"{server.ocpp}/{path}", subprotocols=offered or None, additional_headers=headers, proxy=None
        ) as socket:
            return socket.subprotocol
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_a_station_is_let_in_with_the_password_that_was_made_for_it(
    server: Server, registered: Registered
) -> None:
    _, name, password = registered
    right = {"user": name, "password": password}
    assert await dialled(server, name, *BOTH, **right) == "ocpp2.0.1"
    assert await dialled(server, name, *reversed(BOTH), **right) == "ocpp1.6"
    assert await dialled(server, name, "ocpp1.2", "ocpp1.6", **right) == "ocpp1.6"
    assert await dialled(server, f"any/prefix/{name.replace('-', '%2D')}", *BOTH, **right) == "ocpp2.0.1"


async def test_a_station_is_refused_for_what_is_wrong_with_it(server: Server, registered: Registered) -> None:
    _, name, password = registered
    right = {"user": name, "password": password}
    assert await dialled(server, "stranger", *BOTH, user="stranger", password=password) == 404
    assert await dialled(server, "stranger", *BOTH) == 404
    assert await dialled(server, "", *BOTH, **right) == 404
    assert await dialled(server, name, *BOTH) == 401
    assert await dialled(server, name, *BOTH, user=name) == 401
    assert await dialled(server, name, *BOTH, user=name, password=password[:-1]) == 401
    assert await dialled(server, name, *BOTH, user=name, password=password.upper() + "x") == 401
    assert await dialled(server, name, *BOTH, user="stranger", password=password) == 401
    assert await dialled(server, name, **right) == 400
    assert await dialled(server, name, "ocpp1.2", "mqtt", **right) == 400


async def test_the_refused_leave_no_trace_in_the_journal(server: Server, api: Api, registered: Registered) -> None:
    await asyncio.gather(*(dialled(server, registered.id, *BOTH, user=registered.id, password="x") for _ in range(20)))
    found = await api.seen(
        "query($id: ID!, $now: String) { events(first: 9, filter: {stationId: $id}, atLeastPosition: $now)"
        " { nodes { type } } }",
        id=registered.id,
    )
    assert found["events"]["nodes"] == [{"type": "station.registered"}]


async def test_a_password_that_was_changed_lets_nobody_in_any_more(
    server: Server, api: Api, registered: Registered
) -> None:
    _, name, password = registered
    await api.well("registerStation", stationId=name, password="another password 1")
    assert await dialled(server, name, *BOTH, user=name, password=password) == 401
    assert await dialled(server, name, *BOTH, user=name, password="another password 1") == "ocpp2.0.1"


async def test_a_station_registered_as_open_needs_no_password(server: Server, api: Api) -> None:
    payload = await api.well("registerStation", "password", stationId="open", securityProfile=0)
    assert payload["password"] is None
    assert await dialled(server, "open", *BOTH) == "ocpp2.0.1"


async def test_a_station_is_told_at_its_boot_whether_it_is_accepted(
    server: Server, api: Api, registered: Registered
) -> None:
    async def decide(status: str) -> None:
        await api.well("setRegistrationStatus", stationId=registered.id, status=status)

    await decide("PENDING")
    async with plugged_in(server, *registered, boots=False) as station:
        with pytest.raises(SecurityError):
            await station.heartbeat()
        assert await station.boot() == "Pending"
        with pytest.raises(SecurityError):
            await station.authorize("whoever")
        await decide("REJECTED")
        assert await _boots_until(station, "Rejected")
        with pytest.raises(SecurityError):
            await station.heartbeat()
        await decide("ACCEPTED")
        with pytest.raises(SecurityError):
            await station.heartbeat()
        assert await _boots_until(station, "Accepted")
        await station.heartbeat()
    found = await api.seen(
        "query($id: ID!, $now: String) { station(id: $id, atLeastPosition: $now) { registrationStatus } }",
        id=registered.id,
    )
    assert found["station"] == {"registrationStatus": "ACCEPTED"}


async def _boots_until(station: Any, answer: str) -> bool:
    """The process that holds the socket may hear of the decision a moment later."""
    for _ in range(20):
        if await station.boot() == answer:
            return True
        await asyncio.sleep(0.05)
    return False


async def test_a_station_that_comes_again_takes_over_from_its_old_connection(
    server: Server, api: Api, registered: Registered
) -> None:
    async with plugged_in(server, *registered) as old, plugged_in(server, *registered, boots=False) as new:
        await asyncio.wait_for(old.socket.wait_closed(), 10)
        assert old.socket.close_code == 1001
        await new.heartbeat()
        assert (await api.command("reset", stationId=registered.id))["status"] == "ACCEPTED"
        found = await api.seen(
            "query($id: ID!, $now: String) { station(id: $id, atLeastPosition: $now) { online } }", id=registered.id
        )
        assert found["station"]["online"]
    assert ([said for said, _ in new.heard], old.heard) == (["Reset"], [])


async def test_nobody_is_served_without_the_api_key(server: Server) -> None:
    for key in (None, "wrong", "", KEY[:-1]):
        async with Api(server, key) as stranger:
            response = await stranger.post("{ stations(first: 1) { nodes { id } } }")
            assert response.status_code == 401, key
            assert response.headers["WWW-Authenticate"] == "Bearer"
            assert "data" not in response.json()
            with pytest.raises(ConnectionClosed, match="4403"):
                async with stranger.socket(key="wrong"):
                    pass


async def test_a_station_s_password_is_shown_once_and_kept_nowhere(
    server: Server, api: Api, registered: Registered
) -> None:
    again = await api.do("registerStation", "password", stationId=registered.id)
    assert again["password"] != registered.password
    events = await api.seen(
        "query($id: ID!, $now: String) { events(first: 9, filter: {stationId: $id}, atLeastPosition: $now)"
        " { nodes { data evidence } } }",
        id=registered.id,
    )
    assert registered.password not in str(events)
    assert registered.password not in server.log


async def test_health_and_metrics_are_open_to_the_operator(server: Server) -> None:
    async with Api(server, None) as anyone:
        assert (await anyone.http.get("/health/live")).json() == {"status": "alive"}
        assert (await anyone.http.get("/health/ready")).json() == {"status": "ready"}
        metrics = (await anyone.http.get("/metrics")).text
    assert "\n# TYPE " in metrics
