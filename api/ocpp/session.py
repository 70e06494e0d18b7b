"""A station's aggregates in memory, while this node holds its socket and so is their only writer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from secrets import token_hex
from typing import Any, TypeVar, cast

import structlog

from api.ocpp.node import Node
from api.ocpp.versions import Version
from domain.aggregate import Aggregate
from domain.books import Book
from domain.charge_detail_record import Settlement
from domain.courses import recount
from domain.events import ChargeDetailRecord, Command, IdTokenRecord, Station, StationDay, Tariff, Transaction
from domain.id_token import Authorization, Use
from domain.journal import Entry, Evidence, load
from domain.rating import Bill, rate
from domain.settling import settled, settled_plainly
from domain.station import TariffRef
from domain.station_day import TransactionRef
from domain.streams import DAY, TRANSACTION, within
from domain.tariff import Terms
from domain.transaction import Occurrence, TransactionState
from domain.values import AuthorizationStatus, Evse, IdToken

log = structlog.get_logger(__name__)
B = TypeVar("B", bound=Book)

_A_MOMENT = timedelta(minutes=10)
"""Far less than a station needs for so many transactions that the day's books forget the first of them."""


class StationSession:
    """What message files work with. `now` is the time at which the message being handled was received."""

    __slots__ = (
        "_books",
        "_carried",
        "_settled",
        "_today",
        "_tokens",
        "_touched",
        "_transactions",
        "day",
        "invited",
        "node",
        "now",
        "station",
        "station_id",
        "station_stale",
        "version",
    )

    def __init__(self, station_id: str, version: Version, node: Node) -> None:
        self.station_id = station_id
        self.version = version
        self.node = node
        self.now: datetime = node.clock()
        self.station: Station
        self.day: StationDay
        self.station_stale = False
        self.invited: set[str] = set()
        """Messages that it was asked to send on this connection: those are served before it is accepted (B02)."""
        self._transactions: dict[str, Transaction] = {}
        self._touched: list[Aggregate] = []
        self._books: dict[type[Book], Book] | None = None
        """None: an idle station has none, and there may be many of those."""
        self._tokens: list[IdTokenRecord] | None = None
        """Those whose uses the message changes."""
        self._settled: tuple[tuple[str, int], Settlement | None] | None = None
        """The settlement that was worked out last."""
        self._carried = 0
        self._today: date | None = None

    async def load(self) -> None:
        """Read the station's aggregates from the journal, forgetting what was decided but not recorded."""
        journal = self.node.journal
        self.station = await load(journal, Station, Station.stream(self.station_id))
        stream = await journal.latest_stream(DAY, within(self.station_id))
        if stream is None:
            self.day = StationDay.open(self.station_id, None, self.node.clock())
        else:
            self.day = await load(journal, StationDay, stream)
        self._transactions.clear()
        self._touched.clear()
        self._books = None
        self._tokens = self._settled = None
        self._today = None

    async def refresh(self) -> None:
        """Take in what others have changed about the station."""
        self.station_stale = False
        for event in await self.node.journal.events(self.station.id, after=self.station.version):
            event.mutate(self.station)

    def begin(self) -> None:
        """Before each message: the time, and the books of the day."""
        self.now = self.node.clock()
        if (today := self.now.date()) != self._today:
            self._today = today
            if StationDay.stream(self.station_id, today) > self.day.id:
                self.day = StationDay.open(self.station_id, self.day, self.now)
        self._carried = len(self.day.pending_events)

    @property
    def undecided(self) -> bool:
        """Whether the message has led to nothing yet; opening the books of a new day is not its doing."""
        if len(self.day.pending_events) != self._carried or self.station.pending_events:
            return False
        return not any(aggregate.pending_events for aggregate in (*self._touched, *(self._tokens or ())))

    def entries(self, evidence: Evidence | None) -> list[Entry]:
        """What was decided, as it goes to the journal; the evidence stands beside the first event, which says most."""
        entries: list[Entry] = []
        given = evidence
        for aggregate in (*self._touched, self.day, self.station, *(self._tokens or ())):
            if not aggregate.pending_events:
                continue
            for event in aggregate.collect_events():
                if isinstance(event, StationDay.Opened):  # the day's books are not what the message is about
                    entries.append(Entry(event))
                else:
                    entries.append(Entry(event, given))
                    given = None
        self._touched.clear()
        self._tokens = self._settled = None
        return entries

    # What message files ask for

    async def book(self, kind: type[B]) -> B:
        """Today's book of a subject, to be written in."""
        books = self._books = self._books or {}
        found = books.get(kind)
        stream = kind.stream(self.station_id, self.now.date())
        if found is None or found.id != stream:
            found = books[kind] = kind.opened(stream, await self.node.journal.version_of(stream))
        self._touched.append(found)
        return cast("B", found)

    def ask(
        self, action: str, payload: dict[str, Any], lifetime: timedelta, *, typed: bool = True, key: str | None = None
    ) -> None:
        """Have something asked of the station of our own accord, once this is recorded. Call it after what is to have
        the evidence.
        """
        command_id = f"{int(self.now.timestamp() * 1000):011x}{token_hex(8)}"
        command = Command.blank(Command.stream(self.station_id, command_id, self.now))
        command.request(
            station_id=self.station_id,
            command_id=command_id,
            action=action,
            payload=payload,
            typed=typed,
            expires_at=self.now + lifetime,
            idempotency_key=key,
            at=self.now,
        )
        self._touched.append(command)

    async def authorize(self, id_token: IdToken) -> Authorization:
        record = await self.node.id_tokens.get(IdTokenRecord.stream(id_token.value))
        return record.authorize(id_token, self.now, self.node.unknown_tags)

    async def engage(self, id_token: IdToken, transaction_id: str, evse: Evse | None) -> Authorization:
        """As `authorize`, for a transaction that goes on: ConcurrentTx is answered here only."""
        authorization = await self.authorize(id_token)
        if authorization.accepted and self._is_master_pass(authorization.group_id):
            return replace(authorization, status=AuthorizationStatus.INVALID)
        record = await self._record_of(id_token)
        if record is None:
            return authorization
        use = Use(self.station_id, transaction_id, evse.id if evse else None)
        return record.engage(id_token, use, self.now, self.node.unknown_tags)

    def _is_master_pass(self, group_id: str | None) -> bool:
        master = self.node.master_pass_group
        return master is not None and group_id is not None and group_id.casefold() == master.casefold()

    async def _record_of(self, id_token: IdToken) -> IdTokenRecord | None:
        """The record of an exclusive token as the journal has it now, to be written in; None for any other token."""
        stream = IdTokenRecord.stream(id_token.value)
        if not (await self.node.id_tokens.get(stream)).exclusive:
            return None
        tokens = self._tokens = self._tokens or []
        record = next((known for known in tokens if known.id == stream), None)
        if record is None:
            record = await load(self.node.journal, IdTokenRecord, stream)
            tokens.append(record)
        return record

    async def transaction(self, transaction_id: str, begun_at: datetime | None = None) -> Transaction:
        """The transaction of this id, whenever and on whichever connection it began; blank if it was never heard of.

        `begun_at` is told by a message that begins one. If that is a moment ago, the day's books know whether it is a
        repetition, and the journal need not be asked.
        """
        found = self._transactions.get(transaction_id)
        if found is None:
            stream = await self._stream_of(transaction_id, begun_at)
            if stream is None:
                return self.new_transaction(transaction_id)
            found = self._transactions[transaction_id] = await load(self.node.journal, Transaction, stream)
        self._touched.append(found)
        return found

    async def _stream_of(self, transaction_id: str, begun_at: datetime | None) -> str | None:
        if (ref := self.day.transactions.get(transaction_id)) is not None:
            return ref.stream
        if begun_at is not None and abs(self.now - begun_at) < _A_MOMENT:
            return None
        return await self.node.journal.latest_stream(TRANSACTION, within(self.station_id, transaction_id))

    def new_transaction(self, transaction_id: str) -> Transaction:
        """A transaction that nobody need look for."""
        new = Transaction.blank(Transaction.stream(self.station_id, transaction_id, self.now))
        self._transactions[transaction_id] = new
        self._touched.append(new)
        return new

    async def opened(
        self, transaction: Transaction, transaction_id: str, evse: Evse | None, start_key: str | None = None
    ) -> None:
        """Enter a transaction in the day's books, so that it is found again after a restart."""
        if transaction_id not in self.day.transactions:
            if evse is not None:
                self.day.suspect(evse.id, "another transaction began on its EVSE", self.now)
            self.day.open_transaction(TransactionRef(transaction_id, transaction.id, evse, start_key), self.now)
        if transaction.state is TransactionState.ENDED:  # also one whose end came before its beginning
            await self.closed(transaction, transaction_id)

    async def suspect_silent(self, since: datetime) -> None:
        """Suspect the transactions of which nothing was heard since a moment."""
        for ref in self.day.running:
            if ref.suspected_at is None and (await self.transaction(ref.transaction_id)).modified_on < since:
                self.day.suspect_one(ref, "nothing is heard of it", self.now)

    async def close_suspected(self, ref: TransactionRef) -> None:
        """End a transaction whose end was not heard of, as far as it was told; its true end still counts, if it comes.
        One that was heard of since it was suspected goes on.
        """
        transaction = await self.transaction(ref.transaction_id)
        if ref.suspected_at is None or self.day.transactions.get(ref.transaction_id) is not ref:
            return
        if transaction.state is TransactionState.ACTIVE and transaction.modified_on > ref.suspected_at:
            self.day.trust(ref.transaction_id, self.now)
            return
        transaction.close(self.now, ref.suspicion or "")
        await self.closed(transaction, ref.transaction_id)

    async def closed(self, transaction: Transaction, transaction_id: str) -> None:
        self.day.close_transaction(transaction_id, self.now)
        self._transactions.pop(transaction_id, None)
        await self._settle(transaction)
        for id_token in transaction.tokens:
            if (record := await self._record_of(id_token)) is not None:
                record.release(self.station_id, transaction_id, self.now)

    async def tariff(self, transaction: Transaction, evse: Evse | None) -> TariffRef | None:
        """The tariff in force here and now, in its present version; None if the transaction began under another, unless
        it was not known on which EVSE.
        """
        if transaction.exists and (evse is None or transaction.facts.evse is not None):
            return None
        tariff_id = self.station.tariff_id(evse.id if evse else None)
        if tariff_id is None:
            return None
        tariff = await self.node.tariffs.get(Tariff.stream(tariff_id))
        return TariffRef(tariff_id, tariff.version) if tariff.exists else None

    async def terms(self, transaction: Transaction) -> Terms | None:
        """The prices of the transaction."""
        if (ref := transaction.facts.tariff) is None:
            return None
        return (await self.node.tariffs.get(Tariff.stream(ref.tariff_id))).versions.get(ref.version)

    async def terms_everywhere(self) -> Terms | None:
        """The prices of the station now, if they are the same at each EVSE."""
        tariff_id = self.station.tariff_id(None)
        if tariff_id is None or set(self.station.tariffs.values()) != {tariff_id}:
            return None
        return (await self.node.tariffs.get(Tariff.stream(tariff_id))).terms

    async def bill(self, transaction: Transaction) -> Bill:
        """What the transaction costs as far as its facts are known now, to its end or to what was told last."""
        if (settlement := await self._settlement(transaction)) is not None:
            return settlement.bill
        facts, terms = transaction.facts, await self.terms(transaction)
        if terms is None or terms.even:
            return rate(facts.course(facts.last_at), terms)
        recounted = recount(await self._told(transaction), now=facts.last_at)
        return rate(recounted.course if recounted else facts.course(facts.last_at), terms)

    async def _settle(self, transaction: Transaction) -> None:
        """Bill what has ended, in one commit with its end, or with what is told of it later."""
        if not transaction.pending_events:
            return
        stream = ChargeDetailRecord.stream(transaction.id)
        if transaction.ends == transaction.ends_pending:  # it ends with this, so there can be no record of it
            record = ChargeDetailRecord.blank(stream)
        else:
            record = await load(self.node.journal, ChargeDetailRecord, stream)
        if (settlement := await self._settlement(transaction)) is not None:
            record.settle(settlement, self.now)
            self._touched.append(record)

    async def _settlement(self, transaction: Transaction) -> Settlement | None:
        """What an ended transaction comes to; None for one that goes on."""
        if transaction.state is not TransactionState.ENDED:
            return None
        if self._settled is None or self._settled[0] != (transaction.id, transaction.version):
            terms = await self.terms(transaction)
            try:
                told = settled_plainly(transaction.facts, terms) or settled(await self._told(transaction), terms)
            except Exception:  # what the station tells is recorded all the same
                log.exception("billing.not_settled", transaction=transaction.id)
                told = None
            self._settled = (transaction.id, transaction.version), told
        return self._settled[1]

    async def _told(self, transaction: Transaction) -> list[Occurrence]:
        """All events of a transaction, with those that are being decided."""
        recorded = await self.node.journal.events(transaction.id)
        return cast("list[Occurrence]", [*recorded, *transaction.pending_events])
