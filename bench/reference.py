"""What it is held against: a server on the `ocpp` package's own ChargePoint that answers from memory, storing nothing.

Run as `python -m bench.reference PORT`; prints READY.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from typing import Any

import uvloop
from ocpp.routing import on
from ocpp.v16 import ChargePoint as ChargePoint16
from ocpp.v16 import call_result as result16
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call_result as result201
from ocpp.v201.datatypes import IdTokenInfoType
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

_numbers = count(1)


def _now() -> str:
    return datetime.now(UTC).isoformat()


class Station16(ChargePoint16):  # type: ignore[misc]  # the package has no types
    @on("BootNotification")
    def boot(self, **_: Any) -> Any:
        return result16.BootNotification(current_time=_now(), interval=300, status="Accepted")

    @on("Heartbeat")
    def heartbeat(self) -> Any:
        return result16.Heartbeat(current_time=_now())

    @on("StatusNotification")
    def status(self, **_: Any) -> Any:
        return result16.StatusNotification()

    @on("Authorize")
    def authorize(self, **_: Any) -> Any:
        return result16.Authorize(id_tag_info=IdTagInfo(status="Accepted"))

    @on("StartTransaction")
    def begin(self, **_: Any) -> Any:
        return result16.StartTransaction(transaction_id=next(_numbers), id_tag_info=IdTagInfo(status="Accepted"))

    @on("MeterValues")
    def meter(self, **_: Any) -> Any:
        return result16.MeterValues()

    @on("StopTransaction")
    def end(self, **_: Any) -> Any:
        return result16.StopTransaction()


class Station201(ChargePoint201):  # type: ignore[misc]
    @on("BootNotification")
    def boot(self, **_: Any) -> Any:
        return result201.BootNotification(current_time=_now(), interval=300, status="Accepted")

    @on("Heartbeat")
    def heartbeat(self) -> Any:
        return result201.Heartbeat(current_time=_now())

    @on("StatusNotification")
    def status(self, **_: Any) -> Any:
        return result201.StatusNotification()

    @on("Authorize")
    def authorize(self, **_: Any) -> Any:
        return result201.Authorize(id_token_info=IdTokenInfoType(status="Accepted"))

    @on("TransactionEvent")
    def event(self, **_: Any) -> Any:
        return result201.TransactionEvent()


async def handle(socket: ServerConnection) -> None:
    name = socket.request.path.rpartition("/")[2] if socket.request else ""
    station = Station16 if socket.subprotocol == "ocpp1.6" else Station201
    with suppress(ConnectionClosed):
        await station(name, socket).start()


async def main(port: int) -> None:
    protocols = ["ocpp1.6", "ocpp2.0.1"]
    async with serve(handle, "127.0.0.1", port, subprotocols=protocols, compression=None):  # type: ignore[arg-type]
        print("READY", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
