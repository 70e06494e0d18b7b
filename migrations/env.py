"""Runs migrations through asyncpg, one process at a time."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_ONE_AT_A_TIME = 0x0C5_A15  # an advisory lock: several nodes may start at once


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def _run(dsn: str) -> None:
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=NullPool)
    async with engine.connect() as lock:
        await lock.execute(text(f"SELECT pg_advisory_lock({_ONE_AT_A_TIME})"))
        await lock.commit()
        async with engine.connect() as connection:
            await connection.run_sync(_migrate)
    await engine.dispose()


def run() -> None:
    dsn = context.config.get_main_option("csms.dsn") or os.environ.get("CSMS_DATABASE_URL")
    if not dsn:
        raise SystemExit("Set CSMS_DATABASE_URL, or run `csms migrate`, which also knows the embedded PostgreSQL.")
    asyncio.run(_run(dsn))


run()
