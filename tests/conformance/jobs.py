"""Maintenance as the operator sees it, and as stations tell of it in both versions' newer words."""

from __future__ import annotations

from typing import Any

from tests.conformance.tool import Tool

JOBS = """
query ($now: String, $id: ID!) { maintenanceJobs(first: 5, filter: {stationId: $id}, atLeastPosition: $now) { nodes {
  kind logType outcome status finished checksum locations progress { status } } } }
"""


async def jobs(tool: Tool) -> list[dict[str, Any]]:
    """The jobs of the station, oldest first, their progress as texts."""
    found = (await tool.api.seen(JOBS, id=tool.id))["maintenanceJobs"]["nodes"]
    return [job | {"progress": [step["status"] for step in job["progress"]]} for job in reversed(found)]


async def report(tool: Tool, action: str, request_id: int, *statuses: str) -> None:
    for status in statuses:
        assert await tool.call(action, status=status, requestId=request_id) == {}
