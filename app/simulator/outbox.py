"""Transaction messages leave one by one, in order, each kept until it is answered (OCPP 1.6 §4.10, 2.0.1 E13)."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any

from app.simulator.session import Session
from app.simulator.stats import FinishedSession


@dataclass(slots=True)
class Message:
    payload: Any
    session: Session
    finished: FinishedSession | None = None
    """Set on the last message of a session: what counts as delivered once it is answered."""
    refusals: int = 0


class Outbox:
    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._filled = asyncio.Event()
        self.emptied = asyncio.Event()
        self.emptied.set()

    def __len__(self) -> int:
        return len(self._messages)

    def holds(self, transaction_id: str | None) -> bool:
        """Whether messages of this transaction, or of any, are still to be answered."""
        return any(transaction_id in (None, each.session.transaction_id) for each in self._messages)

    def put(self, message: Message) -> None:
        self._messages.append(message)
        self._filled.set()
        self.emptied.clear()

    async def head(self) -> Message:
        await self._filled.wait()
        return self._messages[0]

    def pop(self) -> None:
        self._messages.popleft()
        if not self._messages:
            self._filled.clear()
            self.emptied.set()
