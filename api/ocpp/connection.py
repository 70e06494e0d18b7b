"""One socket of one station: reads, serves calls one after the other, and sends our commands, each at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

import structlog
from eventsourcing.persistence import RecordConflictError
from websockets.exceptions import ConnectionClosed

from api.ocpp.bell import Bell
from api.ocpp.commands import run_command, waiting_commands
from api.ocpp.frame import Call
from api.ocpp.node import Node
from api.ocpp.receive import OwnershipLost, record_refusal, serve
from api.ocpp.rpc import Answer, Noise, Refusal, RpcPeer
from api.ocpp.session import StationSession
from api.ocpp.socket import StationSocket
from domain.journal import Evidence, JournalUnavailable
from domain.station_day import Connection

log = structlog.get_logger(__name__)

_MAX_WAITING = 32
"""Calls a station may send ahead of their answers before its socket is no longer read."""

_GRACE = 5.0
"""Seconds that a connection which is to close has for the calls it holds."""

GOING_AWAY, UNSUPPORTED_DATA, INTERNAL_ERROR, TRY_AGAIN_LATER = 1001, 1003, 1011, 1013


@dataclass(eq=False, slots=True)
class _Turn:
    """Work on the station's books that waits for the calls before it."""

    work: Callable[[], Awaitable[None]]
    done: asyncio.Future[None]

    def fail(self) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError("the connection ended before this was recorded"))


class StationConnection:
    __slots__ = (
        "_answer",
        "_closing",
        "_command_task",
        "_commands",
        "_gone",
        "_inbox",
        "_paused",
        "_socket",
        "_work",
        "_worker",
        "id",
        "node",
        "peer",
        "session",
    )

    def __init__(self, socket: StationSocket, session: StationSession) -> None:
        self.id = uuid4().hex
        self.node: Node = session.node
        self.session = session
        self.peer = RpcPeer(session.version)
        self._socket = socket
        self._inbox: list[tuple[Call | Refusal | _Turn, str]] = []
        self._work = Bell()
        self._paused = False
        self._answer: asyncio.Future[tuple[Answer, str]] | None = None
        self._commands: list[str] = []
        self._command_task: asyncio.Task[None] | None = None
        self._closing = False
        self._gone: asyncio.Event | None = None
        self._worker: asyncio.Task[bool] | None = None

    async def run(self) -> None:
        """Serve the station until its socket closes, one way or the other."""
        station_id = self.session.station_id
        while (previous := self.node.connections.get(station_id)) is not None:
            await previous.close(GOING_AWAY, "the station connected again")
        self.node.connections[station_id] = self
        try:
            await self._connected()
            for command in await waiting_commands(self):
                self.enqueue(command)
            self._worker = worker = asyncio.create_task(self._serve())
            try:
                reason = await self._read()
            finally:
                self._closing = True
                self._work.ring()
                in_order = await worker
                self._end_commands()
            await self._disconnected(reason, reload=not in_order)
        except (OwnershipLost, JournalUnavailable) as error:
            log.warning("ocpp.connection_given_up", station=station_id, error=repr(error))
            await self._socket.close(TRY_AGAIN_LATER, "try again")
        finally:
            del self.node.connections[station_id]
            if self._gone is not None:
                self._gone.set()

    async def close(self, code: int, reason: str) -> None:
        """Answer what has come, then close; returns when the connection has left the journal in order."""
        self._gone = self._gone or asyncio.Event()
        if self._worker is not None:
            self._closing = True
            self._work.ring()
            await asyncio.wait({self._worker}, timeout=_GRACE)
        await self._socket.close(code, reason)
        if self.node.connections.get(self.session.station_id) is self:
            await self._gone.wait()

    async def _connected(self) -> None:
        session = self.session
        await session.load()
        session.begin()
        remote = self._socket.remote_address
        connection = Connection(self.id, self.node.id, session.version.name, session.now)
        session.day.connect(connection, session.station.security_profile, remote[0] if remote else None, session.now)
        await self._record(Evidence(session.version.subprotocol, _upgrade(self._socket)))
        if self._socket.request is not None:
            self._socket.request.headers.clear()  # not needed any more, and a connection may last for years
        self._socket.response = None

    async def _disconnected(self, reason: str, *, reload: bool) -> None:
        session = self.session
        if reload:  # what was decided last was not recorded
            await session.load()
        session.begin()
        session.day.disconnect(self.id, reason, session.now)
        if not session.undecided:
            await self._record(Evidence(session.version.subprotocol, b""))

    async def _record(self, evidence: Evidence | None) -> None:
        try:
            await self.node.journal.append(self.session.entries(evidence))
        except RecordConflictError:
            raise OwnershipLost(self.session.station_id) from None

    async def _read(self) -> str:
        """Read until the socket closes; returns why it did."""
        self._socket.heard = self._received
        try:
            while True:
                raw = await self._socket.recv()
                if isinstance(raw, bytes):
                    await self._socket.close(UNSUPPORTED_DATA, "OCPP-J messages are text")
                    return "binary frame"
                self._received(raw)
        except ConnectionClosed as closed:
            return f"{closed.rcvd.code} {closed.rcvd.reason}".strip() if closed.rcvd else "connection lost"

    def _received(self, raw: str) -> None:
        match incoming := self.peer.receive(raw):
            case Call() | Refusal():
                self._inbox.append((incoming, raw))
                self._work.ring()
                if len(self._inbox) >= _MAX_WAITING and not self._paused:
                    self._paused = True
                    self._socket.transport.pause_reading()
            case Answer():
                if self._answer is not None and not self._answer.done():
                    self._answer.set_result((incoming, raw))
            case Noise(reason):
                log.info("ocpp.ignored", station=self.session.station_id, reason=reason)

    async def _serve(self) -> bool:
        """Answer calls in the order they came; whether all went well.

        A call whose recording fails is not answered and ends the connection.
        """
        try:
            while not self._closing or self._inbox:
                if not self._inbox:
                    await self._work.wait()
                    continue
                incoming, raw = self._inbox.pop(0)
                if self._paused and len(self._inbox) < _MAX_WAITING // 2:
                    self._read_on()
                if isinstance(incoming, _Turn):
                    await self._take(incoming)
                    continue
                if isinstance(incoming, Refusal):
                    await record_refusal(self.session, incoming, raw)
                    reply = incoming.reply
                else:
                    reply = await serve(self.session, incoming, raw, self.id)
                    self.peer.served(incoming.message_id)
                    if self._commands:
                        self._go_on_sending()  # what waited for the station's boot
                if reply is not None and not self._socket.say(reply):
                    await self._send(reply)
            return True
        except (OwnershipLost, JournalUnavailable) as error:
            log.warning("ocpp.connection_given_up", station=self.session.station_id, error=repr(error))
            await self._stop_serving(TRY_AGAIN_LATER, "try again")
        except Exception:
            log.exception("ocpp.connection_failed", station=self.session.station_id)
            await self._stop_serving(INTERNAL_ERROR, "internal error")
        for left, _ in self._inbox:
            if isinstance(left, _Turn):
                left.fail()
        return False

    async def close_suspected(self, before: datetime) -> None:
        """End the transactions that have been suspected since before a moment."""
        if self._worker is None:  # the session is still being read
            return
        for ref in self.session.day.running:
            if ref.suspected_at is not None and ref.suspected_at < before:
                await self.in_turn(partial(self._decided, partial(self.session.close_suspected, ref)))

    async def suspect_silent(self, since: datetime) -> None:
        """Suspect the transactions of which nothing was heard since a moment."""
        if self._worker is not None and any(ref.suspected_at is None for ref in self.session.day.running):
            await self.in_turn(partial(self._decided, partial(self.session.suspect_silent, since)))

    async def _decided(self, decide: Callable[[], Awaitable[None]]) -> None:
        self.session.begin()
        await decide()
        if not self.session.undecided:
            await self._record(None)

    async def in_turn(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something with the session between two calls of the station: only one at a time may decide.

        Raises ConnectionError if the connection ends before it is recorded.
        """
        if self._worker is None or self._worker.done():
            await work()
            return
        turn = _Turn(work, asyncio.get_running_loop().create_future())
        self._inbox.append((turn, ""))
        self._work.ring()
        await turn.done

    async def _take(self, turn: _Turn) -> None:
        try:
            await turn.work()
        except BaseException:
            turn.fail()
            raise
        if not turn.done.done():
            turn.done.set_result(None)

    async def _stop_serving(self, code: int, reason: str) -> None:
        """Close unserved."""
        self._closing = True
        self._read_on()  # or the close of the station would go unheard
        await self._socket.close(code, reason)

    def _read_on(self) -> None:
        if self._paused:
            self._paused = False
            if not self._socket.transport.is_closing():  # a closed one cannot be read on, and says so loudly
                self._socket.transport.resume_reading()

    async def _send(self, text: bytes) -> None:
        with suppress(ConnectionClosed):  # what is recorded is recorded: the station will ask again, and hear the same
            await self._socket.send(text, text=True)

    # Commands: one call of ours may be open at a time

    def enqueue(self, command_stream: str) -> None:
        """Send a command when those before it are done."""
        if self._closing or command_stream in self._commands:
            return
        self._commands.append(command_stream)
        self._go_on_sending()

    def _go_on_sending(self) -> None:
        if self._command_task is None or self._command_task.done():
            self._command_task = asyncio.create_task(self._send_commands())

    async def _send_commands(self) -> None:
        while self._commands and not self._closing and self.session.station.may_be_asked:
            stream = self._commands.pop(0)
            try:
                await run_command(stream, self)
            except Exception:
                log.exception("ocpp.command_failed", station=self.session.station_id, command=stream)

    async def call(self, message_id: str, action: str, payload: dict[str, Any]) -> tuple[Answer, str] | None:
        """Send a call; returns the answer, None if none came in time. Raises ConnectionClosed, ConnectionError."""
        self._answer = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send(self.peer.call(message_id, action, payload), text=True)
            return await asyncio.wait_for(self._answer, self.node.answer_timeout)
        except TimeoutError:
            return None
        finally:
            self.peer.give_up()
            self._answer = None

    def _end_commands(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the connection closed before the station answered"))


def _upgrade(socket: StationSocket) -> bytes:
    """The request line of the handshake, the evidence of a connection; never the credentials."""
    return f"GET {socket.request.path}".encode() if socket.request else b""
