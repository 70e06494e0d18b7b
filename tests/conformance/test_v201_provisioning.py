"""OCPP 2.0.1 Provisioning, and Security as far as it goes without TLS: cases of the certification test plan."""

from __future__ import annotations

import asyncio
import itertools
from base64 import b64encode
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.conformance.conftest import BOOT_201
from tests.conformance.tool import Refused, Tool, moment
from tests.endtoend.front_end import COMMAND, Api

_numbers = itertools.count(1)
ACCEPTED = {"status": "Accepted"}
STATION = "query($now: String, $id: ID!) { station(id: $id, atLeastPosition: $now) { securityProfile } }"
MODEL = """
query($now: String, $id: ID!, $filter: DeviceModelFilter) {
  deviceModel(stationId: $id, first: 100, filter: $filter, atLeastPosition: $now) { nodes {
    component variable instance evseId connectorId attribute confirmed desired drift outcome source mutability
    dataType unit maxLimit unknown history { value source } } } }"""
REPORTS = """
query($now: String, $id: ID!) { deviceModelReports(first: 9, filter: {stationId: $id}, atLeastPosition: $now) { nodes {
  requestId base outcome status partsReceived partsExpected missing variables } } }"""
PROFILES = """
query($now: String, $id: ID!) { networkProfiles(stationId: $id, atLeastPosition: $now) {
  slot outcome desired { url securityProfile interface messageTimeoutSeconds version }
  confirmed { url securityProfile version } } }"""
TRANSACTIONS = """
query($now: String, $id: ID!) { transactions(first: 9, filter: {stationId: $id}, atLeastPosition: $now) { nodes {
  transactionId state stoppedReason } } }"""
THRESHOLD = {"component": "OCPPCommCtrlr", "variable": "OfflineThreshold"}
REMOTE_START = {"component": "AuthCtrlr", "variable": "AuthorizeRemoteStart"}


async def entered(api: Api) -> Tool:
    """A station that the operator has entered, with its password; not connected yet."""
    station_id = f"PROV-2.0.1-{next(_numbers)}"
    payload = await api.well("registerStation", "password", stationId=station_id)
    return Tool(api, "2.0.1", station_id, payload["password"])


def wire(named: dict[str, Any]) -> dict[str, Any]:
    """Component and variable in the words of 2.0.1, with an instance or an EVSE if there is one."""
    component: dict[str, Any] = {"name": named["component"]}
    if "evseId" in named:
        component["evse"] = {"id": named["evseId"]}
    instance = {"instance": named["instance"]} if "instance" in named else {}
    return {"component": component, "variable": {"name": named["variable"], **instance}}


def got(named: dict[str, Any], value: str, status: str = "Accepted") -> dict[str, Any]:
    """A result of GetVariables."""
    return wire(named) | {"attributeStatus": status, "attributeValue": value}


def reported(named: dict[str, Any], value: str, **more: Any) -> dict[str, Any]:
    """What a report tells of a variable."""
    what = {"dataType": "string", "supportsMonitoring": False}
    attribute = {"value": value, "mutability": "ReadOnly"}
    return wire(named) | {"variableAttribute": [attribute], "variableCharacteristics": what | more}


async def model(tool: Tool, **filter: Any) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = (await tool.api.seen(MODEL, id=tool.id, filter=filter))["deviceModel"]["nodes"]
    return nodes


async def confirmed(tool: Tool, named: dict[str, Any]) -> str | None:
    """The value of a variable as the operator sees it."""
    [found] = await model(tool, component=named["component"], variable=named["variable"])
    value: str | None = found["confirmed"]
    return value


async def reads(tool: Tool, *named: dict[str, Any], values: tuple[str, ...]) -> None:
    """The operator asks for variables in one request, and sees their values."""
    answer = {"getVariableResult": [got(n, value) for n, value in zip(named, values, strict=True)]}
    heard, command = await tool.asked("getConfiguration", "GetVariables", answer, variables=list(named))
    assert heard == {"getVariableData": [wire(n) for n in named]}
    assert (command["status"], command["response"]) == ("ACCEPTED", answer)
    assert [await confirmed(tool, n) for n in named] == list(values)


async def changes(tool: Tool, *named: dict[str, Any], values: tuple[str, ...]) -> None:
    """The operator sets variables in one request, which the station accepts."""
    asked = [n | {"value": value} for n, value in zip(named, values, strict=True)]
    results = [wire(n) | {"attributeStatus": "Accepted"} for n in reversed(named)]
    heard, command = await tool.asked(
        "changeConfiguration", "SetVariables", {"setVariableResult": results}, variables=asked
    )
    expected = [wire(n) | {"attributeValue": value} for n, value in zip(named, values, strict=True)]
    assert heard == {"setVariableData": expected}
    assert command["status"] == "ACCEPTED"
    for n, value in zip(named, values, strict=True):
        [shown] = await model(tool, component=n["component"], variable=n["variable"])
        assert (shown["desired"], shown["confirmed"], shown["drift"], shown["outcome"]) == (
            *(value, value, False),
            "ACCEPTED",
        )


async def tells(tool: Tool, request_id: int, *parts: list[dict[str, Any]]) -> None:
    """The station sends a report in these parts."""
    for seq_no, data in enumerate(parts):
        more = seq_no + 1 < len(parts)
        part = {"requestId": request_id, "seqNo": seq_no, "tbc": more, "generatedAt": moment(), "reportData": data}
        assert await tool.call("NotifyReport", **part) == {}


async def the_report(tool: Tool) -> dict[str, Any]:
    [report] = (await tool.api.seen(REPORTS, id=tool.id))["deviceModelReports"]["nodes"]
    return dict(report)


async def base_report(tool: Tool, base: str, name: str) -> None:
    """The operator asks for a report of this base, which comes in three parts; he sees what it tells."""
    heard, command = await tool.asked("getBaseReport", "GetBaseReport", ACCEPTED, reportBase=base)
    request_id = heard.pop("requestId")
    assert (heard, command["status"]) == ({"reportBase": name}, "ACCEPTED")
    report = await the_report(tool)
    assert (report["base"], report["outcome"], report["status"]) == (name, "Accepted", "ASKED")
    power = {"component": "EVSE", "variable": "Power", "evseId": 1}
    await tells(
        tool,
        request_id,
        [reported(THRESHOLD, "60", dataType="integer", unit="s"), reported(REMOTE_START, "true")],
        [reported(power, "0", dataType="decimal", unit="W", maxLimit=22000.5)],
        [reported({"component": "ChargingStation", "variable": "Model"}, "T1")],
    )
    report = await the_report(tool)
    assert (report["requestId"], report["status"], report["missing"]) == (request_id, "COMPLETE", [])
    assert (report["partsReceived"], report["partsExpected"], report["variables"]) == (3, 3, 4)
    shown = {(n["component"], n["variable"]): n for n in await model(tool)}
    assert {name: n["confirmed"] for name, n in shown.items()} == {
        ("OCPPCommCtrlr", "OfflineThreshold"): "60",
        ("AuthCtrlr", "AuthorizeRemoteStart"): "true",
        ("EVSE", "Power"): "0",
        ("ChargingStation", "Model"): "T1",
    }
    its = shown["EVSE", "Power"]
    assert (its["evseId"], its["unit"], its["maxLimit"], its["source"]) == (1, "W", "22000.5", "REPORT")
    assert (its["mutability"], its["dataType"]) == ("ReadOnly", "decimal")


async def boots(tool: Tool, reason: str = "RemoteReset") -> dict[str, Any]:
    """The station restarts: hangs up, connects, boots."""
    await tool.close()
    await tool.connect()
    return await tool.call("BootNotification", **BOOT_201 | {"reason": reason})


async def resets(tool: Tool, answer: str, **input: Any) -> dict[str, Any]:
    """The operator resets the station; returns what it heard."""
    heard, command = await tool.asked("reset", "Reset", {"status": answer}, **input)
    assert command["status"] == "ACCEPTED"
    assert command["response"] == {"status": answer}
    return heard


async def event(tool: Tool, transaction_id: str, kind: str, number: int, trigger: str, **more: Any) -> dict[str, Any]:
    info = {"transactionId": transaction_id} | more.pop("info", {})
    head = {"eventType": kind, "timestamp": moment(), "triggerReason": trigger, "seqNo": number}
    return await tool.call("TransactionEvent", **head, transactionInfo=info, **more)


async def charges(tool: Tool, token: str) -> str:
    """A transaction runs on EVSE 1; returns its id."""
    id = f"tx-{next(_numbers)}"
    card = {"idToken": token, "type": "ISO14443"}
    started = await event(tool, id, "Started", 0, "Authorized", idToken=card, evse={"id": 1, "connectorId": 1})
    assert started["idTokenInfo"]["status"] == "Accepted"
    await event(tool, id, "Updated", 1, "ChargingStateChanged", info={"chargingState": "Charging"})
    return id


async def ended(tool: Tool) -> tuple[str, str]:
    """State and reason of the transaction, as the operator sees it."""
    [transaction] = (await tool.api.seen(TRANSACTIONS, id=tool.id))["transactions"]["nodes"]
    return transaction["state"], transaction["stoppedReason"]


async def is_idle(tool: Tool) -> None:
    """The station goes on as any other."""
    assert await tool.call("StatusNotification", **AVAILABLE | {"timestamp": moment()}) == {}
    assert (await tool.call("Heartbeat"))["currentTime"]


AVAILABLE = {"connectorStatus": "Available", "evseId": 1, "connectorId": 1}


async def refused(tool: Tool, password: str | None, user: str | None = None) -> int:
    """The status with which a station is turned away that shows this name and password."""
    headers = {}
    if password is not None:
        headers["Authorization"] = "Basic " + b64encode(f"{user or tool.id}:{password}".encode()).decode()
    protocols: Any = ["ocpp2.0.1"]
    with pytest.raises(InvalidStatus) as refusal:
        await connect(
            f"{tool.api.server.ocpp}/{tool.id}", subprotocols=protocols, additional_headers=headers, proxy=None
        )
    return refusal.value.response.status_code


async def served(tool: Tool) -> None:
    async with tool:
        booted = await tool.call("BootNotification", **BOOT_201)
        assert (booted["status"], booted["interval"] > 0) == ("Accepted", True)


async def changes_password(tool: Tool, answer: str) -> str:
    """The operator gives the station a new password; returns it."""
    new: dict[str, Any] = {"component": "SecurityCtrlr", "variable": "BasicAuthPassword"}
    result = {"setVariableResult": [wire(new) | {"attributeStatus": answer}]}
    asking = tool.api.well("changePassword", f"password {COMMAND}", stationId=tool.id)
    heard, payload = await tool.told(asking, "SetVariables", result)
    [data] = heard["setVariableData"]
    assert data == wire(new) | {"attributeValue": payload["password"]}
    assert payload["command"]["status"] == ("ACCEPTED" if answer == "Accepted" else "REJECTED")
    return str(payload["password"])


async def test_tc_a_01_csms(api: Api) -> None:
    """A station with its name and password is let in and booted; here without TLS, which is asked for with them."""
    await served(await entered(api))


async def test_tc_a_02_csms(api: Api) -> None:
    """A user name that is not the station's is refused, even with a password that counts; the right one is let in."""
    tool, other = await entered(api), await entered(api)
    assert isinstance(tool.password, str)
    assert isinstance(other.password, str)
    assert await refused(tool, tool.password, "somebody") == 401
    assert await refused(tool, other.password, other.id) == 401
    await served(tool)


async def test_tc_a_03_csms(api: Api) -> None:
    """A wrong password is refused, and none at all; the right one is let in."""
    tool = await entered(api)
    assert isinstance(tool.password, str)
    for wrong in (None, "", tool.password[:-1], tool.password + "0"):
        assert await refused(tool, wrong) == 401
    await served(tool)


async def test_tc_a_09_csms(tool201: Tool) -> None:
    """The station takes a new password and comes with it; the old one does not count any more."""
    old = tool201.password
    assert isinstance(old, str)
    tool201.password = await changes_password(tool201, "Accepted")
    assert (await boots(tool201))["status"] == "Accepted"
    assert await refused(tool201, old) == 401


async def test_tc_a_10_csms(tool201: Tool) -> None:
    """The station refuses a new password: the old one counts as before, the new one does not."""
    new = await changes_password(tool201, "Rejected")
    assert await refused(tool201, new) == 401
    assert (await boots(tool201))["status"] == "Accepted"


async def sets_profile(tool: Tool, answer: str, security_profile: int = 2) -> dict[str, Any]:
    """The operator fills slot 1; returns the command."""
    url = tool.api.server.ocpp
    wanted = {"url": url, "securityProfile": security_profile, "interface": "Wired0", "messageTimeoutSeconds": 30}
    heard, command = await tool.asked("setNetworkProfile", "SetNetworkProfile", {"status": answer}, slot=1, **wanted)
    assert heard == {
        "configurationSlot": 1,
        "connectionData": {
            "ocppVersion": "OCPP20",
            "ocppTransport": "JSON",
            "ocppCsmsUrl": url,
            "messageTimeout": 30,
            "securityProfile": security_profile,
            "ocppInterface": "Wired0",
        },
    }
    assert command["response"] == {"status": answer}
    return command


async def test_tc_a_19_csms(api: Api) -> None:
    """A station is moved to a higher security profile, and let in with no lower one afterwards.

    The case goes to a profile with TLS. Here a station without a password comes to have one: profile 0 to 1.
    """
    station_id = f"TOOL-2.0.1-OPEN-{next(_numbers)}"
    await api.well("registerStation", stationId=station_id, securityProfile=0)
    async with Tool(api, "2.0.1", station_id, None) as tool:
        assert (await tool.call("BootNotification", **BOOT_201))["status"] == "Accepted"
        password = await changes_password(tool, "Accepted")
        assert (await sets_profile(tool, "Accepted", 1))["status"] == "ACCEPTED"
        priority = {"component": "OCPPCommCtrlr", "variable": "NetworkConfigurationPriority"}
        result = {"setVariableResult": [wire(priority) | {"attributeStatus": "Accepted"}]}
        heard, command = await tool.asked("setNetworkPriority", "SetVariables", result, slots=[1, 0])
        assert heard == {"setVariableData": [wire(priority) | {"attributeValue": "1,0"}]}
        assert command["status"] == "ACCEPTED"
        assert await resets(tool, "Accepted", type="ON_IDLE") == {"type": "OnIdle"}
        tool.password = password
        assert (await boots(tool))["status"] == "Accepted"
        station = (await api.seen(STATION, id=station_id))["station"]
        assert station == {"securityProfile": 1}
        assert await refused(tool, None) == 401
        assert (await boots(tool))["status"] == "Accepted"


async def test_tc_b_01_csms(api: Api) -> None:
    """A station boots: accepted, with the time and an interval; its states and heartbeats are answered."""
    async with await entered(api) as tool:
        booted = await tool.call("BootNotification", **BOOT_201)
        assert (booted["status"], booted["interval"] > 0) == ("Accepted", True)
        assert booted["currentTime"]
        await is_idle(tool)


async def sets_status(tool: Tool, status: str) -> None:
    """What the next boot is answered."""
    await tool.api.well("setRegistrationStatus", stationId=tool.id, status=status.upper())


async def boots_until(tool: Tool, status: str) -> dict[str, Any]:
    """The answer to a boot once what the operator has set counts."""
    async with asyncio.timeout(10):
        while (booted := await tool.call("BootNotification", **BOOT_201))["status"] != status:
            await asyncio.sleep(0.05)
    return booted


async def test_tc_b_02_csms(api: Api) -> None:
    """A station is kept pending at its first boot, asked what it is set to, and accepted at a later boot."""
    tool = await entered(api)
    await sets_status(tool, "Pending")
    async with tool:
        booted = await boots_until(tool, "Pending")
        assert booted["interval"] > 0
        await reads(tool, THRESHOLD, values=("60",))
        heard, _ = await tool.asked("getBaseReport", "GetBaseReport", ACCEPTED)
        await tells(tool, heard["requestId"], [reported(THRESHOLD, "61")])
        assert await confirmed(tool, THRESHOLD) == "61"
        await sets_status(tool, "Accepted")
        await boots_until(tool, "Accepted")
        await is_idle(tool)


async def test_tc_b_06_csms(tool201: Tool) -> None:
    """One variable is read, and shown."""
    await reads(tool201, THRESHOLD, values=("123",))


async def test_tc_b_07_csms(tool201: Tool) -> None:
    """Two variables are read in one request, and shown."""
    await reads(tool201, THRESHOLD, REMOTE_START, values=("123", "true"))


async def test_tc_b_08_csms(tool201: Tool) -> None:
    """Five variables are read from a station that takes four at a time: in two requests, which are one command.

    How many it takes it has said before, when it was asked.
    """
    limit = {"component": "DeviceDataCtrlr", "variable": "ItemsPerMessage", "instance": "GetVariables"}
    await reads(tool201, limit, values=("4",))
    names = ["A", "B", "C", "D", "E"]
    wanted = [{"component": "OCPPCommCtrlr", "variable": name} for name in names]
    asking = asyncio.create_task(
        tool201.api.well(
            "getConfiguration",
            "command { status response parts { sentPayload response answeredAt } }",
            stationId=tool201.id,
            variables=wanted,
        )
    )
    sizes = []
    for _ in range(2):
        heard = await tool201.hears("GetVariables")
        data = heard.payload["getVariableData"]
        sizes.append(len(data))
        results = [d | {"attributeStatus": "Accepted", "attributeValue": d["variable"]["name"] * 2} for d in data]
        await tool201.answers(heard, getVariableResult=results)
    command = (await asking)["command"]
    assert (sizes, command["status"]) == ([4, 1], "ACCEPTED")
    values = [result["attributeValue"] for result in command["response"]["getVariableResult"]]
    assert values == ["AA", "BB", "CC", "DD", "EE"]
    assert [len(part["sentPayload"]["getVariableData"]) for part in command["parts"]] == [4, 1]
    assert all(part["answeredAt"] and part["response"] for part in command["parts"])
    assert {n["confirmed"] for n in await model(tool201, component="ocppcommctrlr")} == set(values)


async def test_tc_b_09_csms(tool201: Tool) -> None:
    """One variable is set."""
    await changes(tool201, THRESHOLD, values=("123",))


async def test_tc_b_10_csms(tool201: Tool) -> None:
    """Two variables are set in one request; the station may answer in another order."""
    await changes(tool201, THRESHOLD, REMOTE_START, values=("123", "false"))


async def test_tc_b_12_csms(tool201: Tool) -> None:
    """A station reports what may be configured."""
    await base_report(tool201, "CONFIGURATION_INVENTORY", "ConfigurationInventory")


async def test_tc_b_13_csms(tool201: Tool) -> None:
    """A station reports everything it has; asking for the configuration as a whole is the same."""
    await base_report(tool201, "FULL_INVENTORY", "FullInventory")
    heard, command = await tool201.asked("getConfiguration", "GetBaseReport", {"status": "Rejected"})
    assert (heard["reportBase"], command["status"]) == ("FullInventory", "REJECTED")


async def test_tc_b_14_csms(tool201: Tool) -> None:
    """A station reports a summary."""
    await base_report(tool201, "SUMMARY_INVENTORY", "SummaryInventory")


@pytest.mark.parametrize("criterion", ["PROBLEM", "AVAILABLE"])
async def test_tc_b_18_csms(tool201: Tool, criterion: str) -> None:
    """A station reports the state of EVSE 1, if the component is in a given state; or that there is none such."""
    state = {"component": "EVSE", "variable": "AvailabilityState", "evseId": 1}
    asking = {"criteria": [criterion], "variables": [state]}
    heard, command = await tool201.asked("getReport", "GetReport", ACCEPTED, **asking)
    request_id = heard.pop("requestId")
    assert heard == {"componentCriteria": [criterion.title()], "componentVariable": [wire(state)]}
    assert command["status"] == "ACCEPTED"
    await tells(tool201, request_id, [reported(state, "Available")])
    report = await the_report(tool201)
    assert (report["base"], report["status"], report["variables"]) == ("Custom", "COMPLETE", 1)
    assert await confirmed(tool201, state) == "Available"
    nothing = {"status": "EmptyResultSet"}
    _, command = await tool201.asked("getReport", "GetReport", nothing, criteria=[criterion])
    assert command["response"] == nothing
    nodes = (await tool201.api.seen(REPORTS, id=tool201.id))["deviceModelReports"]["nodes"]
    assert [(n["outcome"], n["status"]) for n in nodes] == [("EmptyResultSet", "COMPLETE"), ("Accepted", "COMPLETE")]


async def test_tc_b_20_csms(tool201: Tool) -> None:
    """A station without a transaction restarts when idle, at once."""
    assert await resets(tool201, "Accepted", type="ON_IDLE") == {"type": "OnIdle"}
    assert (await boots(tool201))["status"] == "Accepted"
    await is_idle(tool201)


async def test_tc_b_21_csms(tool201: Tool, token: str) -> None:
    """A station with a transaction restarts when that is over."""
    id = await charges(tool201, token)
    assert await resets(tool201, "Scheduled", type="ON_IDLE") == {"type": "OnIdle"}
    await event(tool201, id, "Ended", 2, "EVDeparted", info={"stoppedReason": "EVDisconnected"})
    assert (await boots(tool201, "ScheduledReset"))["status"] == "Accepted"
    assert await ended(tool201) == ("ENDED", "EVDisconnected")


async def test_tc_b_22_csms(tool201: Tool, token: str) -> None:
    """A station restarts at once: its transaction ends for that reason."""
    id = await charges(tool201, token)
    assert await resets(tool201, "Accepted", type="IMMEDIATE") == {"type": "Immediate"}
    await event(tool201, id, "Ended", 2, "ResetCommand", info={"stoppedReason": "ImmediateReset"})
    assert (await boots(tool201))["status"] == "Accepted"
    assert await ended(tool201) == ("ENDED", "ImmediateReset")


async def test_tc_b_25_csms(tool201: Tool) -> None:
    """One EVSE restarts, without a boot."""
    assert await resets(tool201, "Accepted", type="ON_IDLE", evseId=1) == {"type": "OnIdle", "evseId": 1}
    await is_idle(tool201)


async def test_tc_b_26_csms(tool201: Tool, token: str) -> None:
    """One EVSE restarts when its transaction is over."""
    id = await charges(tool201, token)
    assert await resets(tool201, "Scheduled", type="ON_IDLE", evseId=1) == {"type": "OnIdle", "evseId": 1}
    await event(tool201, id, "Ended", 2, "EVDeparted", info={"stoppedReason": "EVDisconnected"})
    await is_idle(tool201)
    assert await ended(tool201) == ("ENDED", "EVDisconnected")


async def test_tc_b_27_csms(tool201: Tool, token: str) -> None:
    """One EVSE restarts at once: its transaction ends for that reason."""
    id = await charges(tool201, token)
    assert await resets(tool201, "Accepted", type="IMMEDIATE", evseId=1) == {"type": "Immediate", "evseId": 1}
    await event(tool201, id, "Ended", 2, "ResetCommand", info={"stoppedReason": "ImmediateReset"})
    await is_idle(tool201)
    assert await ended(tool201) == ("ENDED", "ImmediateReset")


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
async def test_tc_b_30_csms(api: Api, status: str) -> None:
    """A station that is not accepted is served its boots and nothing else."""
    tool = await entered(api)
    await sets_status(tool, status)
    async with tool:
        await boots_until(tool, status)
        said = {
            "StatusNotification": AVAILABLE | {"timestamp": moment()},
            "Heartbeat": {},
            "Authorize": {"idToken": {"idToken": "A", "type": "ISO14443"}},
        }
        for action, payload in said.items():
            with pytest.raises(Refused) as refusal:
                await tool.call(action, **payload)
            assert refusal.value.code == "SecurityError"
        assert (await tool.call("BootNotification", **BOOT_201))["status"] == status


async def test_tc_b_31_csms(api: Api) -> None:
    """A pending station is made to boot again, and is accepted then; what else it is asked to send is served, too.

    The case names Rejected too; a CSMS may ask nothing of a station that it rejected (B03.FR.03), so it waits here.
    """
    tool = await entered(api)
    await sets_status(tool, "Pending")
    async with tool:
        await boots_until(tool, "Pending")
        its = AVAILABLE | {"timestamp": moment()}
        await tool.asked("triggerMessage", "TriggerMessage", ACCEPTED, requestedMessage="StatusNotification")
        assert await tool.call("StatusNotification", **its) == {}
        with pytest.raises(Refused, match="SecurityError"):
            await tool.call("Heartbeat")
        await sets_status(tool, "Accepted")
        asking = {"requestedMessage": "BootNotification"}
        heard, command = await tool.asked("triggerMessage", "TriggerMessage", ACCEPTED, **asking)
        assert (heard, command["status"]) == (asking, "ACCEPTED")
        await boots_until(tool, "Accepted")
        await is_idle(tool)


async def test_tc_b_42_csms(tool201: Tool) -> None:
    """A station takes a connection profile."""
    command = await sets_profile(tool201, "Accepted")
    assert command["status"] == "ACCEPTED"
    [slot] = (await tool201.api.seen(PROFILES, id=tool201.id))["networkProfiles"]
    url = tool201.api.server.ocpp
    assert (slot["slot"], slot["outcome"]) == (1, "Accepted")
    assert slot["confirmed"] == {"url": url, "securityProfile": 2, "version": "OCPP20"}
    assert (slot["desired"]["url"], slot["desired"]["messageTimeoutSeconds"]) == (url, 30)


@pytest.mark.parametrize("answer", ["Failed", "Rejected"])
async def test_tc_b_44_csms(tool201: Tool, answer: str) -> None:
    """A station does not take a connection profile: the operator sees that, and it goes on."""
    assert (await sets_profile(tool201, answer))["status"] == "REJECTED"
    [slot] = (await tool201.api.seen(PROFILES, id=tool201.id))["networkProfiles"]
    assert (slot["outcome"], slot["confirmed"], slot["desired"]["securityProfile"]) == (answer, None, 2)
    await is_idle(tool201)


async def test_tc_b_58_csms(api: Api) -> None:
    """A station that offers no version of ours is not upgraded; of several the one that both speak is agreed on."""
    tool = await entered(api)
    headers = {"Authorization": "Basic " + b64encode(f"{tool.id}:{tool.password}".encode()).decode()}
    url = f"{api.server.ocpp}/{tool.id}"

    def offering(*protocols: Any) -> connect:
        return connect(url, subprotocols=protocols, additional_headers=headers, proxy=None)

    with pytest.raises(InvalidStatus) as refusal:
        await offering("ocpp0.1")
    assert refusal.value.response.status_code == 400
    async with offering("ocpp0.1", "ocpp2.0.1") as socket:
        assert socket.response is not None
        assert socket.response.headers.get_all("Sec-WebSocket-Protocol") == ["ocpp2.0.1"]
