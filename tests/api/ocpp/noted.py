"""What is noted when a station answers a call of ours; checks both against the official schemas."""

from __future__ import annotations

from typing import Any

from api.ocpp import registry
from domain.aggregate import DomainEvent
from tests.api.ocpp.line import Line, official


async def noted(line: Line, action: str, request: dict[str, Any], response: dict[str, Any]) -> list[DomainEvent]:
    version, session = line.version, line.session
    official(version, action + version.request_suffix).validate(request)
    official(version, action + "Response").validate(response)
    session.begin()
    await registry.READERS[version.name, action](session, request, response)
    entries = session.entries(None)
    await line.journal.append(entries)
    return [entry.event for entry in entries]
