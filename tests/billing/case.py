"""A bookkeeper's case: a tariff, the course of a session, and the bill that belongs to them, read from YAML.

Everything stays text until here, so that no amount is ever a float. Times are wall clock in the tariff's time zone,
unless they say their offset; a time without a date is of the day on which the session starts.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from domain.courses import Recounted, recount
from domain.events import Transaction
from domain.metering_truth import Doubt, Told, Truth, measure
from domain.rating import (
    ChargeLine,
    Course,
    PriceElement,
    PriceKind,
    PriceLimit,
    Reservation,
    Restrictions,
    Sample,
    StateChange,
    Tax,
    Terms,
    Weekday,
)
from domain.values import MeterReading, SampledValue, SignedValue

CASES = Path(__file__).with_name("cases")
LINE = re.compile(
    r"(?P<kind>\w+) (?P<quantity>[\d.]+) (?P<unit>\w+)(?: \(measured (?P<measured>[\d.]+)\))?"
    r" x (?P<price>[\d.]+) = (?P<net>-?[\d.]+) \+ (?P<tax>-?[\d.]+)"
    r"|(?P<limit>\w+) = (?P<limit_net>-?[\d.]+) \+ (?P<limit_tax>-?[\d.]+)"
)
TOTAL = re.compile(r"(-?[\d.]+) \+ (-?[\d.]+) = (-?[\d.]+)")
_RANGES = {
    "kWh": ("wh", lambda told: int(Decimal(told) * 1000)),
    "kW": ("w", lambda told: int(Decimal(told) * 1000)),
    "A": ("a", Decimal),
    "min": ("seconds", lambda told: int(told) * 60),
    "charging min": ("charging_seconds", lambda told: int(told) * 60),
    "idle min": ("idle_seconds", lambda told: int(told) * 60),
}
_UNITS = {"kWh": Decimal(1), "min": Decimal(1) / 60, "s": Decimal(1) / 3600, "h": Decimal(1)}


def cases() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{file.stem}: {case['case']}", case)
        for file in sorted(CASES.glob("*.yaml"))
        for case in yaml.load(file.read_text(), Loader=yaml.BaseLoader)  # noqa: S506  # text, and nothing but text
    ]


def terms_of(told: dict[str, Any] | None) -> Terms | None:
    if not told:
        return None
    return Terms(
        told["currency"],
        tuple(_element(element) for element in told["elements"]),
        time_zone=told.get("time zone", "Europe/Berlin"),
        tax_included=told.get("prices include tax") == "yes",
        min_price=_limit(told.get("minimum")),
        max_price=_limit(told.get("maximum")),
    )


def _limit(told: dict[str, str] | None) -> PriceLimit | None:
    return told and PriceLimit(_decimal(told.get("net")), _decimal(told.get("gross")))


def _decimal(told: str | None) -> Decimal | None:
    return None if told is None else Decimal(told)


def _element(told: dict[str, Any]) -> PriceElement:
    told = dict(told)
    kind = next(kind for kind in PriceKind if kind in told)
    price, vat, step = Decimal(told.pop(kind)), Decimal(told.pop("tax", "0")), int(told.pop("step", "0"))
    taxes = tuple(_tax(name, percent) for name, percent in told.pop("taxes", {}).items())
    return PriceElement(kind, price, vat, taxes, step, _restrictions(told) if told else None)


def _tax(name: str, told: str) -> Tax:
    percent, *stacked = told.split(" ", 1)
    return Tax(name, Decimal(percent), 1 if stacked else 0)


def _restrictions(told: dict[str, Any]) -> Restrictions:
    when: dict[str, Any] = {}
    for key, value in told.items():
        match key:
            case "from" | "to":
                when["start_time" if key == "from" else "end_time"] = time.fromisoformat(value)
            case "first day" | "before":
                when["start_date" if key == "first day" else "end_date"] = date.fromisoformat(value)
            case "days":
                when["weekdays"] = tuple(Weekday(day) for day in value)
            case "supply" | "payment_brand" | "payment_recognition":
                when[key] = value
            case "expired":
                when["reservation_expired"] = value == "yes"
            case _:
                edge, unit = key.split(" ", 1)
                name, read = _RANGES[unit]
                when[("min_" if edge == "from" else "max_") + name] = read(value)
    return Restrictions(**when)


class Session:
    """What a case tells of a session."""

    def __init__(self, told: dict[str, Any], terms: Terms | None) -> None:
        self.told = told
        self._zone = ZoneInfo((terms and terms.time_zone) or "Europe/Berlin")
        self.truth: Truth | None = None
        self.course = self._course()

    def at(self, told: str) -> datetime:
        if len(told) <= 8:
            told = f"{self.told['start'][:10]} {told}"
        at = datetime.fromisoformat(told)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=self._zone).astimezone(UTC)

    def _course(self) -> Course:
        told = self.told
        if "events" in told:
            recounted = recount([self._event(n, event) for n, event in enumerate(told["events"], 1)])
            assert isinstance(recounted, Recounted)
            self.truth = recounted.truth
            return recounted.course
        reservation = told.get("reservation")
        start, end = (self.at(told[edge]) if edge in told else None for edge in ("start", "end"))
        return Course(
            start,
            end,
            self._samples(),
            tuple(StateChange(self.at(at), state) for at, state in told.get("states", {}).items()),
            self.at(told["unplugged"]) if "unplugged" in told else None,
            reservation
            and Reservation(
                self.at(reservation["from"]), self.at(reservation["to"]), reservation.get("expired") == "yes"
            ),
            told.get("supply"),
            told.get("payment_brand"),
        )

    def _samples(self) -> tuple[Sample, ...]:
        told = self.told
        if "readings" in told or "meter start" in told:
            self.truth = measure(
                Told(
                    tuple(self._reading(reading) for reading in told.get("readings", [])),
                    self.at(told["start"]),
                    self.at(told["end"]),
                    _decimal(told.get("meter start")),
                    _decimal(told.get("meter stop")),
                    int(Decimal(told.get("station kW", "1000")) * 1000),
                    _decimal(told.get("previous stop")),
                )
            )
            return self.truth.samples
        meter = told.get("meter kWh", {})
        if "energy kWh" in told:
            meter = {told["start"]: "0", told["end"]: told["energy kWh"]}
        loads = [Sample(self.at(at), None, Decimal(kw) * 1000) for at, kw in told.get("power kW", {}).items()]
        amperes = [Sample(self.at(at), None, None, Decimal(a)) for at, a in told.get("current A", {}).items()]
        return (*[Sample(self.at(at), Decimal(kwh) * 1000) for at, kwh in meter.items()], *loads, *amperes)

    def _reading(self, told: dict[str, str]) -> MeterReading:
        told = dict(told)
        at, signed = self.at(told.pop("at")), told.pop("signed", None)
        unit = next(unit for unit in ("Wh", "kWh", "W", "kW") if unit in told)
        value = Decimal(told.pop(unit))
        if unit in ("W", "kW"):
            told.setdefault("measurand", "Power.Active.Import")
        return MeterReading(at, (SampledValue(value, unit=unit, signed=signed and SignedValue(signed), **told),))

    def _event(self, version: int, told: dict[str, str]) -> Transaction.Started:
        kind = getattr(Transaction, told["event"])
        at = self.at(told["at"])
        context = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}.get(told["event"], "Sample.Periodic")
        register = SampledValue(Decimal(told["kWh"]), unit="kWh", context=context)
        return kind(
            originator_id="transaction:2026-11-20:CS1/T1",
            originator_version=version,
            timestamp=self.at(told["received"]),
            occurred_at=at,
            seq_no=version,
            offline=told.get("offline") == "yes",
            charging_state=told.get("state"),
            readings=(MeterReading(at, (register,)),),
        )


def doubts_of(told: Any) -> set[Doubt]:
    return {Doubt(doubt) for doubt in told}


def said(line: ChargeLine) -> dict[str, Any]:
    return {"kind": str(line.kind), "net": line.amount_excl_vat, "tax": line.vat_amount}


def same_quantity(told: str, unit: str, quantity: Decimal) -> bool:
    factor = _UNITS.get(unit, Decimal(1))
    return abs(Decimal(told) * factor - quantity) < Decimal("1e-20")
