"""OCPP 2.0.1 Data transfer (block P): cases of the certification test plan, each named after its id."""

from __future__ import annotations

from tests.conformance.charging_v201 import Charging, the_transaction
from tests.conformance.conftest import BOOT_201
from tests.conformance.tool import Tool

CUSTOM = {"vendorId": "org.example", "anything": {"may": ["be", 1, None]}}


async def test_tc_p_02_csms(tool201: Tool) -> None:
    """A vendor we do not know says something of its own."""
    answer = await tool201.call("DataTransfer", vendorId="org.nobody", messageId="x", data={"any": ["thing", 1]})
    assert answer == {"status": "UnknownVendorId"}


async def test_tc_p_03_csms(tool201: Tool) -> None:
    """A vendor's own data within a message of the standard changes nothing about it."""
    booted = await tool201.call("BootNotification", **BOOT_201, customData=CUSTOM)
    assert booted["status"] == "Accepted"
    assert await Charging(tool201).says("Started", "CablePluggedIn", placed=True, customData=CUSTOM) == {}
    assert (await the_transaction(tool201))["state"] == "ACTIVE"
