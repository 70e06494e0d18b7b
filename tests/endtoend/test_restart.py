"""The server ends in the middle of sessions, as it should or as it should not, and the sessions go on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.endtoend.billing import BEGAN, ENDED, FROM_WH, TO_WH, check_bill, looked_up, middle, prepared
from tests.endtoend.conftest import register
from tests.endtoend.front_end import Api
from tests.endtoend.server import Server
from tests.endtoend.stations import Station16, Station201, plugged_in

_ONLINE = "query($id: ID!) { station(id: $id) { online } }"


@pytest.mark.parametrize("gracefully", [True, False], ids=["as it should", "killed"])
async def test_sessions_go_on_where_the_server_ended(own_server: Callable[..., Server], gracefully: bool) -> None:
    server = own_server(api_key=None)
    [key] = re.findall(r"^\s+(csms_\w{40})$", server.log, re.MULTILINE)
    async with Api(server, key) as api:
        stations = [await register(api, kind) for kind in (Station16, Station201)]
        begun: dict[str, tuple[Any, ...]] = {}
        for registered in stations:
            token = await prepared(api, registered)
            async with plugged_in(server, *registered) as station:
                start = station.starting(token, BEGAN, FROM_WH)
                transaction_id, _ = station.started(start, await station.say(start))
                metered = station.metering(transaction_id, middle())
                await station.say(metered)
                before = await looked_up(api, registered.id, transaction_id)
                begun[registered.id] = transaction_id, start, metered, before
                if registered is stations[-1]:  # this one is still connected
                    await asyncio.to_thread(server.restart, gracefully=gracefully)
                    await station.socket.wait_closed()
                    assert station.socket.close_code == (1012 if gracefully else 1006)

        for registered in stations:
            transaction_id, start, metered, before = begun[registered.id]
            # Most stations reconnect without a new BootNotification.
            async with plugged_in(server, *registered, boots=False) as station:
                assert station.started(start, await station.say(start)) == (transaction_id, "Accepted")
                await station.say(metered)
                assert await looked_up(api, registered.id, transaction_id) == before
                end = station.ending(transaction_id, ENDED, TO_WH)
                await station.say(end)
            ended = await looked_up(api, registered.id, transaction_id)
            check_bill(ended["chargeDetailRecord"])
            assert len(ended["events"]) == 3
            begun[registered.id] = transaction_id, start, end, ended

        await asyncio.to_thread(server.restart, gracefully=gracefully)
        for registered in stations:
            transaction_id, start, end, ended = begun[registered.id]
            async with plugged_in(server, *registered, boots=False) as station:
                await station.say(end)
                assert station.started(start, await station.say(start)) == (transaction_id, "Accepted")
                await api.until(lambda answer: answer["station"]["online"], _ONLINE, id=registered.id)
            assert await looked_up(api, registered.id, transaction_id) == ended
    assert server.log.count(key) == 1


async def test_a_station_that_did_not_come_back_is_not_shown_as_online(own_server: Callable[..., Server]) -> None:
    server = own_server()
    async with Api(server) as api:
        registered = await register(api, Station201)
        async with plugged_in(server, *registered):
            await api.until(lambda answer: answer["station"]["online"], _ONLINE, id=registered.id)
            server.kill()
        server.start()
        await api.until(lambda answer: not answer["station"]["online"], _ONLINE, id=registered.id)
