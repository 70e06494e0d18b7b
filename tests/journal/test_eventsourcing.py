"""The stock `eventsourcing` library opens our journal: nothing of ours but the mapper, named in its environment."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
import pytest
from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import ProgrammingError, Tracking, TrackingRecorder
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner

from app.journal import PostgresJournal
from domain import settling
from domain.aggregate import Aggregate
from domain.books import Book
from domain.events import (
    AGGREGATES,
    ChargeDetailRecord,
    Command,
    IdTokenRecord,
    MeterKeys,
    Reconciliation,
    Station,
    StationDay,
    Tariff,
    Transaction,
)
from domain.id_token import Permission
from domain.journal import START, Entry, load
from domain.rating import PriceElement, PriceKind
from domain.reconciliation import Cause, Finding
from domain.station import Identity
from domain.tariff import Terms
from domain.values import AuthorizationStatus, IdToken, RegistrationStatus
from tests.journal.samples import AT, entries, event_classes, filled, settled


@pytest.fixture
def environment(dsn: str) -> dict[str, str]:
    url = urlsplit(dsn)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "ORIGINATOR_ID_TYPE": "text",
        "MAPPER_TOPIC": "app.journal.mapper:EventMapper",
        "APPLICATION_CREATE_TABLE": "no",
        "POSTGRES_DBNAME": url.path.removeprefix("/"),
        "POSTGRES_HOST": parse_qs(url.query).get("host", [url.hostname or ""])[0],
        "POSTGRES_PORT": str(url.port or 5432),
        "POSTGRES_USER": unquote(url.username or ""),
        "POSTGRES_PASSWORD": unquote(url.password or "none"),
    }


@pytest.fixture
def application(environment: dict[str, str]) -> Iterator[Application[str]]:
    application = Application[str](environment)
    yield application
    application.close()


def one_of_each() -> list[Aggregate]:
    station = Station.blank(Station.stream("CS/1"))
    station.register(security_profile=1, credential="fingerprint", at=AT)
    station.boot(Identity("Vendor", "Modèl"), AT)
    day = StationDay.open("CS/1", None, AT)
    day.boot(Identity("Vendor", "Modèl"), RegistrationStatus.ACCEPTED, 300, "PowerUp", AT)
    transaction = Transaction.blank(Transaction.stream("CS/1", "42", AT))
    transaction.start(AT, occurred_at=AT, meter_start_wh=100, id_token=IdToken("ABC"))
    transaction.end(AT, occurred_at=AT, meter_stop_wh=1100)
    command = Command.blank(Command.stream("CS/1", "c1", AT))
    command.request(
        station_id="CS/1", command_id="c1", action="Reset", payload={"type": "Soft"}, typed=True, expires_at=AT,
        idempotency_key=None, at=AT,
    )  # fmt: skip
    token = IdTokenRecord.blank(IdTokenRecord.stream("ABC"))
    token.set(IdToken("ABC"), Permission(AuthorizationStatus.ACCEPTED), AT)
    tariff = Tariff.blank(Tariff.stream("t1"))
    tariff.define(Terms("EUR", (PriceElement(PriceKind.ENERGY, Decimal("0.390"), Decimal(19)),)), AT)
    books = [_written(kind) for kind in AGGREGATES if issubclass(kind, Book)]
    reconciliation = Reconciliation.blank(Reconciliation.stream("CS/1", "r1", AT))
    reconciliation.request(Cause.BOOT, AT, AT)
    reconciliation.end((Finding("localList", 1, ("c1",)),), AT)
    record = ChargeDetailRecord.blank(ChargeDetailRecord.stream(transaction.id))
    record.settle(settling.settled(transaction.pending_events, tariff.terms), AT)
    record.waive("a mistake", AT)
    keys = MeterKeys.blank(MeterKeys.stream("CS/1"))
    keys.set(1, "04" + "11" * 64, AT)
    return [station, day, transaction, command, token, tariff, reconciliation, record, keys, *books]


def _written(kind: type[Book]) -> Book:
    """A book with one of each of its events."""
    book = kind.blank(kind.stream("CS/1", AT.date()))
    for event in event_classes():
        if event.AGGREGATE is kind:
            book.trigger_event(event, **{name: getattr(filled(event), name) for name in event.DEFAULTS})
    return book


async def record(journal: PostgresJournal, aggregates: list[Aggregate]) -> None:
    for aggregate in aggregates:
        position = await journal.append([Entry(e) for e in aggregate.collect_events()])  # type: ignore[arg-type]
    await settled(journal, position)


async def test_its_repository_gives_our_aggregates(journal: PostgresJournal, application: Application[str]) -> None:
    aggregates = one_of_each()
    assert {type(aggregate) for aggregate in aggregates} == set(AGGREGATES)
    await record(journal, aggregates)
    for aggregate in aggregates:
        theirs: Any = await asyncio.to_thread(application.repository.get, aggregate.id)
        ours = await load(journal, type(aggregate), aggregate.id)
        assert type(theirs) is type(ours)
        assert theirs == ours == aggregate
        assert vars(theirs).keys() == vars(ours).keys()


async def test_its_notification_log_is_our_journal(journal: PostgresJournal, application: Application[str]) -> None:
    await record(journal, one_of_each())
    recorded = (await journal.read(START, 100)).recorded
    log: list[Any] = []
    while section := await asyncio.to_thread(
        application.notification_log.select, log[-1].id if log else None, 10, inclusive_of_start=False
    ):
        log += section
    assert [notification.id for notification in log] == [r.position for r in recorded]
    assert [application.mapper.to_domain_event(notification) for notification in log] == [r.event for r in recorded]


async def test_its_notification_log_shows_nothing_that_could_be_overtaken(
    journal: PostgresJournal, application: Application[str], pool: asyncpg.Pool
) -> None:
    async with pool.acquire() as older, older.transaction():
        await older.execute("SELECT pg_current_xact_id()")
        await journal.append(entries("station:A", 1))
        assert await asyncio.to_thread(application.notification_log.select, start=None, limit=10) == []
    assert len(await asyncio.to_thread(application.notification_log.select, start=None, limit=10)) == 1


class Counted(TrackingRecorder):
    pass


class CountedInPostgres(PostgresTrackingRecorder, Counted):
    pass


class Counting(Projection[Counted]):
    name = "counting"
    seen: list[Any]
    enough: threading.Event

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.insert_tracking(tracking)
        self.seen.append(domain_event)
        if len(self.seen) == 60:
            self.enough.set()


async def test_its_projections_follow_what_we_append(journal: PostgresJournal, environment: dict[str, str]) -> None:
    Counting.seen, Counting.enough = [], threading.Event()
    for version in range(1, 21):
        await journal.append(entries("station:A", version))

    def run() -> int | None:
        with ProjectionRunner(
            application_class=Application, projection_class=Counting, view_class=CountedInPostgres, env=environment
        ) as runner:
            assert Counting.enough.wait(15)
            return runner.view.max_tracking_id("Application")

    running = asyncio.create_task(asyncio.to_thread(run))
    await asyncio.gather(*(journal.append(entries(f"station:{n}", 1)) for n in range(30)))
    for version in range(21, 31):
        await asyncio.sleep(0.02)
        await journal.append(entries("station:A", version))
    assert await running == await journal.head()
    assert Counting.seen == [r.event for r in (await journal.read(START, 100)).recorded]


async def test_it_does_not_write_into_our_journal(
    journal: PostgresJournal, application: Application[str], pool: asyncpg.Pool
) -> None:
    """Its way of numbering would break the order."""
    station = Station.blank(Station.stream("CS1"))
    station.register(security_profile=0, credential=None, at=AT)
    with pytest.raises(ProgrammingError):
        await asyncio.to_thread(application.save, station)
    assert await pool.fetchval("SELECT count(*) FROM stored_events") == 0
