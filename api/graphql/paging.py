"""Relay connections: `first` says how many (1 to 100), `after` where to go on; cursors are opaque."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

import strawberry

from api.graphql.errors import Code, stop
from projections.page import Page

MOST = 100
EMPTY: Page[Any] = Page([], False)
N = TypeVar("N")
R = TypeVar("R")


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Edge(Generic[N]):
    cursor: str
    node: N


@strawberry.type
class Connection(Generic[N]):
    edges: list[Edge[N]]
    nodes: list[N] = strawberry.field(description="The nodes of the edges, for those who need no cursors.")
    page_info: PageInfo


def page_size(first: int) -> int:
    if not 1 <= first <= MOST:
        raise stop(Code.BAD_INPUT, f"first must be from 1 to {MOST}, not {first}")
    return first


def cursor_of(key: str) -> str:
    return urlsafe_b64encode(key.encode()).decode().rstrip("=")


def key_of(cursor: str | None) -> str | None:
    """What a cursor stands for; raises a clear error for one that is none of ours."""
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key = urlsafe_b64decode(padded).decode()
    except (Error, ValueError):
        raise _not_a_cursor(cursor) from None
    if cursor_of(key) != cursor or "\0" in key:
        raise _not_a_cursor(cursor)
    return key


def instant_of(cursor: str | None) -> datetime | None:
    """The instant that a cursor stands for."""
    key = key_of(cursor)
    try:
        return datetime.fromisoformat(key) if key is not None else None
    except ValueError:
        raise _not_a_cursor(str(cursor)) from None


def position_of(text: str | None, name: str = "after") -> int | None:
    """A position as it stands in answers; raises a clear error for anything else."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
        raise stop(Code.BAD_INPUT, f"{name} is not a position: {text[:60]!r}")
    return int(text)


def connection(page: Page[R], node: Callable[[R], N], key: Callable[[R], str]) -> Connection[N]:
    return relay([(cursor_of(key(row)), node(row)) for row in page.rows], page.has_next)


def relay(found: list[tuple[str, N]], has_next: bool) -> Connection[N]:
    return Connection(
        edges=[Edge(cursor=cursor, node=node) for cursor, node in found],
        nodes=[node for _, node in found],
        page_info=PageInfo(has_next_page=has_next, end_cursor=found[-1][0] if found else None),
    )


def _not_a_cursor(cursor: str) -> Exception:
    return stop(Code.BAD_INPUT, f"after is not a cursor of this list: {cursor[:60]!r}")
