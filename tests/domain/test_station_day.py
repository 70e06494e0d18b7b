from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.events import StationDay
from domain.station_day import REMEMBERED_TRANSACTIONS, Connection, ConnectorStatus, TransactionRef
from domain.values import Evse

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOCKET = Connection("socket-1", "node-1", "1.6", NOON)


def today() -> StationDay:
    day = StationDay.open("CS1", None, NOON)
    day.collect_events()
    return day


def kinds(day: StationDay) -> list[str]:
    return [event.TOPIC for event in day.collect_events()]  # type: ignore[attr-defined]


def ref(number: int, evse: int = 1, key: str | None = None) -> TransactionRef:
    return TransactionRef(str(number), f"transaction:2026-11-20:CS1/{number}", Evse(evse, 1), key)


def test_a_day_opens_with_what_the_day_before_left() -> None:
    # given
    day = today()
    day.connect(SOCKET, 0, None, NOON)
    day.report_status(ConnectorStatus(1, 1, "Charging", "NoError"), NOON, NOON)
    day.open_transaction(ref(1, key="a"), NOON)
    day.open_transaction(ref(2), NOON)
    day.close_transaction("2", NOON)
    # when
    tomorrow = StationDay.open("CS1", day, NOON + timedelta(days=1))
    # then
    assert tomorrow.id == "day:2026-11-21:CS1"
    assert kinds(tomorrow) == ["day.opened"]
    assert (tomorrow.connection, tomorrow.connectors) == (day.connection, day.connectors)
    assert tomorrow.transactions == day.transactions
    assert tomorrow.transaction_started_with("a") == ref(1, key="a")


def test_only_the_connection_that_counts_can_end() -> None:
    day = today()
    day.connect(SOCKET, 0, None, NOON)
    day.connect(Connection("socket-2", "node-2", "1.6", NOON), 0, None, NOON)
    day.disconnect("socket-1", "late", NOON)
    assert kinds(day) == ["day.connected", "day.connected"]
    day.disconnect("socket-2", "bye", NOON)
    day.disconnect("socket-2", "bye", NOON)
    assert kinds(day) == ["day.disconnected"]
    assert day.connection is None


def test_a_status_without_a_time_has_that_of_its_arrival() -> None:
    day = today()
    day.report_status(ConnectorStatus(1, 1, "Available"), None, NOON)
    [event] = day.collect_events()
    assert event.occurred_at == NOON  # type: ignore[attr-defined]


def test_a_transaction_is_opened_and_closed_once() -> None:
    day = today()
    for _ in range(2):
        day.open_transaction(ref(1), NOON)
    for _ in range(2):
        day.close_transaction("1", NOON)
    day.close_transaction("unknown", NOON)
    assert kinds(day) == ["day.transaction-opened", "day.transaction-closed"]


def test_what_runs_on_an_evse_is_the_latest_that_has_not_ended() -> None:
    day = today()
    for number in (1, 2, 3):
        day.open_transaction(ref(number), NOON)
    day.open_transaction(ref(4, evse=2), NOON)
    day.open_transaction(TransactionRef("5", "somewhere"), NOON)
    day.close_transaction("3", NOON)
    assert day.open_transaction_on(1) == ref(2)
    assert day.open_transaction_on(2) == ref(4, evse=2)
    assert day.open_transaction_on(3) is None


def test_a_start_is_remembered_after_its_end_but_not_for_ever() -> None:
    day = today()
    day.open_transaction(ref(0, key="open"), NOON)
    for number in range(1, REMEMBERED_TRANSACTIONS + 2):
        day.open_transaction(ref(number, key=f"key-{number}"), NOON)
        day.close_transaction(str(number), NOON)
    assert day.transaction_started_with("key-1") is None
    assert day.transaction_started_with("key-2") is not None
    assert day.transaction_started_with("open") is not None
    assert len(day.transactions) == REMEMBERED_TRANSACTIONS + 1


def test_a_day_read_back_is_the_same_day() -> None:
    day = StationDay.open("CS1", None, NOON)
    day.connect(SOCKET, 0, "10.0.0.1", NOON)
    day.report_status(ConnectorStatus(1, 1, "Faulted", "GroundFailure"), NOON, NOON, info="wet")
    day.receive("Heartbeat", NOON)
    day.refuse("Hello", "NotImplemented", "what?", NOON)
    day.open_transaction(ref(1), NOON)
    day.close_transaction("1", NOON)
    again = StationDay.blank(day.id)
    for event in day.collect_events():
        event.mutate(again)  # type: ignore[arg-type]
    assert (again.connection, again.connectors, again.transactions) == (
        day.connection,
        day.connectors,
        day.transactions,
    )
    assert again.version == day.version
