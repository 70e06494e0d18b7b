"""What meters sign, from the station to the operator, in both versions."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from typing import Any

from tests.endtoend.billing import BEGAN, ENDED, FROM_WH, TO_WH
from tests.endtoend.conftest import Registered
from tests.endtoend.front_end import Api
from tests.endtoend.server import Server
from tests.endtoend.stations import Station201, plugged_in
from tests.signing_meter import Meter, reading

_SIGNED = """
query ($station: ID!, $now: String) {
  transactions(first: 1, filter: {stationId: $station}, atLeastPosition: $now) { nodes { energyWh signedValues {
    verdict reason energyWh values(first: 9) { nodes { context data record publicKey verdict } } } } }
}"""


def signed(record: str, key: str) -> dict[str, str]:
    data = b64encode(record.encode()).decode()
    return {"signedMeterData": data, "signingMethod": "", "encodingMethod": "OCMF", "publicKey": key}


def sampled(kind: type[Any], at: str, wh: int, context: str, value: dict[str, str]) -> dict[str, Any]:
    """A register and what the meter signed of it: in 2.x one sample, in 1.6 two."""
    plain = {"value": wh if kind is Station201 else str(wh), "context": context}
    if kind is Station201:
        return {"timestamp": at, "sampledValue": [plain | {"signedMeterValue": value}]}
    told = {"value": json.dumps(value), "context": context, "format": "SignedData"}
    return {"timestamp": at, "sampledValue": [plain, told]}


async def test_signed_values_come_through_to_the_byte_and_count_with_the_stored_key(
    server: Server, api: Api, registered: Registered
) -> None:
    meter, kind = Meter(), registered.kind
    key = b64encode(f"oca:base16:asn1:{meter.key.hex()}".encode()).decode()
    records = [meter.record("T1", reading("B", "1000.000")), meter.record("T2", reading("E", "1012.345"))]
    begin, end = signed(records[0], key), signed(records[1], "")
    first = sampled(kind, BEGAN.isoformat(), FROM_WH, "Transaction.Begin", begin)
    last = sampled(kind, ENDED.isoformat(), TO_WH, "Transaction.End", end)
    async with plugged_in(server, *registered) as station:
        message = station.starting("TOKEN", BEGAN, FROM_WH)
        if kind is Station201:
            message = replace(message, meter_value=[first])
        transaction_id, _ = station.started(message, await station.say(message))
        message = station.ending(transaction_id, ENDED, TO_WH)
        values = {"meter_value": [last]} if kind is Station201 else {"transaction_data": [first, last]}
        await station.say(replace(message, **values))

    [before] = (await api.seen(_SIGNED, station=registered.id))["transactions"]["nodes"]
    assert (before["energyWh"], before["signedValues"]["verdict"]) == (TO_WH - FROM_WH, "UNKNOWN_KEY")
    nodes = before["signedValues"]["values"]["nodes"]
    assert [node["record"] for node in nodes] == records
    told = [begin, end] if kind is Station201 else [json.dumps(begin), json.dumps(end)]
    assert [node["data"] for node in nodes] == [
        value["signedMeterData"] if isinstance(value, dict) else value for value in told
    ]
    assert [(node["context"], node["publicKey"]) for node in nodes] == [
        ("Transaction.Begin", key),
        ("Transaction.End", None),
    ]
    await api.well("setMeterKey", "meterKeys { evseId }", stationId=registered.id, evseId=1, publicKey=key)
    [after] = (await api.seen(_SIGNED, station=registered.id))["transactions"]["nodes"]
    assert (after["signedValues"]["verdict"], after["signedValues"]["energyWh"]) == ("VALID", "12345.000")
