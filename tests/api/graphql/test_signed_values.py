"""Signed values of transactions, and the keys with which they are checked."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from domain.configuration import ConfigurationBook, Setting, Variable
from domain.events import Transaction
from domain.signed_containers import fingerprint
from domain.values import Evse, MeterReading, SampledValue, SignedValue
from tests.api.graphql.conftest import T0, Api
from tests.signing_meter import Meter, reading

SET = """
mutation ($input: SetMeterKeyInput!) { setMeterKey(input: $input) {
  meterKeys { stationId evseId publicKey fingerprint trusted reported } error { code field } position } }
"""
WITHDRAW = """
mutation ($input: WithdrawMeterKeyInput!) { withdrawMeterKey(input: $input) {
  meterKeys { evseId fingerprint } error { code field } position } }
"""
SIGNED = """
query ($id: ID!, $p: String, $first: Int!, $after: String) { transaction(id: $id, atLeastPosition: $p) { signedValues {
  verdict reason energyWh meterSerial publicKey begin { at clock mark value register unit } end { mark value }
  values(first: $first, after: $after) {
    nodes { at context data record format publicKey verdict pagination readings { value } }
    pageInfo { hasNextPage endCursor } } } } }
"""
KEYS = """
query ($p: String) { meterKeys(stationId: "CS1", atLeastPosition: $p) {
  evseId publicKey fingerprint trusted reported } }
"""


async def charged(api: Api, values: Sequence[SignedValue], evse: Evse | None = Evse(1, 1), id: str = "T") -> str:  # noqa: B008
    transaction = Transaction.blank(Transaction.stream("CS1", id, T0))
    begin, *rest = [MeterReading(T0, (SampledValue(Decimal(n), signed=value),)) for n, value in enumerate(values)] or [
        MeterReading(T0, (SampledValue(Decimal(1)),))
    ]
    transaction.start(T0, occurred_at=T0, evse=evse, readings=(begin,))
    transaction.end(T0, occurred_at=T0, readings=tuple(rest))
    return await api.record(transaction)


async def shown(api: Api, position: str, id: str = "CS1/T", first: int = 10, after: str | None = None) -> Any:
    answer = await api.ask(SIGNED, id=id, p=position, first=first, after=after)
    return answer["transaction"]["signedValues"]


async def trust(api: Api, key: str, evse_id: int = 0) -> Any:
    return (await api.ask(SET, input={"stationId": "CS1", "evseId": evse_id, "publicKey": key}))["setMeterKey"]


async def test_a_stored_key_makes_signed_values_count(api: Api) -> None:
    await api.register("CS1")
    meter = Meter()
    values = meter.charge("100.0", "112.3456")
    position = await charged(api, values)
    before = await shown(api, position)
    assert (before["verdict"], before["energyWh"], before["begin"]) == ("UNKNOWN_KEY", None, None)
    assert "no key" in before["reason"]
    told = await trust(api, meter.key.hex(), 1)
    assert told["error"] is None
    after = await shown(api, told["position"])
    assert (after["verdict"], after["reason"], after["energyWh"]) == ("VALID", None, "12345.6000")
    assert (after["meterSerial"], after["publicKey"]) == ("M1", meter.key.hex())
    assert after["begin"] == {
        "at": "2026-11-20T09:00:00+01:00",
        "clock": "S",
        "mark": "B",
        "value": "100.0",
        "register": "1-0:1.8.0",
        "unit": "kWh",
    }
    assert after["end"] == {"mark": "E", "value": "112.3456"}
    nodes = after["values"]["nodes"]
    assert [node["data"] for node in nodes] == [value.data for value in values]
    assert [b64encode(node["record"].encode()).decode() for node in nodes] == [value.data for value in values]
    assert [(n["verdict"], n["format"], n["pagination"]) for n in nodes] == [
        ("VALID", "OCMF", "T7"),
        ("VALID", "OCMF", "T8"),
    ]


async def test_a_16_station_is_understood_and_its_key_only_shown(api: Api) -> None:
    await api.register("CS1")
    meter = Meter()
    key = b64encode(f"oca:base16:asn1:{meter.key.hex()}".encode()).decode()
    records = [b64encode(meter.record(f"T{n}", reading("BE"[n], f"{n}")).encode()).decode() for n in (0, 1)]
    told = [
        json.dumps({"signedMeterData": data, "signingMethod": "", "encodingMethod": "OCMF", "publicKey": key})
        for data in records
    ]
    values = await shown(api, await charged(api, [SignedValue(one) for one in told]))
    assert values["verdict"] == "UNKNOWN_KEY"
    assert [(n["data"], n["publicKey"]) for n in values["values"]["nodes"]] == [(one, key) for one in told]
    other = await trust(api, Meter().key.hex())
    assert (await shown(api, other["position"]))["verdict"] == "OTHER_KEY"
    own = await trust(api, key)
    found = await shown(api, own["position"])
    assert (found["verdict"], found["energyWh"]) == ("VALID", "1000")


async def test_a_changed_digit_shows(api: Api) -> None:
    await api.register("CS1")
    meter = Meter()
    await trust(api, meter.key.hex())
    begin, end = (meter.record(f"T{n}", reading("BE"[n], f"10{n}.5")) for n in (0, 1))
    position = await charged(api, [SignedValue(begin), SignedValue(end.replace("101.5", "109.5").encode().hex())])
    values = await shown(api, position)
    assert (values["verdict"], values["energyWh"]) == ("INVALID_SIGNATURE", None)
    assert [node["verdict"] for node in values["values"]["nodes"]] == ["VALID", "INVALID_SIGNATURE"]
    assert values["values"]["nodes"][1]["readings"] == [{"value": "109.5"}]


async def test_a_key_of_one_evse_counts_there_alone(api: Api) -> None:
    await api.register("CS1")
    meter = Meter()
    await trust(api, meter.key.hex(), 2)
    for evse, id, verdict in ((Evse(1), "a", "UNKNOWN_KEY"), (Evse(2), "b", "VALID"), (None, "c", "UNKNOWN_KEY")):
        position = await charged(api, meter.charge(), evse, id)
        assert (await shown(api, position, f"CS1/{id}"))["verdict"] == verdict


async def test_values_come_in_pages_and_a_transaction_without_has_none(api: Api) -> None:
    await api.register("CS1")
    values = Meter().charge() * 2
    position = await charged(api, values)
    page = await shown(api, position, first=3)
    assert (len(page["values"]["nodes"]), page["values"]["pageInfo"]["hasNextPage"]) == (3, True)
    rest = (await shown(api, position, after=page["values"]["pageInfo"]["endCursor"]))["values"]
    assert [node["data"] for node in rest["nodes"]] == [values[3].data]
    assert not rest["pageInfo"]["hasNextPage"]
    assert await shown(api, await charged(api, [], id="U"), "CS1/U") is None
    wrong = await api.post(SIGNED, id="CS1/T", first=1, after="OTk5eA")
    assert wrong["errors"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_keys_are_set_shown_and_withdrawn(api: Api) -> None:
    await api.register("CS1")
    old, new, foreign = Meter().key, Meter().key, Meter().key
    await trust(api, old.hex(), 1)
    told = await trust(api, b64encode(new).decode(), 1)
    assert told["meterKeys"] == [
        {
            "stationId": "CS1",
            "evseId": 1,
            "publicKey": text,
            "fingerprint": fingerprint(key),
            "trusted": True,
            "reported": False,
        }
        for text, key in ((old.hex(), old), (b64encode(new).decode(), new))
    ]
    assert await trust(api, new.hex(), 1) == told
    settings = tuple(
        Setting(Variable(f"MeterPublicKey{n}"), text)
        for n, text in ((1, f"oca:base16:asn1:{new.hex()}"), (2, foreign.hex()), (3, "?"))
    )
    book = ConfigurationBook.blank(ConfigurationBook.stream("CS1", T0.date()))
    book.trigger_event(ConfigurationBook.Reported, settings=settings, timestamp=T0)
    found = (await api.ask(KEYS, p=await api.record(book)))["meterKeys"]
    assert [(k["evseId"], k["fingerprint"], k["trusted"], k["reported"]) for k in found] == [
        (1, fingerprint(old), True, False),
        (1, fingerprint(new), True, True),
        (2, fingerprint(foreign), False, True),
        (3, None, False, True),
    ]
    which = {"stationId": "CS1", "evseId": 1, "fingerprint": fingerprint(old).upper()}
    left = (await api.ask(WITHDRAW, input=which))["withdrawMeterKey"]
    assert (left["error"], left["meterKeys"]) == (None, [{"evseId": 1, "fingerprint": fingerprint(new)}])
    again = (await api.ask(WITHDRAW, input=which))["withdrawMeterKey"]
    assert again["error"] == {"code": "BAD_INPUT", "field": "fingerprint"}


async def test_what_is_no_key_is_refused(api: Api) -> None:
    await api.register("CS1")
    key = Meter().key
    for given, code, field in (
        ({"publicKey": "key"}, "BAD_INPUT", "publicKey"),
        ({"publicKey": ("04" * 65)}, "BAD_INPUT", "publicKey"),
        ({"publicKey": key.hex()[:-2] + "00"}, "BAD_INPUT", "publicKey"),
        ({"publicKey": key.hex() + " " * 2500}, "BAD_INPUT", "publicKey"),
        ({"evseId": -1}, "BAD_INPUT", "evseId"),
        ({"stationId": "CS2"}, "UNKNOWN_STATION", "stationId"),
    ):
        told = (await api.ask(SET, input={"stationId": "CS1", "publicKey": key.hex()} | given))["setMeterKey"]
        assert told["error"] == {"code": code, "field": field}
