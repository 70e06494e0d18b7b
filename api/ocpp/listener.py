"""Where stations connect: who they are, whether they may, in which version (OCPP-J §3, security profiles 0 and 1)."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Sequence
from http import HTTPStatus
from typing import cast
from urllib.parse import unquote

import structlog
from eventsourcing.persistence import RecordConflictError
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from api.ocpp.connection import StationConnection
from api.ocpp.node import Node
from api.ocpp.session import StationSession
from api.ocpp.socket import StationSocket
from api.ocpp.versions import VERSIONS
from domain.credentials import fingerprint, verify
from domain.events import Station
from domain.journal import Entry, load

log = structlog.get_logger(__name__)

_MAX_ID = 255
_DEFLATE = ServerPerMessageDeflateFactory(
    # Without context takeover a connection keeps no compression window between messages: little memory per station.
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    server_max_window_bits=12,
    client_max_window_bits=12,
    compress_settings={"memLevel": 4, "level": 1},
)


async def listen(node: Node, host: str, port: int, *, max_message_bytes: int) -> Server:
    """Accept stations until the server is closed."""
    return await serve(
        lambda socket: _handle(node, cast("StationSocket", socket)),
        host,
        port,
        process_request=lambda socket, request: _admit(node, socket, request),
        select_subprotocol=_select,
        compression=None,
        extensions=[_DEFLATE],
        max_size=max_message_bytes,
        max_queue=16,
        open_timeout=10,
        ping_interval=20,
        ping_timeout=20,
        close_timeout=5,
        server_header=None,
        create_connection=StationSocket,
    )


def station_id_of(path: str) -> str | None:
    """The last segment of the raw path, decoded once; None if it cannot name a station (OCPP-J §3.1)."""
    segment = path.partition("?")[0].rpartition("/")[2]
    try:
        station_id = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return None
    return station_id if station_id and len(station_id) <= _MAX_ID and station_id.isprintable() else None


def _select(socket: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The station lists its versions in its order of preference: the first one that we speak."""
    return next((name for name in offered if name in VERSIONS), None)


async def _admit(node: Node, socket: ServerConnection, request: Request) -> Response | None:
    """Decide before the upgrade: 404 unknown, 401 wrong credentials, 400 no common version, 503 no database."""
    try:
        try:
            return await _decide(node, cast("StationSocket", socket), request)
        except RecordConflictError:  # somebody else has changed the station: decide again
            return await _decide(node, cast("StationSocket", socket), request)
    except Exception as error:
        log.error("ocpp.handshake_failed", error=repr(error))
        return _refuse(HTTPStatus.SERVICE_UNAVAILABLE, "try again later", ("Retry-After", "5"))


async def _decide(node: Node, socket: StationSocket, request: Request) -> Response | None:
    station_id = station_id_of(request.path)
    if station_id is None:
        return _refuse(HTTPStatus.NOT_FOUND, "the last segment of the path must be the station's identity")
    station = await load(node.journal, Station, Station.stream(station_id))
    user_password = _basic(request.headers)
    if not station.exists and not node.accept_unknown:
        return _refuse(HTTPStatus.NOT_FOUND, "unknown station")
    credential = _credential(node, station, station_id, user_password)
    if station.exists and station.security_profile and (credential is None or station.security_profile > 1):
        return _refuse(HTTPStatus.UNAUTHORIZED, "wrong credentials", ("WWW-Authenticate", 'Basic realm="ocpp"'))
    offered = [
        name.strip() for header in request.headers.get_all("Sec-WebSocket-Protocol") for name in header.split(",")
    ]
    assumed = f"ocpp{station.assumed_version}" if station.assumed_version else None
    if not offered and assumed in VERSIONS:
        socket.assumed = assumed
    elif not any(name in VERSIONS for name in offered):
        return _refuse(HTTPStatus.BAD_REQUEST, f"offer one of the subprotocols {', '.join(VERSIONS)}")
    if not station.exists:
        await _register(node, station, station_id, user_password)
    elif credential is not None:
        station.log_in(1, credential, node.clock())
        if station.pending_events:
            await node.journal.append([Entry(event) for event in station.collect_events()])
    return None


def _credential(node: Node, station: Station, station_id: str, user_password: tuple[str, bytes] | None) -> str | None:
    """Which of the station's credentials was shown, if any; a password that is being changed has two."""
    user, password = user_password or ("", b"")
    for credential in (station.credential, *station.offered_credentials):
        if verify(node.pepper, station_id, password, credential) and user == station_id:
            return credential
    return None


async def _register(node: Node, station: Station, station_id: str, user_password: tuple[str, bytes] | None) -> None:
    """A station nobody announced, where that is allowed: one that shows a password is held to it from then on."""
    if user_password is None:
        station.register(security_profile=0, credential=None, at=node.clock())
    else:
        credential = fingerprint(node.pepper, station_id, user_password[1])
        station.register(security_profile=1, credential=credential, at=node.clock())
    await node.journal.append([Entry(event) for event in station.collect_events()])


def _basic(headers: Headers) -> tuple[str, bytes] | None:
    """User and password of Basic auth; the password may be any bytes (1.6), the user ends at the first colon."""
    scheme, _, encoded = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = b64decode(encoded.strip(), validate=True).partition(b":")
        return user.decode(), password
    except (binascii.Error, UnicodeDecodeError):
        return None


def _refuse(status: HTTPStatus, text: str, *headers: tuple[str, str]) -> Response:
    body = f"{text}\n".encode()
    fields = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
    ]
    return Response(status.value, status.phrase, Headers([*fields, *headers]), body)


async def _handle(node: Node, socket: StationSocket) -> None:
    station_id = station_id_of(socket.request.path) if socket.request else None
    spoken = socket.subprotocol or socket.assumed
    if station_id is None or spoken is None:
        return
    connection = StationConnection(socket, StationSession(station_id, VERSIONS[spoken], node))
    await connection.run()
