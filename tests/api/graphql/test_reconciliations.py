"""Reconciliations as they are asked for and shown; here is nobody who does them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.events import Reconciliation
from domain.reconciliation import Cause, Finding
from tests.api.graphql.conftest import T0, Api

ASK = """mutation ($input: ReconcileStationInput!) { reconcileStation(input: $input) {
  reconciliation { id status cause expiresAt findings { subject } station { id } } error { code field } position } }"""
SHOW = """query ($first: Int!, $after: String, $id: ID, $at: String) {
  reconciliations(first: $first, after: $after, stationId: $id, atLeastPosition: $at) {
    nodes { id status endedAt findings { subject differing problem commands { id } } } pageInfo { endCursor } } }"""


async def ask(api: Api, **input: Any) -> Any:
    given = {"stationId": "CS1", "waitSeconds": 0} | input
    return (await api.ask(ASK, input=given))["reconcileStation"]


async def test_one_that_nobody_has_done_yet_is_requested(api: Api) -> None:
    await api.register("CS1")
    payload = await ask(api, expiresInSeconds=60)
    shown = payload["reconciliation"]
    assert (payload["error"], shown["status"], shown["cause"], shown["findings"]) == (None, "REQUESTED", "OPERATOR", [])
    assert shown["station"] == {"id": "CS1"}
    query = "query ($id: ID!, $at: String) { reconciliation(id: $id, atLeastPosition: $at) { status } }"
    assert (await api.ask(query, id=shown["id"], at=payload["position"]))["reconciliation"] == {"status": "REQUESTED"}
    assert (await api.ask(query, id="nothing"))["reconciliation"] is None


@pytest.mark.parametrize(
    ("input", "error"),
    [
        ({"stationId": "CS9"}, {"code": "UNKNOWN_STATION", "field": "stationId"}),
        ({"waitSeconds": 61}, {"code": "BAD_INPUT", "field": "waitSeconds"}),
        ({"expiresInSeconds": 0}, {"code": "BAD_INPUT", "field": "expiresInSeconds"}),
    ],
)
async def test_what_cannot_be_asked_is_refused(api: Api, input: dict[str, Any], error: dict[str, str]) -> None:
    await api.register("CS1")
    assert (await ask(api, **input))["error"] == error


async def test_those_of_a_station_are_shown_youngest_first(api: Api) -> None:
    finding = Finding("localList", 1, ("gone",), "SendLocalList: REJECTED")
    made = []
    for number, station_id in enumerate(("CS1", "CS2", "CS1"), 1):
        new = Reconciliation.blank(Reconciliation.stream(station_id, f"{number}", T0))
        new.request(Cause.BOOT, T0 - timedelta(seconds=1), T0)
        made.append(new)
    made[2].end((finding,), T0)
    at = await api.record(*made)
    page = (await api.ask(SHOW, first=1, id="CS1", at=at))["reconciliations"]
    [node] = page["nodes"]
    assert (node["id"], node["status"], node["endedAt"]) == ("3", "DONE", "2026-11-20T08:00:00+00:00")
    problem = {"subject": "localList", "differing": 1, "problem": "SendLocalList: REJECTED", "commands": []}
    assert node["findings"] == [problem]
    page = (await api.ask(SHOW, first=9, id="CS1", after=page["pageInfo"]["endCursor"]))["reconciliations"]
    assert [(node["id"], node["status"]) for node in page["nodes"]] == [("1", "EXPIRED")]
