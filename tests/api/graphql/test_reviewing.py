"""What is odd about a bill is shown, and people decide about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.events import Transaction
from domain.values import MeterReading, SampledValue
from tests.api.graphql.conftest import Api

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIELDS = "chargeDetailRecord { id state revision energyWh reason revisions { revision occasion reason creditedAt } }"


def deciding(name: str) -> str:
    return f"mutation ($input: ReviewInput!) {{ {name}(input: $input) {{ {FIELDS} error {{ code field }} }} }}"


RELEASE, WAIVE = deciding("releaseChargeDetailRecord"), deciding("waiveChargeDetailRecord")
HELD = """query ($p: String) {
  chargeDetailRecords(first: 5, filter: {state: HELD}, atLeastPosition: $p) {
    nodes { id revision certainty findings { doubt text } restsOn { wh mark } revisions { revision } } } }"""


async def charged(api: Api, id: str, *registers: int) -> str:
    """A session with these registers, ten minutes apart; the position from which it shows."""
    transaction = Transaction.blank(Transaction.stream("CS1", id, NOON))
    transaction.start(NOON, occurred_at=NOON)
    for n, wh in enumerate(registers):
        at = NOON + timedelta(minutes=10 * n)
        context = {0: "Transaction.Begin", len(registers) - 1: "Transaction.End"}.get(n, "Sample.Periodic")
        sample = SampledValue(Decimal(wh), context=context)
        transaction.meter(at, occurred_at=at, readings=(MeterReading(at, (sample,)),))
    transaction.end(at, occurred_at=at, stopped_reason="Local")
    return await api.record(transaction)


async def decided(api: Api, mutation: str, id: str = "CS1/odd", reason: str = "looked at") -> dict[str, Any]:
    [payload] = (await api.ask(mutation, input={"id": id, "reason": reason})).values()
    return dict(payload)


async def test_what_is_held_waits_with_its_evidence(api: Api) -> None:
    await api.register("CS1")
    await charged(api, "fine", 1000, 2000)
    position = await charged(api, "odd", 1000, 1500, 900)
    [held] = (await api.ask(HELD, p=position))["chargeDetailRecords"]["nodes"]
    assert (held["id"], held["revision"], held["revisions"]) == ("CS1/odd", 1, [])
    assert "NEGATIVE" in [finding["doubt"] for finding in held["findings"]]
    assert held["restsOn"][0] == {"wh": "1000", "mark": "Transaction.Begin"}


async def test_it_is_released(api: Api) -> None:
    await api.register("CS1")
    position = await charged(api, "odd", 1000, 1500, 900)
    payload = await decided(api, RELEASE)
    record = payload["chargeDetailRecord"]
    assert (record["state"], record["revision"], record["reason"], payload["error"]) == ("ISSUED", 1, "looked at", None)
    assert record["revisions"] == [{"revision": 1, "occasion": "RELEASED", "reason": "looked at", "creditedAt": None}]
    assert (await api.ask(HELD, p=position))["chargeDetailRecords"]["nodes"] == []
    again = await decided(api, RELEASE)
    assert (again["chargeDetailRecord"], again["error"]) == (None, {"code": "BAD_INPUT", "field": "id"})


async def test_what_was_issued_is_waived_and_credited(api: Api) -> None:
    await api.register("CS1")
    await charged(api, "fine", 1000, 2000)
    record = (await decided(api, WAIVE, "CS1/fine", "out of order"))["chargeDetailRecord"]
    assert (record["state"], record["reason"]) == ("WAIVED", "out of order")
    [revision] = record["revisions"]
    assert revision["creditedAt"] is not None


async def test_a_decision_needs_a_record_and_a_reason(api: Api) -> None:
    unknown = await decided(api, WAIVE, "CS1/none")
    assert unknown["error"] == {"code": "UNKNOWN_CHARGE_DETAIL_RECORD", "field": "id"}
    await api.register("CS1")
    await charged(api, "odd", 1000, 1500, 900)
    assert (await decided(api, RELEASE, reason=""))["error"] == {"code": "BAD_INPUT", "field": "reason"}
