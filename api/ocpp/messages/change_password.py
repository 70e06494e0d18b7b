"""ChangePassword: give a station a new password (1.6 security extension, 2.0.1 A01).

Typed payload: `password`, sealed. 1.6 hears ChangeConfiguration of AuthorizationKey, in hex digits; 2.x SetVariables of
BasicAuthPassword. It counts from before it is sent; if the station refuses it, no longer. Until the station comes with
it the old one counts as well, since an answer may be lost.
"""

from typing import Any

from api.ocpp.registry import answered, sent
from api.ocpp.sealed import Sealed
from api.ocpp.session import StationSession
from api.sealing import unseal
from domain.credentials import fingerprint

_KEY = "AuthorizationKey"
_COMPONENT, _VARIABLE = {"name": "SecurityCtrlr"}, {"name": "BasicAuthPassword"}
_TAKEN = ("Accepted", "RebootRequired")


@sent("ChangePassword", "1.6")
def change_password_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "ChangeConfiguration", {"key": _KEY, "value": Sealed(typed["password"], as_key=True)}


@sent("ChangePassword", "2.0.1")
def change_password_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    variable = {"component": _COMPONENT, "variable": _VARIABLE, "attributeValue": Sealed(typed["password"])}
    return "SetVariables", {"setVariableData": [variable]}


@answered("ChangeConfiguration", "1.6")
async def password_changed_v16(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    if request["key"] == _KEY and response["status"] not in _TAKEN:
        await _withdraw(session, request["value"])


@answered("SetVariables", "2.0.1")
async def password_changed_v2(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    for asked, result in zip(request["setVariableData"], response["setVariableResult"], strict=False):
        its = asked["component"].get("name"), asked["variable"].get("name")
        if its == (_COMPONENT["name"], _VARIABLE["name"]) and result["attributeStatus"] not in _TAKEN:
            await _withdraw(session, asked["attributeValue"])


async def _withdraw(session: StationSession, sealed: str) -> None:
    password = unseal(session.node.pepper, session.station_id, sealed)
    await session.refresh()
    credential = fingerprint(session.node.pepper, session.station_id, password.encode())
    session.station.withdraw_credential(credential, session.now)
