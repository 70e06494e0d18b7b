"""What the signed values of a transaction prove: who signed them, whether nothing is missing, and how much energy.

Whoever can verify signatures is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from domain.ocmf import BEGIN, ENDS, GOOD, Reading, Record, Unreadable, parse
from domain.signed_containers import Container, public_key, unpacked
from domain.values import SignedValue

Verify = Callable[[bytes, Record], bool]
"""Whether the record was signed with the private key that belongs to this public one. Raises CannotVerify."""


class CannotVerify(Exception):
    """An algorithm, a curve or a key that nobody here can work with; not that a signature is wrong."""


class Verdict(StrEnum):
    """Of one value: from INVALID_SIGNATURE to UNKNOWN_KEY, else VALID. Of a transaction: the first that applies."""

    INVALID_SIGNATURE = "INVALID_SIGNATURE"
    UNREADABLE = "UNREADABLE"
    UNSUPPORTED = "UNSUPPORTED"
    OTHER_KEY = "OTHER_KEY"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    METER_ERROR = "METER_ERROR"
    NOT_CONTINUOUS = "NOT_CONTINUOUS"
    INCOMPLETE = "INCOMPLETE"
    VALID = "VALID"


@dataclass(frozen=True, slots=True)
class Checked:
    """One signed value."""

    container: Container
    verdict: Verdict
    reason: str = ""
    record: Record | None = None
    key: bytes | None = None
    """The trusted key that it was signed with."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Of a transaction. Begin and end are what energy rests on, of one register of one meter; all are None where the
    verdict is not VALID.
    """

    verdict: Verdict
    reason: str = ""
    values: tuple[Checked, ...] = ()
    energy_wh: Decimal | None = None
    begin: Reading | None = None
    end: Reading | None = None
    serial: str | None = None
    key: bytes | None = None


class _Broken(Exception):
    def __init__(self, verdict: Verdict, reason: str) -> None:
        super().__init__(reason)
        self.verdict = verdict


def assess(values: Sequence[SignedValue], trusted: Collection[bytes], verify: Verify) -> Assessment:
    """Trusted are the keys that somebody has stored for the meter; a key that came along only tells whose it is not."""
    once = {value: unpacked(value) for value in values}
    sent = _keys_in(once.values())
    checked = {value: _check(container, trusted, sent, verify) for value, container in once.items()}
    found = tuple(checked[value] for value in values)
    worst = min(checked.values(), key=lambda one: _ORDER[one.verdict], default=None)
    if worst is None:
        return Assessment(Verdict.INCOMPLETE, "nothing was signed")
    if worst.verdict is not Verdict.VALID:
        return Assessment(worst.verdict, worst.reason, found)
    try:
        if len({one.key for one in found}) > 1:
            raise _Broken(Verdict.NOT_CONTINUOUS, "they were signed with different keys")
        records = _in_order([one.record for one in found if one.record is not None])
        begin, end, energy_wh = _course(records)
    except _Broken as broken:
        return Assessment(broken.verdict, str(broken), found)
    return Assessment(Verdict.VALID, "", found, energy_wh, begin, end, records[0].serial, worst.key)


_ORDER = {verdict: place for place, verdict in enumerate(Verdict)}


_MOST_KEYS = 4
"""Of those sent, that are tried with each value."""


def _keys_in(containers: Iterable[Container]) -> list[bytes]:
    """Stations send the key with each value, or once a transaction."""
    found: dict[bytes, None] = {}
    for container in containers:
        try:
            found[public_key(container.public_key)] = None
        except Unreadable:
            continue
    return list(found)[:_MOST_KEYS]


def _check(container: Container, trusted: Collection[bytes], sent: Collection[bytes], verify: Verify) -> Checked:
    if container.text is None:
        if container.encoding.upper() in ("", "OCMF"):
            return Checked(container, Verdict.UNREADABLE, "it is not OCMF")
        return Checked(container, Verdict.UNSUPPORTED, f"its format is {container.encoding[:40]}")
    try:
        record = parse(container.text)
        key, problem = _signer(record, trusted, verify)
        if key is not None:
            return Checked(container, Verdict.VALID, "", record, key)
        other, problem_of_sent = _signer(record, [key for key in sent if key not in trusted], verify)
    except Unreadable as error:
        return Checked(container, Verdict.UNREADABLE, str(error))
    if other is not None and trusted:
        return Checked(container, Verdict.OTHER_KEY, "the key that came along fits, and is none that is stored", record)
    if problem := problem if trusted else problem_of_sent:
        return Checked(container, Verdict.UNSUPPORTED, problem, record)
    if other is not None or not (trusted or sent):
        return Checked(container, Verdict.UNKNOWN_KEY, "no key is stored for the meter", record)
    return Checked(container, Verdict.INVALID_SIGNATURE, "the signature does not fit what it signs", record)


def _signer(record: Record, keys: Iterable[bytes], verify: Verify) -> tuple[bytes | None, str]:
    """The key that fits, else why one could not be tried."""
    problem = ""
    for key in keys:
        try:
            if verify(key, record):
                return key, ""
        except CannotVerify as error:
            problem = str(error)
    return None, problem


_PAGE = re.compile(r"([A-Za-z]*)([0-9]{1,18})")


def _in_order(records: Iterable[Record]) -> list[Record]:
    """The records of the transaction by the meter's own count, each once; fiscal readings are not of it."""
    once = list({record.payload: record for record in records if not record.pagination.startswith("F")}.values())
    if not once:
        raise _Broken(Verdict.INCOMPLETE, "no reading of a transaction is among them")
    if len({record.serial for record in once}) > 1:
        raise _Broken(Verdict.NOT_CONTINUOUS, "they come from different meters")
    if len(once) == 1:
        return once
    pages = {}
    for record in once:
        page = _PAGE.fullmatch(record.pagination)
        if page is None:
            raise _Broken(Verdict.NOT_CONTINUOUS, f"{record.pagination[:40]!r} is no page number")
        pages[page[1], int(page[2])] = record
    numbers = sorted(pages)
    follows = all(before[0] == after[0] and before[1] + 1 == after[1] for before, after in pairwise(numbers))
    if not follows or len(pages) < len(once):
        told = ", ".join(f"{kind}{number}" for kind, number in numbers[:10])
        raise _Broken(Verdict.NOT_CONTINUOUS, f"pages are missing or double: {told}")
    return [pages[number] for number in numbers]


_IMPORTED = re.compile(r"[0-9A-Za-z]+-[0-9A-Za-z]+:(0?1|B[0-3])\.0?8\.00?(\*[0-9A-Fa-f]+)?")
"""OBIS 1.8.0, energy taken from the grid, or the accumulation registers of OCMF."""
_WH = {"Wh": 1, "kWh": 1000}


def _course(records: Sequence[Record]) -> tuple[Reading, Reading, Decimal]:
    """The first and the last reading of the register that the meter names first, and the energy between them in Wh."""
    told = [reading for record in records for reading in record.readings]
    for reading in told:
        if reading.errors or reading.status != GOOD or reading.mark == "X":
            flags = f"errors {reading.errors[:10]!r}, status {reading.status[:10]!r}, mark {reading.mark[:10]!r}"
            raise _Broken(Verdict.METER_ERROR, f"the meter reports a fault: {flags}")
    register = next((r.register for r in told if r.unit in _WH and _IMPORTED.fullmatch(r.register)), None)
    if register is None:
        raise _Broken(Verdict.INCOMPLETE, "no register of imported energy is among them")
    course = [reading for reading in told if reading.register == register]
    _require_course(course)
    begin, end = course[0], course[-1]
    return begin, end, _wh(end) - _wh(begin)


def _require_course(course: Sequence[Reading]) -> None:
    """One begin, then what lies between, then one end; each may be said again."""
    begin, end = course[0], course[-1]
    if begin.mark != BEGIN:
        late = any(reading.mark == BEGIN for reading in course)
        verdict = Verdict.NOT_CONTINUOUS if late else Verdict.INCOMPLETE
        raise _Broken(verdict, "the first reading is not that of the begin")
    if end.mark not in ENDS:
        early = any(reading.mark in ENDS for reading in course)
        verdict = Verdict.NOT_CONTINUOUS if early else Verdict.INCOMPLETE
        raise _Broken(verdict, "the last reading is not that of an end")
    for reading in course:
        if (reading.mark == BEGIN and reading != begin) or (reading.mark in ENDS and reading != end):
            raise _Broken(Verdict.NOT_CONTINUOUS, "there is more than one begin or end")
    flowed = [reading for reading in course if reading is begin or reading.mark != BEGIN]
    if any(_wh(before) > _wh(after) for before, after in pairwise(flowed)):
        raise _Broken(Verdict.NOT_CONTINUOUS, "the register ran backwards")


def _wh(reading: Reading) -> Decimal:
    if reading.value is None or reading.unit not in _WH:
        raise _Broken(Verdict.METER_ERROR, "a reading shows no energy")
    return reading.value * _WH[reading.unit]
