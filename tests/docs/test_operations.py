"""No operation is left out of its page."""

from __future__ import annotations

from api.ocpp import registry
from tests.docs.operations import listed


def test_everything_that_is_said_or_heard_in_1_6_is_listed_once() -> None:
    _, operations = listed("1.6")
    named = {name for operation in operations for name in operation.names}
    known = {name for version, name in (*registry.RECEIVERS, *registry.SENDERS) if version == "1.6"}
    assert known <= named
    wire = [operation.wire for operation in operations]
    assert len(set(wire)) == len(wire)
