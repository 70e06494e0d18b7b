from __future__ import annotations

import asyncpg
import pytest

from app.journal import PostgresJournal
from tests.projections.shelf import Shelf


@pytest.fixture
def shelf(pool: asyncpg.Pool, journal: PostgresJournal) -> Shelf:
    return Shelf(journal, pool)
