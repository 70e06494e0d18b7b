"""What a station tells of its device model, in one day: the parts of its reports, each as it came (2.0.1 B07, B08).

Stream `device-model:<day>:<station>`. A report is the parts with one request id; whether it is whole is for read models
to say. Secrets are masked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.aggregate import DomainEvent
from domain.books import Book
from domain.configuration import Variable

# A full inventory has thousands of these. Not frozen, like the values of `domain.values`, and changed by nobody.


@dataclass(slots=True, unsafe_hash=True)
class Attribute:
    """One of up to four of a variable: Actual, Target, MinSet, MaxSet."""

    value: str | None
    """None: not told, as for one that is write-only."""
    type: str = "Actual"
    mutability: str = "ReadWrite"
    persistent: bool = False
    constant: bool = False


@dataclass(slots=True, unsafe_hash=True)
class Characteristics:
    """What the values of a variable may be."""

    data_type: str
    supports_monitoring: bool
    unit: str | None = None
    min_limit: Decimal | None = None
    max_limit: Decimal | None = None
    """Of a list that has Entries: how many it can hold."""
    values_list: str | None = None


@dataclass(slots=True, unsafe_hash=True)
class VariableReport:
    """`variable` names it as a whole, whatever its `attribute` says."""

    variable: Variable
    attributes: tuple[Attribute, ...]
    characteristics: Characteristics | None = None


class DeviceModelBook(Book):
    KIND = "device-model"

    @dataclass(frozen=True)
    class ReportAnswered(DomainEvent):
        """What the station said when it was asked for a report, which may come before this is known."""

        TOPIC = "device-model.report-answered"
        request_id: int
        outcome: str

    @dataclass(frozen=True)
    class PartReported(DomainEvent):
        TOPIC = "device-model.part-reported"
        request_id: int
        seq_no: int
        """From 0."""
        generated_at: datetime
        more: bool
        """Whether a part with a higher number is to come."""
        variables: tuple[VariableReport, ...] = ()
