"""Stations on the client half of the `ocpp` package: software that nobody here wrote speaks to the server.

A message is built first and then said; said again, it is what a station repeats: another message id, the same content.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple

from ocpp import v16, v201
from ocpp.routing import on
from ocpp.v16 import call as call16
from ocpp.v16 import call_result as result16
from ocpp.v201 import call as call201
from ocpp.v201 import call_result as result201
from websockets.asyncio.client import connect

from tests.endtoend.server import Server

NEVER = object()
"""The answer of a station that does not answer."""
_numbers = itertools.count(1)


class Reading(NamedTuple):
    """A meter at an instant: its register in Wh, and the power in W if it tells it."""

    at: datetime
    wh: int
    context: str = "Sample.Periodic"
    watts: int | None = None


class Common:
    """What the two versions share: how a station says things, and how it answers what it is asked."""

    version: str
    defaults: dict[str, dict[str, Any]]

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.heard: list[tuple[str, dict[str, Any]]] = []
        """Action and payload of what the server has asked, in wire form."""
        self.answers: dict[str, Any] = {}
        """What to answer to an action instead of yes: fields, an exception, or NEVER."""

    async def route_message(self, raw: str) -> None:
        kind, _, *rest = json.loads(raw)
        if kind == 2:
            self.heard.append((rest[0], rest[1]))
        await super().route_message(raw)  # type: ignore[misc]

    async def say(self, message: Any) -> Any:
        """The server's answer; raises the exception that the package has for a CALLERROR."""
        return await self.call(message, suppress=False)  # type: ignore[attr-defined]

    async def answer(self, action: str) -> dict[str, Any]:
        answer = self.answers.get(action, self.defaults[action])
        if isinstance(answer, Exception):
            raise answer
        if answer is NEVER:
            await asyncio.Event().wait()
        return answer


class Station16(Common, v16.ChargePoint):
    version = "1.6"
    defaults = {  # noqa: RUF012
        "ChangeAvailability": {"status": "Accepted"},
        "ChangeConfiguration": {"status": "Accepted"},
        "GetConfiguration": {"configuration_key": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]},
        "RemoteStartTransaction": {"status": "Accepted"},
        "RemoteStopTransaction": {"status": "Accepted"},
        "Reset": {"status": "Accepted"},
        "TriggerMessage": {"status": "Accepted"},
        "UnlockConnector": {"status": "Unlocked"},
    }

    async def boot(self) -> str:
        said = call16.BootNotification("Six", "Acme", charge_point_serial_number="S-16", firmware_version="1.6.1")
        return (await self.say(said)).status

    async def heartbeat(self) -> Any:
        return await self.say(call16.Heartbeat())

    async def report(self, status: str, evse_id: int = 1) -> None:
        await self.say(call16.StatusNotification(evse_id, "NoError", status))

    async def authorize(self, token: str) -> str:
        return (await self.say(call16.Authorize(token))).id_tag_info["status"]

    def starting(self, token: str, at: datetime, wh: int, evse_id: int = 1) -> Any:
        return call16.StartTransaction(evse_id, token, wh, at.isoformat())

    @staticmethod
    def started(message: Any, answer: Any) -> tuple[str, str]:
        """The transaction's id, and what the token was answered."""
        return str(answer.transaction_id), answer.id_tag_info["status"]

    def metering(self, transaction_id: str, *readings: Reading, evse_id: int = 1) -> Any:
        return call16.MeterValues(evse_id, _readings(readings, text=True), int(transaction_id))

    def ending(self, transaction_id: str, at: datetime, wh: int) -> Any:
        return call16.StopTransaction(wh, at.isoformat(), int(transaction_id), "EVDisconnected")


class Station201(Common, v201.ChargePoint):
    version = "2.0.1"
    defaults = {  # noqa: RUF012
        "ChangeAvailability": {"status": "Accepted"},
        "GetBaseReport": {"status": "Accepted"},
        "RequestStartTransaction": {"status": "Accepted"},
        "RequestStopTransaction": {"status": "Accepted"},
        "Reset": {"status": "Accepted"},
        "TriggerMessage": {"status": "Accepted"},
        "UnlockConnector": {"status": "Unlocked"},
    }

    async def boot(self) -> str:
        station = {"model": "Two", "vendor_name": "Acme", "serial_number": "S-201", "firmware_version": "2.0.1"}
        return (await self.say(call201.BootNotification(station, "PowerUp"))).status

    async def heartbeat(self) -> Any:
        return await self.say(call201.Heartbeat())

    async def report(self, status: str, evse_id: int = 1) -> None:
        at = datetime.now().astimezone().isoformat()
        await self.say(call201.StatusNotification(at, status, evse_id, 1))

    async def authorize(self, token: str) -> str:
        return (await self.say(call201.Authorize({"id_token": token, "type": "ISO14443"}))).id_token_info["status"]

    def starting(self, token: str, at: datetime, wh: int, evse_id: int = 1) -> Any:
        transaction_id = f"T-{next(_numbers)}"
        return self._event(
            "Started",
            "Authorized",
            transaction_id,
            at,
            0,
            [Reading(at, wh, "Transaction.Begin")],
            evse={"id": evse_id, "connector_id": 1},
            id_token={"id_token": token, "type": "ISO14443"},
        )

    @staticmethod
    def started(message: Any, answer: Any) -> tuple[str, str]:
        return message.transaction_info["transaction_id"], answer.id_token_info["status"]

    def metering(self, transaction_id: str, *readings: Reading, evse_id: int = 1) -> Any:
        return self._event("Updated", "MeterValuePeriodic", transaction_id, readings[-1].at, next(_numbers), readings)

    def ending(self, transaction_id: str, at: datetime, wh: int) -> Any:
        last = [Reading(at, wh, "Transaction.End")]
        reason = {"stopped_reason": "EVDisconnected"}
        return self._event("Ended", "EVDeparted", transaction_id, at, next(_numbers), last, info=reason)

    @staticmethod
    def _event(
        kind: str,
        trigger: str,
        transaction_id: str,
        at: datetime,
        seq_no: int,
        readings: Iterable[Reading],
        info: dict[str, Any] | None = None,
        **more: Any,
    ) -> Any:
        info = {"transaction_id": transaction_id, "charging_state": "Idle" if info else "Charging", **(info or {})}
        values = _readings(readings, text=False)
        return call201.TransactionEvent(kind, at.isoformat(), trigger, seq_no, info, meter_value=values, **more)


Station = Station16 | Station201


def _readings(readings: Iterable[Reading], *, text: bool) -> list[dict[str, Any]]:
    """As both versions write them, but for 1.6 the numbers are texts."""
    number = str if text else float
    return [{"timestamp": r.at.isoformat(), "sampled_value": list(_samples(r, number))} for r in readings]


def _samples(reading: Reading, number: type[str] | type[float]) -> Iterable[dict[str, Any]]:
    yield {"value": number(reading.wh), "context": reading.context, "measurand": "Energy.Active.Import.Register"}
    if reading.watts is not None:
        yield {"value": number(reading.watts), "context": reading.context, "measurand": "Power.Active.Import"}


def _answering(action: str, results: Any) -> Any:
    async def handle(self: Station, **_: Any) -> Any:
        return getattr(results, action)(**await self.answer(action))

    handle.__name__ = f"on_{action}"
    return on(action)(handle)


for _kind, _results in ((Station16, result16), (Station201, result201)):
    for _action in _kind.defaults:
        setattr(_kind, f"on_{_action}", _answering(_action, _results))


@asynccontextmanager
async def plugged_in(
    server: Server, kind: type[Any], station_id: str, password: str | None = None, *, boots: bool = True
) -> AsyncIterator[Any]:
    """A station with an open connection. With `boots` it has been accepted, too."""
    headers = {"Authorization": f"Basic {b64encode(f'{station_id}:{password}'.encode()).decode()}"} if password else {}
    async with connect(
        f"{server.ocpp}/{station_id}", subprotocols=[f"ocpp{kind.version}"], additional_headers=headers, proxy=None
    ) as socket:
        station = kind(station_id, socket)
        station.socket = socket
        listening = asyncio.create_task(station.start())
        try:
            if boots:
                assert await station.boot() == "Accepted"
            yield station
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
