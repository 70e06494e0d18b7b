"""Errors that whoever runs `csms` can mend, in a line each."""

from __future__ import annotations

import errno
import socket
import zlib

import asyncpg
import sqlalchemy.exc
from eventsourcing.persistence import MapperDeserialisationError

from app.embedded_postgres import EmbeddedPostgresError
from app.journal import UnsafeDatabase
from app.pki.faults import Unusable
from app.server import ServerFailed
from projections.rebuild import RebuildFailed

_OURS = (EmbeddedPostgresError, UnsafeDatabase, ServerFailed, RebuildFailed, MapperDeserialisationError, Unusable)
_FROM_POSTGRES = (asyncpg.PostgresError, asyncpg.InterfaceError)


def explained(error: Exception) -> str | None:
    """What to tell; None for an error that is a mistake of ours, of which everything has to be seen."""
    match error:
        case OSError():
            return _of_the_system(error)
        case sqlalchemy.exc.DBAPIError(orig=BaseException() as original):
            return str(original).partition(": ")[2] or str(original)  # without the class in front
        case EOFError() | zlib.error():
            return f"the file is damaged: {error}"
        case LookupError() if type(error) is LookupError:
            return str(error)
        case Exception() if isinstance(error, _OURS + _FROM_POSTGRES):
            return str(error) or type(error).__name__
        case _:
            return None


def _of_the_system(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        hint = "Another server is running there; set CSMS_HTTP_PORT and CSMS_OCPP_PORT to free ports."
        return f"{error.strerror}. {hint}"
    if error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, TimeoutError | ConnectionError | socket.gaierror):
        return f"the database does not answer: {error.strerror or str(error) or type(error).__name__}"
    return error.strerror or str(error)
