"""A front-end makes forms of what a station may be asked, and knows nothing of OCPP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.conftest import tool, tool201  # noqa: F401  # fixtures
from tests.conformance.tool import Heard, Tool
from tests.endtoend.front_end import Api

FORMS = """query ($id: ID!, $action: String, $now: String) {
  commandForms(stationId: $id, action: $action, atLeastPosition: $now) { action typedAs description schema } }"""


def filled(rules: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """What somebody fills in who leaves out all that may be left out."""
    rules = definitions[rules["$ref"].rpartition("/")[2]] if "$ref" in rules else rules
    match rules:
        case {"enum": [first, *_]}:
            return first
        case {"type": "object"}:
            fields = rules.get("properties", {})
            return {name: filled(fields[name], definitions) for name in rules.get("required", ())}
        case {"type": "array", "items": items}:
            return [filled(items, definitions) for _ in range(rules.get("minItems", 0))]
        case {"type": "string", "format": "date-time"}:
            return "2026-11-20T08:00:00Z"
        case {"type": "string", "format": "uri"}:
            return "ftp://files.test/firmware.bin"
        case {"type": "integer" | "number"}:
            return rules.get("minimum", 1)
        case {"type": "boolean"}:
            return True
    return "text"


async def refuse(tool: Tool, heard: Heard) -> None:  # noqa: F811
    assert tool._socket is not None
    await tool._socket.send(json.dumps([4, heard.message_id, "NotSupported", "", {}]))


async def everything_is_said(tool: Tool) -> None:  # noqa: F811
    """Each form, filled in, is a message that the station hears, valid by the official schema."""
    forms = (await tool.api.seen(FORMS, id=tool.id))["commandForms"]
    assert len(forms) > 20
    for form in forms:
        payload = filled(form["schema"], form["schema"].get("definitions", {}))
        given = {"action": form["action"], "payload": payload, "waitSeconds": 0}
        await tool.api.well("requestCommand", stationId=tool.id, **given)
        heard = await tool.hears(form["action"])
        assert heard.payload == payload
        await refuse(tool, heard)


async def test_every_form_of_2_0_1_makes_a_message(tool201: Tool) -> None:  # noqa: F811
    await everything_is_said(tool201)


async def test_every_form_of_1_6_makes_a_message(tool: Tool) -> None:  # noqa: F811
    await everything_is_said(tool)


async def test_one_form_is_asked_for_by_name(tool: Tool) -> None:  # noqa: F811
    [form] = (await tool.api.seen(FORMS, id=tool.id, action="Reset"))["commandForms"]
    assert (form["typedAs"], form["description"]) == ("Reset", "Restart a station.")
    assert form["schema"]["properties"]["type"]["enum"] == ["Hard", "Soft"]


@pytest.mark.parametrize("known", [True, False])
async def test_a_station_that_never_came_has_no_forms(api: Api, known: bool) -> None:
    id = f"FORMS-{known}"
    if known:
        await api.well("registerStation", stationId=id)
    answer = (await api.post(FORMS, {"id": id})).json()
    told = "never been connected" if known else "there is no station"
    assert told in answer["errors"][0]["message"]
    assert answer["errors"][0]["extensions"] == {"code": "BAD_INPUT"}
    if known:
        await api.well("setStationOptions", stationId=id, assumedOcppVersion="1.6")
        assert (await api.seen(FORMS, id=id, action="Reset"))["commandForms"]
