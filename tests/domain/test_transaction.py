from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.aggregate import DomainEvent
from domain.events import Transaction
from domain.rating import Usage
from domain.station import TariffRef
from domain.transaction import Facts, TransactionState
from domain.values import AuthorizationStatus, Evse, IdToken, MeterReading, SampledValue

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CARD, PHONE = IdToken("ABC123", "ISO14443"), IdToken("P1", "Central")
ACCEPTED, BLOCKED = AuthorizationStatus.ACCEPTED, AuthorizationStatus.BLOCKED
Message = tuple[str, dict[str, Any]]


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def metered(minute: int, wh: int, context: str = "Sample.Periodic") -> tuple[MeterReading, ...]:
    return (MeterReading(at(minute), (SampledValue(Decimal(wh), context=context),)),)


def blank() -> Transaction:
    return Transaction.blank(Transaction.stream("CS1", "T-1", NOON))


def tell(transaction: Transaction, *messages: Message) -> list[bool]:
    return [getattr(transaction, kind)(NOON, **facts) for kind, facts in messages]


STARTED: Message = (
    "start",
    {
        "occurred_at": at(0),
        "seq_no": 0,
        "trigger_reason": "CablePluggedIn",
        "evse": Evse(2),
        "charging_state": "EVConnected",
        "readings": metered(0, 1000, "Transaction.Begin"),
        "remote_start_id": 7,
    },
)
AUTHORIZED: Message = (
    "update",
    {
        "occurred_at": at(2),
        "seq_no": 1,
        "trigger_reason": "Authorized",
        "id_token": CARD,
        "authorization": ACCEPTED,
        "evse": Evse(2, 1),
    },
)
CHARGING: Message = (
    "update",
    {"occurred_at": at(2), "seq_no": 2, "trigger_reason": "ChargingStateChanged", "charging_state": "Charging"},
)
METERED: Message = ("meter", {"occurred_at": at(5), "seq_no": 3, "readings": metered(5, 1500)})
METERED_AGAIN: Message = ("meter", {"occurred_at": at(10), "seq_no": 4, "readings": metered(10, 2000)})
STOPPED: Message = (
    "update",
    {
        "occurred_at": at(30),
        "seq_no": 5,
        "trigger_reason": "StopAuthorized",
        "id_token": PHONE,
        "authorization": ACCEPTED,
        "charging_state": "EVConnected",
    },
)
ENDED: Message = (
    "end",
    {
        "occurred_at": at(32),
        "seq_no": 6,
        "trigger_reason": "EVDeparted",
        "stopped_reason": "Local",
        "charging_state": "Idle",
        "readings": metered(32, 3500, "Transaction.End"),
    },
)
SESSION = [STARTED, AUTHORIZED, CHARGING, METERED, METERED_AGAIN, STOPPED, ENDED]


def test_a_session_adds_up() -> None:
    transaction = blank()
    assert all(tell(transaction, *SESSION))
    facts = transaction.facts
    assert (facts.evse, facts.id_token, facts.authorization) == (Evse(2, 1), CARD, ACCEPTED)
    assert (facts.started_at, facts.ended_at, facts.state) == (at(0), at(32), TransactionState.ENDED)
    assert (facts.stopped_reason, facts.charging_state, facts.remote_start_id) == ("Local", "Idle", 7)
    assert facts.energy.wh == 2500


@given(st.permutations(SESSION))
def test_the_order_of_arrival_changes_nothing(session: list[Message]) -> None:
    in_order, shuffled = blank(), blank()
    tell(in_order, *SESSION)
    tell(shuffled, *session)
    assert shuffled.facts == in_order.facts


@given(st.permutations(SESSION), st.lists(st.integers(0, len(SESSION) - 1), max_size=10))
@settings(deadline=None)
def test_nor_do_repetitions_wherever_they_come(session: list[Message], repeated: list[int]) -> None:
    in_order, noisy = blank(), blank()
    tell(in_order, *SESSION)
    for n, message in enumerate(session):
        tell(noisy, message)
        for again in repeated:
            if again <= n:
                kind, facts = session[again]
                assert tell(noisy, (kind, {**facts, "offline": True})) == [False]
    assert noisy.facts == in_order.facts
    assert noisy.version == len(SESSION)


@given(st.permutations(SESSION), st.integers(0, len(SESSION)))
def test_nor_does_a_restart_in_between(session: list[Message], n: int) -> None:
    before = blank()
    tell(before, *session[:n])
    after = replayed(before.collect_events())
    assert tell(after, *session) == [False] * n + [True] * (len(SESSION) - n)
    in_order = blank()
    tell(in_order, *SESSION)
    assert after.facts == in_order.facts


def replayed(events: Any) -> Transaction:
    transaction = blank()
    for event in events:
        event.mutate(transaction)
    return transaction


@pytest.mark.parametrize(
    "difference",
    [
        {"occurred_at": at(3)},
        {"seq_no": 9},
        {"trigger_reason": "Trigger"},
        {"charging_state": "SuspendedEV"},
        {"id_token": CARD},
        {"readings": metered(2, 1)},
    ],
)
def test_what_differs_in_content_is_no_repetition(difference: dict[str, Any]) -> None:
    transaction = blank()
    kind, facts = CHARGING
    assert tell(transaction, CHARGING, (kind, {**facts, **difference})) == [True, True]


def test_a_second_end_that_says_something_else_is_recorded() -> None:
    transaction = blank()
    first: Message = ("end", {"occurred_at": at(9), "meter_stop_wh": 1000, "stopped_reason": "Local"})
    other: Message = ("end", {"occurred_at": at(9), "meter_stop_wh": 2000, "stopped_reason": "Local"})
    assert tell(transaction, first, other, first, other) == [True, True, False, False]


FIRST_END: Message = ("end", {"occurred_at": at(9), "meter_stop_wh": 1000, "stopped_reason": "Local"})
SECOND_END: Message = ("end", {"occurred_at": at(10), "meter_stop_wh": 2000, "stopped_reason": "Remote"})


@given(st.permutations([STARTED, FIRST_END, SECOND_END]))
def test_of_two_ends_the_later_one_counts(session: list[Message]) -> None:
    transaction = blank()
    tell(transaction, *session)
    facts = transaction.facts
    assert (facts.ended_at, facts.stopped_reason, facts.register.meter_stop) == (at(10), "Remote", 2000)


@given(st.permutations([METERED, METERED_AGAIN, AUTHORIZED]), st.integers(0, 3))
def test_an_end_that_is_our_guess_is_the_last_moment_told_of(session: list[Message], n: int) -> None:
    transaction = blank()
    tell(transaction, STARTED, *session[:n])
    assert transaction.close(at(90), "nothing is heard of it")
    tell(transaction, *session[n:])
    assert (transaction.facts.ended_at, transaction.facts.estimated) == (at(10), True)
    tell(transaction, FIRST_END)
    assert (transaction.facts.ended_at, transaction.facts.estimated) == (at(9), False)


@given(st.lists(st.integers(0, 30)))
def test_the_numbers_between_those_that_arrived_are_missing(seq_nos: list[int]) -> None:
    transaction = blank()
    tell(transaction, *(("update", {"occurred_at": at(0), "seq_no": n}) for n in seq_nos))
    missing = [n for first, last in transaction.facts.gaps for n in range(first, last + 1)]
    assert missing == sorted(set(range(min(seq_nos, default=0), max(seq_nos, default=0))) - set(seq_nos))
    assert all(first <= last for first, last in transaction.facts.gaps)


@given(st.permutations([STARTED, AUTHORIZED, ("update", {"occurred_at": at(3), "evse": Evse(3, 1)})]))
def test_of_two_places_the_first_counts(session: list[Message]) -> None:
    transaction = blank()
    tell(transaction, *session)
    assert transaction.facts.evse == Evse(2, 1)


NIGHT, FAST = TariffRef("night", 3), TariffRef("fast", 1)


@pytest.mark.parametrize(
    ("told", "tariff"),
    [
        ([(None, NIGHT), (Evse(2), FAST)], FAST),
        ([(Evse(2), FAST), (None, NIGHT)], FAST),
        ([(None, NIGHT), (Evse(2), TariffRef("night", 4))], NIGHT),
        ([(None, None), (Evse(2), FAST), (Evse(2, 1), NIGHT)], FAST),
    ],
)
def test_an_evse_with_a_price_of_its_own_has_it_even_if_it_is_named_later(
    told: list[tuple[Evse | None, TariffRef | None]], tariff: TariffRef
) -> None:
    transaction = blank()
    for minute, (evse, ref) in enumerate(told):
        transaction.update(NOON, occurred_at=at(minute), evse=evse, tariff=ref)
    assert transaction.facts.tariff == tariff


def test_the_first_event_heard_of_freezes_the_tariff() -> None:
    transaction = blank()
    tell(transaction, (METERED[0], {**METERED[1], "tariff": TariffRef("day", 1)}))
    tell(transaction, (STARTED[0], {**STARTED[1], "tariff": TariffRef("day", 2)}))
    assert transaction.facts.tariff == TariffRef("day", 1)
    started: list[DomainEvent] = list(transaction.collect_events())  # type: ignore[arg-type]
    assert [getattr(event, "tariff", None) for event in started] == [TariffRef("day", 1), None]


@given(st.permutations([STARTED, (AUTHORIZED[0], {**AUTHORIZED[1], "charging_state": "EVConnected"}), CHARGING]))
def test_of_two_charging_states_at_the_same_time_the_sequence_number_decides(session: list[Message]) -> None:
    transaction = blank()
    tell(transaction, *session)
    assert transaction.facts.charging_state == "Charging"


def test_the_place_is_kept_as_precisely_as_it_was_ever_told() -> None:
    transaction = blank()
    tell(transaction, AUTHORIZED, STARTED)
    assert transaction.facts.evse == Evse(2, 1)


def test_samples_may_be_the_first_to_tell_the_place() -> None:
    transaction = blank()
    tell(transaction, ("meter", {**METERED[1], "evse": Evse(3, 1), "charging_state": "Charging"}))
    assert (transaction.facts.evse, transaction.facts.charging_state) == (Evse(3, 1), "Charging")
    assert (transaction.facts.began_at, transaction.facts.started_at) == (at(5), None)


REFUSED: Message = ("update", {"occurred_at": at(1), "seq_no": 1, "id_token": PHONE, "authorization": BLOCKED})
REFUSED_LATER: Message = (
    "update",
    {"occurred_at": at(8), "seq_no": 9, "id_token": IdToken("X"), "authorization": BLOCKED},
)


@given(st.permutations([STARTED, REFUSED, AUTHORIZED, STOPPED, REFUSED_LATER]))
def test_the_token_that_counts_is_the_first_that_was_accepted(session: list[Message]) -> None:
    transaction = blank()
    tell(transaction, *session)
    assert (transaction.facts.id_token, transaction.facts.authorized_at) == (CARD, at(2))


@given(st.permutations([STARTED, REFUSED, REFUSED_LATER]))
def test_else_the_first_that_was_presented(session: list[Message]) -> None:
    transaction = blank()
    tell(transaction, *session)
    assert (transaction.facts.id_token, transaction.facts.authorization) == (PHONE, BLOCKED)
    assert transaction.facts.authorized_at is None


def test_time_is_paid_for_from_the_authorization_on() -> None:
    transaction = blank()
    tell(transaction, STARTED, AUTHORIZED)
    assert transaction.facts.usage() == Usage(0, 0)
    tell(transaction, ENDED)
    assert transaction.facts.usage() == Usage(2500, 30 * 60)


def test_without_an_authorization_time_is_paid_for_from_the_start() -> None:
    transaction = blank()
    tell(transaction, STARTED, ENDED)
    assert transaction.facts.usage() == Usage(2500, 32 * 60)


def test_what_goes_on_is_paid_for_up_to_a_moment() -> None:
    transaction = blank()
    tell(transaction, STARTED, AUTHORIZED, METERED)
    assert transaction.facts.usage(at(5)) == Usage(500, 3 * 60)
    tell(transaction, ENDED)
    assert transaction.facts.usage(at(5)) == Usage(2500, 30 * 60)


def test_an_end_before_its_beginning_is_not_paid_for_backwards() -> None:
    transaction = blank()
    tell(transaction, ("start", {"occurred_at": at(10)}), ("end", {"occurred_at": at(0)}))
    assert transaction.facts.usage() == Usage(0, 0)


def test_an_end_without_a_start_is_a_transaction_that_ended() -> None:
    transaction = blank()
    tell(transaction, ("end", {"occurred_at": at(10), "meter_stop_wh": 900}))
    assert (transaction.state, transaction.facts.energy.wh) == (TransactionState.ENDED, 0)
    assert transaction.facts.began_at == at(10)


def test_facts_of_the_same_events_are_the_same() -> None:
    transaction = blank()
    tell(transaction, *SESSION)
    facts = Facts()
    for event in transaction.collect_events():
        facts.apply(event)  # type: ignore[arg-type]
    assert facts == transaction.facts
    assert replace(facts) == facts


def test_streams_carry_the_day_and_tell_stations_apart() -> None:
    assert Transaction.stream("CS/1", "a b", NOON) == "transaction:2026-11-20:CS%2F1/a b"
    assert Transaction.stream("CS", "1/a b", NOON) != Transaction.stream("CS/1", "a b", NOON)
