"""The journal in PostgreSQL: group commit, positions without gaps, evidence beside every event."""

from app.journal.mapper import EventMapper
from app.journal.postgres import PostgresJournal, UnsafeDatabase

__all__ = ["EventMapper", "PostgresJournal", "UnsafeDatabase"]
