"""OCPP 2.0.1 monitoring: cases of the certification test plan, each named after its id."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.conformance.tool import Tool, moment
from tests.endtoend.front_end import COMMAND

OF = "of { component evseId connectorId variable instance }"
MONITORS = f"""
query ($now: String, $id: ID!, $uncleared: Boolean) {{
  monitors(first: 20, filter: {{stationId: $id, uncleared: $uncleared}}, atLeastPosition: $now) {{ nodes {{
    monitorId {OF} type value severity transaction kind alarmOpen alarmValue }} }} }}
"""
EVENTS = f"""
query ($now: String, $filter: DeviceEventFilter) {{
  deviceEvents(first: 20, filter: $filter, atLeastPosition: $now) {{ nodes {{
    stationId eventId trigger notificationType {OF} value cause techCode techInfo cleared transactionId monitorId
    severity open endedAt }} }} }}
"""
REPORTS = f"""
query ($now: String, $id: ID!) {{
  monitoringReports(first: 20, filter: {{stationId: $id}}, atLeastPosition: $now) {{ nodes {{
    requestId outcome criteria variables {{ component variable evseId }} parts complete
    monitors {{ monitorId {OF} type value severity }} }} }} }}
"""
SETTINGS = """
query ($now: String, $id: ID!) { monitoringSettings(stationId: $id, atLeastPosition: $now) {
  base baseOutcome level levelOutcome } }
"""
ACCEPTED = {"status": "Accepted"}
EVSE = {"component": "EVSE", "evseId": 1, "variable": "AvailabilityState"}
EVSE_ON_THE_WIRE = {
    "component": {"name": "EVSE", "evse": {"id": 1}},
    "variable": {"name": "AvailabilityState"},
}
STATION = {"component": {"name": "ChargingStation"}, "variable": {"name": "Power"}}


async def monitors(tool: Tool, uncleared: bool | None = None) -> dict[int, dict[str, Any]]:
    found = (await tool.api.seen(MONITORS, id=tool.id, uncleared=uncleared))["monitors"]["nodes"]
    return {one.pop("monitorId"): one for one in found}


async def events(tool: Tool, **filter: Any) -> list[dict[str, Any]]:
    """What the station told, youngest first."""
    found = await tool.api.seen(EVENTS, filter={"stationId": tool.id, **filter})
    return list(found["deviceEvents"]["nodes"])


async def report(tool: Tool, answer: str = "Accepted", **input: Any) -> dict[str, Any]:
    """The operator asks for monitors: what the station heard."""
    heard, command = await tool.asked("getMonitoringReport", "GetMonitoringReport", {"status": answer}, **input)
    assert (command["status"], command["response"]) == ("ACCEPTED", {"status": answer})
    return heard


def watching(number: int, type: str = "UpperThreshold", **more: Any) -> dict[str, Any]:
    """A monitor as stations report it, of the station's power unless told otherwise."""
    monitor = {"id": number, "transaction": False, "value": 22000.0, "type": type, "severity": 4}
    return {**STATION, "variableMonitoring": [monitor], **more}


async def reported(tool: Tool, heard: dict[str, Any], *parts: dict[str, Any]) -> dict[str, Any]:
    """The station reports in parts, the last first; the report as the operator sees it."""
    number = heard["requestId"]
    for seq_no, part in reversed(list(enumerate(parts))):
        more = {"tbc": True} if seq_no < len(parts) - 1 else {}
        payload = {"requestId": number, "seqNo": seq_no, "generatedAt": moment(), "monitor": [part], **more}
        assert await tool.call("NotifyMonitoringReport", **payload) == {}
    found = (await tool.api.seen(REPORTS, id=tool.id))["monitoringReports"]["nodes"]
    [shown] = [one for one in found if one["requestId"] == number]
    assert (shown["outcome"], shown["complete"], shown["parts"]) == ("Accepted", True, len(parts))
    return dict(shown)


async def test_tc_n_01_csms(tool201: Tool) -> None:
    """Monitors are asked for by their kind: differences, then thresholds."""
    for criterion, type, number in (("DeltaMonitoring", "Delta", 1), ("ThresholdMonitoring", "UpperThreshold", 2)):
        heard = await report(tool201, criteria=[criterion])
        assert heard == {"requestId": heard["requestId"], "monitoringCriteria": [criterion]}
        shown = await reported(tool201, heard, watching(number, type))
        assert [one["type"] for one in shown["monitors"]] == [type]
    assert sorted(await monitors(tool201)) == [1, 2], "a narrow report says nothing of the others"


async def test_tc_n_02_csms(tool201: Tool) -> None:
    """Monitors are asked for by component and variable."""
    heard = await report(tool201, variables=[EVSE])
    assert heard == {"requestId": heard["requestId"], "componentVariable": [EVSE_ON_THE_WIRE]}
    shown = await reported(tool201, heard, watching(1, "Delta", **EVSE_ON_THE_WIRE))
    assert shown["variables"] == [{"component": "EVSE", "variable": "AvailabilityState", "evseId": 1}]


async def test_tc_n_03_csms(tool201: Tool) -> None:
    """Monitors are asked for by kind, component and variable."""
    heard = await report(tool201, criteria=["DeltaMonitoring"], variables=[EVSE])
    assert (heard["monitoringCriteria"], heard["componentVariable"]) == (["DeltaMonitoring"], [EVSE_ON_THE_WIRE])
    await reported(tool201, heard, watching(1, "Delta", **EVSE_ON_THE_WIRE))


async def test_tc_n_05_csms(tool201: Tool) -> None:
    """Every base is set; what it does away with is not shown any more."""
    await watch(tool201, {**EVSE, "type": "Delta", "value": "1", "severity": 8}, number=3)
    for base, left in (("All", [3]), ("FactoryDefault", []), ("HardWiredOnly", [])):
        heard, command = await tool201.asked("setMonitoringBase", "SetMonitoringBase", ACCEPTED, base=base)
        assert (heard, command["status"]) == ({"monitoringBase": base}, "ACCEPTED")
        settings = (await tool201.api.seen(SETTINGS, id=tool201.id))["monitoringSettings"]
        assert (settings["base"], settings["baseOutcome"]) == (base, "Accepted")
        assert list(await monitors(tool201)) == left


async def watch(tool: Tool, *wanted: dict[str, Any], number: int, status: str = "Accepted") -> dict[str, Any]:
    """The operator sets monitors, which get this number and those after it. What the station heard."""
    asking = asyncio.create_task(
        tool.api.well("setVariableMonitoring", COMMAND, stationId=tool.id, monitors=list(wanted))
    )
    heard = await tool.hears("SetVariableMonitoring")
    results = [
        {name: data[name] for name in ("type", "severity", "component", "variable")}
        | {"status": status}
        | ({"id": number + n} if status == "Accepted" else {})
        for n, data in enumerate(heard.payload["setMonitoringData"])
    ]
    await tool.answers(heard, setMonitoringResult=results[::-1])
    command = (await asking)["command"]
    assert command["status"] == ("ACCEPTED" if status == "Accepted" else "REJECTED")
    return heard.payload


async def test_tc_n_08_csms(tool201: Tool) -> None:
    """Changes of an EVSE's state are watched."""
    heard = await watch(tool201, {**EVSE, "type": "Delta", "value": "1", "severity": 8}, number=5)
    assert heard == {"setMonitoringData": [{"value": 1, "type": "Delta", "severity": 8, **EVSE_ON_THE_WIRE}]}
    assert await monitors(tool201) == {
        5: {
            "of": {**EVSE, "connectorId": None, "instance": None},
            "type": "Delta",
            "value": "1.0",
            "severity": 8,
            "transaction": False,
            "kind": "CustomMonitor",
            "alarmOpen": False,
            "alarmValue": None,
        }
    }


async def test_tc_n_09_csms(tool201: Tool) -> None:
    """Variables of two components are watched, asked for in one request; results come in any order."""
    power = {"component": "ChargingStation", "variable": "Power", "type": "UpperThreshold", "value": "22000.5"}
    state = {**EVSE, "type": "Delta", "value": "1", "severity": 8}
    heard = await watch(tool201, state, {**power, "severity": 3, "transaction": True, "monitorId": 7}, number=6)
    [first, second] = heard["setMonitoringData"]
    assert first == {"value": 1, "type": "Delta", "severity": 8, **EVSE_ON_THE_WIRE}
    replaced = {"id": 7, "transaction": True, "value": 22000.5, "type": "UpperThreshold", "severity": 3}
    assert second == {**replaced, **STATION}
    shown = await monitors(tool201)
    assert {number: (one["of"]["component"], one["value"]) for number, one in shown.items()} == {
        6: ("EVSE", "1.0"),
        7: ("ChargingStation", "22000.5"),
    }
    await watch(tool201, state, number=8, status="Duplicate")
    assert sorted(await monitors(tool201)) == [6, 7]


async def level(tool: Tool, status: str) -> dict[str, Any]:
    heard, command = await tool.asked("setMonitoringLevel", "SetMonitoringLevel", {"status": status}, severity=4)
    assert (heard, command["status"]) == ({"severity": 4}, status.upper())
    return dict((await tool.api.seen(SETTINGS, id=tool.id))["monitoringSettings"])


async def test_tc_n_16_csms(tool201: Tool) -> None:
    """The station tells what is severe enough."""
    settings = await level(tool201, "Accepted")
    assert (settings["level"], settings["levelOutcome"]) == (4, "Accepted")


async def test_tc_n_17_csms(tool201: Tool) -> None:
    """The station rejects a level."""
    settings = await level(tool201, "Rejected")
    assert (settings["level"], settings["levelOutcome"]) == (None, "Rejected")


async def clear(tool: Tool, statuses: dict[int, str], *, at_once: int) -> dict[str, Any]:
    """The operator clears monitors, and the station hears of so many at once. The command that it is."""
    asking = asyncio.create_task(
        tool.api.well("clearVariableMonitoring", COMMAND, stationId=tool.id, monitorIds=list(statuses))
    )
    left = list(statuses)
    while left:
        heard = await tool.hears("ClearVariableMonitoring")
        part, left = left[:at_once], left[at_once:]
        assert heard.payload == {"id": part}
        await tool.answers(heard, clearMonitoringResult=[{"id": id, "status": statuses[id]} for id in part])
    return dict((await asking)["command"])


async def test_tc_n_18_csms(tool201: Tool) -> None:
    """The station has told how many monitors it clears at once: it is not asked for more."""
    await reported(tool201, await report(tool201), watching(1), watching(2), watching(3), watching(4))
    limit = {
        "component": {"name": "MonitoringCtrlr"},
        "variable": {"name": "ItemsPerMessage", "instance": "ClearVariableMonitoring"},
    }
    names = {"component": "MonitoringCtrlr", "variable": "ItemsPerMessage", "instance": "ClearVariableMonitoring"}
    answer = {"getVariableResult": [{**limit, "attributeStatus": "Accepted", "attributeValue": "2"}]}
    heard, _ = await tool201.asked("getConfiguration", "GetVariables", answer, variables=[names])
    assert heard == {"getVariableData": [limit]}
    command = await clear(tool201, dict.fromkeys((1, 2, 3), "Accepted"), at_once=2)
    assert command["status"] == "ACCEPTED"
    assert list(await monitors(tool201)) == [4]


def event(number: int, trigger: str, value: str, **more: Any) -> dict[str, Any]:
    told = {"eventId": number, "timestamp": moment(number), "trigger": trigger, "actualValue": value}
    return {"eventNotificationType": "CustomMonitor", **told, **STATION, **more}


async def notify(tool: Tool, *told: dict[str, Any]) -> None:
    assert await tool.call("NotifyEvent", generatedAt=moment(), seqNo=0, eventData=list(told)) == {}


async def test_tc_n_21_csms(tool201: Tool) -> None:
    """A hard-wired monitor alerts. (The plan has no course for the server: the reading is that it is answered with
    nothing, and shown with all that it says.)
    """
    more = {"cause": 3, "techCode": "E42", "techInfo": "hot", "transactionId": "tx-1", "variableMonitoringId": 9}
    await notify(tool201, event(7, "Alerting", "95", eventNotificationType="HardWiredMonitor", **more))
    [shown] = await events(tool201, uncleared=True)
    told = {"cause": 3, "techCode": "E42", "techInfo": "hot", "transactionId": "tx-1", "monitorId": 9}
    assert shown.items() >= {"trigger": "Alerting", "notificationType": "HardWiredMonitor", "value": "95"}.items()
    assert shown.items() >= told.items()
    assert (shown["of"]["component"], shown["of"]["variable"]) == ("ChargingStation", "Power")


async def test_tc_n_24_csms(tool201: Tool) -> None:
    """A variable is told of periodically, by a monitor that the operator has set."""
    wanted = {"component": "ChargingStation", "variable": "Power", "type": "Periodic", "value": "60", "severity": 8}
    await watch(tool201, wanted, number=5)
    for number, value in ((1, "7000"), (2, "7100")):
        await notify(tool201, event(number, "Periodic", value, variableMonitoringId=5))
    shown = await events(tool201, monitorId=5, severityAtMost=8)
    assert [(one["value"], one["severity"], one["open"]) for one in shown] == [("7100", 8, False), ("7000", 8, False)]
    assert await events(tool201, severityAtMost=7) == []


async def test_tc_n_44_csms(tool201: Tool) -> None:
    """A hard-wired monitor is not cleared."""
    await reported(tool201, await report(tool201), watching(1))
    command = await clear(tool201, {1: "Rejected"}, at_once=1)
    assert command["status"] == "REJECTED"
    assert list(await monitors(tool201)) == [1]


async def test_tc_n_47_csms(tool201: Tool) -> None:
    """All monitors are asked for, and come in parts; those that are not among them are there no more."""
    await watch(tool201, {**EVSE, "type": "Delta", "value": "1", "severity": 8}, number=9)
    heard = await report(tool201)
    assert heard.keys() == {"requestId"}
    shown = await reported(tool201, heard, watching(1), watching(2, "Delta"))
    assert [(one["monitorId"], one["type"], one["value"]) for one in shown["monitors"]] == [
        (1, "UpperThreshold", "22000.0"),
        (2, "Delta", "22000.0"),
    ]
    assert list(await monitors(tool201)) == [1, 2]
    await report(tool201, "EmptyResultSet")
    assert await monitors(tool201) == {}


async def test_tc_n_48_csms(tool201: Tool) -> None:
    """The value of a variable that may only be written is not told."""
    await notify(tool201, event(1, "Delta", ""))
    assert [one["value"] for one in await events(tool201)] == [""]


async def test_tc_n_49_csms(tool201: Tool) -> None:
    """An alarm is over when the station says so."""
    wanted = {"component": "ChargingStation", "variable": "Power", "value": "22000", "severity": 2}
    await watch(tool201, {**wanted, "type": "UpperThreshold"}, number=5)
    await notify(tool201, event(1, "Alerting", "23000", variableMonitoringId=5))
    [alarm] = await events(tool201, uncleared=True, severityAtMost=2, component="chargingstation")
    assert (alarm["open"], alarm["endedAt"], alarm["severity"]) == (True, None, 2)
    assert (await monitors(tool201, uncleared=True))[5]["alarmValue"] == "23000"
    await notify(tool201, event(2, "Alerting", "21000", variableMonitoringId=5, cleared=True))
    assert await events(tool201, uncleared=True) == []
    assert await monitors(tool201, uncleared=True) == {}
    over, alarm = await events(tool201)
    assert (over["cleared"], over["open"], alarm["open"]) == (True, False, False)
    assert alarm["endedAt"] is not None


async def test_tc_n_50_csms(tool201: Tool) -> None:
    """What is told periodically comes in one message with what else there is to tell."""
    await notify(tool201, event(1, "Periodic", "7000"), event(2, "Delta", "Occupied", **EVSE_ON_THE_WIRE))
    shown = await events(tool201)
    assert [(one["eventId"], one["trigger"], one["value"]) for one in shown] == [
        ("2", "Delta", "Occupied"),
        ("1", "Periodic", "7000"),
    ]
    assert [one["eventId"] for one in await events(tool201, trigger="Periodic")] == ["1"]


async def test_tc_n_60_csms(tool201: Tool) -> None:
    """Monitors are asked for by two kinds and a list of components and variables."""
    criteria = ["ThresholdMonitoring", "PeriodicMonitoring"]
    heard = await report(tool201, criteria=criteria, variables=[EVSE, {"component": "ChargingStation"}])
    assert heard == {
        "requestId": heard["requestId"],
        "monitoringCriteria": criteria,
        "componentVariable": [EVSE_ON_THE_WIRE, {"component": {"name": "ChargingStation"}}],
    }
    shown = await reported(tool201, heard, watching(1), watching(2, "Periodic"))
    assert [one["variable"] for one in shown["variables"]] == ["AvailabilityState", None]
