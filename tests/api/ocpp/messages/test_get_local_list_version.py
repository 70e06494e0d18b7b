from __future__ import annotations

import pytest

from domain.local_list import LocalListBook
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

FIELD = {"1.6": "listVersion", "2.0.1": "versionNumber"}


@pytest.mark.parametrize("version", FIELD)
def test_it_is_said_without_a_word(version: str) -> None:
    assert said(version, "GetLocalListVersion", {}) == ("GetLocalListVersion", {})


@pytest.mark.parametrize("number", [-1, 0, 7])
async def test_the_version_is_noted_as_the_station_has_it(number: int, line: Line) -> None:
    [event] = await noted(line, "GetLocalListVersion", {}, {FIELD[line.version.name]: number})
    assert isinstance(event, LocalListBook.VersionReported)
    assert (event.version, event.timestamp) == (number, line.session.now)
    assert event.originator_id == f"local-list:2026-11-20:{line.station_id}"


@pytest.mark.parametrize("number", [-2, 2**31, 2**70])
async def test_a_number_that_no_list_has_is_not_noted(number: int, v16: Line) -> None:
    assert await noted(v16, "GetLocalListVersion", {}, {"listVersion": number}) == []
