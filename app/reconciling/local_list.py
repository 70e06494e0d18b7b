"""The local list: compared by its version, and sent whole where it is another than was asked for last."""

from __future__ import annotations

from typing import Any

from app.reconciling.desk import Desk, Subject
from domain.local_list import FULL
from projections.local_list import ListedToken, LocalListRow, blank, local_lists, local_lists_of


async def reconcile(desk: Desk) -> None:
    if not (await _known(desk)).ours:
        return
    await desk.ask("GetLocalListVersion", {})
    row = await _known(desk)
    if not row.mending_needed:
        return
    desk.differing += 1
    entries = [_said(token) for token in row.wanted_tokens]
    await desk.mend(
        "SendLocalList",
        {"versionNumber": row.next_version, "updateType": FULL, "localAuthorizationList": entries},
    )


async def _known(desk: Desk) -> LocalListRow:
    return (await local_lists_of(desk.pool, [desk.station_id])).get(desk.station_id) or blank(desk.station_id)


def _said(token: ListedToken) -> dict[str, Any]:
    """An entry of a typed command; 1.6 has no types."""
    entry: dict[str, Any] = {
        "idToken": token.id_token,
        "idTokenType": token.type or "ISO14443",
        "status": token.status,
    }
    if token.expires_at is not None:
        entry["expiresAt"] = token.expires_at.isoformat()
    if token.group_id is not None:
        entry["groupId"] = token.group_id
    return entry


LOCAL_LIST = Subject("localList", (local_lists,), reconcile)
