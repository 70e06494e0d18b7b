"""Sessions of both versions, from the plug to the bill, told once, twice and in another order."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.endtoend.billing import BEGAN, ENDED, FROM_WH, LINES, TO_WH, TOTALS, check_bill, looked_up, middle, prepared
from tests.endtoend.conftest import Registered, register
from tests.endtoend.front_end import Api
from tests.endtoend.server import Server
from tests.endtoend.stations import Reading, Station16, Station201, plugged_in

_OF_ITSELF = ("id", "stationId", "transactionId", "idToken", "events")
"""What two transactions that went alike differ in."""


async def begin(station: Any, token: str, **more: Any) -> str:
    message = station.starting(token, BEGAN, FROM_WH, **more)
    transaction_id, _ = station.started(message, await station.say(message))
    return transaction_id


def alike(transaction: dict[str, Any]) -> dict[str, Any]:
    record = transaction["chargeDetailRecord"]
    kept = {k: v for k, v in record.items() if k not in ("id", "revision", "issuedAt", "transaction")}
    return {k: v for k, v in transaction.items() if k not in _OF_ITSELF} | {"chargeDetailRecord": kept}


async def test_a_session_is_shown_billed_and_kept_with_its_evidence(
    server: Server, api: Api, registered: Registered
) -> None:
    token = await prepared(api, registered)
    async with plugged_in(server, *registered) as station:
        assert await station.authorize(token) == "Accepted"
        await station.report("Occupied" if registered.kind is Station201 else "Preparing")
        message = station.starting(token, BEGAN, FROM_WH)
        transaction_id, authorization = station.started(message, await station.say(message))
        assert authorization == "Accepted"
        running = await looked_up(api, registered.id, transaction_id)
        await station.say(station.metering(transaction_id, middle()))
        answer = await station.say(station.ending(transaction_id, ENDED, TO_WH))

    assert (running["state"], running["chargeDetailRecord"], running["endedAt"]) == ("ACTIVE", None, None)
    ended = await looked_up(api, registered.id, transaction_id)
    assert (ended["state"], ended["energyWh"], ended["provisional"]) == ("ENDED", TO_WH - FROM_WH, False)
    assert (ended["idToken"], ended["authorizationStatus"]) == (token, "Accepted")
    assert (ended["evseId"], ended["connectorId"], ended["stoppedReason"]) == (1, 1, "EVDisconnected")
    assert (datetime.fromisoformat(ended["startedAt"]), datetime.fromisoformat(ended["endedAt"])) == (BEGAN, ENDED)
    check_bill(ended["chargeDetailRecord"])
    assert ended["chargeDetailRecord"]["revision"] == 1
    sample = {"at": middle().at.isoformat(), "registerWh": FROM_WH + 6000.0, "powerW": 11000.0}
    assert sample in ended["meterValues"]["nodes"]
    types = [event["type"].removeprefix("transaction.") for event in ended["events"]]
    assert types == ["started", "metered", "ended"]
    assert all(event["evidence"]["protocol"] == f"ocpp{registered.kind.version}" for event in ended["events"])
    assert token in ended["events"][0]["evidence"]["request"]
    if registered.kind is Station201:
        assert answer.total_cost == float(TOTALS[2])


async def test_a_session_where_no_tariff_applies_costs_nothing(
    server: Server, api: Api, registered: Registered
) -> None:
    async with plugged_in(server, *registered) as station:
        transaction_id = await begin(station, "whoever")
        await station.say(station.ending(transaction_id, ENDED, TO_WH))
    record = (await looked_up(api, registered.id, transaction_id))["chargeDetailRecord"]
    assert (record["energyWh"], record["currency"], record["lines"]) == (TO_WH - FROM_WH, None, [])
    assert float(record["totalInclVat"]) == 0


async def test_a_session_keeps_the_price_that_it_began_with(server: Server, api: Api, registered: Registered) -> None:
    token, tariff = await prepared(api, registered), f"of {registered.id}"
    dear = {"kind": "ENERGY", "price": "1", "vat": "0"}
    await api.well("defineTariff", tariffId=tariff, currency="EUR", elements=[dear])
    await api.well("assignTariff", tariffId=tariff, stationId=registered.id)
    await api.now()
    async with plugged_in(server, *registered) as station:
        transaction_id = await begin(station, token)
        await api.well("defineTariff", tariffId=tariff, currency="EUR", elements=[dear | {"price": "2"}])
        await station.say(station.ending(transaction_id, ENDED, TO_WH))
    record = (await looked_up(api, registered.id, transaction_id))["chargeDetailRecord"]
    assert (record["tariffId"], record["tariffVersion"], record["totalInclVat"]) == (tariff, 1, "12.35")  # half up


async def test_a_repeated_start_gets_the_same_transaction(server: Server, api: Api, registered: Registered) -> None:
    token = await prepared(api, registered)
    async with plugged_in(server, *registered) as station:
        message = station.starting(token, BEGAN, FROM_WH)
        answers = [await station.say(message) for _ in range(3)]
        assert len({station.started(message, answer) for answer in answers}) == 1
        transaction_id, _ = station.started(message, answers[0])
        await station.say(station.ending(transaction_id, ENDED, TO_WH))
        assert station.started(message, await station.say(message)) == (transaction_id, "Accepted")
    found = await api.seen(
        "query($id: ID!, $now: String) { transactions(first: 9, filter: {stationId: $id}, atLeastPosition: $now)"
        " { nodes { transactionId state } } }",
        id=registered.id,
    )
    assert found["transactions"]["nodes"] == [{"transactionId": transaction_id, "state": "ENDED"}]
    check_bill((await looked_up(api, registered.id, transaction_id))["chargeDetailRecord"])


async def test_whatever_is_repeated_changes_nothing(server: Server, api: Api, registered: Registered) -> None:
    token = await prepared(api, registered)
    async with plugged_in(server, *registered) as station:
        start = station.starting(token, BEGAN, FROM_WH)
        transaction_id, _ = station.started(start, await station.say(start))
        metered, end = station.metering(transaction_id, middle()), station.ending(transaction_id, ENDED, TO_WH)
        answers = [await station.say(message) for message in (metered, end)]
        once = await looked_up(api, registered.id, transaction_id)
        for message in (end, metered, start, metered, end):
            await station.say(message)
        again = [await station.say(message) for message in (metered, end)]
        # the running cost is that of its moment: after the end there is none
        assert asdict(again[0]) | {"total_cost": None} == asdict(answers[0]) | {"total_cost": None}
        assert again[1] == answers[1]
    assert await looked_up(api, registered.id, transaction_id) == once
    assert len(once["events"]) == 3


async def test_an_end_before_what_came_before_it_leads_to_the_same(
    server: Server, api: Api, registered: Registered
) -> None:
    token = await prepared(api, registered)
    async with plugged_in(server, *registered) as station:
        sessions = []
        for early in (False, True):
            transaction_id = await begin(station, token, evse_id=1 + early)
            updated, end = station.metering(transaction_id, middle()), station.ending(transaction_id, ENDED, TO_WH)
            for message in (end, updated) if early else (updated, end):
                await station.say(message)
            sessions.append(await looked_up(api, registered.id, transaction_id))
    usual, healed = sessions
    assert alike(usual) == alike(healed) | {"evseId": 1}
    check_bill(healed["chargeDetailRecord"])


async def test_a_2_0_1_transaction_told_in_any_order_ends_the_same(server: Server, api: Api) -> None:
    registered = await register(api, Station201)
    token = await prepared(api, registered)
    told = []
    async with plugged_in(server, *registered) as station:
        for order in itertools.permutations(range(3)):
            start = station.starting(token, BEGAN, FROM_WH)
            transaction_id = start.transaction_info["transaction_id"]
            messages = (start, station.metering(transaction_id, middle()), station.ending(transaction_id, ENDED, TO_WH))
            for number in order:
                await station.say(messages[number])
            told.append(await looked_up(api, registered.id, transaction_id))
    assert all(alike(transaction) == alike(told[0]) for transaction in told)
    check_bill(told[-1]["chargeDetailRecord"])


async def test_late_meter_values_make_a_new_revision_only_if_the_bill_changes(
    server: Server, api: Api, registered: Registered
) -> None:
    token = await prepared(api, registered)
    async with plugged_in(server, *registered) as station:
        transaction_id = await begin(station, token)
        await station.say(station.ending(transaction_id, ENDED, TO_WH))
        before = await looked_up(api, registered.id, transaction_id)
        await station.say(station.metering(transaction_id, middle()))
        same = await looked_up(api, registered.id, transaction_id)
        corrected = (Reading(BEGAN, FROM_WH, "Transaction.Begin"), Reading(ENDED, FROM_WH + 20_000, "Transaction.End"))
        await station.say(station.metering(transaction_id, *corrected))
        after = await looked_up(api, registered.id, transaction_id)
    assert same["chargeDetailRecord"] == before["chargeDetailRecord"]
    assert len(same["events"]) == len(before["events"]) + 1
    assert (before["chargeDetailRecord"]["revision"], after["chargeDetailRecord"]["revision"]) == (1, 2)
    # 20 kWh × 0.39 = 7.80, VAT 1.482 → 1.48
    assert after["chargeDetailRecord"]["lines"][0]["amountInclVat"] == "9.28"
    assert after["chargeDetailRecord"]["totalInclVat"] == "11.96"
    assert (after["energyWh"], after["state"]) == (20_000, "ENDED")


async def test_meter_values_are_a_series_in_the_order_of_the_meter(
    server: Server, api: Api, registered: Registered
) -> None:
    taken = [Reading(BEGAN + timedelta(minutes=n), FROM_WH + 100 * n, watts=6000 + n) for n in range(1, 61)]
    async with plugged_in(server, *registered) as station:
        transaction_id = await begin(station, "whoever")
        for n in (30, 0, 45, 15):  # a queue that was sent in another order
            await station.say(station.metering(transaction_id, *taken[n : n + 15]))
        await station.say(station.ending(transaction_id, ENDED, TO_WH))
    transaction = await looked_up(api, registered.id, transaction_id)
    series, after = [], None
    while True:
        page = await api.ask(
            "query($id: ID!, $after: String) { transaction(id: $id) { powerW meterValues(first: 25, after: $after)"
            " { nodes { at registerWh powerW } pageInfo { hasNextPage endCursor } } } }",
            id=transaction["id"],
            after=after,
        )
        values = page["transaction"]["meterValues"]
        series += values["nodes"]
        if not values["pageInfo"]["hasNextPage"]:
            break
        after = values["pageInfo"]["endCursor"]
    assert [value["at"] for value in series] == sorted(value["at"] for value in series)
    powers = [(value["registerWh"], value["powerW"]) for value in series if value["powerW"] is not None]
    assert powers == [(reading.wh, reading.watts) for reading in taken]


async def test_a_token_that_nobody_knows_is_refused_but_what_it_charged_is_recorded(
    server: Server, api: Api, registered: Registered
) -> None:
    await prepared(api, registered)
    async with plugged_in(server, *registered) as station:
        assert await station.authorize("STRANGER") in ("Invalid", "Unknown")
        message = station.starting("STRANGER", BEGAN, FROM_WH)
        transaction_id, authorization = station.started(message, await station.say(message))
        await station.say(station.ending(transaction_id, ENDED, TO_WH))
    assert authorization in ("Invalid", "Unknown")
    transaction = await looked_up(api, registered.id, transaction_id)
    assert (transaction["idToken"], transaction["authorizationStatus"]) == ("STRANGER", authorization)
    check_bill(transaction["chargeDetailRecord"])


@pytest.mark.parametrize(("status", "in_16"), [("Blocked", "Blocked"), ("Expired", "Expired"), ("NoCredit", "Invalid")])
async def test_a_token_is_answered_what_the_operator_says_from_the_next_time_on(
    server: Server, api: Api, registered: Registered, status: str, in_16: str
) -> None:
    token = await prepared(api, registered)
    expected = in_16 if registered.kind is Station16 else status
    async with plugged_in(server, *registered) as station:
        assert await station.authorize(token) == "Accepted"
        await api.well("setIdToken", idToken=token, status=status)
        await api.now()
        answers = []
        while (answer := await station.authorize(token.lower())) == "Accepted" and len(answers) < 50:
            answers.append(answer)  # the process that holds the socket hears of it a moment later
        assert answer == expected
        message = station.starting(token, BEGAN, FROM_WH)
        transaction_id, authorization = station.started(message, await station.say(message))
    assert authorization == expected
    assert (await looked_up(api, registered.id, transaction_id))["authorizationStatus"] == status


async def test_charge_detail_records_can_be_listed(server: Server, api: Api, registered: Registered) -> None:
    token = await prepared(api, registered)
    async with plugged_in(server, *registered) as station:
        for evse_id in (1, 2):
            transaction_id = await begin(station, token, evse_id=evse_id)
            await station.say(station.ending(transaction_id, ENDED, TO_WH))
    found = await api.seen(
        "query($id: ID!, $now: String) { chargeDetailRecords(first: 1, filter: {stationId: $id}, atLeastPosition: $now)"
        " { nodes { totalInclVat lines { kind } transaction { state } } pageInfo { hasNextPage } } }",
        id=registered.id,
    )
    [record] = found["chargeDetailRecords"]["nodes"]
    assert found["chargeDetailRecords"]["pageInfo"] == {"hasNextPage": True}
    assert (record["totalInclVat"], record["transaction"]) == (TOTALS[2], {"state": "ENDED"})
    assert [line["kind"] for line in record["lines"]] == [line[0] for line in LINES]
