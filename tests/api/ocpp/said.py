"""How a typed command is said in a version, and what is read from the answer; both fit the official schemas."""

from __future__ import annotations

from typing import Any

from api.ocpp import registry
from tests.api.ocpp.line import BY_NAME, Line, official


def said(version: str, action: str, typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    on_the_wire, payload = registry.SENDERS[version, action](typed)
    official(BY_NAME[version], on_the_wire + BY_NAME[version].request_suffix).validate(payload)
    return on_the_wire, payload


async def noted(line: Line, action: str, request: dict[str, Any], response: dict[str, Any]) -> list[Any]:
    """What follows from a station's answer to a call of ours; both are checked against the official schemas."""
    official(line.version, action + line.version.request_suffix).validate(request)
    official(line.version, f"{action}Response").validate(response)
    line.session.begin()
    assert (line.version.name, action) in registry.READERS
    await registry.read_answer(line.session, action, request, response)
    entries = line.session.entries(None)
    await line.journal.append(entries)
    return [entry.event for entry in entries]
