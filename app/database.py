"""Connections to PostgreSQL and the schema in it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config

import migrations


async def connect(dsn: str, *, size: int = 10, statement_timeout: float = 30) -> asyncpg.Pool:
    """A pool whose sessions never sit idle in a transaction: one that did would hold back the journal's readers."""
    return await asyncpg.create_pool(
        dsn,
        min_size=2,
        max_size=size,
        timeout=10,
        command_timeout=statement_timeout,
        server_settings={"idle_in_transaction_session_timeout": "10000", "jit": "off", "timezone": "UTC"},
    )


def migrate(dsn: str) -> None:
    """Bring the schema up to date; several nodes may do so at once. Not to be called inside an event loop."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    config.set_main_option("csms.dsn", dsn.replace("%", "%%"))
    command.upgrade(config, "head")


async def migrate_async(dsn: str) -> None:
    await asyncio.to_thread(migrate, dsn)
