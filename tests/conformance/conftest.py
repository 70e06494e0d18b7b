"""Black box, as in certification: the tool plays the station, the operator has GraphQL and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conformance.tool import Tool, numbers
from tests.endtoend.conftest import api, server  # noqa: F401  # fixtures
from tests.endtoend.front_end import Api

BOOT_201 = {"reason": "PowerUp", "chargingStation": {"vendorName": "Tool", "model": "T1"}}
BOOT_16 = {"chargePointVendor": "Tool", "chargePointModel": "T1", "chargePointSerialNumber": "T1-1"}


async def registered(api: Api, version: str) -> Tool:  # noqa: F811
    """A station that the operator has entered, with its password; not connected yet."""
    station_id = f"TOOL-{version}-{next(numbers)}"
    payload = await api.well("registerStation", "password", stationId=station_id)
    return Tool(api, version, station_id, payload["password"])


@pytest.fixture
async def tool(api: Api) -> AsyncIterator[Tool]:  # noqa: F811
    """A 1.6 station that is connected, has booted and has two connectors, both available."""
    async with await registered(api, "1.6") as tool:
        assert (await tool.call("BootNotification", **BOOT_16))["status"] == "Accepted"
        for connector in (0, 1, 2):
            await tool.call("StatusNotification", connectorId=connector, errorCode="NoError", status="Available")
        yield tool


@pytest.fixture
async def tool201(api: Api) -> AsyncIterator[Tool]:  # noqa: F811
    """A 2.0.1 station that is connected and has booted."""
    async with await registered(api, "2.0.1") as tool:
        assert (await tool.call("BootNotification", **BOOT_201))["status"] == "Accepted"
        yield tool


@pytest.fixture
async def token(api: Api) -> str:  # noqa: F811
    """An id tag that is accepted."""
    tag = f"TAG-{next(numbers)}"
    await api.well("setIdToken", idToken=tag, status="Accepted")
    return tag
