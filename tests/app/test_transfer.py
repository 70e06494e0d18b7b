"""The journal out of one database and into another, byte for byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import asyncpg
import pytest

from app.database import connect
from app.journal import PostgresJournal
from app.transfer import export, import_
from domain.events import StationDay
from domain.journal import Entry, Evidence
from projections.all import READ_MODELS
from projections.runner import Runner
from tests.projections.busy_day import busy_day
from tests.projections.shelf import contents

ROWS = "SELECT t::text FROM stored_events t ORDER BY notification_id"


def quietly(done: int) -> None:
    pass


@pytest.fixture
async def other(new_dsn: Callable[[], str]) -> AsyncIterator[tuple[str, asyncpg.Pool]]:
    """An empty database."""
    dsn = new_dsn()
    pool = await connect(dsn)
    yield dsn, pool
    await pool.close()


@pytest.fixture
async def exported(journal: PostgresJournal, pool: asyncpg.Pool) -> bytes:
    evidence = Evidence("ocpp1.6", b'[2,"1","\xff\x00', b"[3]")
    entries = [Entry(event, evidence if n % 3 == 0 else None) for n, event in enumerate(busy_day(stations=2))]
    position = await journal.append(entries)
    async with asyncio.timeout(10):
        while await journal.head() < position:
            await asyncio.sleep(0.01)
    out = BytesIO()
    assert await export(pool, out, quietly) == len(entries)
    return out.getvalue()


async def test_what_was_exported_is_imported_byte_for_byte(
    exported: bytes, pool: asyncpg.Pool, other: tuple[str, asyncpg.Pool]
) -> None:
    dsn, empty = other
    progress: list[int] = []
    lines = exported.splitlines(keepends=True)
    assert await import_(empty, iter(lines), progress.append) == len(lines)
    before, after = await pool.fetch(ROWS), await empty.fetch(ROWS)
    assert before == after
    again = BytesIO()
    reopened = await PostgresJournal.open(dsn, empty)  # lets readers see what comes from another cluster
    await export(empty, again, quietly)
    assert again.getvalue() == exported
    await reopened.close()


async def test_read_models_built_from_an_import_say_the_same(
    exported: bytes, journal: PostgresJournal, pool: asyncpg.Pool, other: tuple[str, asyncpg.Pool]
) -> None:
    dsn, empty = other
    await Runner(journal, pool, READ_MODELS).catch_up()
    await import_(empty, exported.splitlines(), quietly)
    moved = await PostgresJournal.open(dsn, empty)
    await Runner(moved, empty, READ_MODELS).catch_up()
    await moved.close()
    shown = await contents(empty, READ_MODELS)
    assert all(shown.values())
    assert shown == await contents(pool, READ_MODELS)


async def test_numbers_of_new_transactions_go_on_above_the_imported(
    journal: PostgresJournal, pool: asyncpg.Pool, other: tuple[str, asyncpg.Pool]
) -> None:
    def row(position: int, stream: str, protocol: str = "ocpp1.6") -> bytes:
        empty = {"topic": "x", "state": "", "request": None, "reply": None, "protocol": protocol}
        named = {"notification_id": position, "originator_id": stream, "originator_version": 1}
        return json.dumps(named | empty).encode()

    day = "transaction:2026-11-20:CS%2F1"
    streams = [row(1, f"{day}/41"), row(2, f"{day}/900", "ocpp2.0.1"), row(3, f"{day}/x7"), row(4, "day:2026:CS/99")]
    dsn, empty = other
    await import_(empty, streams, quietly)
    moved = await PostgresJournal.open(dsn, empty)
    assert min(await moved.draw_transaction_ids(2)) > 41
    await moved.close()


async def test_an_export_holds_what_is_settled_and_no_more(
    exported: bytes, journal: PostgresJournal, pool: asyncpg.Pool
) -> None:
    """What is still being written may get a lower position than what is there: with one of them goes the other."""
    async with pool.acquire() as slow:
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute("SELECT pg_current_xact_id()")  # an append elsewhere, not committed yet
        await journal.append(
            [Entry(event) for event in StationDay.open("new", None, datetime.now(UTC)).collect_events()]
        )
        out = BytesIO()
        await export(pool, out, quietly)
        assert out.getvalue() == exported
        await transaction.rollback()


BAD: dict[str, Any] = {
    "no JSON": b"hello",
    "a list": b"[1, 2]",
    "a missing column": b'{"originator_id": "x"}',
    "no base64": b'{"notification_id":1,"originator_id":"x","originator_version":1,"topic":"t","state":"no base64!",'
    b'"protocol":null,"request":null,"reply":null}',
}


@pytest.mark.parametrize("line", BAD.values(), ids=list(BAD))
async def test_a_line_that_is_no_event_is_named_and_nothing_is_imported(
    exported: bytes, other: tuple[str, asyncpg.Pool], line: bytes
) -> None:
    _, empty = other
    lines = exported.splitlines()
    with pytest.raises(ValueError, match="line 3 is not an exported event"):
        await import_(empty, [*lines[:2], line, *lines[2:]], quietly)
    assert await empty.fetchval("SELECT count(*) FROM stored_events") == 0
    assert await import_(empty, lines, quietly) == len(lines)


async def test_values_of_the_wrong_kind_are_refused_with_everything_else(
    exported: bytes, other: tuple[str, asyncpg.Pool]
) -> None:
    _, empty = other
    wrong = json.loads(exported.splitlines()[0]) | {"originator_version": "two"}
    with pytest.raises(ValueError, match="line 1 is not an exported event"):
        await import_(empty, [json.dumps(wrong).encode()], quietly)
    with pytest.raises(asyncpg.UniqueViolationError):
        await import_(empty, [*exported.splitlines(), exported.splitlines()[0]], quietly)
    assert await empty.fetchval("SELECT count(*) FROM stored_events") == 0


async def test_nothing_is_imported_over_a_journal(exported: bytes, pool: asyncpg.Pool) -> None:
    with pytest.raises(ValueError, match="not empty"):
        await import_(pool, exported.splitlines(), quietly)
