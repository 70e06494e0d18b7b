"""The charging profiles that a station has: what our requests, its reports and its transactions add up to; and what
others limit there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.charging_profiles import ChargingProfile, ChargingProfilePurpose, ChargingSchedule, Criteria, RemoteStart

OURS = "CSO"
"""The 2.x source of limits that come from us; others are EMS, SO, Other."""


class Confirmation(StrEnum):
    """What the station's last report that would have held a profile says about it."""

    ASSUMED = "ASSUMED"
    CONFIRMED = "CONFIRMED"
    DIFFERENT = "DIFFERENT"
    MISSING = "MISSING"
    FOREIGN = "FOREIGN"


@dataclass(frozen=True, slots=True)
class InstalledProfile:
    profile: ChargingProfile
    """As we set it; a foreign one as the station reported it."""
    evse_id: int | None
    """None: the station chooses the EVSE of the remote start."""
    set_at: datetime | None
    """None: not by us."""
    remote_start: RemoteStart | None = None
    """Until its transaction begins."""
    source: str = OURS
    confirmation: Confirmation = Confirmation.ASSUMED
    reported_at: datetime | None = None
    reported: ChargingProfile | None = None
    """What the station has in its place, if that is different."""


@dataclass(frozen=True, slots=True)
class ExternalLimit:
    """A limit that somebody else has set; None as EVSE is the whole station."""

    source: str
    evse_id: int | None
    grid_critical: bool | None
    schedules: tuple[ChargingSchedule, ...]
    notified_at: datetime


Installed = tuple[InstalledProfile, ...]


def install(held: Installed, new: InstalledProfile) -> Installed:
    """A profile takes the place of one with its id, and of one with its purpose and stack level on the same EVSE (of
    the same transaction).
    """
    return (*(old for old in held if not _replaces(new, old)), new)


def _replaces(new: InstalledProfile, old: InstalledProfile) -> bool:
    if old.profile.purpose is ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS:
        return False
    if new.profile.id == old.profile.id:
        return True
    place = new.evse_id, new.profile.purpose, new.profile.stack_level, new.profile.transaction_id
    return place == (old.evse_id, old.profile.purpose, old.profile.stack_level, old.profile.transaction_id)


def clear(held: Installed, criteria: Criteria) -> Installed:
    return tuple(installed for installed in held if not criteria.meet(installed.profile, installed.evse_id))


def begin_transaction(
    held: Installed, transaction_id: str, evse_id: int | None, id_token: str | None, remote_start_id: int | None
) -> Installed:
    """Profiles that came with a remote start belong to the transaction that it led to; one on their EVSE with another
    token shows that theirs will not come. No token yet (2.x): it may still be theirs.
    """
    kept = []
    for installed in held:
        if installed.remote_start is None:
            kept.append(installed)
        elif _led_to(installed, evse_id, id_token, remote_start_id):
            profile = replace(installed.profile, transaction_id=transaction_id)
            where = installed.evse_id if evse_id is None else evse_id
            kept.append(replace(installed, profile=profile, evse_id=where, remote_start=None))
        elif id_token is None or installed.evse_id is None or installed.evse_id != evse_id:
            kept.append(installed)
    return tuple(kept)


def _led_to(
    installed: InstalledProfile, evse_id: int | None, id_token: str | None, remote_start_id: int | None
) -> bool:
    start = installed.remote_start
    if start is None:
        return False
    if start.remote_start_id is not None and remote_start_id is not None:
        return start.remote_start_id == remote_start_id
    same_token = id_token is not None and id_token.casefold() == start.id_token.casefold()
    return same_token and installed.evse_id in (None, evse_id)


def end_transaction(held: Installed, transaction_id: str) -> Installed:
    return tuple(installed for installed in held if installed.profile.transaction_id != transaction_id)


def of_evse(held: Iterable[InstalledProfile], evse_id: int | None) -> list[InstalledProfile]:
    """By EVSE, purpose and stack level; all of them without an EVSE."""
    found = [installed for installed in held if evse_id in (None, installed.evse_id)]
    return sorted(found, key=lambda i: (i.evse_id or 0, i.profile.purpose, i.profile.stack_level, i.profile.id))


def limit(held: tuple[ExternalLimit, ...], new: ExternalLimit) -> tuple[ExternalLimit, ...]:
    """What a source says about an EVSE takes the place of what it said before."""
    place = new.source, new.evse_id
    return (*(old for old in held if (old.source, old.evse_id) != place), new)


def lift(held: tuple[ExternalLimit, ...], source: str, evse_id: int | None) -> tuple[ExternalLimit, ...]:
    return tuple(old for old in held if old.source != source or evse_id not in (None, old.evse_id))
