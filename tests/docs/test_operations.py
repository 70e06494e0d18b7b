"""No operation is left out of its page."""

from __future__ import annotations

import pytest

from api.ocpp import registry
from api.ocpp.versions import VERSIONS
from tests.docs.operations import listed


@pytest.mark.parametrize("version", [version.name for version in VERSIONS.values()])
def test_everything_that_is_said_or_heard_is_listed_once(version: str) -> None:
    _, operations = listed(version)
    named = {name for operation in operations for name in operation.names}
    known = {name for spoken, name in (*registry.RECEIVERS, *registry.SENDERS) if spoken == version}
    assert known <= named
    wire = [operation.wire for operation in operations]
    assert len(set(wire)) == len(wire)
