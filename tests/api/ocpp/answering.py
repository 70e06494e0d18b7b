"""What a station's answer to a call of ours leads to."""

from __future__ import annotations

from typing import Any

from api.ocpp import registry
from domain.aggregate import DomainEvent
from tests.api.ocpp.line import Line, official


async def answers(line: Line, action: str, request: dict[str, Any], response: dict[str, Any]) -> list[DomainEvent]:
    """The events that are noted, recorded as well. Both payloads have to be valid."""
    official(line.version, action + line.version.request_suffix).validate(request)
    official(line.version, f"{action}Response").validate(response)
    line.session.begin()
    await registry.READERS[line.version.name, action](line.session, request, response)
    entries = line.session.entries(None)
    await line.journal.append(entries)
    return [entry.event for entry in entries]
