from tests.api.ocpp.line import Clock, Line


async def test_it_is_kept_and_answered_with_the_time(line: Line, clock: Clock) -> None:
    clock.advance(milliseconds=1_234)
    assert await line.call("Heartbeat", {}) == {"currentTime": "2026-11-20T12:00:01.234Z"}
    assert line.kinds == ["day.message-received"]


async def test_a_payload_of_null_is_an_empty_one(line: Line) -> None:
    [kind, _, reply] = await line.say('[2,"1","Heartbeat",null]')
    assert kind == 3
    assert "currentTime" in reply
