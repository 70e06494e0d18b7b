from __future__ import annotations

import pytest

from domain.events import MaintenanceBook
from tests.api.ocpp.line import Line
from tests.api.ocpp.said import noted, said

FIRMWARE = {"checksum": "ab" * 16}


def test_it_is_said_with_the_checksum() -> None:
    assert said("2.0.1", "UnpublishFirmware", FIRMWARE) == ("UnpublishFirmware", FIRMWARE)


@pytest.mark.parametrize("outcome", ["Unpublished", "NoFirmware", "DownloadOngoing"])
async def test_what_the_controller_answers_is_noted(outcome: str, v201: Line) -> None:
    [event] = await noted(v201, "UnpublishFirmware", FIRMWARE, {"status": outcome})
    assert isinstance(event, MaintenanceBook.PublicationEndAnswered)
    assert (event.checksum, event.outcome) == ("ab" * 16, outcome)
