# mypy: disallow_untyped_decorators=false
"""Local authorisation lists: what stations may accept by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry

from api.graphql.asking import CommandPayload, StationRequest, ask
from api.graphql.context import Info
from api.graphql.deciding import checked, within_bounds
from api.graphql.enums import IdTokenStatus, LocalListUpdate
from api.graphql.errors import bad_input, refusals_as
from api.graphql.visibility import at_least
from projections.id_tokens import id_tokens, id_tokens_by_value
from projections.local_list import ListedToken, LocalListRow, blank, local_lists, local_lists_of

_MOST_ENTRIES = 5_000
_HIGHEST_VERSION = 2**31 - 1


@strawberry.type
class LocalListEntry:
    id_token: str
    type: str | None
    status: IdTokenStatus
    group_id: str | None
    expires_at: datetime | None

    @classmethod
    def of(cls, token: ListedToken) -> LocalListEntry:
        return cls(
            id_token=token.id_token,
            type=token.type,
            status=IdTokenStatus(token.status),
            group_id=token.group_id,
            expires_at=token.expires_at,
        )


@strawberry.type(description="The local authorisation list of a station, as it should be and as far as we know it is.")
class LocalList:
    station_id: strawberry.ID
    version: int = strawberry.field(description="Of the list that the station last accepted; 0: none.")
    entries: list[LocalListEntry] = strawberry.field(description="Of that version.")
    desired: list[LocalListEntry] = strawberry.field(description="As asked for last, whatever became of it.")
    station_version: int | None = strawberry.field(
        description="As the station last said: 0 is an empty list, -1 that it keeps none."
    )
    reported_at: datetime | None = strawberry.field(description="When it said so.")
    agrees: bool | None = strawberry.field(description="Whether both versions are the same; null if it never said its.")
    full_update_needed: bool = strawberry.field(
        description="It refused a differential update, reported a conflict or has another version: send a full list."
    )
    last_update_type: LocalListUpdate | None
    last_version: int | None
    last_outcome: str | None = strawberry.field(
        description="Accepted, Failed, NotSupported or VersionMismatch, as it answered the last list."
    )
    last_sent_at: datetime | None

    @classmethod
    def of(cls, row: LocalListRow) -> LocalList:
        return cls(
            station_id=strawberry.ID(row.station_id),
            version=row.version,
            entries=[LocalListEntry.of(token) for token in row.tokens],
            desired=[LocalListEntry.of(token) for token in row.wanted_tokens],
            station_version=row.station_version,
            reported_at=row.reported_at,
            agrees=row.agrees,
            full_update_needed=row.full_needed,
            last_update_type=LocalListUpdate(row.last_update_type) if row.last_update_type else None,
            last_version=row.last_version,
            last_outcome=row.last_outcome,
            last_sent_at=row.last_sent_at,
        )


@strawberry.input
class LocalListEntryInput:
    id_token: str
    type: str = strawberry.field(default="ISO14443", description="2.x; 1.6 has no types.")
    status: IdTokenStatus | None = strawberry.field(
        default=None,
        description="Null: in a full list, all as set with setIdToken; in a differential update, take it off the list.",
    )
    group_id: str | None = None
    expires_at: datetime | None = None


@strawberry.input
class SendLocalListInput(StationRequest):
    update_type: LocalListUpdate
    entries: list[LocalListEntryInput] = strawberry.field(description="None in a full list: it becomes empty.")
    version: int | None = strawberry.field(default=None, description="Null: above what we and the station have.")


@strawberry.input
class GetLocalListVersionInput(StationRequest):
    pass


@strawberry.type
class LocalListQueries:
    @strawberry.field(description="Null for a station that was never sent or asked for one.")
    async def local_list(
        self, info: Info, station_id: strawberry.ID, at_least_position: str | None = None
    ) -> LocalList | None:
        await at_least(info, at_least_position, local_lists)
        row = await info.context.load(local_lists_of, station_id)
        return LocalList.of(row) if row else None


@strawberry.type
class LocalListMutations:
    @strawberry.mutation(
        description="Send the tokens that a station may accept by itself, in as many messages as it needs."
    )
    @refusals_as(CommandPayload)
    async def send_local_list(self, info: Info, input: SendLocalListInput) -> CommandPayload:
        _check(input.entries)
        # What was decided until now counts, whether or not it shows already.
        await at_least(info, str(await info.context.services.journal.head()), local_lists, id_tokens)
        entries = [_said(entry) for entry in input.entries]
        if input.update_type is LocalListUpdate.FULL:
            entries = await _as_known(info, entries)
        payload = {
            "versionNumber": await _version(info, input),
            "updateType": input.update_type.value,
            "localAuthorizationList": entries,
        }
        drawn = () if input.version is not None else ("versionNumber",)
        return await ask(info, input, "SendLocalList", payload, drawn=drawn)

    @strawberry.mutation(description="Ask a station which list it has; localList shows the answer.")
    @refusals_as(CommandPayload)
    async def get_local_list_version(self, info: Info, input: GetLocalListVersionInput) -> CommandPayload:
        return await ask(info, input, "GetLocalListVersion", {})


def _check(entries: Sequence[LocalListEntryInput]) -> None:
    within_bounds("entries", len(entries), 0, _MOST_ENTRIES)
    for entry in entries:
        checked("entries", entry.id_token)
        checked("entries", entry.type, 20)
        if entry.group_id is not None:
            checked("entries", entry.group_id)
        if entry.status is None and (entry.group_id is not None or entry.expires_at is not None):
            raise bad_input("entries", f"{entry.id_token!r} has a group or an end, but no status")
    if len({(entry.id_token.casefold(), entry.type) for entry in entries}) < len(entries):
        raise bad_input("entries", "a token may stand in a list once")


def _said(entry: LocalListEntryInput) -> dict[str, Any]:
    status = entry.status.value if entry.status else None
    return _entry(entry.id_token, entry.type, status, entry.expires_at, entry.group_id)


def _entry(
    value: str, token_type: str, status: str | None, expires_at: datetime | None, group_id: str | None
) -> dict[str, Any]:
    entry = {"idToken": value, "idTokenType": token_type}
    if status is not None:
        entry["status"] = status
    if expires_at is not None:
        entry["expiresAt"] = expires_at.isoformat()
    if group_id is not None:
        entry["groupId"] = group_id
    return entry


async def _as_known(info: Info, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """In a full list every entry says what it is (1.6 §5.15): those that do not, say what we know."""
    open_entries = [entry for entry in entries if "status" not in entry]
    found = await id_tokens_by_value(info.context.pool, [(e["idToken"], e["idTokenType"]) for e in open_entries])
    known = []
    for entry in entries:
        value, token_type = entry["idToken"], entry["idTokenType"]
        if "status" not in entry:
            row = found.get((value, token_type))
            if row is None:
                raise bad_input("entries", f"{value!r} was never set: give its status")
            entry = _entry(value, token_type, row.status, row.expires_at, row.group_id)
        known.append(entry)
    return known


async def _version(info: Info, input: SendLocalListInput) -> int:
    if input.version is not None:
        within_bounds("version", input.version, 1, _HIGHEST_VERSION)
        return input.version
    row = await info.context.load(local_lists_of, input.station_id) or blank(input.station_id)
    if row.next_version > _HIGHEST_VERSION:
        raise bad_input("version", f"there is none above {row.next_version - 1}: give one")
    return row.next_version
