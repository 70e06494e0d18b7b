"""Transactions, meter values, tariffs and the bills that follow."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.events import Transaction
from domain.station import TariffRef
from domain.values import AuthorizationStatus, Evse, IdToken, MeterReading, SampledValue
from tests.api.graphql.conftest import T0, Api

HOUR = timedelta(hours=1)


def reading(minutes: int, wh: int, watts: int = 11_000) -> MeterReading:
    values = (
        SampledValue(Decimal(wh)),
        SampledValue(Decimal(watts), "Power.Active.Import", "W"),
        SampledValue(Decimal("55.5"), "SoC", "Percent"),
    )
    return MeterReading(T0 + timedelta(minutes=minutes), values)


async def charge(
    api: Api, station_id: str, transaction_id: str, *, ended: bool = True, tariff: TariffRef | None = None
) -> str:
    """An hour of charging, 11 kWh with a reading every quarter of an hour."""
    transaction = Transaction.blank(Transaction.stream(station_id, transaction_id, T0))
    transaction.start(
        T0,
        occurred_at=T0,
        seq_no=0,
        evse=Evse(1, 1),
        id_token=IdToken("04AB", "ISO14443"),
        authorization=AuthorizationStatus.ACCEPTED,
        meter_start_wh=1000,
        tariff=tariff,
    )
    for n in range(1, 5):
        transaction.meter(T0, occurred_at=T0 + n * HOUR / 4, seq_no=n, readings=(reading(n * 15, 1000 + n * 2750),))
    if ended:
        transaction.end(T0, occurred_at=T0 + HOUR, seq_no=5, meter_stop_wh=12_000, stopped_reason="Local")
    return await api.record(transaction)


TRANSACTION = """
query ($id: ID!, $p: String) { transaction(id: $id, atLeastPosition: $p) {
  id stationId transactionId evseId connectorId idToken idTokenType state startedAt endedAt stoppedReason energyWh
  powerW
  socPercent station { id } chargeDetailRecord { id totalInclVat }
  meterValues(first: 3) { nodes { at registerWh powerW socPercent currentA voltageV }
    pageInfo { hasNextPage endCursor } } } }
"""


async def test_a_running_transaction_shows_its_energy_and_its_latest_power(api: Api) -> None:
    await api.register("CS 1")
    position = await charge(api, "CS 1", "7", ended=False)
    shown = (await api.ask(TRANSACTION, id="CS 1/7", p=position))["transaction"]
    page = shown.pop("meterValues")
    assert shown == {
        "id": "CS 1/7",
        "stationId": "CS 1",
        "transactionId": "7",
        "evseId": 1,
        "connectorId": 1,
        "idToken": "04AB",
        "idTokenType": "ISO14443",
        "state": "ACTIVE",
        "startedAt": "2026-11-20T08:00:00+00:00",
        "endedAt": None,
        "stoppedReason": None,
        "energyWh": 11_000,
        "powerW": 11_000.0,
        "socPercent": 55.5,
        "station": {"id": "CS 1"},
        "chargeDetailRecord": None,
    }
    first = {"at": "2026-11-20T08:15:00+00:00", "registerWh": 3750.0, "powerW": 11_000.0, "socPercent": 55.5}
    assert page["nodes"][0] == first | {"currentA": None, "voltageV": None}
    assert (len(page["nodes"]), page["pageInfo"]["hasNextPage"]) == (3, True)
    rest = await api.ask(
        'query ($a: String) { transaction(id: "CS 1/7") { meterValues(first: 3, after: $a) { nodes { at } } } }',
        a=page["pageInfo"]["endCursor"],
    )
    assert rest["transaction"]["meterValues"]["nodes"] == [{"at": "2026-11-20T09:00:00+00:00"}]
    wrong = await api.post('{ transaction(id: "CS 1/7") { meterValues(first: 3, after: "Q1Mx") { nodes { at } } } }')
    assert wrong["errors"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_transactions_are_found_by_what_they_are_about(api: Api) -> None:
    for station, transaction in [("CS1", "1"), ("CS1", "2"), ("CS2", "1")]:
        position = await charge(api, station, transaction, ended=transaction == "1")
    query = """query ($f: TransactionFilter, $p: String) {
      transactions(first: 9, filter: $f, atLeastPosition: $p) { nodes { id } } }"""
    for wanted, ids in [
        (None, ["CS1/1", "CS1/2", "CS2/1"]),
        ({"stationId": "CS1"}, ["CS1/1", "CS1/2"]),
        ({"transactionId": "1"}, ["CS1/1", "CS2/1"]),
        ({"stationId": "CS1", "transactionId": "1"}, ["CS1/1"]),
        ({"state": "ACTIVE"}, ["CS1/2"]),
        ({"idToken": "04ab"}, ["CS1/1", "CS1/2", "CS2/1"]),
        ({"idToken": "other"}, []),
        ({"evseId": 2}, []),
    ]:
        found = await api.ask(query, f=wanted, p=position)
        assert [node["id"] for node in found["transactions"]["nodes"]] == ids, wanted


async def test_what_hangs_on_a_page_of_transactions_is_fetched_at_once(api: Api) -> None:
    for n in range(20):
        await api.register(f"CS{n}")
        position = await charge(api, f"CS{n}", "1")
    statements: list[str] = []
    for connection in [await api.pool.acquire() for _ in range(api.pool.get_max_size())]:
        connection.add_query_logger(lambda query: statements.append(query.query))
        await api.pool.release(connection)
    query = """query ($p: String) { stations(first: 20, atLeastPosition: $p) { nodes { id tariff { id } evses { id }
      transactions(first: 5, state: ENDED) { nodes { id powerW socPercent chargeDetailRecord { totalInclVat }
        meterValues(first: 4) { nodes { registerWh } } station { id } } } } } }"""
    data = await api.ask(query, p=position)
    assert all(len(n["transactions"]["nodes"][0]["meterValues"]["nodes"]) == 4 for n in data["stations"]["nodes"])
    asked = [
        s
        for s in statements
        if "SELECT" in s and re.search(r"_v\d+\.", s) and not s.startswith("INSERT") and "stored_events" not in s
    ]
    assert len(asked) == 7, asked


TARIFF = """
mutation ($input: DefineTariffInput!) { defineTariff(input: $input) {
  tariff { id tariffId version currency description elements { kind price vat } }
  error { code message field } position } }
"""
ASSIGN = """
mutation ($input: AssignTariffInput!) { assignTariff(input: $input) {
  tariff { id } station { id tariffId tariff { currency } } error { code field } position } }
"""
ELEMENTS = [
    {"kind": "ENERGY", "price": "0.45", "vat": "19"},
    {"kind": "FLAT", "price": 1, "vat": 19},
    {"kind": "TIME", "price": 1.5},
]


async def define(api: Api, **input: Any) -> Any:
    given = {"tariffId": "T1", "currency": "EUR", "elements": ELEMENTS} | input
    return (await api.ask(TARIFF, input=given))["defineTariff"]


async def test_a_tariff_is_defined_once_and_gets_a_version_with_each_change(api: Api) -> None:
    first, again = await define(api, description="day"), await define(api, description="day")
    assert first == again
    assert first["tariff"] == {
        "id": "T1",
        "tariffId": "T1",
        "version": 1,
        "currency": "EUR",
        "description": "day",
        "elements": [
            {"kind": "ENERGY", "price": "0.45", "vat": "19"},
            {"kind": "FLAT", "price": "1", "vat": "19"},
            {"kind": "TIME", "price": "1.5", "vat": "0"},
        ],
    }
    dearer = await define(api, elements=[{"kind": "ENERGY", "price": "0.50"}])
    assert (dearer["tariff"]["version"], dearer["tariff"]["elements"][0]["price"]) == (2, "0.50")
    page = await api.ask("{ tariffs(first: 10) { nodes { id version } } }")
    assert page == {"tariffs": {"nodes": [{"id": "T1", "version": 2}]}}


async def test_changes_of_a_tariff_at_once_are_all_taken(api: Api) -> None:
    prices = [f"0.{n}" for n in range(10, 16)]
    answers = await asyncio.gather(*(define(api, elements=[{"kind": "ENERGY", "price": price}]) for price in prices))
    assert [a["error"] for a in answers] == [None] * 6
    assert (await define(api))["tariff"]["version"] == 7


async def test_tariffs_that_cannot_be_calculated_with_are_refused(api: Api) -> None:
    for given, code in [
        ({"currency": "euro"}, "INVALID_TARIFF"),
        ({"elements": [{"kind": "ENERGY", "price": "-0.01"}]}, "INVALID_TARIFF"),
        ({"elements": [{"kind": "ENERGY", "price": "1", "vat": "101"}]}, "INVALID_TARIFF"),
        ({"elements": [{"kind": "ENERGY", "price": "1000000"}]}, "BAD_INPUT"),
        ({"elements": [{"kind": "ENERGY", "price": "1e30"}]}, "BAD_INPUT"),
        ({"elements": [{"kind": "ENERGY", "price": "0.0000001"}]}, "BAD_INPUT"),
        ({"elements": ELEMENTS * 7}, "BAD_INPUT"),
        ({"tariffId": ""}, "BAD_INPUT"),
        ({"description": "x" * 1001}, "BAD_INPUT"),
    ]:
        assert (await define(api, **given))["error"]["code"] == code, given
    for price in ("NaN", "Infinity", "1e999999999", "abc", "", True, [], {}):
        answer = await api.post(
            TARIFF, input={"tariffId": "T", "currency": "EUR", "elements": [{"kind": "FLAT", "price": price}]}
        )
        assert "data" not in answer or answer["data"] is None
        assert "unexpected" not in answer["errors"][0]["message"]
    assert await api.journal.head() == 0


FULL = """
mutation ($input: DefineTariffInput!) { defineTariff(input: $input) { error { code message field } tariff {
  timeZone taxIncluded minPrice { exclTax inclTax } maxPrice { exclTax inclTax }
  elements { kind price vat stepSize taxes { name percent stack } restrictions {
    startTime endTime weekdays startDate maxWh minA minIdleSeconds supply } } } } }
"""


async def test_a_tariff_may_have_conditions_taxes_and_limits(api: Api) -> None:
    nothing = dict.fromkeys(("startTime", "endTime", "startDate", "maxWh", "minA", "minIdleSeconds", "supply"))
    night = {"startTime": "22:00:00", "endTime": "06:00:00", "weekdays": ["MONDAY", "FRIDAY"], "minA": "16.5"}
    grace = {"weekdays": [], "minIdleSeconds": 600}
    taxes = [{"name": "GST", "percent": "5", "stack": 0}, {"name": "QST", "percent": "9.975", "stack": 1}]
    elements = [
        {"kind": "ENERGY", "price": "0.20", "restrictions": night, "taxes": taxes, "stepSize": 100},
        {"kind": "ENERGY", "price": "0.40", "vat": "19"},
        {"kind": "IDLE", "price": "6", "restrictions": grace},
    ]
    limits = {"minPrice": {"exclTax": "1.00"}, "maxPrice": {"inclTax": "30.00"}}
    zone = {"timeZone": "Europe/Berlin", "taxIncluded": True}
    given = {"tariffId": "T1", "currency": "EUR", "elements": elements} | limits | zone
    answer = (await api.ask(FULL, input=given))["defineTariff"]
    assert answer["error"] is None
    first, second, third = answer["tariff"].pop("elements")
    assert answer["tariff"] == zone | {
        "minPrice": {"exclTax": "1.00", "inclTax": None},
        "maxPrice": {"exclTax": None, "inclTax": "30.00"},
    }
    assert first["restrictions"] == nothing | night
    assert (first["taxes"], first["stepSize"], first["vat"]) == (taxes, 100, "0")
    assert (second["restrictions"], second["taxes"], second["vat"]) == (None, [], "19")
    assert third["restrictions"] == nothing | grace


async def test_what_is_wrong_with_a_tariff_is_said(api: Api) -> None:
    flat = {"kind": "FLAT", "price": "1"}
    for given, code, text in [
        ({"timeZone": "Berlin"}, "INVALID_TARIFF", "IANA"),
        ({"elements": [flat | {"stepSize": 5}]}, "INVALID_TARIFF", "element 1: FLAT is charged once"),
        ({"elements": [flat | {"restrictions": {"minWh": 5, "maxWh": 4}}]}, "INVALID_TARIFF", "max_wh 4"),
        ({"elements": [flat | {"taxes": [{"name": "x" * 101, "percent": 1}]}]}, "BAD_INPUT", "100 printable"),
        ({"elements": [flat | {"taxes": [{"name": "x", "percent": 1}] * 6}]}, "BAD_INPUT", "at most 5 taxes"),
        ({"elements": [flat | {"restrictions": {"minA": "1e7"}}]}, "BAD_INPUT", "below a million"),
        ({"elements": [flat | {"restrictions": {"paymentBrand": "\0"}}]}, "BAD_INPUT", "100 printable"),
        ({"maxPrice": {"exclTax": "1e9"}}, "BAD_INPUT", "below a million"),
        ({"minPrice": {}}, "INVALID_TARIFF", "min_price must say an amount"),
    ]:
        error = (await define(api, **given))["error"]
        assert (error["code"], text in error["message"]) == (code, True), error
    assert await api.journal.head() == 0


async def test_a_tariff_is_assigned_to_a_station_and_taken_away(api: Api) -> None:
    await api.register("CS1")
    await define(api)
    assigned = (await api.ask(ASSIGN, input={"tariffId": "T1", "stationId": "CS1"}))["assignTariff"]
    assert assigned["tariff"] == {"id": "T1"}
    assert assigned["station"] == {"id": "CS1", "tariffId": "T1", "tariff": {"currency": "EUR"}}
    again = (await api.ask(ASSIGN, input={"tariffId": "T1", "stationId": "CS1"}))["assignTariff"]
    assert again == assigned
    taken = (await api.ask(ASSIGN, input={"tariffId": None, "stationId": "CS1"}))["assignTariff"]
    assert (taken["tariff"], taken["station"]["tariffId"], taken["error"]) == (None, None, None)
    for given, code in [
        ({"tariffId": "T2", "stationId": "CS1"}, "UNKNOWN_TARIFF"),
        ({"tariffId": "T1", "stationId": "CS2"}, "UNKNOWN_STATION"),
        ({"tariffId": "T1", "stationId": "CS1", "evseId": 0}, "BAD_INPUT"),
    ]:
        assert (await api.ask(ASSIGN, input=given))["assignTariff"]["error"]["code"] == code


async def test_a_bill_shows_its_lines_to_the_cent(api: Api) -> None:
    await define(api)
    position = await charge(api, "CS1", "1", tariff=TariffRef("T1", 1))
    await charge(api, "CS1", "2", tariff=None)
    data = await api.ask(
        """query ($p: String) { chargeDetailRecords(first: 5, filter: {transactionId: "1"}, atLeastPosition: $p) {
          nodes {
          id energyWh durationSeconds currency totalExclVat totalVat totalInclVat tariffId tariffVersion revision
          startedAt endedAt
          energySource transaction { id stoppedReason chargeDetailRecord { id } }
          lines { kind quantity unit unitPrice amountExclVat vatRate vatAmount amountInclVat } } } }""",
        p=position,
    )
    (bill,) = data["chargeDetailRecords"]["nodes"]
    lines = bill.pop("lines")
    assert bill == {
        "id": "CS1/1",
        "energyWh": 11_000,
        "durationSeconds": 3600,
        "currency": "EUR",
        "totalExclVat": "7.45",
        "totalVat": "1.13",
        "totalInclVat": "8.58",
        "tariffId": "T1",
        "tariffVersion": 1,
        "revision": 1,
        "startedAt": "2026-11-20T08:00:00+00:00",
        "endedAt": "2026-11-20T09:00:00+00:00",
        "energySource": "meter-start-stop",
        "transaction": {"id": "CS1/1", "stoppedReason": "Local", "chargeDetailRecord": {"id": "CS1/1"}},
    }
    assert lines[0] == {
        "kind": "ENERGY",
        "quantity": "11",
        "unit": "kWh",
        "unitPrice": "0.45",
        "amountExclVat": "4.95",
        "vatRate": "19",
        "vatAmount": "0.94",
        "amountInclVat": "5.89",
    }
    free = await api.ask(
        """{ chargeDetailRecords(first: 5, filter: {stationId: "CS1"}) {
          nodes { currency totalInclVat lines { kind } } } }"""
    )
    assert free["chargeDetailRecords"]["nodes"][1] == {"currency": None, "totalInclVat": "0", "lines": []}
