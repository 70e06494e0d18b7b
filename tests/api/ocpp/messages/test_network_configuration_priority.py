from __future__ import annotations

from typing import Any

import pytest

from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted


def _asked(priority: str, name: str = "NetworkConfigurationPriority") -> dict[str, Any]:
    return {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": name}, "attributeValue": priority}


@pytest.mark.parametrize(
    ("priority", "status", "offered"),
    [
        ("2,1", "Accepted", 2),
        (" 2", "RebootRequired", 2),
        ("1,2", "Accepted", None),
        ("7", "Accepted", None),
        ("x", "Accepted", None),
        ("2,1", "Rejected", None),
    ],
)
async def test_a_higher_profile_is_awaited_once_its_slot_comes_first(
    v201: Line, priority: str, status: str, offered: int | None
) -> None:
    session = v201.session
    session.station.take_network_profile(1, 1, session.now)
    session.station.take_network_profile(2, 2, session.now)
    session.station.register(security_profile=1, credential="c", at=session.now)
    await v201.journal.append(session.entries(None))
    data = _asked(priority)
    result = {key: data[key] for key in ("component", "variable")} | {"attributeStatus": status}
    await noted(v201, "SetVariables", {"setVariableData": [data]}, {"setVariableResult": [result]})
    assert session.station.offered_profile == offered


async def test_other_variables_are_none_of_its_business(v201: Line) -> None:
    session = v201.session
    session.station.take_network_profile(2, 2, session.now)
    await v201.journal.append(session.entries(None))
    data = _asked("2", "Other")
    result = {key: data[key] for key in ("component", "variable")} | {"attributeStatus": "Accepted"}
    await noted(v201, "SetVariables", {"setVariableData": [data]}, {"setVariableResult": [result]})
    assert session.station.offered_profile is None
