"""One outlet: its meter, its state and whoever is plugged in."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING

from app.simulator.chaos import Chaos, Fault, dice
from app.simulator.meter import Meter, Reading
from app.simulator.session import Session, State, Wish
from app.simulator.vehicle import Outlet

if TYPE_CHECKING:
    from app.simulator.station import Station


class Connector:
    def __init__(self, station: Station, id: int, outlet: Outlet, tokens: tuple[str, ...], rng: Random) -> None:
        self.station = station
        self.id = id
        self.outlet = outlet
        self.tokens = tokens
        self.rng = rng
        self.chaos = Chaos(station.plan.chaos, dice(rng.random()))
        self.meter = Meter(float(rng.randrange(50_000, 9_000_000)))
        self.first_register_wh = self.meter.register_wh
        self.state = State.AVAILABLE
        self.fault: Fault | None = None
        self.session: Session | None = None
        self.operative = asyncio.Event()
        self.operative.set()
        self.wish: Wish | None = None
        self.wished = asyncio.Event()
        self.done = False
        """All planned sessions have been."""

    @property
    def free(self) -> bool:
        """A remote start may still take it: nobody there, or plugged in and not yet authorised."""
        session = self.session
        if session is None:
            return self.wish is None and self.state is State.AVAILABLE
        return self.wish is None and session.wish is None and not session.stopped.is_set()

    def take_wish(self) -> Wish | None:
        wish, self.wish = self.wish, None
        self.wished.clear()
        return wish

    def ask(self, wish: Wish) -> None:
        self.wish = wish
        self.wished.set()

    async def show(self, state: State) -> None:
        """Take on a state and tell the server, if there is a line; otherwise it hears with the next one."""
        if state is State.AVAILABLE and not self.operative.is_set():
            state = State.UNAVAILABLE
        self.state = state
        for status in self.station.dialect.statuses(self.id):
            await self.station.say(status)

    def read(self, context: str) -> Reading:
        vehicle = self.session.vehicle if self.session else None
        return self.meter.read(self.station.clock.now(), context, vehicle, self.outlet)
