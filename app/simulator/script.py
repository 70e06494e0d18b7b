"""The life of a connector: pause, plug, authorise, charge, stop, unplug; for ever. All times are simulated seconds."""

from __future__ import annotations

import asyncio

from app.simulator.connector import Connector
from app.simulator.meter import BEGIN, END, PERIODIC
from app.simulator.session import Cause, Session, State, Wish
from app.simulator.vehicle import Vehicle


async def live(connector: Connector) -> None:
    station, plan, rng = connector.station, connector.station.plan, connector.rng
    await station.accepted.wait()
    pause, left = rng.uniform(0, plan.idle), plan.sessions or None
    while True:
        if plan.sessions == 0 or left == 0:
            connector.done = True
            wish = await visitor(connector, None)
        else:
            wish = await visitor(connector, pause)
        await visit(connector, wish)
        left = left - 1 if left else left
        pause = plan.idle * rng.uniform(0.5, 1.5)


async def visitor(connector: Connector, pause: float | None) -> Wish | None:
    """Wait for the next driver: a remote start, or after the pause somebody who just comes."""
    station = connector.station
    while True:
        await connector.operative.wait()
        fault = connector.chaos.fault(0.05)
        if fault and pause is not None:
            connector.fault = fault
            await recover(connector)
        await station.clock.wait(connector.wished, pause)
        if connector.operative.is_set():
            return connector.take_wish()
        connector.take_wish()


async def visit(connector: Connector, wish: Wish | None) -> None:
    station, clock, rng = connector.station, connector.station.clock, connector.rng
    session = Session(connector.id, Vehicle.drawn(rng), wish)
    connector.session = session
    station.stats.sessions_started += 1
    if wish is None and rng.random() < 0.75:
        await plug(connector, session)
        await clock.wait(connector.wished, rng.uniform(5, 40))
        wish = connector.take_wish()
    if not session.stopped.is_set():
        session.wish = wish or local_wish(connector)
        session.authorized = await authorize(connector, session)
    if session.authorized:
        station.dialect.authorized(session)
        if not session.plugged:
            await clock.wait(session.stopped, rng.uniform(5, 30))
            await plug(connector, session)
        await charge(connector, session)
    elif session.plugged:
        await clock.wait(session.stopped, rng.uniform(20, 90))
    await finish(connector, session)


def local_wish(connector: Connector) -> Wish:
    if connector.rng.random() < connector.station.plan.invalid_tokens:
        return Wish(f"DEAD{connector.rng.randrange(16**8):08X}")
    return Wish(connector.rng.choice(connector.tokens))


async def plug(connector: Connector, session: Session) -> None:
    session.plugged = True
    connector.station.dialect.plugged(session)
    await connector.show(State.PREPARING)


async def authorize(connector: Connector, session: Session) -> bool:
    """Ask the server; without a line the station trusts the token and hears later (C15, LocalAuthorizeOffline)."""
    station, wish = connector.station, session.driver
    if wish.remote and not station.dialect.authorizes_remote_starts:
        return True
    answer = await station.say(station.dialect.authorize(wish.id_token))
    return answer is None or station.dialect.accepts(answer)


async def charge(connector: Connector, session: Session) -> None:
    station, clock, rng = connector.station, connector.station.clock, connector.rng
    vehicle, outlet, meter = session.vehicle, connector.outlet, connector.meter
    stay = station.plan.stay * rng.uniform(0.4, 1.6) / (3 if outlet.direct else 1)
    since = clock.seconds()
    leaves, sample = since + stay, since
    if session.stopped.is_set():
        return
    session.readings.append(connector.read(BEGIN))
    session.charging = True
    station.dialect.charging(session)
    await connector.show(State.CHARGING)
    trouble = asyncio.create_task(misfortune(connector, session, stay))
    try:
        while not session.stopped.is_set() and not vehicle.full and since < leaves:
            interval = station.dialect.meter_interval or 60.0
            sample += interval
            if sample < since:  # the loop was held up: no bursts to catch up
                sample = since + interval
            due = await clock.wait(session.stopped, min(sample, leaves) - since) or sample > leaves
            now = clock.seconds()
            meter.advance(vehicle, outlet, now - since)
            since = now
            if not due and station.dialect.meter_interval:
                reading = connector.read(PERIODIC)
                session.readings.append(reading)
                station.dialect.sampled(session, reading)
        if vehicle.full and not session.stopped.is_set():
            meter.power_w = 0.0
            station.dialect.suspended(session)
            await connector.show(State.SUSPENDED_EV)
            await clock.wait(session.stopped, min(leaves - clock.seconds(), rng.uniform(120, 1800)))
    finally:
        trouble.cancel()
        meter.power_w = 0.0


async def misfortune(connector: Connector, session: Session, stay: float) -> None:
    """A lost network or a fault, somewhere in the session."""
    station, chaos = connector.station, connector.chaos
    gap, fault = chaos.gap(), chaos.fault(0.1)
    if gap:
        await station.clock.sleep(stay * connector.rng.uniform(0.05, 0.4))
        station.line.break_off(gap)
    if fault:
        await station.clock.sleep(stay * connector.rng.uniform(0.05, 0.4))
        connector.fault = fault
        session.stop(Cause.FAULT)


async def finish(connector: Connector, session: Session) -> None:
    """End the transaction, tell the state, unplug."""
    station, clock, rng = connector.station, connector.station.clock, connector.rng
    cause = session.cause
    if cause is None:
        cause = Cause.LOCAL if session.charging and rng.random() < 0.7 else Cause.UNPLUGGED
    session.stop(cause)
    reading = connector.read(END)
    session.readings.append(reading)
    station.dialect.ended(session, cause, reading)
    session.ended.set()
    station.stats.sessions_ended += 1
    if cause is Cause.FAULT:
        await recover(connector)
    elif session.plugged and cause is not Cause.UNPLUGGED:
        await connector.show(State.FINISHING)
        await clock.sleep(rng.uniform(10, 60))
    connector.session = None
    await connector.show(State.AVAILABLE)


async def recover(connector: Connector) -> None:
    await connector.show(State.FAULTED)
    await connector.station.clock.sleep(connector.rng.uniform(120, 900))
    connector.fault = None
    await connector.show(State.AVAILABLE)
