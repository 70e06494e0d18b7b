"""What a read model is: tables, and handlers that fold events into rows. One read model is one file beside this one.

Rows are frozen; a handler reads a row, makes its successor and puts it back, so an event is applied whole or not at
all. The runner loads the rows that a batch of events needs, folds the batch in memory and writes each changed row
once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Generic, TypeVar

import asyncpg
import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from domain.aggregate import TOPICS, DomainEvent
from domain.journal import Recorded

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_MOST_CACHED = 200_000
_AT_A_TIME = 1_000
"""Rows in a statement: while they are written down for it, nobody else's turn comes."""
_encode = msgspec.json.Encoder().encode


class Row(msgspec.Struct, frozen=True, gc=False):
    """A row, its fields in the order of the table's columns."""


R = TypeVar("R", bound=Row)
Key = Hashable


class Table(Generic[R]):
    """A table of a read model and the row type it holds.

    `key_of` names the row that an event concerns, None for an event that concerns none; `keys_of` all of them, where
    one event concerns several. A table that `merges` is only
    added to: a row that is there already gets the new row's values where it has any. Where handlers work on something
    else than the row itself, `thaw` makes it of a row and `freeze` makes the row of it, once a batch; it carries the
    key's fields too.
    """

    def __init__(
        self,
        row: type[R],
        table: sa.Table,
        key_of: Callable[[DomainEvent], Key | None] | None = None,
        *,
        keys_of: Callable[[DomainEvent], Iterable[Key]] | None = None,
        merges: bool = False,
        thaw: Callable[[R], Any] | None = None,
        freeze: Callable[[Any], R] | None = None,
    ) -> None:
        self.row = row
        self.table = table
        self.keys_of = keys_of or _only(key_of)
        self.merges = merges
        self.thaw = thaw
        self.freeze = freeze
        self.columns = [column.name for column in table.columns]
        self.keys = [column.name for column in table.primary_key]
        self.key: Callable[[R], Any] = attrgetter(*self.keys)
        self._types = {c.name: _plain_type(c.type) for c in table.columns}
        if list(row.__struct_fields__) != self.columns:
            raise TypeError(f"the fields of {row.__name__} are not the columns of {table.name}")

    def ddl(self, schema: str) -> list[str]:
        copy = self.table.to_metadata(sa.MetaData(), schema=schema)
        statements: list[ExecutableDDLElement] = [CreateTable(copy), *(CreateIndex(index) for index in copy.indexes)]
        return [str(statement.compile(dialect=_DIALECT)) for statement in statements]

    def upsert(self, schema: str) -> str:
        """One parameter: the rows as JSON, which costs a fifth of what arrays of columns do."""
        columns = ", ".join(f"{column} {self._types[column]}" for column in self.columns)
        rest = [column for column in self.columns if column not in self.keys]
        new = "coalesce(excluded.{0}, old.{0})" if self.merges else "excluded.{0}"
        change = ", ".join(f"{column} = {new.format(column)}" for column in rest)
        action = f"DO UPDATE SET {change}" if rest else "DO NOTHING"
        return (
            f"INSERT INTO {schema}.{self.table.name} AS old ({', '.join(self.columns)})"  # noqa: S608  # names from code
            f" SELECT * FROM json_to_recordset($1) AS r({columns}) ON CONFLICT ({', '.join(self.keys)}) {action}"
        )

    def select(self, schema: str) -> str:
        arrays = ", ".join(f"${n}::{self._types[c]}[]" for n, c in enumerate(self.keys, 1))
        columns = ", ".join(f"t.{column}" for column in self.columns)
        return (
            f"SELECT {columns} FROM {schema}.{self.table.name} t"  # noqa: S608
            f" JOIN unnest({arrays}) AS wanted({', '.join(self.keys)}) USING ({', '.join(self.keys)})"
        )


def _only(key_of: Callable[[DomainEvent], Key | None] | None) -> Callable[[DomainEvent], Iterable[Key]]:
    def keys_of(event: DomainEvent) -> Iterable[Key]:
        key = key_of(event) if key_of else None
        return () if key is None else (key,)

    return keys_of


def _plain_type(kind: Any) -> str:
    """The name of a column's type without its collation."""
    return str(kind.compile(_DIALECT)).partition(" COLLATE")[0]


class Rows:
    """The rows a read model works with: what was read or written lately, and what has changed since the last write."""

    def __init__(self, tables: Iterable[Table[Any]], *, complete: bool) -> None:
        self._kept: dict[int, dict[Key, Any]] = {id(table): {} for table in tables}
        self._changed: dict[int, dict[Key, Any]] = {id(table): {} for table in tables}
        self.complete = complete
        """Whether everything that is in the tables is kept here too, so that a row that is not here is nowhere."""

    def get(self, table: Table[Any], key: Key) -> Any:
        """The row of this key (or what it thaws to), None if there is none."""
        return self._kept[id(table)].get(key)

    def put(self, table: Table[Any], row: Any) -> None:
        key = table.key(row)
        changed = self._changed[id(table)]
        if table.merges:
            changed[key] = _merged(changed.get(key), row)
        else:
            self._kept[id(table)][key] = changed[key] = row

    async def load(self, connection: Any, table: Table[R], schema: str, keys: set[Key]) -> None:
        kept = self._kept[id(table)]
        missing = [key for key in keys if key not in kept]
        if not missing:
            return
        columns = zip(*missing, strict=True) if len(table.keys) > 1 else (missing,)
        for record in await connection.fetch(table.select(schema), *map(list, columns)):
            row = table.row(*record)
            kept[table.key(row)] = table.thaw(row) if table.thaw else row

    def take_changes(self, table: Table[R]) -> list[R]:
        changed = self._changed[id(table)]
        self._changed[id(table)] = {}
        return [table.freeze(row) for row in changed.values()] if table.freeze else list(changed.values())

    def trim(self) -> None:
        for kept in self._kept.values():
            if len(kept) > _MOST_CACHED:
                self.complete = False
                for key in list(kept)[: len(kept) // 2]:
                    del kept[key]


def _merged(old: R | None, new: R) -> R:
    if old is None:
        return new
    return type(new)(*(getattr(old, f) if (v := getattr(new, f)) is None else v for f in new.__struct_fields__))


Handler = Callable[[Rows, Any], None]


@dataclass(eq=False)
class ReadModel:
    """A read model. Raise `version` when tables or handlers change: the new tables are built beside the old ones.

    `money` read models stop at an event they cannot apply instead of setting it aside.
    """

    name: str
    version: int
    tables: Sequence[Table[Any]]
    handlers: Mapping[type[DomainEvent], Handler]
    every: Callable[[Rows, Recorded], None] | None = None
    """Called for each event, before its own handler; should ask for no more of it than it needs."""
    money: bool = False
    _upserts: dict[tuple[str, int], str] = field(default_factory=dict)

    @property
    def schema(self) -> str:
        """The PostgreSQL schema that answers are read from."""
        return f"{self.name}_v{self.version}"

    async def create(self, connection: Any, schema: str) -> None:
        await connection.execute(f"CREATE SCHEMA {schema}")
        for table in self.tables:
            for statement in table.ddl(schema):
                await connection.execute(statement)

    def __post_init__(self) -> None:
        self._handlers = {kind.TOPIC: handler for kind, handler in self.handlers.items()}
        self._kinds = {_kind(topic) for topic in self._handlers}

    def wanted(self, recorded: Sequence[Recorded], topics: Set[str]) -> Sequence[Recorded]:
        """What it has to be given of these, whose topics are known to save the search. Events of a later release are
        among them if their aggregate concerns it.
        """
        if self.every is not None:
            return recorded
        known = self._handlers
        if known.keys().isdisjoint(topics) and topics <= TOPICS.keys():
            return ()
        return [r for r in recorded if (t := r.topic) in known or (t not in TOPICS and _kind(t) in self._kinds)]

    async def load(self, connection: Any, schema: str, rows: Rows, wanted: Sequence[Recorded]) -> None:
        """Fetch the rows that these events concern."""
        if rows.complete:
            return
        events = [r.event for r in wanted]
        for table in self.tables:
            if not table.merges:
                keys = {key for event in events for key in table.keys_of(event)}
                await rows.load(connection, table, schema, keys)

    def fold(self, rows: Rows, recorded: Recorded) -> None:
        if recorded.topic not in TOPICS:
            raise ValueError(f"{recorded.topic} is not known to this release")
        if self.every is not None:
            self.every(rows, recorded)
        handler = self._handlers.get(recorded.topic)
        if handler is not None:
            handler(rows, recorded.event)

    async def write(self, connection: Any, schema: str, rows: Rows, first: int, last: int) -> None:
        """Store what changed; `first` and `last` are the positions of the batch, for read models that work in SQL."""
        for table in self.tables:
            changes = rows.take_changes(table)
            for start in range(0, len(changes), _AT_A_TIME):
                part = _encode(changes[start : start + _AT_A_TIME]).decode()
                await connection.execute(self._upsert(schema, table), part)

    def _upsert(self, schema: str, table: Table[Any]) -> str:
        key = schema, id(table)
        if key not in self._upserts:
            self._upserts[key] = table.upsert(schema)
        return self._upserts[key]


def _kind(topic: str) -> str:
    """The aggregate, as it stands in a topic: `transaction` of `transaction.started`."""
    return topic.partition(".")[0]


async def position(pool: asyncpg.Pool, models: Sequence[ReadModel]) -> int:
    """Up to which position all of these read models have answers."""
    query = "SELECT min(position) FROM read_model WHERE name = ANY($1)"
    return int(await pool.fetchval(query, [model.schema for model in models]) or 0)
