"""What a tariff says, in words that OCPI tariffs (2.2.1, 2.3) and OCPP 2.1 TariffType both fit into.

At every moment the first element of a kind whose restrictions all hold is the one that applies, as in OCPI. A kind of
which no element is restricted is a price list: all its elements apply, and add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import StrEnum

_MINOR_UNITS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "XAF", "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def minor_unit(currency: str) -> Decimal:
    """The smallest amount of a currency (ISO 4217): 0.01 for EUR, 1 for JPY, 0.001 for KWD."""
    return Decimal(1).scaleb(-_MINOR_UNITS.get(currency, 2))


class PriceKind(StrEnum):
    """What a price element charges for.

    ENERGY per kWh; TIME per hour of the session; IDLE per hour in which the vehicle is connected and wants nothing;
    FLAT once a session; RESERVATION_TIME per hour and RESERVATION_FLAT once a reservation. Where a tariff has an IDLE
    element, if only one of price zero, idle time is no longer part of TIME.
    """

    ENERGY = "ENERGY"
    TIME = "TIME"
    FLAT = "FLAT"
    IDLE = "IDLE"
    RESERVATION_TIME = "RESERVATION_TIME"
    RESERVATION_FLAT = "RESERVATION_FLAT"


class Weekday(StrEnum):
    """In the order of `date.weekday()`."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


@dataclass(frozen=True, slots=True)
class Tax:
    """In percent (19 means 19 %). `stack` 0 is of the price, 1 of the price with all taxes of stack 0, and so on."""

    name: str
    percent: Decimal
    stack: int = 0


@dataclass(frozen=True, slots=True)
class Restrictions:
    """When an element applies: all that is said must hold. A `min` is included, a `max` is not.

    Times and dates are wall clock in the tariff's time zone. A stretch of time whose end is not after its start passes
    midnight; a weekday or date is that of the moment, not of the evening before. A restriction by what the session does
    not tell, such as its current, does not hold.
    """

    start_time: time | None = None
    end_time: time | None = None
    """Midnight is the end of the day."""
    weekdays: tuple[Weekday, ...] = ()
    start_date: date | None = None
    end_date: date | None = None
    """The first day on which it applies no more."""
    min_wh: int | None = None
    max_wh: int | None = None
    """Energy of the session so far."""
    min_w: int | None = None
    max_w: int | None = None
    min_a: Decimal | None = None
    max_a: Decimal | None = None
    """Sum over the phases."""
    min_seconds: int | None = None
    max_seconds: int | None = None
    """Since the session, or the reservation, began."""
    min_charging_seconds: int | None = None
    max_charging_seconds: int | None = None
    """Time of the session so far that was not idle."""
    min_idle_seconds: int | None = None
    """The grace of an IDLE price: each time the vehicle stops asking for energy it begins anew."""
    max_idle_seconds: int | None = None
    supply: str | None = None
    """AC or DC."""
    payment_brand: str | None = None
    payment_recognition: str | None = None
    reservation_expired: bool | None = None
    """For reservations: whether it ended unused."""


ALWAYS = Restrictions()


@dataclass(frozen=True, slots=True)
class PriceElement:
    """One price in the tariff's currency. `vat` in percent is short for a single tax; with `taxes` it stays zero.

    `step_size` in Wh or seconds: the total of its kind is rounded up to a multiple of it, once a session, when this
    element was the last of its kind. 0 and 1 are exact.
    """

    kind: PriceKind
    price: Decimal
    vat: Decimal = Decimal(0)
    taxes: tuple[Tax, ...] = ()
    step_size: int = 0
    restrictions: Restrictions | None = None

    @property
    def restricted(self) -> bool:
        return self.restrictions is not None and self.restrictions != ALWAYS


@dataclass(frozen=True, slots=True)
class PriceLimit:
    """What a session costs at least, or at most: net, with tax, or each for itself."""

    excl_tax: Decimal | None = None
    incl_tax: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a version of a tariff says."""

    currency: str
    elements: tuple[PriceElement, ...]
    description: str | None = None
    time_zone: str | None = None
    """An IANA name; None is UTC."""
    tax_included: bool = False
    """Whether prices contain their taxes."""
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
