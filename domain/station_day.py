"""What happens at a station during one day (UTC): connections, boots, status, heartbeats, meter values outside
transactions.

Stream `day:<date>:<station>`. A day opens with the state carried over from the day before, so that a station that has
been running for ten years is loaded by reading one day ("closing the books").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from domain.aggregate import Aggregate, DomainEvent
from domain.station import Identity
from domain.streams import DAY, born
from domain.values import AuthorizationStatus, Evse, IdToken, MeterReading, RegistrationStatus

REMEMBERED_TRANSACTIONS = 40
"""How many ended transactions a day remembers, so that a repeated start finds the id it was given."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A socket of the station: `id` is unique, `node` is the process that holds it."""

    id: str
    node: str
    protocol: str
    since: datetime


@dataclass(frozen=True, slots=True)
class TransactionRef:
    """A transaction this station is known to have, and where its events are."""

    transaction_id: str
    stream: str
    evse: Evse | None = None
    start_key: str | None = None
    """1.6: the content of StartTransaction, which a repetition shares."""
    ended: bool = False
    suspicion: str | None = None
    """Why it seems to have ended without a word."""
    suspected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConnectorStatus:
    evse_id: int
    connector_id: int
    status: str
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """One observation of a device model variable (2.0.1 EventDataType)."""

    event_id: int
    occurred_at: datetime
    component: str
    variable: str
    value: str
    trigger: str
    evse: Evse | None = None
    component_instance: str | None = None
    variable_instance: str | None = None
    cleared: bool | None = None
    tech_code: str | None = None
    tech_info: str | None = None
    transaction_id: str | None = None
    cause: int | None = None
    """The event that set this one off."""
    monitor_id: int | None = None
    notification_type: str | None = None
    """2.x EventNotificationEnumType: what made the station tell."""
    severity: int | None = None
    """From 0, danger, to 9; 2.0.1 leaves it to the monitor."""


class StationDay(Aggregate):
    """One station during one day. The node that holds the station's socket is the only writer."""

    @dataclass(frozen=True)
    class Opened(DomainEvent):
        TOPIC = "day.opened"
        connection: Connection | None = None
        connectors: tuple[ConnectorStatus, ...] = ()
        transactions: tuple[TransactionRef, ...] = ()

    @dataclass(frozen=True)
    class Connected(DomainEvent):
        TOPIC = "day.connected"
        connection: Connection
        security_profile: int
        remote_address: str | None = None

    @dataclass(frozen=True)
    class Disconnected(DomainEvent):
        TOPIC = "day.disconnected"
        connection_id: str
        reason: str

    @dataclass(frozen=True)
    class Booted(DomainEvent):
        TOPIC = "day.booted"
        identity: Identity
        status: RegistrationStatus
        interval: int
        """Seconds: heartbeat interval if accepted, else how long to wait before the next boot."""
        reason: str | None = None

    @dataclass(frozen=True)
    class StatusReported(DomainEvent):
        TOPIC = "day.status-reported"
        evse_id: int
        connector_id: int
        status: str
        occurred_at: datetime
        error_code: str | None = None
        info: str | None = None
        vendor_id: str | None = None
        vendor_error_code: str | None = None

    @dataclass(frozen=True)
    class Metered(DomainEvent):
        TOPIC = "day.metered"
        evse: Evse
        readings: tuple[MeterReading, ...]
        transaction_id: str | None = None

    @dataclass(frozen=True)
    class TokenChecked(DomainEvent):
        TOPIC = "day.token-checked"
        id_token: IdToken
        status: AuthorizationStatus

    @dataclass(frozen=True)
    class TransactionOpened(DomainEvent):
        TOPIC = "day.transaction-opened"
        ref: TransactionRef

    @dataclass(frozen=True)
    class TransactionClosed(DomainEvent):
        TOPIC = "day.transaction-closed"
        transaction_id: str

    @dataclass(frozen=True)
    class TransactionSuspected(DomainEvent):
        TOPIC = "day.transaction-suspected"
        transaction_id: str
        suspicion: str | None = None
        """None: it was heard of again."""

    @dataclass(frozen=True)
    class EventsNotified(DomainEvent):
        TOPIC = "day.events-notified"
        generated_at: datetime
        seq_no: int
        events: tuple[DeviceEvent, ...]

    @dataclass(frozen=True)
    class DataTransferred(DomainEvent):
        TOPIC = "day.data-transferred"
        vendor_id: str
        message_id: str | None
        data: Any
        status: str

    @dataclass(frozen=True)
    class MessageReceived(DomainEvent):
        TOPIC = "day.message-received"
        action: str

    @dataclass(frozen=True)
    class MessageRepaired(DomainEvent):
        TOPIC = "day.message-repaired"
        action: str
        repairs: tuple[str, ...]
        """What was odd about the message, and was read as well as could be."""

    @dataclass(frozen=True)
    class MessageRefused(DomainEvent):
        TOPIC = "day.message-refused"
        action: str | None
        error_code: str
        description: str

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.connectors: dict[tuple[int, int], ConnectorStatus] = {}
        self.transactions: dict[str, TransactionRef] = {}

    @staticmethod
    def stream(station_id: str, day: date) -> str:
        return born(DAY, day, station_id)

    @classmethod
    def open(cls, station_id: str, previous: StationDay | None, at: datetime) -> StationDay:
        """The station's day at `at`, carrying over what still holds from the previous one."""
        day = cls.blank(cls.stream(station_id, at.date()))
        if previous is None:
            day.trigger_event(StationDay.Opened, timestamp=at)
        else:
            day.trigger_event(
                StationDay.Opened,
                connection=previous.connection,
                connectors=tuple(previous.connectors.values()),
                transactions=tuple(previous.transactions.values()),
                timestamp=at,
            )
        return day

    def connect(self, connection: Connection, security_profile: int, remote_address: str | None, at: datetime) -> None:
        self.trigger_event(
            StationDay.Connected,
            connection=connection,
            security_profile=security_profile,
            remote_address=remote_address,
            timestamp=at,
        )

    def disconnect(self, connection_id: str, reason: str, at: datetime) -> None:
        """Only the connection that counts can end: one that was replaced has ended already."""
        if self.connection is not None and self.connection.id == connection_id:
            self.trigger_event(StationDay.Disconnected, connection_id=connection_id, reason=reason, timestamp=at)

    def boot(
        self, identity: Identity, status: RegistrationStatus, interval: int, reason: str | None, at: datetime
    ) -> None:
        self.trigger_event(
            StationDay.Booted, identity=identity, status=status, interval=interval, reason=reason, timestamp=at
        )

    def report_status(
        self, connector: ConnectorStatus, occurred_at: datetime | None, at: datetime, **more: Any
    ) -> None:
        self.trigger_event(
            StationDay.StatusReported,
            evse_id=connector.evse_id,
            connector_id=connector.connector_id,
            status=connector.status,
            error_code=connector.error_code,
            occurred_at=occurred_at or at,
            timestamp=at,
            **more,
        )

    def meter(self, evse: Evse, readings: tuple[MeterReading, ...], transaction_id: str | None, at: datetime) -> None:
        self.trigger_event(
            StationDay.Metered, evse=evse, readings=readings, transaction_id=transaction_id, timestamp=at
        )

    def check_token(self, id_token: IdToken, status: AuthorizationStatus, at: datetime) -> None:
        self.trigger_event(StationDay.TokenChecked, id_token=id_token, status=status, timestamp=at)

    def open_transaction(self, ref: TransactionRef, at: datetime) -> None:
        if ref.transaction_id not in self.transactions:
            self.trigger_event(StationDay.TransactionOpened, ref=ref, timestamp=at)

    def close_transaction(self, transaction_id: str, at: datetime) -> None:
        ref = self.transactions.get(transaction_id)
        if ref is not None and not ref.ended:
            self.trigger_event(StationDay.TransactionClosed, transaction_id=transaction_id, timestamp=at)

    def suspect(self, evse_id: int | None, suspicion: str, at: datetime) -> None:
        """The transactions on an EVSE (None: on all) may have ended unheard. Once suspected is enough."""
        for ref in self.running:
            if evse_id is None or (ref.evse is not None and ref.evse.id == evse_id):
                self.suspect_one(ref, suspicion, at)

    def suspect_one(self, ref: TransactionRef, suspicion: str, at: datetime) -> None:
        if not ref.ended and ref.suspected_at is None:
            self.trigger_event(
                StationDay.TransactionSuspected,
                transaction_id=ref.transaction_id,
                suspicion=suspicion,
                timestamp=at,
            )

    @property
    def running(self) -> list[TransactionRef]:
        """The transactions that have not ended, as far as is known."""
        return [ref for ref in self.transactions.values() if not ref.ended]

    def trust(self, transaction_id: str, at: datetime) -> None:
        self.trigger_event(StationDay.TransactionSuspected, transaction_id=transaction_id, timestamp=at)

    def notify_events(self, generated_at: datetime, seq_no: int, events: tuple[DeviceEvent, ...], at: datetime) -> None:
        self.trigger_event(
            StationDay.EventsNotified, generated_at=generated_at, seq_no=seq_no, events=events, timestamp=at
        )

    def transfer_data(self, vendor_id: str, message_id: str | None, data: Any, status: str, at: datetime) -> None:
        self.trigger_event(
            StationDay.DataTransferred,
            vendor_id=vendor_id,
            message_id=message_id,
            data=data,
            status=status,
            timestamp=at,
        )

    def receive(self, action: str, at: datetime) -> None:
        """A message from which nothing new follows: a heartbeat, a repetition, an action we only keep."""
        self.trigger_event(StationDay.MessageReceived, action=action, timestamp=at)

    def repair(self, action: str, repairs: tuple[str, ...], at: datetime) -> None:
        self.trigger_event(StationDay.MessageRepaired, action=action, repairs=repairs, timestamp=at)

    def refuse(self, action: str | None, error_code: str, description: str, at: datetime) -> None:
        self.trigger_event(
            StationDay.MessageRefused, action=action, error_code=error_code, description=description, timestamp=at
        )

    def evolve(self, event: DomainEvent) -> None:
        match event:
            case StationDay.MessageReceived():
                pass
            case StationDay.StatusReported():
                self.connectors[event.evse_id, event.connector_id] = ConnectorStatus(
                    event.evse_id, event.connector_id, event.status, event.error_code
                )
            case StationDay.TransactionOpened():
                self.transactions[event.ref.transaction_id] = event.ref
            case StationDay.TransactionSuspected():
                ref = self.transactions[event.transaction_id]
                since = event.timestamp if event.suspicion else None
                self.transactions[event.transaction_id] = replace(ref, suspicion=event.suspicion, suspected_at=since)
            case StationDay.TransactionClosed():
                self._close(event.transaction_id)
            case StationDay.Connected():
                self.connection = event.connection
            case StationDay.Disconnected():
                self.connection = None
            case StationDay.Opened():
                self.connection = event.connection
                self.connectors = {(c.evse_id, c.connector_id): c for c in event.connectors}
                self.transactions = {ref.transaction_id: ref for ref in event.transactions}

    def _close(self, transaction_id: str) -> None:
        ref = self.transactions.pop(transaction_id)
        self.transactions[transaction_id] = replace(ref, ended=True, suspicion=None, suspected_at=None)
        ended = [known.transaction_id for known in self.transactions.values() if known.ended]
        for forgotten in ended[: max(0, len(ended) - REMEMBERED_TRANSACTIONS)]:
            del self.transactions[forgotten]

    def transaction_started_with(self, start_key: str) -> TransactionRef | None:
        """The transaction that was opened by a StartTransaction of this content, if one was."""
        return next((ref for ref in self.transactions.values() if ref.start_key == start_key), None)

    def open_transaction_on(self, evse_id: int) -> TransactionRef | None:
        """The transaction that is running on an EVSE; the latest if a stop was lost."""
        running = [ref for ref in self.transactions.values() if not ref.ended and ref.evse and ref.evse.id == evse_id]
        return running[-1] if running else None
