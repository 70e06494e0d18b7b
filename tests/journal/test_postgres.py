from __future__ import annotations

from tests.journal.contract import JournalContract


class TestPostgresJournal(JournalContract):
    pass
