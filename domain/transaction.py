"""A transaction: from the first event a station sends of it to the last, in whatever order they arrive.

Stream `transaction:<day first heard of>:<station>/<transaction id>`. 1.6 StartTransaction, MeterValues and
StopTransaction are Started, Metered and Ended; 2.x TransactionEvent is Started, Updated or Metered, and Ended (E01 to
E15). Nothing here refuses a fact: what a station reports has happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from domain.aggregate import Aggregate, DomainEvent
from domain.metering import Energy, Register
from domain.ranges import between, with_number
from domain.rating import Course, Usage
from domain.station import TariffRef
from domain.streams import TRANSACTION, born
from domain.values import AuthorizationStatus, Evse, IdToken, MeterReading

Moment = tuple[datetime, int]
"""A station's time, and the sequence number that decides between equal ones."""


AHEAD = timedelta(days=30)
"""So far may a station's clock be ahead of ours before its times are put right: simulated ones run ahead by days."""


class TransactionState(StrEnum):
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


@dataclass(frozen=True)
class Occurrence(DomainEvent):
    """What every event of a transaction may say; `occurred_at` is the station's time, `offline` that it was delivered
    later.
    """

    occurred_at: datetime
    seq_no: int | None = None
    offline: bool = False
    trigger_reason: str | None = None
    evse: Evse | None = None
    id_token: IdToken | None = None
    authorization: AuthorizationStatus | None = None
    """What the token was answered."""
    charging_state: str | None = None
    readings: tuple[MeterReading, ...] = ()
    tariff: TariffRef | None = None
    """The price in force, frozen by the first event of the stream; by the first that names the EVSE if that has a
    price of its own.
    """


@dataclass(slots=True)
class Facts:
    """What the events of a transaction add up to, independent of their order; the ground of sessions and bills."""

    evse: Evse | None = None
    evse_told: Moment | None = None
    id_token: IdToken | None = None
    id_token_told: tuple[int, datetime, int] | None = None
    """How well and when it was told, as `_standing` has it."""
    authorization: AuthorizationStatus | None = None
    first_at: datetime | None = None
    started_at: datetime | None = None
    authorized_at: datetime | None = None
    last_at: datetime | None = None
    """The latest moment that the station told of."""
    ended_at: datetime | None = None
    ended_seq_no: int = 0
    estimated: bool = False
    """Whether the end was not told by the station."""
    stopped_reason: str | None = None
    charging_state: str | None = None
    charging_state_at: datetime | None = None
    charging_state_seq_no: int = 0
    tariff: TariffRef | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    register: Register = field(default_factory=Register)
    heard: list[tuple[int, int]] = field(default_factory=list)
    """The sequence numbers that have arrived, as ranges from the first to the last of each."""

    def apply(self, event: Occurrence) -> None:
        at = event.occurred_at
        if event.seq_no is not None:
            self.heard = with_number(self.heard, event.seq_no)
        if self.first_at is None or at < self.first_at:
            self.first_at = at
        if (self.last_at is None or at > self.last_at) and type(event) is not Transaction.Closed:
            self.last_at = at
        if event.readings:
            self.register.observe(event.readings)
        if at - event.timestamp > AHEAD:
            self.register.odd = True
        match event:
            case Transaction.Metered():  # most are
                pass
            case Transaction.Started() if self.started_at is None or at < self.started_at:
                self.started_at = at
                if event.meter_start_wh is not None:
                    self.register.meter_start = Decimal(event.meter_start_wh)
            case Transaction.Ended():
                self._apply_end(event, at)
            case Transaction.Closed() if self.ended_at is None:
                self.ended_at, self.estimated = at, True
        if self.estimated:
            self.ended_at = self.last_at or self.ended_at
        self._apply_state(event)

    def _apply_end(self, event: Transaction.Ended, at: datetime) -> None:
        """Of several ends the last one counts, by the station's clock."""
        seq_no = event.seq_no or 0
        if self.ended_at is not None and not self.estimated and (at, seq_no) < (self.ended_at, self.ended_seq_no):
            return
        self.ended_at, self.ended_seq_no, self.estimated = at, seq_no, False
        self.stopped_reason = event.stopped_reason
        if event.meter_stop_wh is not None:
            self.register.meter_stop = Decimal(event.meter_stop_wh)

    def _apply_state(self, event: Occurrence) -> None:
        at, seq_no = event.occurred_at, event.seq_no or 0
        if event.evse is not None:
            self._apply_evse(event.evse, (at, seq_no))
        self.tariff = event.tariff or self.tariff
        if event.charging_state:
            self._apply_charging_state(event.charging_state, at, seq_no)
        if event.id_token is not None:
            self._apply_id_token(event, (_standing(event), at, seq_no))
        if isinstance(event, _REFERRING):
            if event.remote_start_id is not None:
                self.remote_start_id = event.remote_start_id
            if event.reservation_id is not None:
                self.reservation_id = event.reservation_id

    def _apply_evse(self, evse: Evse, told: Moment) -> None:
        """The place is the most precise that was told, of equally precise ones the first."""
        known = self.evse
        if known is not None and self.evse_told is not None:
            gain = (evse.connector_id is not None) - (known.connector_id is not None)
            if gain < 0 or (gain == 0 and told >= self.evse_told):
                return
        self.evse, self.evse_told = evse, told

    def _apply_charging_state(self, charging_state: str, at: datetime, seq_no: int) -> None:
        """Of equal times the sequence number decides, of equal numbers too what came last."""
        if self.charging_state_at is None or (at, seq_no) >= (self.charging_state_at, self.charging_state_seq_no):
            self.charging_state, self.charging_state_at, self.charging_state_seq_no = charging_state, at, seq_no

    def _apply_id_token(self, event: Occurrence, told: tuple[int, datetime, int]) -> None:
        """The token of a transaction is the first that was accepted, else the first that was presented, else the first
        that stopped it.
        """
        if self.id_token_told is None or told < self.id_token_told:
            self.id_token, self.authorization, self.id_token_told = event.id_token, event.authorization, told
            self.authorized_at = event.occurred_at if told[0] == _AUTHORIZES else None

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """The sequence numbers between those that have arrived, as ranges: not sent yet, or dropped by the station."""
        return between(self.heard)

    @property
    def state(self) -> TransactionState:
        return TransactionState.ACTIVE if self.ended_at is None else TransactionState.ENDED

    @property
    def began_at(self) -> datetime | None:
        """The start as reported, else the earliest moment heard of."""
        return self.started_at or self.first_at

    @property
    def energy(self) -> Energy:
        return self.register.energy()

    def usage(self, until: datetime | None = None) -> Usage:
        """What is to be paid for: all energy, and the time from authorisation to the end (never before it). `until` is
        the end of one that goes on.
        """
        course = self.course(until)
        if course.start is None or course.end is None:
            return Usage(self.energy.wh, 0)
        return Usage(self.energy.wh, round((course.end - course.start).total_seconds()))

    def course(self, until: datetime | None = None) -> Course:
        """For rating, as far as facts tell it: energy that flowed evenly."""
        start, end = self.authorized_at or self.began_at, self.ended_at or until
        if start is None:
            return Course(None, None)
        energy = self.energy
        return Course.plain(start, max(start, end or start), energy.wh, energy.source)


_AUTHORIZES, _PRESENTED, _STOPS = range(3)
STOPPING = frozenset({"StopAuthorized", "Deauthorized"})
"""A token that is presented with these reasons began nothing."""


def _standing(event: Occurrence) -> int:
    if type(event) is Transaction.Ended or event.trigger_reason in STOPPING:
        return _STOPS
    return _AUTHORIZES if event.authorization is AuthorizationStatus.ACCEPTED else _PRESENTED


class Transaction(Aggregate):
    """One transaction of one station."""

    @dataclass(frozen=True)
    class Started(Occurrence):
        TOPIC = "transaction.started"
        meter_start_wh: int | None = None
        remote_start_id: int | None = None
        reservation_id: int | None = None

    @dataclass(frozen=True)
    class Updated(Occurrence):
        TOPIC = "transaction.updated"
        remote_start_id: int | None = None
        reservation_id: int | None = None

    @dataclass(frozen=True)
    class Metered(Occurrence):
        TOPIC = "transaction.metered"

    @dataclass(frozen=True)
    class Ended(Occurrence):
        TOPIC = "transaction.ended"
        meter_stop_wh: int | None = None
        stopped_reason: str | None = None
        remote_start_id: int | None = None
        reservation_id: int | None = None

    @dataclass(frozen=True)
    class Closed(Occurrence):
        """Ended by us, at the last moment the station told of, because its end was never told."""

        TOPIC = "transaction.closed"
        suspicion: str = ""

    def __init__(self) -> None:
        self.facts = Facts()
        self._tokens: set[IdToken] = set()
        self._seen: set[int] = set()
        self._deciding: int | None = None
        self.ends = 0
        """How often its end was told, or guessed."""

    @staticmethod
    def stream(station_id: str, transaction_id: str, at: datetime) -> str:
        return born(TRANSACTION, at.date(), station_id, transaction_id)

    def start(self, at: datetime, **facts: Any) -> bool:
        """Record the start. False: the same start was told before, and nothing changes."""
        return self._record(Transaction.Started, at, facts)

    def update(self, at: datetime, **facts: Any) -> bool:
        """Record a change: a token, a charging state, an EVSE. False: told before."""
        return self._record(Transaction.Updated, at, facts)

    def meter(self, at: datetime, **facts: Any) -> bool:
        """Record meter readings. False: told before."""
        return self._record(Transaction.Metered, at, facts)

    def end(self, at: datetime, **facts: Any) -> bool:
        """Record the end. False: told before. A second, different end is recorded too: the later one counts."""
        return self._record(Transaction.Ended, at, facts)

    def close(self, at: datetime, suspicion: str) -> bool:
        """End it without the station. False: it has ended."""
        if self.facts.state is TransactionState.ENDED:
            return False
        occurred_at = self.facts.last_at or self.facts.began_at or at
        return self._record(Transaction.Closed, at, {"occurred_at": occurred_at, "suspicion": suspicion})

    def _record(self, kind: type[Occurrence], at: datetime, facts: dict[str, Any]) -> bool:
        """Stations repeat with new message ids, so content is the key; some send seqNo 0 always, so the number is not
        enough.
        """
        key = _content(kind, facts)
        if key in self._seen:
            return False
        if self.exists and not self._is_other_price(facts):
            facts["tariff"] = None
        self._deciding = key  # not worked out twice
        self.trigger_event(kind, timestamp=at, **facts)
        return True

    def _is_other_price(self, facts: dict[str, Any]) -> bool:
        """Whether the EVSE, which nobody knew yet, has a price of its own."""
        known, told = self.facts.tariff, facts.get("tariff")
        if told is None or self.facts.evse is not None or facts.get("evse") is None:
            return False
        return known is None or known.tariff_id != told.tariff_id

    def evolve(self, event: Occurrence) -> None:
        key, self._deciding = self._deciding, None
        self._seen.add(key or _content(type(event), vars(event)))
        self.facts.apply(event)
        if isinstance(event, _ENDS):
            self.ends += 1
        if event.id_token is not None:
            self._tokens.add(event.id_token)

    @property
    def state(self) -> TransactionState:
        return self.facts.state

    @property
    def ends_pending(self) -> int:
        """How many of its ends are not recorded yet."""
        return sum(isinstance(event, _ENDS) for event in self.pending_events)

    @property
    def tokens(self) -> Iterable[IdToken]:
        """All that were presented in it."""
        return self._tokens


_REFERRING = (Transaction.Started, Transaction.Updated, Transaction.Ended)
"""What may name a remote start or a reservation."""
_ENDS = (Transaction.Ended, Transaction.Closed)
_CONTENT = ("occurred_at", "seq_no", "trigger_reason", "charging_state", "id_token", "meter_stop_wh")


def _content(kind: type[Occurrence], facts: Mapping[str, Any]) -> int:
    """What a repetition shares with the original: not `offline`, which a station may set only when it repeats (E13)."""
    samples = [(r.at, *[(v.value, v.measurand, v.phase) for v in r.values]) for r in facts.get("readings", ())]
    return hash((kind.TOPIC, *samples, *map(facts.get, _CONTENT)))
