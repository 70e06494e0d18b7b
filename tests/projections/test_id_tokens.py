"""Id tokens and what they are answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.events import IdTokenRecord
from domain.id_token import Permission, Use
from domain.values import AuthorizationStatus, IdToken
from projections.id_tokens import id_token_by_value, id_tokens
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
ACCEPTED, BLOCKED = AuthorizationStatus.ACCEPTED, AuthorizationStatus.BLOCKED


def token(value: str, *settings: tuple[str | None, Permission]) -> IdTokenRecord:
    record = IdTokenRecord.blank(IdTokenRecord.stream(value))
    for token_type, permission in settings:
        record.set(IdToken(value, token_type), permission, NOON)
    return record


async def test_a_token_shows_what_it_is_answered(shelf: Shelf) -> None:
    await shelf.given(token("Straße:1", ("ISO14443", Permission(ACCEPTED, LATER, "fleet"))))
    await shelf.show(id_tokens)
    row = await shelf.row(id_tokens, "id_token")
    assert row == {
        "folded": "strasse:1",
        "type": "ISO14443",
        "id_token": "Straße:1",
        "status": "Accepted",
        "group_id": "fleet",
        "expires_at": LATER,
        "exclusive": False,
        "updated_at": NOON,
    }


async def test_a_token_may_be_exclusive_and_its_uses_show_nowhere(shelf: Shelf) -> None:
    record = token("A")
    record.set(IdToken("A"), Permission(ACCEPTED), NOON, exclusive=True)
    record.engage(IdToken("A"), Use("CS1", "1"), NOON, BLOCKED)
    await shelf.given(record)
    await shelf.show(id_tokens)
    assert (await shelf.row(id_tokens, "id_token"))["exclusive"] is True


async def test_the_last_permission_counts_for_each_type_by_itself(shelf: Shelf) -> None:
    await shelf.given(
        token(
            "A", (None, Permission(ACCEPTED, LATER, "g")), ("eMAID", Permission(ACCEPTED)), (None, Permission(BLOCKED))
        )
    )
    await shelf.show(id_tokens, batch=1)
    rows = await shelf.rows(id_tokens, "id_token", "type")
    shown = [(row["type"], row["status"], row["group_id"], row["expires_at"]) for row in rows]
    assert shown == [("", "Blocked", None, None), ("eMAID", "Accepted", None, None)]


async def test_a_token_is_found_without_regard_to_case_and_by_type(shelf: Shelf) -> None:
    await shelf.given(
        token("Ab", (None, Permission(BLOCKED)), ("eMAID", Permission(ACCEPTED))),
        token("Cd", ("eMAID", Permission(BLOCKED))),
    )
    await shelf.show(id_tokens)

    async def found(value: str, token_type: str | None = None) -> str | None:
        row = await id_token_by_value(shelf.pool, value, token_type)
        return row and row.type

    assert await found("aB", "eMAID") == "eMAID"
    assert await found("AB", "ISO14443") == "", "the entry without a type serves all that have none of their own"
    assert await found("AB") == ""
    assert await found("cd") == "eMAID"
    assert await found("cd", "ISO14443") is None
    assert await found("nobody") is None
