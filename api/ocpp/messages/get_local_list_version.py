"""GetLocalListVersion: which local authorisation list does the station hold? (1.6 §5.10, 2.0.1 D02)."""

from typing import Any

from api.ocpp.registry import answered, sent
from api.ocpp.session import StationSession
from domain.local_list import NOT_SUPPORTED, LocalListBook


@sent("GetLocalListVersion", "1.6", "2.0.1")
def get_local_list_version(typed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "GetLocalListVersion", {}


@answered("GetLocalListVersion", "1.6")
async def local_list_version_v16(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    await _note(session, response["listVersion"])


@answered("GetLocalListVersion", "2.0.1")
async def local_list_version_v2(session: StationSession, request: dict[str, Any], response: dict[str, Any]) -> None:
    await _note(session, response["versionNumber"])


async def _note(session: StationSession, version: int) -> None:
    if NOT_SUPPORTED <= version < 2**31:  # any other number is none of a list
        book = await session.book(LocalListBook)
        book.trigger_event(LocalListBook.VersionReported, version=version, timestamp=session.now)
