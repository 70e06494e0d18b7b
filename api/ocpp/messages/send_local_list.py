"""SendLocalList: the tokens that a station may accept by itself (1.6 §5.15, 2.0.1 D01).

Typed payload: `versionNumber`, `updateType` Full or Differential, `localAuthorizationList` of `idToken`, `idTokenType`,
`status`?, `expiresAt`?, `groupId`?; an entry without status is taken off the list.
"""

from typing import Any

from api.ocpp import wire
from api.ocpp.parts import divided
from api.ocpp.registry import answered, sent
from api.ocpp.schema import CallFailed
from api.ocpp.session import StationSession
from domain.id_token import Authorization, Permission
from domain.local_list import DIFFERENTIAL, ListEntry, LocalListBook
from domain.values import AuthorizationStatus, IdToken


@sent("SendLocalList", "1.6")
def send_local_list_v16(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    entries = []
    for entry in typed["localAuthorizationList"]:
        permission = _permission(entry)
        info = {"idTagInfo": wire.id_tag_info(permission)} if permission else {}
        entries.append({"idTag": entry["idToken"], **info})
    if len({entry["idTag"].casefold() for entry in entries}) < len(entries):
        raise CallFailed("PropertyConstraintViolation", "1.6 has no types of tokens: each may stand in a list once")
    return "SendLocalList", {
        "listVersion": typed["versionNumber"],
        "updateType": typed["updateType"],
        "localAuthorizationList": entries,
    }


@sent("SendLocalList", "2.0.1")
def send_local_list_v2(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    payload: dict[str, Any] = {"versionNumber": typed["versionNumber"], "updateType": typed["updateType"]}
    entries = []
    for entry in typed["localAuthorizationList"]:
        permission = _permission(entry)
        info = {"idTokenInfo": wire.id_token_info(permission)} if permission else {}
        entries.append({"idToken": {"idToken": entry["idToken"], "type": entry["idTokenType"]}, **info})
    if entries:  # the schema knows no empty list; none at all is one
        payload["localAuthorizationList"] = entries
    return "SendLocalList", payload


def _numbered(part: dict[str, Any], number: int) -> dict[str, Any]:
    """What a list is too long for is added to it, each time in a version of its own (D01)."""
    key = "versionNumber" if "versionNumber" in part else "listVersion"
    return part | {"updateType": DIFFERENTIAL, key: part[key] + number} if number else part


divided(
    "SendLocalList",
    "1.6",
    "2.0.1",
    list_key="localAuthorizationList",
    component="LocalAuthListCtrlr",
    numbered=_numbered,
    in_order=True,
)


def _permission(entry: dict[str, Any]) -> Authorization | None:
    if not entry.get("status"):
        return None
    expires_at = wire.instant(entry["expiresAt"]) if entry.get("expiresAt") else None
    return Authorization(AuthorizationStatus(entry["status"]), expires_at, entry.get("groupId"))


@answered("SendLocalList", "1.6")
async def local_list_sent_v16(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    entries = []
    for entry in request.get("localAuthorizationList", ()):
        info = entry.get("idTagInfo")
        permission = _known(info, "expiryDate", info.get("parentIdTag")) if info else None
        entries.append(ListEntry(IdToken(entry["idTag"]), permission))
    await _note(session, request["listVersion"], request["updateType"], tuple(entries), response["status"])


@answered("SendLocalList", "2.0.1")
async def local_list_sent_v2(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    entries = []
    for entry in request.get("localAuthorizationList", ()):
        info = entry.get("idTokenInfo")
        group = info.get("groupIdToken", {}).get("idToken") if info else None
        permission = _known(info, "cacheExpiryDateTime", group) if info else None
        entries.append(ListEntry(IdToken(entry["idToken"]["idToken"], entry["idToken"]["type"]), permission))
    await _note(session, request["versionNumber"], request["updateType"], tuple(entries), response["status"])


def _known(info: dict[str, Any], expiry: str, group_id: str | None) -> Permission:
    expires_at = wire.instant(info[expiry]) if info.get(expiry) else None
    return Permission(AuthorizationStatus(info["status"]), expires_at, group_id)


async def _note(
    session: StationSession, version: int, update_type: str, entries: tuple[ListEntry, ...], outcome: str
) -> None:
    if wire.reference(version) is None:
        return
    book = await session.book(LocalListBook)
    book.trigger_event(
        LocalListBook.Sent,
        update_type=update_type,
        version=version,
        outcome=outcome,
        entries=entries,
        timestamp=session.now,
    )
