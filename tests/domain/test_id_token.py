from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.events import IdTokenRecord
from domain.id_token import Authorization, Permission
from domain.values import AuthorizationStatus, IdToken

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCEPTED, BLOCKED = AuthorizationStatus.ACCEPTED, AuthorizationStatus.BLOCKED
EXPIRED, INVALID = AuthorizationStatus.EXPIRED, AuthorizationStatus.INVALID


def record(**permissions: AuthorizationStatus) -> IdTokenRecord:
    """A token with a status by type; `any` is the entry without a type."""
    token = IdTokenRecord.blank(IdTokenRecord.stream("ABC"))
    for kind, status in permissions.items():
        token.set(IdToken("ABC", None if kind == "any" else kind), Permission(status), NOON)
    return token


def answer(token: IdTokenRecord, kind: str | None) -> AuthorizationStatus:
    return token.authorize(IdToken("ABC", kind), NOON).status


def test_texts_that_differ_in_case_are_one_token() -> None:
    assert IdTokenRecord.stream("aBc") == IdTokenRecord.stream("AbC") != IdTokenRecord.stream("ABCD")


def test_an_unknown_token_is_invalid() -> None:
    assert answer(record(), None) is answer(record(), "eMAID") is INVALID


def test_a_type_has_its_own_entry_else_that_for_all() -> None:
    token = record(any=ACCEPTED, eMAID=BLOCKED)
    assert (answer(token, "eMAID"), answer(token, "ISO14443"), answer(token, None)) == (BLOCKED, ACCEPTED, ACCEPTED)
    assert answer(record(eMAID=ACCEPTED), "ISO14443") is INVALID


def test_a_token_without_a_type_is_taken_for_a_card_first() -> None:
    assert answer(record(eMAID=BLOCKED, ISO14443=ACCEPTED), None) is ACCEPTED
    assert answer(record(eMAID=BLOCKED), None) is BLOCKED


@pytest.mark.parametrize(("status", "then"), [(ACCEPTED, EXPIRED), (BLOCKED, BLOCKED)])
def test_a_permission_ends_at_its_time(status: AuthorizationStatus, then: AuthorizationStatus) -> None:
    token = record()
    token.set(IdToken("ABC"), Permission(status, NOON, "FLEET"), NOON)
    just_before = token.authorize(IdToken("ABC"), NOON - timedelta(microseconds=1))
    assert just_before == Authorization(status, NOON, "FLEET")
    assert just_before.accepted is (status is ACCEPTED)
    assert token.authorize(IdToken("ABC"), NOON) == Authorization(then, NOON, "FLEET")
    assert not token.authorize(IdToken("ABC"), NOON).accepted


def test_a_start_button_is_accepted_whatever_its_text() -> None:
    assert answer(record(any=BLOCKED), "NoAuthorization") is ACCEPTED


def test_what_is_said_again_changes_nothing() -> None:
    token = record(any=ACCEPTED)
    token.set(IdToken("abc"), Permission(ACCEPTED), NOON)
    assert token.version == 1
    token.set(IdToken("abc"), Permission(BLOCKED), NOON)
    assert (token.version, answer(token, None)) == (2, BLOCKED)
