"""A station: its connectors, its line, and what a server can ask of it in any version."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from app.simulator.chaos import Chaos, dice
from app.simulator.clock import Clock
from app.simulator.connector import Connector
from app.simulator.dialect import Dialect
from app.simulator.holdings import Holdings
from app.simulator.line import Line
from app.simulator.link import Offline, Refused
from app.simulator.outbox import Message, Outbox
from app.simulator.plan import FleetPlan
from app.simulator.script import live
from app.simulator.session import Cause, Session, State, Wish
from app.simulator.stats import FleetStats, StationSnapshot
from app.simulator.v16.dialect import Dialect16
from app.simulator.v201.dialect import Dialect201
from app.simulator.vehicle import OUTLET_WEIGHTS, OUTLETS

CONNECTORS = (1, 2)


class Station:
    def __init__(self, index: int, plan: FleetPlan, clock: Clock, stats: FleetStats) -> None:
        self.id, self.plan, self.clock, self.stats = plan.names()[index], plan, clock, stats
        self.rng = dice(f"{plan.seed}/{self.id}")
        self.chaos = Chaos(plan.chaos, dice(self.rng.random()))
        self.outlet = self.rng.choices(OUTLETS, OUTLET_WEIGHTS)[0]
        password = plan.password_of(self.id)
        self.password = None if password is None else password.encode()
        # Every connector has its own tokens as long as there are enough: none is in two transactions at once.
        tokens, places = plan.tokens(), plan.stations * len(CONNECTORS)
        self.connectors = {
            id: Connector(
                self,
                id,
                self.outlet,
                tokens[place::places] or (tokens[place % len(tokens)],),
                dice(f"{plan.seed}/{self.id}/{id}"),
            )
            for place, id in enumerate(CONNECTORS, start=index * len(CONNECTORS))
        }
        self.outbox = Outbox()
        self.accepted = asyncio.Event()
        self.heartbeat_interval: float = 60
        self.local_list_version = 0
        self.holdings = Holdings()
        self.line = Line(self)
        version = plan.version_of(index)
        self.dialect: Dialect = Dialect16(self) if version == "1.6" else Dialect201(self)
        self.snapshot = stats.stations[self.id] = StationSnapshot(self.id, version)
        self._seen: set[str] = set()
        self._errands: set[asyncio.Task[None]] = set()

    async def run(self, delay: float) -> None:
        await asyncio.sleep(delay)
        try:
            async with asyncio.TaskGroup() as lives:
                lives.create_task(self.line.run())
                for connector in self.connectors.values():
                    lives.create_task(live(connector))
        finally:
            for errand in tuple(self._errands):
                errand.cancel()

    @property
    def done(self) -> bool:
        return not self.outbox and all(c.done and c.session is None for c in self.connectors.values())

    @property
    def busy(self) -> bool:
        return any(c.session is not None for c in self.connectors.values())

    def first(self, action: str) -> bool:
        """Whether this is the first message of its kind."""
        new = action not in self._seen
        self._seen.add(action)
        return new

    async def say(self, payload: Any) -> Any:
        """Send what may get lost; None if there was no line or no good answer."""
        link = self.line.link
        if link is None or not self.line.online:
            return None
        try:
            return await link.request(payload)
        except (Offline, Refused, TimeoutError):
            return None

    async def tell_all(self) -> None:
        for status in self.dialect.all_statuses():
            await self.say(status)

    def post(self, message: Message) -> None:
        self.outbox.put(message)

    def delivered(self, message: Message, answer: Any) -> None:
        """Take note of an answer; None is a message that was given up."""
        self.dialect.answered(message, answer)
        if answer is None:
            return
        if not self.dialect.accepts(answer):
            message.session.stop(Cause.DEAUTHORIZED)
        if message.finished:
            self.stats.finished.append(message.finished)
            self.snapshot.sessions += 1

    def errand(self, work: Coroutine[Any, Any, None]) -> None:
        """Something to do after a command was answered."""
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    # What both versions can be asked.

    def remote_start(self, connector: int | None, wish: Wish) -> Connector | None:
        """The connector that takes it; None if none can."""
        self.stats.commands += 1
        if not self.line.online:
            return None
        for candidate in self.connectors.values():
            if connector in (None, candidate.id) and candidate.free:
                candidate.ask(wish)
                return candidate
        return None

    def session_of(self, transaction_id: str | int) -> Session | None:
        for connector in self.connectors.values():
            session = connector.session
            if session and session.transaction_id == transaction_id and not session.stopped.is_set():
                return session
        return None

    def remote_stop(self, transaction_id: str | int) -> bool:
        self.stats.commands += 1
        session = self.session_of(transaction_id)
        if session is not None:
            session.stop(Cause.REMOTE)
        return session is not None

    async def reset(self, cause: Cause | None, reason: str) -> None:
        """End what runs, deliver it, reboot. Without a cause wait until nobody charges; a hard reset delivers later."""
        sessions = [c.session for c in self.connectors.values() if c.session]
        for session in sessions:
            if cause is not None:
                session.stop(cause)
            await session.ended.wait()
        if cause is not Cause.HARD_RESET and self.line.online:
            await self.clock.wait(self.outbox.emptied, self.plan.timeout * self.clock.speed)
        await self.line.reboot(reason)

    def change_availability(self, connector: int | None, operative: bool) -> str:
        """None is the whole station. Accepted, Scheduled or Rejected, in both versions."""
        self.stats.commands += 1
        chosen = [c for c in self.connectors.values() if connector in (None, c.id)]
        for each in chosen:
            each.operative.set() if operative else each.operative.clear()
            if each.session is None and each.state in (State.AVAILABLE, State.UNAVAILABLE):
                self.errand(each.show(State.AVAILABLE))
        if not chosen:
            return "Rejected"
        return "Scheduled" if not operative and any(c.session for c in chosen) else "Accepted"

    def update_local_list(self, version: int, update: str) -> str:
        """Keeps the version only: every driver is checked online anyway."""
        self.stats.commands += 1
        if update == "Differential" and version <= self.local_list_version:
            return "VersionMismatch"
        self.local_list_version = version
        return "Accepted"
