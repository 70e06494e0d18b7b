"""Monitors of a station's variables: set, cleared, reported, and how much of what they find is told (2.0.1 N02 to N06).

Stream `monitoring:<day>:<station>`. What monitors find stands in `day.events-notified`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.aggregate import DomainEvent
from domain.books import Book
from domain.configuration import Variable

HARD_WIRED, PRECONFIGURED, CUSTOM = "HardWiredMonitor", "PreconfiguredMonitor", "CustomMonitor"
"""2.x EventNotificationEnumType: who has set a monitor, the station's maker, its configuration, or we."""


@dataclass(frozen=True, slots=True)
class Monitor:
    """`value` is a threshold, a difference, or an interval in seconds, as the type says."""

    variable: Variable
    type: str
    value: Decimal
    severity: int
    id: int | None = None
    """None: the station has given none, since it does not set it."""
    transaction: bool = False
    """Whether it only looks while a transaction is running."""
    kind: str | None = None
    """2.0.1 does not tell it in reports."""


@dataclass(frozen=True, slots=True)
class Setting:
    monitor: Monitor
    outcome: str
    """2.x SetMonitoringStatusEnumType."""


@dataclass(frozen=True, slots=True)
class Clearing:
    monitor_id: int
    outcome: str
    """2.x ClearMonitoringStatusEnumType: Accepted, Rejected or NotFound."""


class MonitoringBook(Book):
    KIND = "monitoring"

    @dataclass(frozen=True)
    class BaseAnswered(DomainEvent):
        TOPIC = "monitoring.base-answered"
        base: str
        """2.x MonitoringBaseEnumType: All, FactoryDefault or HardWiredOnly."""
        outcome: str

    @dataclass(frozen=True)
    class LevelAnswered(DomainEvent):
        TOPIC = "monitoring.level-answered"
        severity: int
        """What is less severe, that is above, is not told."""
        outcome: str

    @dataclass(frozen=True)
    class SettingsAnswered(DomainEvent):
        TOPIC = "monitoring.settings-answered"
        settings: tuple[Setting, ...]

    @dataclass(frozen=True)
    class ClearingsAnswered(DomainEvent):
        TOPIC = "monitoring.clearings-answered"
        clearings: tuple[Clearing, ...]

    @dataclass(frozen=True)
    class ReportAnswered(DomainEvent):
        """The station was asked for monitors of these criteria and variables; none of either: all."""

        TOPIC = "monitoring.report-answered"
        request_id: int
        outcome: str
        """2.x GenericDeviceModelStatusEnumType; EmptyResultSet: there are none."""
        criteria: tuple[str, ...] = ()
        variables: tuple[Variable, ...] = ()
        """One without a name is every variable of its component."""

    @dataclass(frozen=True)
    class Reported(DomainEvent):
        """A part; it may come before the answer is recorded."""

        TOPIC = "monitoring.reported"
        request_id: int
        seq_no: int
        monitors: tuple[Monitor, ...]
        last: bool
        generated_at: datetime
