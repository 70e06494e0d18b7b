"""What cannot be served is refused as the standard has it, recorded word for word, and harms nothing that follows."""

from __future__ import annotations

import re
from typing import Any

import pytest

from domain.events import StationDay, Transaction
from tests.api.ocpp.line import Line

# What is said, and the message id and error code it is refused with in 1.6 and in 2.0.1; None is silence.
Refusal = tuple[str, str] | None
UNREADABLE: tuple[Refusal, Refusal] = (None, ("-1", "RpcFrameworkError"))
DEEP = 100_000

FRAMES: dict[str, tuple[str, Refusal, Refusal]] = {
    "empty text": ("", *UNREADABLE),
    "not JSON": ("hello", *UNREADABLE),
    "cut off": ('[2,"1","Heartbeat",{', *UNREADABLE),
    "AEFA's missing value": ('[2,"1","StopTransaction",{"transactionId":,"meterStop":1}]', *UNREADABLE),
    "BENY's extra comma": ('[2,"1","MeterValues",{"meterValue":[{"sampledValue":[,{}]}]}]', *UNREADABLE),
    "null": ("null", *UNREADABLE),
    "an object": ('{"2":"1"}', *UNREADABLE),
    "a number": ("2", *UNREADABLE),
    "an empty array": ("[]", *UNREADABLE),
    "only a message type": ("[2]", *UNREADABLE),
    "a message type in words": ('["2","1","Heartbeat",{}]', *UNREADABLE),
    "a message type of true": ('[true,"1","Heartbeat",{}]', *UNREADABLE),
    "an id that is a number": ('[2,1,"Heartbeat",{}]', *UNREADABLE),
    "an id that is null": ('[2,null,"Heartbeat",{}]', *UNREADABLE),
    "an id that is empty": ('[2,"","Heartbeat",{}]', *UNREADABLE),
    "NaN": ('[2,"1","DataTransfer",{"vendorId":"v","data":NaN}]', *UNREADABLE),
    "infinity": ('[2,"1","DataTransfer",{"vendorId":"v","data":1e999}]', *UNREADABLE),
    "5000 digits": (f'[2,"1","DataTransfer",{{"vendorId":"v","data":{"9" * 5000}}}]', *UNREADABLE),
    "too deep": ('[2,"1","DataTransfer",{"vendorId":"v","data":' + "[" * DEEP + "]" * DEEP + "}]", *UNREADABLE),
    "a lone high surrogate": ('[2,"1","DataTransfer",{"vendorId":"\\ud800"}]', *UNREADABLE),
    "a lone low surrogate": ('[2,"1","DataTransfer",{"vendorId":"\\udc00"}]', *UNREADABLE),
    "a raw control character": ('[2,"1","DataTransfer",{"vendorId":"a\x00b"}]', *UNREADABLE),
    "NUL in a value": (
        '[2,"1","DataTransfer",{"vendorId":"a\\u0000b"}]', ("1", "FormationViolation"), ("1", "FormatViolation"),
    ),
    "NUL in a key": (
        '[2,"1","DataTransfer",{"a\\u0000b":"v"}]', ("1", "FormationViolation"), ("1", "FormatViolation"),
    ),
    "NUL deep inside": (
        '[2,"1","DataTransfer",{"vendorId":"v","data":[[{"a":["\\u0000"]}]]}]',
        ("1", "FormationViolation"), ("1", "FormatViolation"),
    ),
    "no payload": ('[2,"1","Heartbeat"]', ("1", "FormationViolation"), ("1", "FormatViolation")),
    "no action": ('[2,"1"]', ("1", "FormationViolation"), ("1", "FormatViolation")),
    "an action that is no text": ('[2,"1",7,{}]', ("1", "FormationViolation"), ("1", "FormatViolation")),
    "one field too many": ('[2,"1","Heartbeat",{},{}]', ("1", "FormationViolation"), ("1", "FormatViolation")),
    "a list for a payload": ('[2,"1","Heartbeat",[]]', ("1", "FormationViolation"), ("1", "FormatViolation")),
    "a text for a payload": ('[2,"1","Heartbeat","{}"]', ("1", "FormationViolation"), ("1", "FormatViolation")),
    "an unknown message type": ('[9,"1","Heartbeat",{}]', None, ("1", "MessageTypeNotSupported")),
    "a message type of 2.1": ('[6,"1","NotifyPeriodicEventStream",{}]', None, ("1", "MessageTypeNotSupported")),
    "a huge message type": (f'[{2**62},"1","Heartbeat",{{}}]', None, ("1", "MessageTypeNotSupported")),
    "a result without a payload": ('[3,"1"]', None, None),
    "an error without a code": ('[4,"1"]', None, None),
    "an unknown action": ('[2,"1","Hello",{}]', ("1", "NotImplemented"), ("1", "NotImplemented")),
    "an action in another case": ('[2,"1","heartbeat",{}]', ("1", "NotImplemented"), ("1", "NotImplemented")),
    "an action that is a path": ('[2,"1","../v16/call",{}]', ("1", "NotImplemented"), ("1", "NotImplemented")),
    "an action as long as a file": (
        f'[2,"1","{"A" * 5000}",{{}}]', ("1", "NotImplemented"), ("1", "NotImplemented"),
    ),
    "a response for an action": ('[2,"1","HeartbeatResponse",{}]', ("1", "NotImplemented"), ("1", "NotImplemented")),
    "what only a CSMS says": ('[2,"1","Reset",{"type":"Soft"}]', ("1", "NotSupported"), ("1", "NotSupported")),
    "a field too few": (
        '[2,"1","DataTransfer",{}]', ("1", "OccurenceConstraintViolation"), ("1", "OccurrenceConstraintViolation"),
    ),
    "a field too many": (
        '[2,"1","Heartbeat",{"hello":1}]', ("1", "FormationViolation"), ("1", "FormatViolation"),
    ),
    "a field of another type": (
        '[2,"1","DataTransfer",{"vendorId":7}]', ("1", "TypeConstraintViolation"), ("1", "TypeConstraintViolation"),
    ),
    "a null where there may be none": (
        '[2,"1","DataTransfer",{"vendorId":"v","messageId":null}]',
        ("1", "TypeConstraintViolation"), ("1", "TypeConstraintViolation"),
    ),
    "a text that is too long": (
        f'[2,"1","DataTransfer",{{"vendorId":"{"v" * 256}"}}]',
        ("1", "PropertyConstraintViolation"), ("1", "PropertyConstraintViolation"),
    ),
    "a word that is not in the list": (
        '[2,"1","FirmwareStatusNotification",{"status":"Fine"}]',
        ("1", "PropertyConstraintViolation"), ("1", "PropertyConstraintViolation"),
    ),
    "of two equal keys the last counts": (
        '[2,"1","DataTransfer",{"vendorId":"v","vendorId":7}]',
        ("1", "TypeConstraintViolation"), ("1", "TypeConstraintViolation"),
    ),
}  # fmt: skip

ONLY_16: dict[str, tuple[str, str]] = {
    "no samples": ('[2,"1","MeterValues",{"connectorId":1,"meterValue":[]}]', "OccurenceConstraintViolation"),
    "a time that is none": (
        '[2,"1","StopTransaction",{"transactionId":1,"meterStop":1,"timestamp":"0"}]', "TypeConstraintViolation",
    ),
    "a time before the calendar": (
        '[2,"1","StopTransaction",{"transactionId":1,"meterStop":1,"timestamp":"0001-01-01T00:00:00+14:00"}]',
        "PropertyConstraintViolation",
    ),
    "an integer of more than 64 bits": (
        f'[2,"1","StopTransaction",{{"transactionId":{2**64},"meterStop":1,"timestamp":"2026-11-20T12:00:00Z"}}]',
        "TypeConstraintViolation",
    ),
}  # fmt: skip
EVENT_201 = (
    '[2,"1","TransactionEvent",{"eventType":"Updated","timestamp":"2026-11-20T12:00:00Z","triggerReason":"Trigger",'
    '"seqNo":0,"transactionInfo":{"transactionId":"T-1"}}]'
)
ONLY_201: dict[str, tuple[str, str]] = {
    "an integer like 1e300": (EVENT_201.replace('"seqNo":0', '"seqNo":1e300'), "TypeConstraintViolation"),
    "half an integer": (EVENT_201.replace('"seqNo":0', '"seqNo":0.5'), "TypeConstraintViolation"),
    "a field too few inside": (EVENT_201.replace('"transactionId":"T-1"', ""), "OccurrenceConstraintViolation"),
    "a time that is none": (EVENT_201.replace("2026-11-20T12:00:00Z", "yesterday"), "TypeConstraintViolation"),
    "a name that is too long": (EVENT_201.replace("T-1", "T" * 37), "PropertyConstraintViolation"),
}


@pytest.mark.parametrize("name", FRAMES)
async def test_it_is_refused_in_the_words_of_the_version_and_recorded(name: str, line: Line) -> None:
    raw, in_16, in_201 = FRAMES[name]
    await refused(line, raw, in_16 if line.version.name == "1.6" else in_201)


@pytest.mark.parametrize("name", ONLY_16)
async def test_it_is_refused_in_1_6(name: str, v16: Line) -> None:
    raw, code = ONLY_16[name]
    await refused(v16, raw, ("1", code))


@pytest.mark.parametrize("name", ONLY_201)
async def test_it_is_refused_in_2_0_1(name: str, v201: Line) -> None:
    raw, code = ONLY_201[name]
    await refused(v201, raw, ("1", code))


async def refused(line: Line, raw: str, expected: Refusal) -> None:
    # when
    reply = await line.say(raw)
    # then it is answered as the version has it
    if expected is None:
        assert reply is None
    else:
        kind, message_id, code, description, details = reply
        assert (kind, message_id, code) == (4, *expected)
        assert 0 < len(description) <= 255
        assert details == {}
    # and it is in the journal, word for word (the line checks the evidence)
    [event] = line.happened
    assert isinstance(event, StationDay.MessageRefused)
    assert event.description
    assert line.evidence_of_the_main_event.request == raw.encode()
    # and the next message is served
    assert "currentTime" in await line.call("Heartbeat", {})


@pytest.mark.parametrize("answer", ['[3,"nobody-asked",{}]', '[4,"nobody-asked","GenericError","",{}]'])
async def test_an_answer_to_nothing_is_ignored(answer: str, line: Line) -> None:
    assert await line.say(answer) is None
    assert line.happened == []
    assert "currentTime" in await line.call("Heartbeat", {})


async def test_an_id_of_more_than_36_characters_is_refused_in_2_0_1_and_taken_in_1_6(v16: Line, v201: Line) -> None:
    raw = f'[2,"{"x" * 37}","Heartbeat",{{}}]'
    assert (await v201.say(raw))[:3] == [4, "-1", "RpcFrameworkError"]
    assert (await v16.say(raw))[:2] == [3, "x" * 37]
    assert (await v201.say(raw.replace("xx", "x", 1)))[:2] == [3, "x" * 36]


async def test_an_id_that_is_still_being_served_is_refused(line: Line) -> None:
    line.peer.receive('[2,"1","Heartbeat",{}]')
    reply = await line.say('[2,"1","Heartbeat",{}]')
    assert reply[:3] == [4, "1", {"1.6": "ProtocolError"}.get(line.version.name, "RpcFrameworkError")]
    line.peer.served("1")
    assert (await line.say('[2,"1","Heartbeat",{}]'))[:2] == [3, "1"]


@pytest.mark.parametrize("raw", [' [ 2 , "1" ,\n\t"Heartbeat" , { } ] \n', '[2,"1","Heartbeat",null]'])
async def test_it_is_unusual_but_understood(raw: str, line: Line) -> None:
    assert (await line.say(raw))[:2] == [3, "1"]


@pytest.mark.parametrize("written", ["1.0", "1.00", "1e0", "0.1e1"])
async def test_a_whole_number_is_an_integer_however_it_is_written(written: str, v16: Line, v201: Line) -> None:
    stop = '{"transactionId":N,"meterStop":N,"timestamp":"2026-11-20T12:00:00.000Z"}'.replace("N", written)
    assert await v16.say(f'[2,"1","StopTransaction",{stop}]') == [3, "1", {}]
    [ended] = v16.all(Transaction.Ended)
    assert ended.originator_id.endswith("/1")
    assert (ended.meter_stop_wh, type(ended.meter_stop_wh)) == (1, int)
    await v201.say(EVENT_201.replace('"seqNo":0', f'"seqNo":{written}'))
    [updated] = v201.all(Transaction.Updated)
    assert (updated.seq_no, type(updated.seq_no)) == (1, int)


async def test_custom_data_is_no_reason_to_refuse_in_2_0_1(v201: Line) -> None:
    assert "currentTime" in await v201.call("Heartbeat", {"customData": {"vendorId": "v", "anything": [1]}})


async def test_a_refused_transaction_leaves_none_behind(v16: Line) -> None:
    start: dict[str, Any] = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "later"}
    assert (await v16.call("StartTransaction", start)).code == "TypeConstraintViolation"
    assert v16.kinds == ["day.message-refused"]
    assert v16.session.day.transactions == {}


async def test_a_message_that_fails_inside_is_an_internal_error_and_leaves_nothing_half_done(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.ocpp import registry

    async def breaks(session: Any, request: dict[str, Any]) -> dict[str, Any]:
        session.day.transfer_data("half", None, None, "done", session.now)
        raise ZeroDivisionError

    monkeypatch.setitem(registry.RECEIVERS, (line.version.name, "DataTransfer"), breaks)
    answer = await line.call("DataTransfer", {"vendorId": "v"})
    assert answer.code == "InternalError"
    assert "Zero" not in answer.description
    assert line.kinds == ["day.message-refused"]
    assert "currentTime" in await line.call("Heartbeat", {})


async def test_what_stations_make_up_does_not_become_a_metric(line: Line) -> None:
    counted = []
    line.node.counters.message = lambda version, action, outcome: counted.append((action, outcome))
    await line.say('[2,"1","MadeUp1",{}]')
    await line.call("Heartbeat", {})
    assert counted == [("-", "NotImplemented"), ("Heartbeat", "answered")]


def test_the_descriptions_name_the_place() -> None:
    from api.ocpp.schema import CallFailed, check_request
    from api.ocpp.versions import V201

    with pytest.raises(CallFailed, match=re.escape("transactionInfo: ")):
        check_request(V201, "TransactionEvent", {
            "eventType": "Updated", "timestamp": "", "triggerReason": "Trigger", "seqNo": 0, "transactionInfo": {},
        })  # fmt: skip
