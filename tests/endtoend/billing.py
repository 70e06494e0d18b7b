"""One tariff and one session under it, with the bill worked out by hand."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.endtoend.conftest import Registered
from tests.endtoend.front_end import Api
from tests.endtoend.stations import Reading

ELEMENTS = [
    {"kind": "ENERGY", "price": "0.39", "vat": "19"},
    {"kind": "TIME", "price": "1.20", "vat": "19"},
    {"kind": "FLAT", "price": "0.50", "vat": "7"},
]
BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
ENDED = BEGAN + timedelta(minutes=90)
FROM_WH, TO_WH = 1_000_000, 1_012_345
# 12.345 kWh × 0.39 = 4.81455 → 4.81, VAT 0.9139 → 0.91; 1.5 h × 1.20 = 1.80, VAT 0.342 → 0.34;
# 0.50, VAT 0.035 → 0.04 (half up).
LINES = [("ENERGY", "4.81", "0.91", "5.72"), ("TIME", "1.80", "0.34", "2.14"), ("FLAT", "0.50", "0.04", "0.54")]
TOTALS = ("7.11", "1.29", "8.40")

_TRANSACTION = """
query($station: ID!, $transaction: String!, $now: String) {
  transactions(first: 2, filter: {stationId: $station, transactionId: $transaction}, atLeastPosition: $now) { nodes {
    id stationId transactionId evseId connectorId idToken authorizationStatus state chargingState startedAt endedAt
    stoppedReason energyWh meterStartWh meterStopWh tariffId tariffVersion provisional
    meterValues(first: 100) { nodes { at registerWh powerW } }
    chargeDetailRecord {
      id revision energyWh durationSeconds startedAt endedAt currency totalExclVat totalVat totalInclVat tariffId
      tariffVersion energySource issuedAt transaction { id }
      lines { kind quantity unit unitPrice amountExclVat vatRate vatAmount amountInclVat }
    }
  } }
  events(first: 100, filter: {stationId: $station, transactionId: $transaction}, atLeastPosition: $now) {
    nodes { type data evidence }
  }
}"""
_tokens = itertools.count(1)


async def prepared(api: Api, registered: Registered) -> str:
    """The id of a token that may charge at the station, under the tariff."""
    await api.well("defineTariff", "tariff { version }", tariffId="by hand", currency="EUR", elements=ELEMENTS)
    await api.well("assignTariff", "station { tariffId }", tariffId="by hand", stationId=registered.id)
    token = f"TOKEN-{next(_tokens)}"
    await api.well("setIdToken", "idToken { status }", idToken=token, status="Accepted")
    return token


async def looked_up(api: Api, station_id: str, transaction_id: str) -> dict[str, Any]:
    """All that can be known of a transaction, with everything in it that its station was answered."""
    found = await api.seen(_TRANSACTION, station=station_id, transaction=transaction_id)
    [transaction] = found["transactions"]["nodes"]
    assert transaction["id"] == (transaction["chargeDetailRecord"] or transaction)["id"]
    return transaction | {"events": found["events"]["nodes"]}


def middle(*, watts: int | None = 11_000) -> Reading:
    return Reading(BEGAN + timedelta(minutes=45), FROM_WH + 6_000, watts=watts)


def check_bill(record: dict[str, Any]) -> None:
    """The record says what the hand says, and its lines add up to it."""
    named = ("kind", "amountExclVat", "vatAmount", "amountInclVat")
    lines = [tuple(line[name] for name in named) for line in record["lines"]]
    assert lines == LINES
    assert [Decimal(line["quantity"]) for line in record["lines"]] == [Decimal("12.345"), Decimal("1.5"), 1]
    assert (record["totalExclVat"], record["totalVat"], record["totalInclVat"]) == TOTALS
    columns = zip(*([Decimal(amount) for amount in line[1:]] for line in lines), strict=True)
    assert [sum(column) for column in columns] == [Decimal(total) for total in TOTALS]
    assert (record["currency"], record["energyWh"], record["durationSeconds"]) == ("EUR", TO_WH - FROM_WH, 5400)
