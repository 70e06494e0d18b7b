"""What tests of reconciliations share: beginning one, the station's part in it, and what came of it."""

from __future__ import annotations

from typing import Any

from tests.conformance.tool import Tool

SHOWN = "{ id status cause findings { subject differing problem commands { action status payload } } }"
FIELDS = f"reconciliation {SHOWN}"
LATEST = "query ($id: ID!) { reconciliations(first: 1, stationId: $id) { nodes " + SHOWN + " } }"
ACCEPTED = {"status": "Accepted"}
NOTHING = {"differing": 0, "problem": None, "commands": []}


async def done(tool: Tool) -> dict[str, dict[str, Any]]:
    """What came of the latest reconciliation, subject by subject."""

    def over(answer: Any) -> bool:
        nodes = answer["reconciliations"]["nodes"]
        return bool(nodes) and nodes[0]["status"] == "DONE"

    answer = await tool.api.until(over, LATEST, id=tool.id)
    return found(answer["reconciliations"]["nodes"][0])


def found(reconciliation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {finding.pop("subject"): finding for finding in reconciliation["findings"]}


async def begin(tool: Tool) -> None:
    payload = await tool.api.well("reconcileStation", FIELDS, stationId=tool.id, waitSeconds=0)
    assert payload["reconciliation"]["status"] == "REQUESTED"


async def hears(tool: Tool, action: str, **answer: Any) -> dict[str, Any]:
    heard = await tool.hears(action)
    await tool.answers(heard, **answer)
    return heard.payload
