"""Certificates: those that stations have reported, and their requests for signing.

What was installed shows when the station is next asked what it has, since only the station says how it hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from domain.aggregate import DomainEvent
from domain.certificates import CertificateBook, CertificateHash, InstalledCertificate
from domain.streams import parse
from projections.model import Key, ReadModel, Row, Rows, Table
from projections.page import Page, fetch_page

_metadata = sa.MetaData()
_instant = sa.DateTime(timezone=True)

_GONE = frozenset({"Accepted", "NotFound"})
"""Answers to a deletion after which the certificate is not there."""


class Reported(msgspec.Struct, frozen=True, gc=False):
    certificate: InstalledCertificate
    at: datetime


class InventoryRow(Row, frozen=True, gc=False):
    station_id: str
    certificates: str
    """JSON: a list of Reported."""


class SigningRequestRow(Row, frozen=True, gc=False):
    """The latest request of a station for a certificate of a type."""

    id: str
    station_id: str
    certificate_type: str
    csr: str | None
    """None: a chain was sent that the station did not ask for."""
    answer: str | None
    requested_at: datetime | None
    outcome: str | None
    """What the station said to the chain that it was sent."""
    sent_at: datetime | None
    open: bool
    reason: str | None
    """Why the request was rejected."""


def _station(event: DomainEvent) -> Key | None:
    kinds = (CertificateBook.Reported, CertificateBook.DeletionAnswered)
    return parse(event.originator_id).station_id if isinstance(event, kinds) else None


def _request(event: DomainEvent) -> Key | None:
    kinds = (CertificateBook.SigningRequested, CertificateBook.ChainSent)
    return f"{parse(event.originator_id).name}/{event.certificate_type}" if isinstance(event, kinds) else None


inventory = Table(
    InventoryRow,
    sa.Table(
        "inventory",
        _metadata,
        sa.Column("station_id", sa.Text(collation="C"), primary_key=True),
        sa.Column("certificates", sa.Text, nullable=False),
    ),
    key_of=_station,
)

signing_request = Table(
    SigningRequestRow,
    sa.Table(
        "signing_request",
        _metadata,
        sa.Column("id", sa.Text(collation="C"), primary_key=True),
        sa.Column("station_id", sa.Text(collation="C"), nullable=False),
        sa.Column("certificate_type", sa.Text, nullable=False),
        sa.Column("csr", sa.Text),
        sa.Column("answer", sa.Text),
        sa.Column("requested_at", _instant),
        sa.Column("outcome", sa.Text),
        sa.Column("sent_at", _instant),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Index("signing_request_open", "id", postgresql_where=sa.text("open")),
    ),
    key_of=_request,
)

_decode = msgspec.json.Decoder(list[Reported]).decode


def _known(rows: Rows, event: DomainEvent) -> list[Reported]:
    row = rows.get(inventory, _station(event))
    return _decode(row.certificates) if row else []


def _keep(rows: Rows, event: DomainEvent, certificates: Iterable[Reported]) -> None:
    rows.put(inventory, InventoryRow(str(_station(event)), msgspec.json.encode(list(certificates)).decode()))


def reported(rows: Rows, event: CertificateBook.Reported) -> None:
    others = [one for one in _known(rows, event) if event.types and one.certificate.type not in event.types]
    _keep(rows, event, [*others, *(Reported(certificate, event.timestamp) for certificate in event.certificates)])


def deletion_answered(rows: Rows, event: CertificateBook.DeletionAnswered) -> None:
    if event.outcome in _GONE:
        deleted = _folded(event.hash)
        _keep(rows, event, [one for one in _known(rows, event) if _folded(one.certificate.hash) != deleted])


def _folded(hash: CertificateHash) -> tuple[str, ...]:
    return tuple(
        text.casefold()
        for text in (hash.hash_algorithm, hash.issuer_name_hash, hash.issuer_key_hash, hash.serial_number)
    )


def signing_requested(rows: Rows, event: CertificateBook.SigningRequested) -> None:
    rows.put(
        signing_request,
        SigningRequestRow(
            id=str(_request(event)),
            station_id=parse(event.originator_id).station_id or "",
            certificate_type=event.certificate_type,
            csr=event.csr,
            answer=event.answer,
            requested_at=event.timestamp,
            outcome=None,
            sent_at=None,
            open=event.answer == "Accepted",
            reason=event.reason,
        ),
    )


def chain_sent(rows: Rows, event: CertificateBook.ChainSent) -> None:
    row = rows.get(signing_request, _request(event))
    if row is None:
        station_id = parse(event.originator_id).station_id or ""
        unasked = (None, None, None, None, None, False, None)
        row = SigningRequestRow(str(_request(event)), station_id, event.certificate_type, *unasked)
    rows.put(signing_request, replace(row, outcome=event.outcome, sent_at=event.timestamp, open=False))


certificates = ReadModel(
    "certificates",
    version=2,
    tables=(inventory, signing_request),
    handlers={
        CertificateBook.Reported: reported,
        CertificateBook.DeletionAnswered: deletion_answered,
        CertificateBook.SigningRequested: signing_requested,
        CertificateBook.ChainSent: chain_sent,
    },
)


async def certificates_by_station(pool: asyncpg.Pool, ids: Sequence[str]) -> dict[str, list[Reported]]:
    query = f"SELECT * FROM {certificates.schema}.inventory WHERE station_id = ANY($1)"  # noqa: S608
    return {record["station_id"]: _decode(record["certificates"]) for record in await pool.fetch(query, list(ids))}


async def signing_requests_page(
    pool: asyncpg.Pool, first: int, after: str | None, **where: Any
) -> Page[SigningRequestRow]:
    """Requests for signing, those of a station together. `where`: station_id, open."""
    return await fetch_page(
        pool,
        f"{certificates.schema}.signing_request",
        SigningRequestRow,
        order="id",
        first=first,
        after=after,
        where={"station_id = {}": where.get("station_id"), "open = {}": where.get("open")},
    )
