"""What a 1.6 and a 2.0.1 station tell of the same course comes to the same events and the same bill.

Compared field by field; what the versions really differ in is listed, and is all of it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from api.ocpp.node import Node
from domain.aggregate import DomainEvent
from domain.events import IdTokenRecord
from domain.id_token import Permission
from domain.journal import InMemoryJournal
from domain.rating import PriceKind
from domain.values import AuthorizationStatus, IdToken
from projections.billing import billing, cdr
from projections.model import ReadModel, Rows, Table
from projections.sessions import sessions, transaction
from tests.api.ocpp.line import BY_NAME, Clock, Line, price, record, register

Course = list[tuple[str, dict[str, Any]]]
TAG, OTHER = "ABC123", "DEF456"


def at(minute: int) -> str:
    return f"2026-11-20T12:{minute:02}:00Z"


def _metered_16(minute: int, wh: int, watts: int) -> tuple[str, dict[str, Any]]:
    values = [
        {"value": str(wh), "unit": "Wh"},
        {"value": str(watts), "unit": "W", "measurand": "Power.Active.Import"},
        {"value": "50", "measurand": "SoC", "unit": "Percent", "location": "EV"},
    ]
    meter_value = [{"timestamp": at(minute), "sampledValue": values}]
    return "MeterValues", {"connectorId": 1, "transactionId": 1, "meterValue": meter_value}


COURSE_16: Course = [
    ("StatusNotification", {"connectorId": 1, "status": "Reserved", "errorCode": "NoError", "timestamp": at(0)}),
    ("Authorize", {"idTag": TAG}),
    (
        "StartTransaction",
        {"connectorId": 1, "idTag": TAG, "meterStart": 1500, "timestamp": at(1), "reservationId": 4},
    ),
    _metered_16(5, 1600, 7400),
    _metered_16(10, 2900, 7300),
    ("Authorize", {"idTag": OTHER}),
    (
        "StopTransaction",
        {"transactionId": 1, "meterStop": 4000, "timestamp": at(19), "reason": "EVDisconnected", "idTag": OTHER},
    ),
    ("Heartbeat", {}),
    ("DataTransfer", {"vendorId": "org.example", "messageId": "x", "data": "y"}),
]


def card(tag: str) -> dict[str, str]:
    return {"idToken": tag, "type": "ISO14443"}


def _event(event_type: str, minute: int, trigger: str, wh: int, *more: dict[str, Any], **fields: Any) -> Any:
    context = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}.get(event_type, "Sample.Periodic")
    return "TransactionEvent", {
        "eventType": event_type,
        "timestamp": at(minute),
        "triggerReason": trigger,
        "seqNo": (1, 5, 10, 19).index(minute),
        "transactionInfo": {"transactionId": "1"}
        | ({"stoppedReason": "EVDisconnected"} if event_type == "Ended" else {}),
        "meterValue": [{"timestamp": at(minute), "sampledValue": [{"value": wh, "context": context}, *more]}],
        **fields,
    }


def _metered_201(minute: int, wh: int, watts: int) -> Any:
    power = {"value": watts, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "W"}}
    soc = {"value": 50, "measurand": "SoC", "unitOfMeasure": {"unit": "Percent"}, "location": "EV"}
    return _event("Updated", minute, "MeterValuePeriodic", wh, power, soc)


COURSE_201: Course = [
    (
        "StatusNotification",
        {"evseId": 1, "connectorId": 1, "connectorStatus": "Reserved", "timestamp": at(0)},
    ),
    ("Authorize", {"idToken": card(TAG)}),
    _event("Started", 1, "Authorized", 1500, evse={"id": 1, "connectorId": 1}, idToken=card(TAG), reservationId=4),
    _metered_201(5, 1600, 7400),
    _metered_201(10, 2900, 7300),
    ("Authorize", {"idToken": card(OTHER)}),
    _event("Ended", 19, "StopAuthorized", 4000, idToken=card(OTHER)),
    ("Heartbeat", {}),
    ("DataTransfer", {"vendorId": "org.example", "messageId": "x", "data": "y"}),
]

ONLY_16 = {
    ("day.transaction-opened", "ref.start_key"): "by which a start that is told again is known: it has no number yet",
    ("day.status-reported", "error_code"): "NoError is what 1.6 says of a connector that has none",
    ("transaction.started", "meter_start_wh"): "a field of its own",
    ("transaction.ended", "meter_stop_wh"): "a field of its own",
}
ONLY_201 = {
    ("day.token-checked", "id_token.type"): "1.6 tokens have no type",
    **{
        (f"transaction.{kind}", field): why
        for kind in ("started", "metered", "ended")
        for field, why in {"seq_no": "1.6 does not number", "trigger_reason": "1.6 gives none"}.items()
    },
    **{(f"transaction.{kind}", "id_token.type"): "1.6 tokens have no type" for kind in ("started", "ended")},
    **{
        (f"transaction.{kind}", "readings"): "what 1.6 has fields for are samples marked as Begin and End"
        for kind in ("started", "ended")
    },
}
"""What one version tells and the other does not, by topic and field."""
DIFFERENT_ROWS = {
    "id_token_type": (None, "ISO14443"),
    "energy_source": ("meter-start-stop", "transaction-registers"),
}
"""What is different in the rows of session and bill: with 1.6, with 2.0.1."""
_EVIDENCE_ONLY = {"facts"}
"""The JSON of what the row is made of."""


async def told(version: str, course: Course) -> tuple[list[DomainEvent], dict[str, Any]]:
    """The events of the course, and the rows of its session and its bill."""
    node = Node("node-1", InMemoryJournal(), Clock(), b"pepper")
    await register(node, "CS1")
    line = await (await Line(node, BY_NAME[version]).connect()).boot()
    for tag in (TAG, OTHER):
        permission = Permission(AuthorizationStatus.ACCEPTED, group_id="FLEET")
        stream = IdTokenRecord.stream(tag)
        await record(node, stream, IdTokenRecord, lambda t, tag=tag, p=permission: t.set(IdToken(tag), p, node.clock()))
    await price(line, "0.40", description="a tariff")
    await price(line, "1.20", "time", evse_id=1, kind=PriceKind.TIME)
    events = []
    for action, payload in course:
        await line.call(action, payload)
        events += line.happened
    return events, {**_row(line, sessions, transaction), **_row(line, billing, cdr)}


def _row(line: Line, model: ReadModel, table: Table[Any]) -> dict[str, Any]:
    rows = Rows(model.tables, complete=True)
    for recorded in model.wanted(line.journal.recorded, {r.topic for r in line.journal.recorded}):
        model.fold(rows, recorded)
    [row] = rows.take_changes(table)
    return {name: getattr(row, name) for name in row.__struct_fields__}


def fields(event: DomainEvent) -> dict[str, Any]:
    """Its fields; those of a part by themselves, as `part.field`."""
    told: dict[str, Any] = {}
    for name, value in asdict(event).items():  # type: ignore[call-overload]  # the base class hides that it is one
        if isinstance(value, dict):
            told |= {f"{name}.{inner}": of_it for inner, of_it in value.items()}
        else:
            told[name] = value
    return told


def _nothing(value: Any) -> bool:
    return value is None or value == ()


async def test_both_versions_leave_the_same_events_and_the_same_bill() -> None:
    events_16, rows_16 = await told("1.6", COURSE_16)
    events_201, rows_201 = await told("2.0.1", COURSE_201)
    assert [event.TOPIC for event in events_16] == [event.TOPIC for event in events_201]
    only: dict[str, set[tuple[str, str]]] = {"1.6": set(), "2.0.1": set()}
    for one, other in zip(events_16, events_201, strict=True):
        of_16, of_201 = fields(one), fields(other)
        assert of_16.keys() == of_201.keys()
        for name in of_16:
            if of_16[name] != of_201[name]:
                assert _nothing(of_16[name]) != _nothing(of_201[name]), (one.TOPIC, name, of_16[name], of_201[name])
                only["1.6" if _nothing(of_201[name]) else "2.0.1"].add((one.TOPIC, name))
    assert only == {"1.6": set(ONLY_16), "2.0.1": set(ONLY_201)}
    differences = {name: (rows_16[name], rows_201[name]) for name in rows_16 if rows_16[name] != rows_201[name]}
    assert {name: values for name, values in differences.items() if name not in _EVIDENCE_ONLY} == DIFFERENT_ROWS
    assert (rows_16["energy_wh"], rows_16["duration_seconds"]) == (2500, 18 * 60)
    assert (rows_16["id_token"], rows_16["tariff_id"], str(rows_16["total_incl_vat"])) == (TAG, "time", "0.43")
