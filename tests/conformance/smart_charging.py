"""What the cases of OCPP 2.0.1 Smart Charging share: a station that charges, profiles, and what the operator sees."""

from __future__ import annotations

from typing import Any

from tests.conformance.tool import Tool, moment

ACCEPTED = {"status": "Accepted"}
_PROFILE = """id evseId purpose stackLevel kind transactionId source confirmation awaitsTransaction
  schedules { chargingRateUnit periods { startPeriod limit } salesTariff { id entries { start priceLevel } } }"""
PROFILES = f"""query($id: ID!, $now: String) {{ chargingProfiles(stationId: $id, atLeastPosition: $now) {{
  profiles {{ {_PROFILE} reported {{ stackLevel }} }}
  compositeSchedules {{ evseId status schedule {{ chargingRateUnit duration periods {{ startPeriod limit }} }} }}
  externalLimits {{ source evseId gridCritical schedules {{ periods {{ limit }} }} }}
  reports {{ requestId status complete profiles {{ id evseId source purpose }} }} }} }}"""
EV = """query($id: ID!, $now: String) {
  evCharging(first: 9, filter: {stationId: $id}, atLeastPosition: $now) { nodes {
    transactionId evseId awaitsProfile needsAnswer maxScheduleTuples planAccepted
    needs { energyTransfer departureAt ac { energyAmount evMaxCurrent } dc { evMaxCurrent stateOfCharge } }
    plan { periods { startPeriod limit } } } } }"""


async def shown(tool: Tool) -> Any:
    """What the operator sees of the station's charging profiles."""
    return (await tool.api.seen(PROFILES, id=tool.id))["chargingProfiles"]


async def held(tool: Tool) -> dict[int, str]:
    """The profiles, by id, with what the station has confirmed of them."""
    return {profile["id"]: profile["confirmation"] for profile in (await shown(tool))["profiles"]}


async def cars(tool: Tool) -> list[dict[str, Any]]:
    """What the operator sees of what cars need and plan."""
    nodes: list[dict[str, Any]] = (await tool.api.seen(EV, id=tool.id))["evCharging"]["nodes"]
    return nodes


def given(id: int = 1, *, limit: str = "6.0", unit: str = "A", **changes: Any) -> dict[str, Any]:
    """A profile for every transaction, as the operator gives it; absolute, for a day."""
    return {
        "id": id,
        "stackLevel": 0,
        "purpose": "TX_DEFAULT_PROFILE",
        "kind": "ABSOLUTE",
        "validFrom": moment(-5),
        "validTo": moment(1440),
        "schedule": {
            "chargingRateUnit": unit,
            "startSchedule": moment(-5),
            "duration": 86400,
            "periods": [{"startPeriod": 0, "limit": limit, "numberPhases": 3}],
        },
        **changes,
    }


def of_transaction(id: int = 1, *limits: int, unit: str = "A") -> dict[str, Any]:
    """A profile for one transaction, from its beginning on: a minute for each limit."""
    periods = [{"startPeriod": 60 * n, "limit": limit} for n, limit in enumerate(limits or (6,))]
    schedule = {"chargingRateUnit": unit, "periods": periods}
    return {"id": id, "purpose": "TX_PROFILE", "kind": "RELATIVE", "schedule": schedule}


def wire(id: int = 1, level: int = 0, purpose: str = "TxDefaultProfile", limit: float = 6, **more: Any) -> Any:
    """A profile as the station reports it."""
    return {
        "id": id,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule(limit)],
        **more,
    }


def schedule(*limits: float) -> dict[str, Any]:
    """A schedule as the station or a car writes it, a minute for each limit."""
    periods = [{"startPeriod": 60 * n, "limit": limit} for n, limit in enumerate(limits)]
    return {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}


async def set_profile(tool: Tool, profile: Any, status: str = "Accepted", evse: int = 1, **input: Any) -> Any:
    """The operator sets a profile; returns what the station heard of it, EVSE and all."""
    heard, command = await tool.asked(
        "setChargingProfile", "SetChargingProfile", {"status": status}, evseId=evse, profile=profile, **input
    )
    assert command["status"] == ("ACCEPTED" if status == "Accepted" else "REJECTED")
    return heard


async def charging(tool: Tool, token: str, evse: int = 1, **info: Any) -> str:
    """A transaction begins with cable and card, and energy flows; returns its id."""
    transaction_id = f"TX-{tool.id}-{evse}"
    first = {"evse": {"id": evse, "connectorId": 1}, "transactionInfo": {"chargingState": "EVConnected"}}
    await event(tool, transaction_id, 0, "Started", "CablePluggedIn", **first)
    card = {"idToken": {"idToken": token, "type": "ISO14443"}, "transactionInfo": info}
    answer = await event(tool, transaction_id, 1, "Updated", "RemoteStart" if info else "Authorized", **card)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    flows = {"transactionInfo": {"chargingState": "Charging"}}
    await event(tool, transaction_id, 2, "Updated", "ChargingStateChanged", **flows)
    return transaction_id


async def event(tool: Tool, transaction_id: str, seq_no: int, kind: str, trigger: str, **more: Any) -> dict[str, Any]:
    info = {"transactionId": transaction_id, **more.pop("transactionInfo", {})}
    said = {"eventType": kind, "timestamp": moment(), "triggerReason": trigger, "seqNo": seq_no}
    return await tool.call("TransactionEvent", **said, transactionInfo=info, **more)
