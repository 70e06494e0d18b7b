"""However the messages of sessions arrive, the same sessions and the same bills come out.

What a station tells is told twice: once as it should be, and once shuffled, repeated and late, over new connections,
with transactions given up in between. Two limits are the protocol's own: a 1.6 station knows a transaction's number
only from the answer to its start, and of two states with the same time and number nothing says which was first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.ocpp.node import Node
from domain.events import IdTokenRecord, Station, Tariff
from domain.id_token import Permission
from domain.journal import InMemoryJournal
from domain.rating import PriceElement, PriceKind
from domain.tariff import Terms
from domain.values import AuthorizationStatus, IdToken
from projections.billing import billing, cdr
from projections.model import ReadModel, Row, Rows, Table
from projections.sessions import sessions, transaction
from tests.api.ocpp.line import BY_NAME, Clock, Line, record, register

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TARIFFS = {
    "day": Terms("EUR", (PriceElement(PriceKind.ENERGY, Decimal("0.39"), Decimal(19)),)),
    "fast": Terms(
        "EUR", (PriceElement(PriceKind.ENERGY, Decimal("0.59")), PriceElement(PriceKind.TIME, Decimal("1.2")))
    ),
}
Message = tuple[str, dict[str, Any]]


def instant(minute: float) -> str:
    return (NOON + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Session:
    """What really happened. Times are minutes after noon, energy is in Wh on a register that starts at 1000 kWh."""

    begins: int
    evse: int
    token: str
    samples: list[int]
    """Energy added before each sample; a minute passes between two."""
    presents_at: int | None
    """With which message of a 2.0.1 session the token is presented; None: never."""
    plugs_at: int
    """With which message of a 2.0.1 session its EVSE is named."""
    stop_token: str | None
    contexts: bool
    """Whether the first and last sample are marked as such."""
    intervals: bool
    """Whether the meter tells what was added, not its register."""
    counts_from: int | None
    """2.0.1: the first sequence number; None: it is always 0."""
    reason: str | None
    remote_start_at: int | None
    reserved_at: int | None


def sessions_told() -> st.SearchStrategy[list[Session]]:
    session = st.builds(
        Session,
        begins=st.integers(0, 600),
        evse=st.sampled_from([1, 2]),
        token=st.sampled_from(["CARD", "card", "BLOCKED", "NOBODY"]),
        samples=st.lists(st.integers(0, 3000), max_size=4),
        presents_at=st.none() | st.integers(0, 4),
        plugs_at=st.integers(0, 4),
        stop_token=st.sampled_from([None, "CARD", "OTHER", "BLOCKED"]),
        contexts=st.booleans(),
        intervals=st.booleans(),
        counts_from=st.none() | st.integers(0, 900),
        reason=st.sampled_from([None, "Local", "Remote", "EVDisconnected"]),
        remote_start_at=st.none() | st.integers(0, 4),
        reserved_at=st.none() | st.integers(0, 4),
    )
    return st.lists(session, min_size=1, max_size=3, unique_by=lambda one: one.begins)


def register_at(session: Session, n: int) -> int:
    return 1_000_000 + sum(session.samples[:n])


def course_16(session: Session) -> list[Message]:
    """Its start first; what follows has no number yet."""
    start = {
        "connectorId": session.evse,
        "idTag": session.token,
        "meterStart": register_at(session, 0),
        "timestamp": instant(session.begins),
    }
    if session.reserved_at is not None:
        start["reservationId"] = 5
    metered: list[Message] = [
        (
            "MeterValues",
            {
                "connectorId": session.evse,
                "meterValue": [
                    {
                        "timestamp": instant(session.begins + n),
                        "sampledValue": [
                            {
                                "value": str(added if session.intervals else register_at(session, n)),
                                "measurand": f"Energy.Active.Import.{'Interval' if session.intervals else 'Register'}",
                                "context": "Sample.Periodic",
                            }
                        ],
                    }
                ],
            },
        )
        for n, added in enumerate(session.samples, 1)
    ]
    last = len(session.samples) + 1
    stop: dict[str, Any] = {"meterStop": register_at(session, last), "timestamp": instant(session.begins + last)}
    if session.stop_token:
        stop["idTag"] = session.stop_token
    if session.reason:
        stop["reason"] = session.reason
    if session.contexts:
        stop["transactionData"] = [
            {
                "timestamp": instant(session.begins + minute),
                "sampledValue": [{"value": str(register_at(session, minute)), "context": f"Transaction.{name}"}],
            }
            for name, minute in (("Begin", 0), ("End", last))
        ]
    return [("StartTransaction", start), *metered, ("StopTransaction", stop)]


_TOKEN_TYPE = "ISO14443"
_STATES = ("EVConnected", "Charging", "SuspendedEV", "Charging", "SuspendedEVSE", "Idle")


def course_201(session: Session, name: str) -> list[Message]:
    last = len(session.samples) + 1
    return [("TransactionEvent", _event(session, name, n, last)) for n in range(last + 1)]


def _event(session: Session, name: str, n: int, last: int) -> dict[str, Any]:
    """The n-th message of a session. Two of them share a time, and the number tells which was first."""
    at = instant(session.begins + (n if n != 2 or session.counts_from is None else 1))
    kind = "Started" if n == 0 else "Ended" if n == last else "Updated"
    info: dict[str, Any] = {"transactionId": name, "chargingState": _STATES[n]}
    event: dict[str, Any] = {
        "eventType": kind,
        "timestamp": at,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": 0 if session.counts_from is None else session.counts_from + n,
        "transactionInfo": info,
    }
    value: dict[str, Any] = {"value": register_at(session, n)}
    if session.intervals:
        value = {"value": session.samples[n - 1] if 0 < n < last else 0, "measurand": "Energy.Active.Import.Interval"}
    elif session.contexts and kind != "Updated":
        value["context"] = f"Transaction.{'Begin' if kind == 'Started' else 'End'}"
    event["meterValue"] = [{"timestamp": instant(session.begins + n), "sampledValue": [value]}]
    if session.plugs_at == n:
        event["evse"] = {"id": session.evse, "connectorId": 1}
    if session.remote_start_at == n:
        info["remoteStartId"] = 7
    if session.reserved_at == n:
        event["reservationId"] = 0
    if session.presents_at == n:
        event |= {"idToken": {"idToken": session.token, "type": _TOKEN_TYPE}, "triggerReason": "Authorized"}
    elif kind == "Ended" and session.stop_token:
        event |= {"idToken": {"idToken": session.stop_token, "type": _TOKEN_TYPE}, "triggerReason": "StopAuthorized"}
    if kind == "Ended" and session.reason:
        info["stoppedReason"] = session.reason
    return event


@dataclass
class Told:
    """A station that tells sessions, and what has come of them."""

    version: str
    clock: Clock = field(default_factory=Clock)
    numbers: dict[int, int] = field(default_factory=dict)

    async def connected(self) -> Told:
        self.node = Node("node-1", InMemoryJournal(), self.clock, b"pepper")
        await register(self.node, "CS1")
        now = self.clock()
        for tariff_id, terms in TARIFFS.items():
            await record(self.node, Tariff.stream(tariff_id), Tariff, lambda t, terms=terms: t.define(terms, now))
        for tariff_id, evse in (("day", None), ("fast", 2)):
            await record(
                self.node, Station.stream("CS1"), Station, lambda s, a=tariff_id, b=evse: s.assign_tariff(a, b, now)
            )
        for tag, status in (("CARD", "Accepted"), ("OTHER", "Accepted"), ("BLOCKED", "Blocked")):
            permission = Permission(AuthorizationStatus(status))
            await record(
                self.node,
                IdTokenRecord.stream(tag),
                IdTokenRecord,
                lambda t, tag=tag, permission=permission: t.set(IdToken(tag), permission, now),
            )
        self.line = await Line(self.node, BY_NAME[self.version]).connect()
        await self.line.boot()
        return self

    async def tell(self, session: int, message: Message, *, again: bool = False) -> None:
        action, payload = message
        if self.version == "1.6" and action != "StartTransaction":
            payload = {**payload, "transactionId": self.numbers[session]}
        if self.version != "1.6" and again:
            payload = {**payload, "offline": True}
        answer = await self.line.call(action, payload)
        assert isinstance(answer, dict), answer
        if action == "StartTransaction":
            assert self.numbers.setdefault(session, answer["transactionId"]) == answer["transactionId"]

    async def give_up(self) -> None:
        """What the caretaker does with transactions of which nothing is heard."""
        here = self.line.session
        for ref in here.day.running:
            here.begin()
            here.day.suspect_one(ref, "nothing is heard of it", here.now)
            await here.close_suspected(here.day.transactions[ref.transaction_id])
            if not here.undecided:
                await self.line.journal.append(here.entries(None))

    def rows(self, model: ReadModel, table: Table[Any], *but: str) -> dict[Any, dict[str, Any]]:
        """By transaction, without the columns that say when and how often something was learned."""
        rows = Rows(model.tables, complete=True)
        for recorded in model.wanted(self.line.journal.recorded, {r.topic for r in self.line.journal.recorded}):
            model.fold(rows, recorded)
        names = {str(number): f"T-{session}" for session, number in self.numbers.items()}
        found: list[Row] = rows.take_changes(table)
        left_out = {"id", "stream", "transaction_id", *but}
        told = [{name: getattr(row, name) for name in row.__struct_fields__} for row in found]
        for row in told:
            if "facts" in row:  # whether the order was odd is not what they say
                row["facts"] = row["facts"].replace('"odd":true', '"odd":false')
        return {
            names.get(row["transaction_id"], row["transaction_id"]): {k: v for k, v in row.items() if k not in left_out}
            for row in told
        }

    @property
    def outcome(self) -> Any:
        return self.rows(sessions, transaction, "recorded_at"), self.rows(
            billing, cdr, "revision", "issued_at", "occasion"
        )


@st.composite
def deliveries(draw: st.DrawFn, courses: Sequence[Sequence[Message]], in_turn: bool) -> list[tuple[int, int, str]]:
    """Which message of which session is told next, each at least once, and what happens before it."""
    each = [(s, n) for s, course in enumerate(courses) for n in range(len(course))]
    order = draw(st.permutations(each + draw(st.lists(st.sampled_from(each), max_size=6))))
    if in_turn:  # a 1.6 start is told before what follows from it
        order = [(s, 0) for s in range(len(courses))] + order
    happens = st.sampled_from(["", "", "", "new connection", "an hour", "two days", "given up"])
    return [(s, n, draw(happens)) for s, n in order]


@pytest.mark.parametrize("version", sorted(BY_NAME))
@given(data=st.data(), told=sessions_told())
@settings(deadline=None, max_examples=120)
def test_the_order_of_arrival_changes_no_session_and_no_bill(
    version: str, data: st.DataObject, told: list[Session]
) -> None:
    courses = [course_16(s) if version == "1.6" else course_201(s, f"T-{n}") for n, s in enumerate(told)]
    chosen = data.draw(deliveries(courses, version == "1.6"))
    asyncio.run(_compare(version, courses, chosen))


async def _compare(version: str, courses: list[list[Message]], chosen: list[tuple[int, int, str]]) -> None:
    well, badly = await Told(version).connected(), await Told(version).connected()
    for session, course in enumerate(courses):
        for message in course:
            await well.tell(session, message)
    heard = set()
    for session, n, happens in chosen:
        match happens:
            case "new connection":
                await badly.line.connect()
            case "an hour" | "two days":
                badly.clock.advance(hours=1 if happens == "an hour" else 48)
            case "given up":
                await badly.give_up()
        await badly.tell(session, courses[session][n], again=(session, n) in heard)
        heard.add((session, n))
    assert badly.outcome == well.outcome
    assert len(well.outcome[0]) == len(well.outcome[1]) == len(courses)
