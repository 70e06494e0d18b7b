from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.events import IdTokenRecord
from domain.id_token import Authorization, Permission, Use
from domain.values import AuthorizationStatus, IdToken

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCEPTED, BLOCKED = AuthorizationStatus.ACCEPTED, AuthorizationStatus.BLOCKED
EXPIRED, INVALID = AuthorizationStatus.EXPIRED, AuthorizationStatus.INVALID
CONCURRENT = AuthorizationStatus.CONCURRENT_TX


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


def exclusive(kind: str | None = None) -> IdTokenRecord:
    token = IdTokenRecord.blank(IdTokenRecord.stream("ABC"))
    token.set(IdToken("ABC", kind), Permission(ACCEPTED), NOON, exclusive=True)
    token.collect_events()
    return token


def engage(token: IdTokenRecord, use: Use, kind: str | None = None) -> AuthorizationStatus:
    return token.engage(IdToken("ABC", kind), use, NOON, INVALID).status


def test_an_exclusive_token_has_one_transaction_at_a_time() -> None:
    token = exclusive()
    assert engage(token, Use("CS1", "1", 1)) is ACCEPTED
    assert engage(token, Use("CS1", "2", 2)) is engage(token, Use("CS2", "1", 1)) is CONCURRENT
    assert [type(event) for event in token.collect_events()] == [IdTokenRecord.Engaged]
    token.release("CS1", "1", NOON)
    assert engage(token, Use("CS2", "1", 1)) is ACCEPTED


def test_the_same_transaction_is_not_another_one() -> None:
    token = exclusive()
    assert engage(token, Use("CS1", "1")) is engage(token, Use("CS1", "1", 1)) is ACCEPTED
    assert len(token.collect_events()) == 1


def test_a_new_transaction_on_the_same_evse_takes_the_place_of_one_that_never_ended() -> None:
    token = exclusive()
    assert engage(token, Use("CS1", "1", 1)) is engage(token, Use("CS1", "2", 1)) is ACCEPTED
    assert list(token.uses) == [("CS1", "2")]
    token.release("CS1", "1", NOON)
    assert engage(token, Use("CS2", "3", 1)) is CONCURRENT


def test_an_evse_that_is_not_told_is_no_place() -> None:
    token = exclusive()
    assert engage(token, Use("CS1", "1")) is ACCEPTED
    assert engage(token, Use("CS1", "2")) is CONCURRENT


def test_authorizing_alone_is_never_concurrent() -> None:
    token = exclusive()
    engage(token, Use("CS1", "1", 1))
    assert answer(token, None) is ACCEPTED


def test_any_other_token_has_as_many_as_it_likes_and_they_are_not_noted() -> None:
    token = record(any=ACCEPTED)
    token.collect_events()
    assert engage(token, Use("CS1", "1", 1)) is engage(token, Use("CS2", "2", 1)) is ACCEPTED
    assert not token.collect_events()
    assert not token.exclusive


def test_a_token_that_is_not_accepted_takes_up_nothing() -> None:
    token = exclusive()
    token.set(IdToken("ABC"), Permission(BLOCKED), NOON, exclusive=True)
    token.collect_events()
    assert engage(token, Use("CS1", "1", 1)) is BLOCKED
    assert not token.collect_events()


def test_what_is_exclusive_depends_on_the_type() -> None:
    token = exclusive("eMAID")
    token.set(IdToken("ABC", "Local"), Permission(ACCEPTED), NOON)
    engage(token, Use("CS1", "1", 1), "eMAID")
    assert engage(token, Use("CS2", "2", 1), "eMAID") is CONCURRENT
    assert engage(token, Use("CS2", "2", 1), "Local") is ACCEPTED


def test_a_token_that_is_no_longer_exclusive_is_free_at_once() -> None:
    token = exclusive()
    engage(token, Use("CS1", "1", 1))
    token.set(IdToken("ABC"), Permission(ACCEPTED), NOON)
    assert engage(token, Use("CS2", "2", 1)) is ACCEPTED
    assert token.exclusive, "until the transaction that was noted has ended"


def test_nothing_changes_that_is_said_again() -> None:
    token = exclusive()
    token.set(IdToken("ABC"), Permission(ACCEPTED), NOON, exclusive=True)
    token.release("CS1", "1", NOON)
    assert not token.collect_events()


def test_a_token_of_which_nothing_was_said_is_answered_as_it_is_the_rule() -> None:
    assert record().authorize(IdToken("ABC"), NOON, ACCEPTED).status is ACCEPTED
    assert record(any=BLOCKED).authorize(IdToken("ABC"), NOON, ACCEPTED).status is BLOCKED
