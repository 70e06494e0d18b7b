"""Settings: what was asked for last is what they should be. The station is asked for their values first."""

from __future__ import annotations

from typing import Any

from app.reconciling.desk import Desk, Subject
from domain.configuration import Variable
from projections.configuration import Entry, configuration, wished_of


async def reconcile(desk: Desk) -> None:
    if asked := await _wished(desk):
        await desk.ask("GetVariables", {"variables": [_named(entry) for entry in asked]})
    for entry in await _wished(desk):
        if entry.drift and not (entry.unknown or entry.read_only or entry.reboot_since):
            desk.differing += 1
            await desk.mend("SetVariables", {"variables": [_named(entry) | {"value": entry.desired}]})


async def _wished(desk: Desk) -> list[Entry]:
    """What somebody has asked for and may be told: secrets are not kept."""
    entries = await wished_of(desk.pool, desk.station_id)
    return [entry for entry in entries if not Variable(entry.variable).secret]


def _named(entry: Entry) -> dict[str, Any]:
    named = {
        "variable": entry.variable,
        "component": entry.component,
        "instance": entry.instance,
        "componentInstance": entry.component_instance,
        "evseId": entry.evse_id,
        "connectorId": entry.connector_id,
    }
    return {name: value for name, value in named.items() if value is not None}


CONFIGURATION = Subject("configuration", (configuration,), reconcile)
