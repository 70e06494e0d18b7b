"""A 2.0.1 station that charges, in the steps of the certification test plan, and what the operator sees of it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from tests.conformance.tool import Tool, moment

_numbers = itertools.count(1)
ACCEPTED = {"status": "Accepted"}
_TRANSACTIONS = """query($now: String, $station: ID!) {
    transactions(first: 10, filter: {stationId: $station}, atLeastPosition: $now) { nodes {
        transactionId state evseId connectorId idToken idTokenType authorizationStatus startedAt endedAt chargingState
        stoppedReason energyWh meterStartWh meterStopWh remoteStartId provisional missingSeqNos { first last }
        meterValues(first: 20) { nodes { at registerWh powerW } }
        cost { currency totalInclVat } chargeDetailRecord { totalInclVat energyWh durationSeconds }
    } }
}"""
_CONNECTORS = """query($now: String, $station: ID!) {
    station(id: $station, atLeastPosition: $now) { evses { id connectors { id status } } }
}"""


def card(tag: str, kind: str = "ISO14443") -> dict[str, str]:
    return {"idToken": tag, "type": kind}


def sampled(at: str, *wh: float, context: str = "Sample.Periodic", **more: Any) -> list[dict[str, Any]]:
    """Meter values, each of one register value."""
    return [{"timestamp": at, "sampledValue": [{"value": value, "context": context, **more}]} for value in wh]


async def transactions(tool: Tool) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = (await tool.api.seen(_TRANSACTIONS, station=tool.id))["transactions"]["nodes"]
    return nodes


async def the_transaction(tool: Tool) -> dict[str, Any]:
    [transaction] = await transactions(tool)
    return transaction


async def connector_status(tool: Tool, evse: int = 1) -> str:
    evses = (await tool.api.seen(_CONNECTORS, station=tool.id))["station"]["evses"]
    [status] = [connector["status"] for e in evses if e["id"] == evse for connector in e["connectors"]]
    return str(status)


async def is_now(tool: Tool, status: str, evse: int = 1) -> None:
    """The connector's state, in both ways in which a station may tell it (G01)."""
    at = {"evseId": evse, "connectorId": 1, "connectorStatus": status, "timestamp": moment()}
    assert await tool.call("StatusNotification", **at) == {}
    change = {
        "eventId": next(_numbers),
        "timestamp": moment(),
        "trigger": "Delta",
        "actualValue": status,
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "Connector", "evse": {"id": evse, "connectorId": 1}},
        "variable": {"name": "AvailabilityState"},
    }
    assert await tool.call("NotifyEvent", generatedAt=moment(), seqNo=0, eventData=[change]) == {}


async def authorizes(tool: Tool, tag: str, status: str = "Accepted") -> dict[str, Any]:
    info: dict[str, Any] = (await tool.call("Authorize", idToken=card(tag)))["idTokenInfo"]
    assert info["status"] == status
    return info


class Charging:
    """One transaction. `says` is a TransactionEvent with the next sequence number."""

    def __init__(self, tool: Tool, evse: int = 1, first: int = 0) -> None:
        self.tool = tool
        self.id = f"3f1c{next(_numbers):08d}-{tool.id}"
        self.evse = {"id": evse, "connectorId": 1}
        self.seq_no = first
        self.at = moment()

    def event(self, kind: str, trigger: str, state: str | None = None, **more: Any) -> dict[str, Any]:
        info = {"transactionId": self.id, **more.pop("info", {})} | ({"chargingState": state} if state else {})
        if "token" in more:
            more["idToken"] = card(more.pop("token"))
        if more.pop("placed", False):
            more["evse"] = self.evse
        self.seq_no += 1
        said = {"timestamp": self.at, "triggerReason": trigger, "seqNo": self.seq_no - 1, "transactionInfo": info}
        return {"eventType": kind, **said, **more}

    async def says(self, kind: str, trigger: str, state: str | None = None, **more: Any) -> dict[str, Any]:
        """`placed` names the EVSE; `token`, `info` and other fields are as in the message."""
        return await self.tool.call("TransactionEvent", **self.event(kind, trigger, state, **more))

    async def accepted(self, kind: str, trigger: str, tag: str, state: str | None = None, **more: Any) -> None:
        """The same with a token that has to be accepted."""
        assert (await self.says(kind, trigger, state, token=tag, **more))["idTokenInfo"]["status"] == "Accepted"

    async def plugs_in(self) -> None:
        """The transaction begins with the cable."""
        await is_now(self.tool, "Occupied", self.evse["id"])
        assert await self.says("Started", "CablePluggedIn", "EVConnected", placed=True) == {}

    async def flows(self, tag: str) -> None:
        """From cable to energy, the cable first."""
        await self.plugs_in()
        await authorizes(self.tool, tag)
        await self.accepted("Updated", "Authorized", tag)
        assert await self.says("Updated", "ChargingStateChanged", "Charging") == {}

    async def unplugs(self, reason: str = "EVDisconnected", trigger: str = "EVCommunicationLost") -> dict[str, Any]:
        """The transaction ends with the cable; the answer to the end."""
        ended = await self.says("Ended", trigger, "Idle", info={"stoppedReason": reason})
        await is_now(self.tool, "Available", self.evse["id"])
        return ended


def seconds(text: str) -> float:
    """Between a time as the operator sees it and now."""
    return abs((datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds())
