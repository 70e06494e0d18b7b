"""A page of rows in a stable order: what every Relay connection asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import asyncpg

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    rows: list[R]
    has_next: bool


async def fetch_page(
    pool: asyncpg.Pool,
    source: str,
    row: Callable[..., R],
    *,
    order: str,
    first: int,
    after: Any,
    where: Mapping[str, Any],
    descending: bool = False,
    columns: str = "*",
) -> Page[R]:
    """Up to `first` rows after the one whose `order` value is `after`.

    `where` maps conditions to their values, with `{}` for the parameter; a condition whose value is None is left out.
    """
    conditions: list[str] = []
    values: list[Any] = []
    wanted = {**where, f"{order} {'<' if descending else '>'} {{}}": after}
    for condition, value in wanted.items():
        if value is not None:
            values.append(value)
            conditions.append(condition.replace("{}", f"${len(values)}"))
    values.append(first + 1)
    clause = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    direction = "DESC" if descending else "ASC"
    query = f"SELECT {columns} FROM {source} {clause}ORDER BY {order} {direction} LIMIT ${len(values)}"  # noqa: S608
    records = await pool.fetch(query, *values)
    return Page([row(*record) for record in records[:first]], len(records) > first)


async def fetch_pages(
    pool: asyncpg.Pool,
    source: str,
    row: Callable[..., R],
    *,
    owner: str,
    owners: Sequence[str],
    order: str,
    first: int,
    after: Any,
    where: Mapping[str, Any],
) -> dict[str, Page[R]]:
    """The same page for each of several owners (the value of column `owner`), in one query."""
    wanted = {**where, f"{order} > {{}}": after}
    given = {condition: value for condition, value in wanted.items() if value is not None}
    conditions = "".join(f" AND {condition.replace('{}', f'${n}')}" for n, condition in enumerate(given, 3))
    query = (
        f"SELECT found.* FROM unnest($1::text[]) AS wanted(owner), LATERAL (SELECT * FROM {source}"  # noqa: S608
        f" WHERE {owner} = wanted.owner{conditions} ORDER BY {order} LIMIT $2) found"
    )
    pages: dict[str, list[R]] = {name: [] for name in owners}
    for record in await pool.fetch(query, list(owners), first + 1, *given.values()):
        pages[record[owner]].append(row(*record))
    return {name: Page(rows[:first], len(rows) > first) for name, rows in pages.items()}
