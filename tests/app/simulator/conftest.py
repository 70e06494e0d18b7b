"""A tiny CSMS on the server half of the `ocpp` package: it accepts, keeps everything it heard, and can command."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from ocpp import v16, v201
from ocpp.routing import on
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from app.simulator import FleetPlan, FleetStats, run_fleet

Heard = tuple[str, dict[str, Any]]


class LineLost(BaseException):
    """Heard, and gone before the answer."""


class Csms:
    """`heard[station]` is every CALL in order, as (action, payload in snake case).

    `boot_answers` come before Accepted, `lost` names actions whose next answer gets lost, `down` refuses connections,
    `error` is what the next CALL gets.
    """

    def __init__(self) -> None:
        self.heard: dict[str, list[Heard]] = defaultdict(list)
        self.ids: dict[str, list[str]] = defaultdict(list)
        self.stations: dict[str, Any] = {}
        self.authorizations: list[str | None] = []
        self.boot_answers: list[tuple[str, int]] = []
        self.refused_tokens: set[str] = set()
        self.lost: list[str] = []
        self.down = False
        self.error: Exception | None = None
        self.url = ""
        self._numbers = itertools.count(1)
        self.transactions: dict[tuple[Any, ...], int] = {}

    def note(self, station: str, action: str, payload: dict[str, Any], id: str) -> None:
        self.heard[station].append((action, payload))
        self.ids[station].append(id)
        if action in self.lost:
            self.lost.remove(action)
            raise LineLost
        if self.error:
            error, self.error = self.error, None
            raise error

    def calls(self, station: str, action: str) -> list[dict[str, Any]]:
        return [payload for heard, payload in self.heard[station] if heard == action]

    def status_of(self, token: str) -> str:
        return "Invalid" if token in self.refused_tokens or token.startswith("DEAD") else "Accepted"

    def boot(self) -> dict[str, Any]:
        status, interval = self.boot_answers.pop(0) if self.boot_answers else ("Accepted", 300)
        return {"status": status, "interval": interval, "current_time": now()}

    def start(self, key: tuple[Any, ...]) -> int:
        """The same start gets the same id again."""
        return self.transactions.setdefault(key, next(self._numbers))

    async def until(self, found: Any, seconds: float = 5.0) -> Any:
        async with asyncio.timeout(seconds):
            while not (result := found()):
                await asyncio.sleep(0.005)
        return result

    async def accept(self, socket: ServerConnection) -> None:
        name = socket.request.path.rpartition("/")[2]  # type: ignore[union-attr]
        self.authorizations.append(socket.request.headers.get("Authorization"))  # type: ignore[union-attr]
        half = Half16 if socket.subprotocol == "ocpp1.6" else Half201
        self.stations[name] = station = half(name, socket)
        station.csms = self
        try:
            await station.start()
        except (ConnectionClosed, LineLost):
            return

    def refuse(self, connection: ServerConnection, _: Any) -> Any:
        return connection.respond(503, "down") if self.down else None

    def drop(self, name: str) -> None:
        self.stations[name]._connection.transport.abort()

    async def ask(self, name: str, command: Any) -> Any:
        return await self.stations[name].call(command, suppress=False)

    @asynccontextmanager
    async def fleet(self, **plan: Any) -> AsyncIterator[asyncio.Task[FleetStats]]:
        """A running fleet of one fast 2.0.1 station, unless the plan says otherwise; stopped at the end."""
        fast = {"stations": 1, "version": "2.0.1", "speed": 3600.0, "strict": True, "retry": 0.02, "invalid_tokens": 0}
        stop = asyncio.Event()
        running = asyncio.create_task(run_fleet(FleetPlan(**{"url": self.url, **fast, **plan}), stop=stop))
        try:
            yield running
        finally:
            stop.set()
            await running


def now() -> str:
    return datetime.now(UTC).isoformat()


def handlers(*actions: str) -> Any:
    """Note these actions and answer as the method `<Action>` says, or with an empty payload."""

    def add(cls: Any) -> Any:
        for action in actions:
            cls_answer = getattr(cls._call_result, action)

            def handle(self: Any, call_unique_id: str, _a: str = action, _c: Any = cls_answer, **payload: Any) -> Any:
                self.csms.note(self.id, _a, payload, call_unique_id)
                answer = getattr(self, _a, None)
                return _c(**(answer(payload) if answer else {}))

            handle.__name__ = f"heard_{action}"
            setattr(cls, f"heard_{action}", on(action)(handle))
        return cls

    return add


@handlers(
    "BootNotification", "Heartbeat", "Authorize", "StatusNotification", "StartTransaction", "StopTransaction",
    "MeterValues", "FirmwareStatusNotification", "DiagnosticsStatusNotification",
)  # fmt: skip
class Half16(v16.ChargePoint):  # type: ignore[misc]
    csms: Csms

    def BootNotification(self, _: Any) -> Any:
        return self.csms.boot()

    def Heartbeat(self, _: Any) -> Any:
        return {"current_time": now()}

    def Authorize(self, payload: Any) -> Any:
        return {"id_tag_info": {"status": self.csms.status_of(payload["id_tag"])}}

    def StartTransaction(self, payload: Any) -> Any:
        id = self.csms.start((self.id, payload["connector_id"], payload["timestamp"]))
        return {"transaction_id": id, "id_tag_info": {"status": self.csms.status_of(payload["id_tag"])}}


@handlers(
    "BootNotification", "Heartbeat", "Authorize", "StatusNotification", "TransactionEvent", "MeterValues",
    "NotifyReport", "FirmwareStatusNotification", "LogStatusNotification", "ReportChargingProfiles",
    "NotifyDisplayMessages", "NotifyMonitoringReport", "NotifyCustomerInformation", "NotifyEvent",
)  # fmt: skip
class Half201(v201.ChargePoint):  # type: ignore[misc]
    csms: Csms

    def BootNotification(self, _: Any) -> Any:
        return self.csms.boot()

    def Heartbeat(self, _: Any) -> Any:
        return {"current_time": now()}

    def Authorize(self, payload: Any) -> Any:
        return {"id_token_info": {"status": self.csms.status_of(payload["id_token"]["id_token"])}}

    def TransactionEvent(self, payload: Any) -> Any:
        token = payload.get("id_token")
        return {"id_token_info": {"status": self.csms.status_of(token["id_token"])}} if token else {}


@pytest.fixture
async def csms() -> AsyncIterator[Csms]:
    server = Csms()
    protocols: Any = ["ocpp1.6", "ocpp2.0.1"]
    options: Any = {"subprotocols": protocols, "compression": None, "process_request": server.refuse}
    async with serve(server.accept, "127.0.0.1", 0, **options) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        server.url = f"ws://127.0.0.1:{port}/ocpp"
        yield server
