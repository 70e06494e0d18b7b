"""Simulated stations in a process of their own: each says one message after the other, as fast as it is answered.

What it sends and what it is answered goes to a ledger, a line a write: `S` with the id, what it is about and the frame
before it is sent; `A` with the id and the answer only when that has been read. A station whose connection ends says
what was not answered again on the next one, with a new message id and the same content, as stations do.

    python load.py URL LEDGER STATIONS SEED        ends when its standard input does
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
Message = tuple[str, str, dict[str, Any]]
"""What it is about (unique at the station), the action, the payload."""


class Ledger:
    """Appends whole lines; what is written stays, whatever becomes of this process."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, *words: str) -> None:
        os.write(self._file, ("\t".join(words) + "\n").encode())


class Station:
    """One station; `name` says its version with its first letter: A is 1.6, B is 2.0.1."""

    def __init__(self, name: str, ledger: Ledger, dice: random.Random) -> None:
        self.name, self.ledger, self.dice = name, ledger, dice
        self.is_16 = name.startswith("A")
        self.messages = self._v16() if self.is_16 else self._v201()
        self.unanswered: Message | None = None
        self.sent = 0
        self.transaction_id = 0
        """1.6: the number that the last start was answered."""

    async def run(self, url: str, over: asyncio.Event) -> None:
        subprotocol = "ocpp1.6" if self.is_16 else "ocpp2.0.1"
        while not over.is_set():
            with contextlib.suppress(OSError, WebSocketException, TimeoutError, EOFError):
                async with connect(
                    f"{url}/{self.name}",
                    subprotocols=[subprotocol],
                    compression=None,
                    proxy=None,
                    ping_interval=None,
                    close_timeout=1,
                ) as socket:
                    while not over.is_set():
                        await self._say(socket)
            await asyncio.sleep(0.05 + self.dice.random() / 5)

    async def _say(self, socket: Any) -> None:
        about, action, payload = self.unanswered = self.unanswered or next(self.messages)
        self.sent += 1
        message_id = f"{self.name}-{self.sent}"
        frame = json.dumps([2, message_id, action, payload])
        self.ledger.write("S", message_id, about, frame)
        await socket.send(frame)
        while True:
            answer = await asyncio.wait_for(socket.recv(), 30)
            kind, answered, *rest = json.loads(answer)
            if answered == message_id:
                break
        self.ledger.write("A", message_id, str(kind), json.dumps(rest[0]))
        if action == "StartTransaction" and kind == 3:
            self.transaction_id = rest[0]["transactionId"]
        self.unanswered = None

    def _v16(self) -> Iterator[Message]:
        yield "boot", "BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "Six"}
        for number in range(10**9):
            at, wh = BEGAN + timedelta(minutes=number), number * 100
            start = {"connectorId": 1, "idTag": "T", "meterStart": wh, "timestamp": at.isoformat()}
            yield f"{number} start", "StartTransaction", start
            for n in range(self.dice.randint(1, 4)):
                later = (at + timedelta(seconds=10 * n + 1)).isoformat()
                values = [{"timestamp": later, "sampledValue": [{"value": str(wh + n)}]}]
                metered = {"connectorId": 1, "transactionId": self.transaction_id, "meterValue": values}
                yield f"{number} metered {n}", "MeterValues", metered
            later = (at + timedelta(seconds=59)).isoformat()
            stop = {"transactionId": self.transaction_id, "meterStop": wh + 100, "timestamp": later}
            yield f"{number} stop", "StopTransaction", stop
            yield f"{number} heartbeat", "Heartbeat", {}

    def _v201(self) -> Iterator[Message]:
        yield "boot", "BootNotification", {
            "chargingStation": {"vendorName": "Acme", "model": "Two"},
            "reason": "PowerUp",
        }  # fmt: skip
        for number in range(10**9):
            kinds = ["Started", *["Updated"] * self.dice.randint(1, 4), "Ended"]
            for seq_no, kind in enumerate(kinds):
                at = (BEGAN + timedelta(minutes=number, seconds=seq_no)).isoformat()
                event = {
                    "eventType": kind,
                    "timestamp": at,
                    "triggerReason": "MeterValuePeriodic",
                    "seqNo": seq_no,
                    "transactionInfo": {"transactionId": f"T{number}"},
                    "meterValue": [{"timestamp": at, "sampledValue": [{"value": number * 100 + seq_no}]}],
                }
                yield f"{number} {kind.lower()} {seq_no}", "TransactionEvent", event
            yield f"{number} heartbeat", "Heartbeat", {}


async def main(url: str, path: str, stations: int, seed: int) -> None:
    ledger, over = Ledger(path), asyncio.Event()
    running = [
        asyncio.create_task(Station(f"{'AB'[n % 2]}{n}", ledger, random.Random(seed + n)).run(url, over))
        for n in range(stations)
    ]
    await asyncio.to_thread(sys.stdin.read)
    over.set()  # what is open is still answered, or the server is dead
    await asyncio.wait(running, timeout=20)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
