"""Whatever a station says, reading it does not fail, and the peer goes on."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.ocpp.frame import Call, CallError, CallResult, Malformed, encode_error, parse
from api.ocpp.rpc import Answer, Busy, Noise, Refusal, RpcPeer
from api.ocpp.versions import V16, V201, VERSIONS, Version

versions = st.sampled_from(sorted(VERSIONS.values(), key=lambda version: version.name))
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\0", 2, 3, 4, 2.0, "1", "-1"])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5)
)
frames = st.lists(values, max_size=6) | st.tuples(st.integers(0, 7), values, values, values).map(list)
texts = st.text() | frames.map(json.dumps) | frames.map(lambda frame: json.dumps(frame, ensure_ascii=False))


@given(raw=st.binary().map(lambda raw: raw.decode(errors="surrogateescape")) | texts, version=versions)
@settings(max_examples=300, deadline=None)
def test_parsing_never_fails(raw: str, version: Version) -> None:
    frame = parse(raw, version)
    assert isinstance(frame, Call | CallResult | CallError | Malformed)
    assert isinstance(frame.message_id, str)
    if isinstance(frame, Malformed):
        assert orjson.loads(encode_error(frame.message_id, frame.code, frame.description, version))[0] == 4


@given(said=st.lists(texts, max_size=8), version=versions)
@settings(max_examples=200, deadline=None)
def test_a_peer_stays_usable_whatever_it_hears(said: list[str], version: Version) -> None:
    # given a peer with an open call of its own
    peer = RpcPeer(version)
    peer.call("ours", "Reset", {})
    # when it hears anything
    for text in said:
        incoming = peer.receive(text)
        assert isinstance(incoming, Call | Answer | Refusal | Noise)
        if isinstance(incoming, Call):
            peer.served(incoming.message_id)
    # then the next call is served, and the answer to ours is still recognised
    assert isinstance(peer.receive('[2,"theirs","Heartbeat",{}]'), Call)
    assert peer.receive('[3,"ours",{"status":"Accepted"}]') == Answer({"status": "Accepted"})


@given(
    st.recursive(st.integers(-(2**63), 2**63 - 1) | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v))
)
@settings(max_examples=100, deadline=None)
def test_what_was_sent_is_what_is_read(data: Any) -> None:
    frame = parse(json.dumps([2, "1", "DataTransfer", {"data": data}]), V201)
    if "\\u0000" in json.dumps(data):
        assert isinstance(frame, Malformed)
    else:
        assert frame == Call("1", "DataTransfer", {"data": data})


def test_only_one_call_of_ours_is_open_at_a_time() -> None:
    peer = RpcPeer(V16)
    peer.call("1", "Reset", {})
    with pytest.raises(Busy):
        peer.call("2", "Reset", {})
    peer.give_up()
    peer.call("2", "Reset", {})
    assert isinstance(peer.receive('[3,"1",{}]'), Noise)  # late, and not to be taken for the answer to the other
    assert peer.receive('[3,"2",{}]') == Answer({})
    assert isinstance(peer.receive('[3,"2",{}]'), Noise)


@pytest.mark.parametrize(
    "code", ["OccurenceConstraintViolation", "OccurrenceConstraintViolation", "FormatViolation", "X"]
)
def test_every_spelling_of_an_error_is_taken(code: str) -> None:
    for version in VERSIONS.values():
        peer = RpcPeer(version)
        peer.call("1", "Reset", {})
        assert peer.receive(f'[4,"1","{code}"]') == Answer(error=CallError("1", code))
        peer.call("2", "Reset", {})
        answer = peer.receive(f'[4,"2","{code}",null,null]')
        assert isinstance(answer, Answer)
        assert answer.error


@pytest.mark.parametrize("broken", ['[3,"1"]', '[4,"1"]', '[3,"1",{"a":"\\u0000"}]', '[3,"1",{},{}]', '[4,"1",7]'])
def test_a_broken_answer_to_our_call_is_an_answer(broken: str) -> None:
    peer = RpcPeer(V201)
    peer.call("1", "Reset", {})
    answer = peer.receive(broken)
    assert isinstance(answer, Answer)
    assert answer.error is not None
    assert answer.error.code == "FormatViolation"
    peer.call("2", "Reset", {})
