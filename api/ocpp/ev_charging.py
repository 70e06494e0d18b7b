"""What was offered to a car that speaks ISO 15118, as the commands of its station have it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from api.ocpp.profiles import criteria_of, profile_of
from api.ocpp.session import StationSession
from domain.charging_profiles import ChargingProfile, Criteria
from domain.command import Command, CommandStatus
from domain.journal import load
from domain.streams import COMMAND

_LOOK_BACK = 20
"""How many of a station's latest commands are looked at: cars answer within seconds what was sent to them."""
_MOST_REPETITIONS = 3
_LIFETIME = timedelta(seconds=60)
"""A car does not wait longer for a profile (2.0.1 K15)."""
_AGAIN = "renegotiation"
_THERE = frozenset({CommandStatus.SENT, CommandStatus.ACCEPTED})
_CLEARED = frozenset({CommandStatus.ACCEPTED, CommandStatus.REJECTED})
"""Rejected is Unknown: the station has none of these."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The profile that was sent last for a transaction, and how often it was repeated without anybody asking."""

    profile: ChargingProfile
    payload: dict[str, Any]
    typed: bool
    repeated: int


async def charging_on(session: StationSession, evse_id: int) -> str | None:
    """The id of the transaction that runs on an EVSE; the latest, if the end of one was lost."""
    if (ref := session.day.open_transaction_on(evse_id)) is not None:
        return ref.transaction_id
    for ref in reversed(session.day.running):  # one that began before the car was plugged in
        evse = (await session.transaction(ref.transaction_id)).facts.evse
        if evse is not None and evse.id == evse_id:
            return ref.transaction_id
    return None


async def latest_offer(session: StationSession, transaction_id: str, evse_id: int) -> Offer | None:
    """None if none was sent, as far back as is looked, or it was cleared since."""
    remote_start_id = (await session.transaction(transaction_id)).facts.remote_start_id
    found: Command | None = None
    cleared: list[Criteria] = []
    repeated = 0
    for stream in await session.node.journal.streams_of(COMMAND, session.station_id, _LOOK_BACK):
        command = await load(session.node.journal, Command, stream)
        if found is None and command.action == "ClearChargingProfile" and command.status in _CLEARED:
            cleared.append(criteria_of(command.sent_payload))
        if not _offers(command, transaction_id, remote_start_id):
            continue
        found = found or command
        if not (command.idempotency_key or "").startswith(_AGAIN):
            break
        repeated += 1
    if found is None:
        return None
    profile = profile_of(found.sent_payload["chargingProfile"])
    if any(criteria.meet(profile, evse_id) for criteria in cleared):
        return None
    return Offer(profile, found.payload, found.typed, repeated)


def _offers(command: Command, transaction_id: str, remote_start_id: int | None) -> bool:
    """Whether it gives the transaction a profile that the station has, or may have by now."""
    sent = command.sent_payload
    profile = sent.get("chargingProfile")
    if profile is None or command.status not in _THERE:
        return False
    if command.action == "SetChargingProfile":
        return bool(profile.get("transactionId") == transaction_id)
    return remote_start_id is not None and sent.get("remoteStartId") == remote_start_id


def offer_again(session: StationSession, transaction_id: str, evse_id: int, offer: Offer) -> None:
    """Have the car plan anew within the same limits, unless it was asked often enough."""
    if offer.repeated < _MOST_REPETITIONS:
        profile = {**offer.payload["chargingProfile"], "transactionId": transaction_id}
        session.ask(
            "SetChargingProfile",
            {"evseId": evse_id, "chargingProfile": profile},
            typed=offer.typed,
            key=f"{_AGAIN} {offer.repeated + 1} of {transaction_id}",
            lifetime=_LIFETIME,
        )
