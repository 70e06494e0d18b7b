from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from domain.events import StationDay, Transaction
from domain.rating import PriceKind
from domain.station import TariffRef
from domain.transaction import TransactionState
from domain.values import AuthorizationStatus, Evse, IdToken
from tests.api.ocpp.line import Clock, Line, price

Permit = Callable[..., Awaitable[None]]
TOKEN = {"idToken": "ABC123", "type": "ISO14443"}


def told(event_type: str, minute: int, trigger: str = "Authorized", **more: Any) -> dict[str, Any]:
    info = {"transactionId": "T-1", **more.pop("info", {})}
    energy = more.pop("energy", None)
    if energy is not None:
        value = {"value": energy, "context": more.pop("context", "Sample.Periodic")}
        more["meterValue"] = [{"timestamp": f"2026-11-20T12:{minute:02}:00Z", "sampledValue": [value]}]
    return {
        "eventType": event_type,
        "timestamp": f"2026-11-20T12:{minute:02}:00Z",
        "triggerReason": trigger,
        "seqNo": minute,
        "transactionInfo": info,
        **more,
    }


STARTED = told("Started", 0, evse={"id": 1, "connectorId": 1}, idToken=TOKEN, energy=1500, context="Transaction.Begin")
CHARGING = told("Updated", 1, "ChargingStateChanged", info={"chargingState": "Charging"})
METERED = told("Updated", 5, "MeterValuePeriodic", energy=1600)
ENDED = told("Ended", 9, "EVDeparted", energy=4000, context="Transaction.End", info={"stoppedReason": "EVDisconnected"})


async def test_a_transaction_from_beginning_to_end(v201: Line, permit: Permit) -> None:
    await permit("ABC123", type="ISO14443")
    assert await v201.call("TransactionEvent", STARTED) == {"idTokenInfo": {"status": "Accepted"}}
    assert v201.kinds == ["transaction.started", "day.transaction-opened"]
    assert await v201.call("TransactionEvent", CHARGING) == {}
    assert v201.kinds == ["transaction.updated"]
    assert await v201.call("TransactionEvent", METERED) == {}
    assert v201.kinds == ["transaction.metered"]
    assert await v201.call("TransactionEvent", ENDED) == {"totalCost": 0}
    assert v201.kinds == ["transaction.ended", "day.transaction-closed"]
    facts = (await v201.transaction("T-1")).facts
    assert facts.state is TransactionState.ENDED
    assert (facts.evse, facts.id_token) == (Evse(1, 1), IdToken("ABC123", "ISO14443"))
    assert (facts.energy.wh, facts.stopped_reason, facts.charging_state) == (2500, "EVDisconnected", "Charging")


async def test_what_each_event_says_is_recorded(v201: Line) -> None:
    more = {"reservationId": 4, "offline": True, "numberOfPhasesUsed": 3, "cableMaxCurrent": 32}
    await v201.call(
        "TransactionEvent", {**STARTED, **more, "transactionInfo": {"transactionId": "T-1", "remoteStartId": 8}}
    )
    [event] = v201.all(Transaction.Started)
    assert (event.seq_no, event.offline, event.trigger_reason) == (0, True, "Authorized")
    assert (event.reservation_id, event.remote_start_id) == (4, 8)
    assert event.authorization is AuthorizationStatus.INVALID


@pytest.mark.parametrize("again", [STARTED, CHARGING, METERED, ENDED])
async def test_a_repeated_event_changes_nothing_and_gets_the_same_answer(again: dict[str, Any], v201: Line) -> None:
    answers = [await v201.call("TransactionEvent", event) for event in (STARTED, CHARGING, METERED, ENDED)]
    before = (await v201.transaction("T-1")).facts
    for line in (v201, await v201.connect()):
        answer = await line.call("TransactionEvent", {**again, "offline": True})
        assert answer == answers[[STARTED, CHARGING, METERED, ENDED].index(again)]
        assert line.kinds == ["day.message-received"]
    assert (await v201.transaction("T-1")).facts == before


async def test_an_end_that_overtakes_what_came_before_it_is_an_end(v201: Line, clock: Clock) -> None:
    # when the end comes first, and the rest on the next day over another connection
    assert await v201.call("TransactionEvent", ENDED) == {"totalCost": 0}
    assert v201.kinds == ["transaction.ended", "day.transaction-opened", "day.transaction-closed"]
    clock.advance(days=1)
    await v201.connect()
    for event in (METERED, CHARGING, STARTED):
        await v201.call("TransactionEvent", event)
        assert len(v201.happened) == 1
    # then it is one transaction, and nothing is running
    facts = (await v201.transaction("T-1")).facts
    assert (facts.state, facts.energy.wh, facts.evse) == (TransactionState.ENDED, 2500, Evse(1, 1))
    assert len({event.originator_id for event in (*v201.all(Transaction.Started), *v201.all(Transaction.Ended))}) == 1
    assert v201.session.day.open_transaction_on(1) is None


async def test_an_update_of_a_transaction_never_heard_of_is_its_first_event(v201: Line) -> None:
    await v201.call("TransactionEvent", METERED)
    assert v201.kinds == ["transaction.metered", "day.transaction-opened"]
    await v201.call("TransactionEvent", STARTED)
    assert v201.kinds == ["transaction.started"]
    assert (await v201.transaction("T-1")).facts.energy.wh == 100


async def test_a_station_that_always_counts_0_loses_nothing(v201: Line) -> None:
    states = ("EVConnected", "Charging", "SuspendedEV", "Charging")
    events = [
        {**STARTED, "seqNo": 0},
        *(
            {**told("Updated", 1, "ChargingStateChanged", info={"chargingState": state}), "seqNo": 0}
            for state in states[:3]
        ),
        {**told("Updated", 2, "ChargingStateChanged", info={"chargingState": states[3]}), "seqNo": 0},
        {**METERED, "seqNo": 0},
        {**METERED, "seqNo": 0, "timestamp": "2026-11-20T12:06:00Z"},
        {**ENDED, "seqNo": 0},
    ]
    for event in events:
        await v201.call("TransactionEvent", event)
        assert v201.kinds[0].startswith("transaction.")
    for event in events:
        await v201.call("TransactionEvent", event)
        assert v201.kinds == ["day.message-received"]
    assert (await v201.transaction("T-1")).facts.energy.wh == 2500


async def test_a_charging_state_that_comes_with_samples_counts(v201: Line) -> None:
    await v201.call("TransactionEvent", STARTED)
    payload = {**METERED, "transactionInfo": {"transactionId": "T-1", "chargingState": "Charging"}}
    await v201.call("TransactionEvent", payload)
    assert (await v201.transaction("T-1")).facts.charging_state == "Charging"


async def test_transactions_of_equal_name_at_two_stations_are_two(connect: Callable[..., Awaitable[Line]]) -> None:
    lines = [await connect("2.0.1", name) for name in ("CS1", "CS1/x", "CS2")]
    for line in lines:
        await line.call("TransactionEvent", STARTED)
    assert len({event.originator_id for event in lines[0].all(Transaction.Started)}) == 3


async def test_a_token_that_is_not_accepted_does_not_refuse_the_event(v201: Line, permit: Permit) -> None:
    await permit("ABC123", AuthorizationStatus.NO_CREDIT)
    assert await v201.call("TransactionEvent", STARTED) == {"idTokenInfo": {"status": "NoCredit"}}
    assert v201.kinds[0] == "transaction.started"


async def test_the_end_tells_the_cost_in_the_prices_of_the_start(v201: Line, permit: Permit) -> None:
    # given a tariff
    await permit("ABC123")
    await price(v201, "0.40")
    await v201.call("TransactionEvent", STARTED)
    # when the price rises while the car charges
    await price(v201, "9.99")
    # then the old one is paid: 2.5 kWh at 0.40, and tax
    assert await v201.call("TransactionEvent", ENDED) == {"totalCost": 1.19}
    assert (await v201.transaction("T-1")).facts.tariff == TariffRef("day", 1)
    [started] = v201.all(Transaction.Started)
    [ended] = v201.all(Transaction.Ended)
    assert (started.tariff, ended.tariff) == (TariffRef("day", 1), None)


async def test_a_transaction_without_a_place_gets_it_later(v201: Line) -> None:
    await v201.call("TransactionEvent", {k: v for k, v in STARTED.items() if k != "evse"})
    await v201.call("TransactionEvent", told("Updated", 2, "CablePluggedIn", evse={"id": 2}))
    await v201.call("TransactionEvent", told("Updated", 3, "CablePluggedIn", evse={"id": 2, "connectorId": 1}))
    assert (await v201.transaction("T-1")).facts.evse == Evse(2, 1)
    assert len(v201.all(StationDay.TransactionOpened)) == 1


TEXT = {"format": "UTF8", "content": "0.40 € per kWh"}
CARD = {"status": "Accepted", "personalMessage": TEXT}


async def test_the_tariff_and_the_running_cost_are_told(v201: Line, permit: Permit) -> None:
    await permit("ABC123")
    await price(v201, "0.40", description="0.40 € per kWh")
    assert await v201.call("TransactionEvent", STARTED) == {"idTokenInfo": CARD}
    assert await v201.call("TransactionEvent", METERED) == {"totalCost": 0.05}
    # what happened offline is past
    offline = {**told("Updated", 6, "MeterValuePeriodic", energy=1700), "offline": True}
    assert await v201.call("TransactionEvent", offline) == {}
    assert await v201.call("TransactionEvent", ENDED) == {"totalCost": 1.19}
    late = told("Updated", 8, "MeterValuePeriodic", energy=3000)
    assert await v201.call("TransactionEvent", late) == {}


async def test_there_is_no_cost_while_there_is_nobody_to_pay_it(v201: Line, permit: Permit) -> None:
    await price(v201, "0.40")
    await v201.call("TransactionEvent", {k: v for k, v in STARTED.items() if k != "idToken"})
    assert await v201.call("TransactionEvent", METERED) == {}
    token = told("Updated", 6, idToken=TOKEN)
    assert await v201.call("TransactionEvent", token) == {"idTokenInfo": {"status": "Invalid"}}
    await permit("ABC123")
    token = told("Updated", 7, idToken=TOKEN)
    assert await v201.call("TransactionEvent", token) == {"idTokenInfo": {"status": "Accepted"}, "totalCost": 0.05}


async def test_the_time_so_far_is_part_of_the_running_cost(v201: Line, permit: Permit) -> None:
    await permit("ABC123")
    await price(v201, "6", kind=PriceKind.TIME)
    await v201.call("TransactionEvent", STARTED)
    assert await v201.call("TransactionEvent", METERED) == {"totalCost": 0.6}


async def test_an_evse_with_a_price_of_its_own_has_it_whenever_it_is_named(v201: Line, permit: Permit) -> None:
    # given a driver who shows the card before the plug is in
    await permit("ABC123")
    await price(v201, "0.40", description="cheap")
    await price(v201, "0.80", "fast", evse_id=2, description="fast")
    without_place = {k: v for k, v in STARTED.items() if k != "evse"}
    info = (await v201.call("TransactionEvent", without_place))["idTokenInfo"]
    assert info["personalMessage"]["content"] == "cheap"
    # when the plug goes into the fast one, then that is what it costs, and the driver is told
    plugged = told("Updated", 2, "CablePluggedIn", evse={"id": 2, "connectorId": 1})
    reply = await v201.call("TransactionEvent", plugged)
    assert reply == {"updatedPersonalMessage": {"format": "UTF8", "content": "fast"}, "totalCost": 0}
    assert (await v201.transaction("T-1")).facts.tariff == TariffRef("fast", 1)
    # and whatever is decided now changes nothing
    await price(v201, "9", "other", evse_id=2)
    await v201.call("TransactionEvent", told("Updated", 3, "CablePluggedIn", evse={"id": 2, "connectorId": 1}))
    assert await v201.call("TransactionEvent", ENDED) == {"totalCost": 2.38}


async def test_a_token_that_ends_a_transaction_is_not_the_one_that_pays(v201: Line, permit: Permit) -> None:
    await permit("MASTER", group_id="MASTERPASS")
    await v201.call("TransactionEvent", STARTED)
    master = {"idToken": "MASTER", "type": "ISO14443"}
    reply = await v201.call("TransactionEvent", told("Updated", 6, "StopAuthorized", idToken=master))
    group = {"idToken": "MASTERPASS", "type": "Central"}
    assert reply["idTokenInfo"] == {"status": "Accepted", "groupIdToken": group}
    facts = (await v201.transaction("T-1")).facts
    assert (facts.id_token, facts.authorized_at) == (IdToken("ABC123", "ISO14443"), None)


async def test_a_master_pass_ends_transactions_and_begins_none(v201: Line, permit: Permit) -> None:
    v201.node.master_pass_group = "MasterPass"
    await permit("ABC123", group_id="MASTERPASS")
    group = {"idToken": "MASTERPASS", "type": "Central"}
    for answer, event in (
        ("Accepted", told("Updated", 0, "StopAuthorized", idToken=TOKEN)),
        ("Invalid", STARTED),
        ("Invalid", told("Updated", 2, "RemoteStart", idToken=TOKEN)),
        ("Accepted", told("Ended", 3, "StopAuthorized", idToken=TOKEN)),
    ):
        reply = await v201.call("TransactionEvent", event)
        assert reply["idTokenInfo"] == {"status": answer, "groupIdToken": group}
    assert (await v201.transaction("T-1")).facts.authorized_at is None


@pytest.mark.parametrize("carrier", ["Started", "Updated", "Ended"])
async def test_what_is_told_once_is_kept_whatever_it_comes_with(carrier: str, v201: Line) -> None:
    once = {"info": {"remoteStartId": 0}, "reservationId": 0}
    await v201.call("TransactionEvent", told(carrier, 3, "MeterValuePeriodic", **once))
    for kind in ("Ended", "Updated", "Started"):
        await v201.call("TransactionEvent", told(kind, 4, "MeterValuePeriodic"))
    facts = (await v201.transaction("T-1")).facts
    assert (facts.remote_start_id, facts.reservation_id) == (0, 0)


async def test_a_start_button_is_a_token(v201: Line) -> None:
    button = {**STARTED, "idToken": {"idToken": "", "type": "NoAuthorization"}}
    assert await v201.call("TransactionEvent", button) == {"idTokenInfo": {"status": "Accepted"}}


async def test_the_numbers_that_are_missing_are_known(v201: Line) -> None:
    for minute in (0, 4, 9, 1, 4):
        await v201.call("TransactionEvent", {0: STARTED, 9: ENDED}.get(minute) or told("Updated", minute, "Trigger"))
    assert (await v201.transaction("T-1")).facts.gaps == [(2, 3), (5, 8)]
    for minute in (7, 6, 8, 2, 3, 5):
        await v201.call("TransactionEvent", told("Updated", minute, "Trigger"))
    assert (await v201.transaction("T-1")).facts.gaps == []
