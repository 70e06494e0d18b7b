"""Reading one's own writes: waiting until read models have come to a position."""

from __future__ import annotations

from asyncio import sleep
from time import monotonic

from api.graphql.context import Context, Info
from api.graphql.errors import Code, Refused, UserErrorCode, stop
from api.graphql.paging import position_of
from projections.model import ReadModel, position

PATIENCE = 5.0
"""Seconds."""
_POLL = 0.02


async def at_least(info: Info, wanted: str | None, *models: ReadModel) -> None:
    """Wait for the position a query asks for; a clear error if it is not reached in time."""
    to = position_of(wanted, "atLeastPosition")
    if to is not None and not await _reach(info.context, to, models):
        raise stop(
            Code.NOT_YET_VISIBLE, f"position {wanted} is not visible yet after {PATIENCE:.0f} seconds: try again"
        )


async def shown(info: Info, recorded: int, *models: ReadModel) -> str:
    """Wait until what was recorded can be read, and tell its position."""
    if not await _reach(info.context, recorded, models):
        message = "it is recorded, but not visible yet: ask for it with atLeastPosition"
        raise Refused(UserErrorCode.NOT_YET_VISIBLE, message, position=recorded)
    return str(recorded)


async def _reach(context: Context, to: int, models: tuple[ReadModel, ...]) -> bool:
    deadline = monotonic() + PATIENCE
    bulletin = context.services.bulletin
    while True:
        ticks = bulletin.ticks if bulletin is not None else 0
        if await position(context.pool, models) >= to:
            return True
        if monotonic() > deadline:
            return False
        if bulletin is not None and bulletin.listening:
            await bulletin.ticked(ticks, 0.25)
        else:
            await sleep(_POLL)
