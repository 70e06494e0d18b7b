"""Connection profiles: a slot whose last profile the station has not answered is given it again.

The device model of 2.0.1 says which slots there are, not what is in them. What a station took stays: writing over the
slot that it has come by could keep it away, and one that it refused it would refuse again. The secrets of an APN or a
VPN are not kept, so a profile with one is for somebody to send.
"""

from __future__ import annotations

from app.reconciling.desk import Desk, Subject
from domain.command import OPEN
from projections.availability import availability
from projections.commands import commands_page
from projections.network_profiles import NetworkProfileRow, network_profiles, network_profiles_of


async def reconcile(desk: Desk) -> None:
    if not await desk.can_say("SetNetworkProfile"):
        return
    unanswered = [row for row in await network_profiles_of(desk.pool, desk.station_id) if _unanswered(row)]
    if not unanswered or await _under_way(desk):
        return
    for row in unanswered:
        wanted = row.wanted
        if wanted is None:
            continue
        desk.differing += 1
        if wanted.apn is not None or wanted.vpn_server is not None:
            desk.problem = f"slot {row.slot}: the secrets of its profile are not kept, send it once more"
            continue
        payload = {
            "slot": row.slot,
            "url": wanted.url,
            "securityProfile": wanted.security_profile,
            "interface": wanted.interface,
            "messageTimeout": wanted.message_timeout,
        }
        await desk.mend("SetNetworkProfile", payload)


def _unanswered(row: NetworkProfileRow) -> bool:
    return row.asked_at is not None and (row.answered_at is None or row.answered_at < row.asked_at)


async def _under_way(desk: Desk) -> bool:
    """Whether one has yet to be sent or to be answered."""
    for status in OPEN:
        page = await commands_page(
            desk.pool, 1, None, station_id=desk.station_id, action="SetNetworkProfile", status=status
        )
        if page.rows:
            return True
    return False


NETWORK_PROFILES = Subject("networkProfiles", (network_profiles, availability), reconcile)
