"""A day at a few stations as they are: late, out of order, told twice, with prices that change. The same for a seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from domain.aggregate import Aggregate
from domain.events import (
    Command,
    IdTokenRecord,
    Station,
    StationDay,
    Tariff,
    Transaction,
)
from domain.id_token import Permission
from domain.rating import PriceElement, PriceKind
from domain.station import Identity, TariffRef
from domain.station_day import Connection, ConnectorStatus
from domain.tariff import Terms
from domain.values import AuthorizationStatus, Evse, IdToken, MeterReading, SampledValue, SignedValue
from tests.projections.books import Library, alarm
from tests.projections.cashier import Cashier

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def busy_day(seed: int = 1, stations: int = 4, sessions: int = 3) -> list[Any]:
    """The events in the order in which they are recorded, with the bills that follow."""
    rng = Random(seed)
    tariff = Tariff.blank(Tariff.stream("day"))
    events = _decided(_priced(tariff, 1))
    lives = [_life(rng, f"CS/{n}", tariff, sessions) for n in range(stations)]
    while lives:
        life = rng.choice(lives)
        changed = next(life, None)
        if changed is None:
            lives.remove(life)
        else:
            events += _decided(*changed)
        if rng.random() < 0.02:
            events += _decided(_priced(tariff, rng.randrange(2, 99)))
    return list(Cashier().following(events))


def _decided(*aggregates: Aggregate) -> list[Any]:
    return [event for aggregate in aggregates for event in aggregate.collect_events()]


def _priced(tariff: Tariff, cents: int) -> Tariff:
    energy = PriceElement(PriceKind.ENERGY, Decimal(cents).scaleb(-2), Decimal(19))
    tariff.define(Terms("EUR", (energy, PriceElement(PriceKind.TIME, Decimal("1.2"), Decimal(7)))), NOON)
    return tariff


def _life(rng: Random, name: str, tariff: Tariff, sessions: int) -> Iterator[tuple[Aggregate, ...]]:
    now = NOON
    station, day = Station.blank(Station.stream(name)), StationDay.open(name, None, now)
    station.register(security_profile=0, credential=None, at=now)
    yield (station,)
    identity = Identity("Volt", "X", firmware_version=str(rng.randrange(9)))
    day.connect(Connection(f"{name} 1", "n1", "1.6", now), 0, None, now)
    day.boot(identity, station.boot(identity, now), 300, None, now)
    station.assign_tariff(rng.choice(["day", None]), None, now)
    station.assign_tariff("day", 2, now)
    yield day, station
    library = Library(name, rng)
    for n in range(sessions):
        now += timedelta(minutes=rng.randrange(1, 300))
        if StationDay.stream(name, now.date()) > day.id:
            day = StationDay.open(name, day, now)
        day.receive("Heartbeat", now)
        status = rng.choice(["Available", "Charging", "Faulted"])
        day.report_status(ConnectorStatus(rng.randrange(3), 1, status), now - timedelta(minutes=rng.randrange(99)), now)
        day.meter(Evse(0), (_reading(rng, now, rng.randrange(9999)),), None, now)
        day.notify_events(now, n, (alarm(n, now),), now)
        yield (day,)
        yield from _session(rng, name, f"{n}", now, station, tariff)
        yield from _asked(rng, name, f"{name} {n}", now)
        yield tuple(library.written(now))
        if rng.random() < 0.3:
            day.disconnect(f"{name} {rng.choice([n, n + 1])}", "gone", now)
            day.connect(Connection(f"{name} {n + 2}", "n2", "1.6", now), 0, None, now)
            yield (day,)
        token = IdTokenRecord.blank(IdTokenRecord.stream(f"{name} {n}"))
        token.set(IdToken(f"{name} {n}", rng.choice([None, "eMAID"])), Permission(AuthorizationStatus.BLOCKED), now)
        yield (token,)


def _session(
    rng: Random, name: str, id: str, now: datetime, station: Station, tariff: Tariff
) -> Iterator[tuple[Aggregate, ...]]:
    evse = Evse(rng.choice([1, 2]), 1)
    ref = TariffRef("day", tariff.version) if station.tariff_id(evse.id) else None
    card = {"id_token": IdToken(rng.choice(["a", "b"])), "authorization": AuthorizationStatus.ACCEPTED}
    told: list[tuple[str, dict[str, Any]]] = [
        ("start", {"occurred_at": now, "seq_no": 0, "evse": evse, "meter_start_wh": rng.randrange(99), **card}),
        *(
            (
                "meter",
                {
                    "occurred_at": now + timedelta(minutes=n // 2),
                    "readings": (_reading(rng, now + timedelta(minutes=n // 2), n * 400),),
                },
            )
            for n in range(1, 6)
        ),
        ("update", {"occurred_at": now + timedelta(minutes=2), "charging_state": "SuspendedEV"}),
    ]
    if rng.random() < 0.8:
        told.append(("end", {"occurred_at": now + timedelta(minutes=9), "meter_stop_wh": rng.randrange(99, 9999)}))
    if rng.random() < 0.5:
        rng.shuffle(told)
    told += rng.sample(told, 2)
    transaction = Transaction.blank(Transaction.stream(name, id, now))
    for kind, facts in told:
        getattr(transaction, kind)(now, tariff=ref, **facts)
        yield (transaction,)


def _asked(rng: Random, name: str, id: str, now: datetime) -> Iterator[tuple[Aggregate, ...]]:
    command = Command.blank(Command.stream(name, id, now))
    later = now + timedelta(minutes=1)
    command.request(
        station_id=name,
        command_id=id,
        action="Reset",
        payload={"n": rng.random()},
        typed=False,
        expires_at=later,
        idempotency_key=None,
        at=now,
    )
    yield (command,)
    if rng.random() < 0.8:
        command.send(message_id="m", action="Reset", payload={}, protocol="ocpp1.6", answer_by=later, at=now)
        yield (command,)
        rng.choice(
            [
                lambda: command.answer({"status": "Accepted"}, accepted=True, at=later),
                lambda: command.fail("no", later),
                lambda: command.time_out(later),
            ]
        )()
        yield (command,)


def _reading(rng: Random, at: datetime, wh: int) -> MeterReading:
    values = [SampledValue(Decimal(wh)), SampledValue(Decimal(rng.randrange(11000)), "Power.Active.Import", "W")]
    signed = (SampledValue(None, signed=SignedValue(f"OCMF|{wh}")),) if wh % 1200 == 0 else ()
    return MeterReading(at, (*rng.sample(values, rng.randrange(1, 3)), *signed))
