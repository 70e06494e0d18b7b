from __future__ import annotations

import pytest

from domain.journal import InMemoryJournal
from tests.journal.contract import JournalContract


@pytest.fixture
def journal() -> InMemoryJournal:
    return InMemoryJournal()


class TestInMemoryJournal(JournalContract):
    pass
