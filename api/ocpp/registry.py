"""Which messages we understand. Every module in `messages/` is found by itself and registers what it handles."""

from __future__ import annotations

import pkgutil
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from api.ocpp.versions import Version

if TYPE_CHECKING:
    from api.ocpp.session import StationSession

Payload = dict[str, Any]
Receiver = Callable[["StationSession", Payload], Awaitable[Payload]]
Sender = Callable[[Payload], tuple[str, Payload]]

Reader = Callable[["StationSession", Payload, Payload], Awaitable[None]]

RECEIVERS: dict[tuple[str, str], Receiver] = {}
"""(version, action) to what handles a CALL from a station and returns its answer."""
SENDERS: dict[tuple[str, str], Sender] = {}
"""(version, our name of an action) to what says it in that version: the wire's action and payload."""
READERS: dict[tuple[str, str], list[Reader]] = {}
"""(version, wire action) to those who draw facts from the answer to a CALL of ours: one action may serve several."""


def received(action: str, *versions: str) -> Callable[[Receiver], Receiver]:
    """Register a coroutine function for a CALL that stations send in these versions."""

    def register(receiver: Receiver) -> Receiver:
        for version in versions:
            RECEIVERS[version, action] = receiver
        return receiver

    return register


def sent(action: str, *versions: str) -> Callable[[Sender], Sender]:
    """Register how a typed command is said in these versions."""

    def register(sender: Sender) -> Sender:
        for version in versions:
            SENDERS[version, action] = sender
        return sender

    return register


def answered(action: str, *versions: str) -> Callable[[Reader], Reader]:
    """Register a coroutine function for the stations' answers to an action of ours: called with the request as it was
    sent and the valid response, it notes in a book what follows from the two. Commands end well or badly without it.
    """

    def register(reader: Reader) -> Reader:
        for version in versions:
            READERS.setdefault((version, action), []).append(reader)
        return reader

    return register


async def read_answer(session: StationSession, action: str, request: Payload, response: Payload) -> None:
    for reader in READERS.get((session.version.name, action), ()):
        await reader(session, request, response)


def receiver(version: Version, action: str) -> Receiver | None:
    return RECEIVERS.get((version.name, action))


def load_messages() -> None:
    """Import every message module; called once by the composition root and by tests."""
    package = import_module("api.ocpp.messages")
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
