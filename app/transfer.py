"""Export and import: the journal as lines of JSON, to archive it or to move it to another database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, BinaryIO

import asyncpg
import msgspec

_BigInt = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    """A row of the journal; bytes are base64 in JSON."""

    notification_id: _BigInt
    originator_id: str
    originator_version: _BigInt
    topic: str
    state: bytes
    protocol: str | None
    request: bytes | None
    reply: bytes | None


_COLUMNS = _Line.__struct_fields__
_decode = msgspec.json.Decoder(_Line).decode
_BATCH = 5_000

Progress = Callable[[int], None]
"""Called with the events done so far."""


async def export(pool: asyncpg.Pool, out: BinaryIO, progress: Progress) -> int:
    """Write every event that is settled now, in the order of positions; returns how many. Bytes are base64."""
    after = done = 0
    # Beyond it, an event with a lower position than one that is there already may still be on its way.
    settled = await pool.fetchval("SELECT max(notification_id) FROM application_events")
    query = (
        f"SELECT {', '.join(_COLUMNS)} FROM stored_events WHERE notification_id > $1 AND notification_id <= $2"  # noqa: S608
        f" ORDER BY 1 LIMIT {_BATCH}"
    )
    while records := await pool.fetch(query, after, settled):
        out.writelines(msgspec.json.encode(dict(record)) + b"\n" for record in records)
        after, done = records[-1][0], done + len(records)
        progress(done)
    return done


async def import_(pool: asyncpg.Pool, lines: Iterable[bytes], progress: Progress) -> int:
    """Read an export into an empty journal, all of it or nothing; returns how many events. Raises ValueError
    otherwise.
    """
    done = 0
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE stored_events IN EXCLUSIVE MODE")
        if await connection.fetchval("SELECT EXISTS (SELECT FROM stored_events)"):
            raise ValueError("the journal is not empty; import into a new database")
        batch: list[tuple[Any, ...]] = []
        for number, text in enumerate(lines, 1):
            batch.append(_read(text, number))
            if len(batch) == _BATCH:
                await connection.copy_records_to_table("stored_events", records=batch, columns=_COLUMNS)
                done, batch = done + len(batch), []
                progress(done)
        await connection.copy_records_to_table("stored_events", records=batch, columns=_COLUMNS)
        await connection.execute(_AFTER_IMPORT)
    return done + len(batch)


# Numbers for 1.6 transactions go on above those that the imported journal has given.
_AFTER_IMPORT = """
SELECT setval('transaction_ids', greatest(nextval('transaction_ids'), coalesce(max(split_part(originator_id, '/',
2)::bigint), 0) + 1)) FROM stored_events WHERE originator_id ~ '^transaction:[^/]*/[0-9]{1,9}$' AND originator_version
= 1 AND protocol = 'ocpp1.6'
"""


def _read(text: bytes, number: int) -> tuple[Any, ...]:
    try:
        return msgspec.structs.astuple(_decode(text))
    except ValueError as error:
        raise ValueError(f"line {number} is not an exported event: {error}") from error
