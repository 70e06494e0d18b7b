"""Errors of three kinds: refusals that are data of a mutation's payload, clear GraphQL errors, and the unforeseen.

The last are told as a number to ask about; what they were goes to the log.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Awaitable, Callable, Iterable
from enum import Enum
from typing import ParamSpec, TypeVar

import asyncpg
import strawberry
import structlog
from graphql import GraphQLError
from strawberry.exceptions import StrawberryInputCoercionError

from domain.journal import JournalUnavailable

log = structlog.get_logger(__name__)
P = ParamSpec("P")
R = TypeVar("R")


class Code(Enum):
    """`extensions.code` of an error."""

    BAD_INPUT = "BAD_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    NOT_YET_VISIBLE = "NOT_YET_VISIBLE"
    TOO_SLOW = "TOO_SLOW"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


@strawberry.enum(description="Why a mutation did nothing, or (NOT_YET_VISIBLE) why its result is not shown yet.")
class UserErrorCode(Enum):
    BAD_INPUT = "BAD_INPUT"
    ALREADY_REGISTERED = "ALREADY_REGISTERED"
    UNKNOWN_STATION = "UNKNOWN_STATION"
    UNKNOWN_TARIFF = "UNKNOWN_TARIFF"
    UNKNOWN_TRANSACTION = "UNKNOWN_TRANSACTION"
    UNKNOWN_CHARGE_DETAIL_RECORD = "UNKNOWN_CHARGE_DETAIL_RECORD"
    INVALID_TARIFF = "INVALID_TARIFF"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    CONFLICT = "CONFLICT"
    NOT_YET_VISIBLE = "NOT_YET_VISIBLE"


@strawberry.type(description="A refusal, as data.")
class UserError:
    code: UserErrorCode
    message: str
    field: str | None = strawberry.field(default=None, description="The input field at fault, where it is one.")


class Refused(Exception):
    """A mutation will not do what was asked; `position` is given where something was recorded all the same."""

    def __init__(
        self, code: UserErrorCode, message: str, field: str | None = None, position: int | None = None
    ) -> None:
        super().__init__(message)
        self.user_error = UserError(code=code, message=message, field=field)
        self.position = position


def bad_input(field: str, message: str) -> Refused:
    return Refused(UserErrorCode.BAD_INPUT, message, field)


def refusals_as(payload: Callable[..., R]) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
    """Makes a mutation answer `Refused` as its payload's error."""

    def decorate(mutation: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        @functools.wraps(mutation)
        async def answer(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return await mutation(*args, **kwargs)
            except Refused as refused:
                position = str(refused.position) if refused.position is not None else None
                return payload(error=refused.user_error, position=position)

        return answer

    return decorate


def stop(code: Code, message: str) -> GraphQLError:
    """An error to raise that the caller shall read."""
    return GraphQLError(message, extensions={"code": code.value})


_UNSTORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError, UnicodeEncodeError)
_AWAY = (JournalUnavailable, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError, TimeoutError)
_WELL_MEANT = (GraphQLError, StrawberryInputCoercionError)


def make_presentable(errors: Iterable[GraphQLError]) -> None:
    """Rewrite, in place, errors that nobody worded for the caller."""
    for error in errors:
        cause = _cause(error)
        if cause is not None and not isinstance(cause, _WELL_MEANT):
            _reword(error, cause)
            error.original_error = None


def _cause(error: GraphQLError) -> BaseException | None:
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _reword(error: GraphQLError, cause: BaseException) -> None:
    if isinstance(cause, RecursionError):
        error.message, code = "the document is nested too deeply", Code.BAD_INPUT
    elif isinstance(cause, _UNSTORABLE) or (isinstance(cause, asyncpg.DataError) and "\\x00" in str(cause)):
        error.message, code = "a text holds characters that cannot be stored", Code.BAD_INPUT
    else:
        number = secrets.token_hex(8)
        log.error("graphql.failed", correlation_id=number, path=error.path, exc_info=cause)
        code = Code.UNAVAILABLE if isinstance(cause, _AWAY) else Code.INTERNAL
        words = "the database does not answer, try again later" if code is Code.UNAVAILABLE else "unexpected error"
        error.message = f"{words} (correlation id {number})"
        error.extensions = {"correlationId": number}
    error.extensions = {**(error.extensions or {}), "code": code.value}
