"""How a typed command is said in a version; checks it against the official schema of the request."""

from __future__ import annotations

from typing import Any

from api.ocpp import registry
from tests.api.ocpp.line import BY_NAME, Line, official


def said(version: str, action: str, typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    on_the_wire, payload = registry.SENDERS[version, action](typed)
    official(BY_NAME[version], on_the_wire + BY_NAME[version].request_suffix).validate(payload)
    return on_the_wire, payload


async def noted(line: Line, action: str, request: dict[str, Any], response: dict[str, Any]) -> list[Any]:
    """What is noted when a station answers a call of ours so; both are checked against the official schemas."""
    official(line.version, action + line.version.request_suffix).validate(request)
    official(line.version, f"{action}Response").validate(response)
    line.session.begin()
    await registry.READERS[line.version.name, action](line.session, request, response)
    entries = line.session.entries(None)
    await line.journal.append(entries)
    return [entry.event for entry in entries]
