"""Certificates that stations have reported, and what they want signed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.certificates import CertificateBook, CertificateHash, InstalledCertificate
from projections.certificates import certificates, certificates_by_station, signing_requests_page
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CSMS, MAKER, V2G = "CSMSRootCertificate", "ManufacturerRootCertificate", "V2GCertificateChain"


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def hash(serial: str) -> CertificateHash:
    return CertificateHash("SHA256", "aa", "bb", serial)


class Notes:
    """A station's book of the day, written minute by minute."""

    def __init__(self, station: str = "CS/1") -> None:
        self.book = CertificateBook.blank(CertificateBook.stream(station, NOON.date()))
        self.minute = 0

    def note(self, kind: Any, **told: Any) -> Notes:
        self.book.trigger_event(kind, timestamp=at(self.minute), **told)
        self.minute += 1
        return self

    def has(self, *serials: str, of: str = CSMS, asked: tuple[str, ...] | None = None) -> Notes:
        found = tuple(InstalledCertificate(of, hash(serial)) for serial in serials)
        return self.note(CertificateBook.Reported, types=(of,) if asked is None else asked, certificates=found)

    def deleted(self, serial: str, outcome: str = "Accepted") -> Notes:
        return self.note(CertificateBook.DeletionAnswered, hash=hash(serial), outcome=outcome)

    def wants(self, csr: str = "PEM", answer: str = "Accepted", **told: Any) -> Notes:
        return self.note(CertificateBook.SigningRequested, csr=csr, answer=answer, **told)

    def given(self, outcome: str = "Accepted", **told: Any) -> Notes:
        return self.note(CertificateBook.ChainSent, certificate_chain="PEM", outcome=outcome, **told)


async def shown(shelf: Shelf, *notes: Notes, batch: int = 2_000) -> None:
    await shelf.given(*(one.book for one in notes))
    await shelf.show(certificates, batch=batch)


async def serials(shelf: Shelf, station: str = "CS/1") -> list[tuple[str, str]]:
    found = (await certificates_by_station(shelf.pool, [station])).get(station, [])
    return [(one.certificate.type, one.certificate.hash.serial_number) for one in found]


async def test_a_report_shows_all_that_was_told(shelf: Shelf) -> None:
    chain = InstalledCertificate(V2G, hash("1"), (hash("2"), hash("3")))
    await shown(shelf, Notes().note(CertificateBook.Reported, types=(), certificates=(chain,)))
    [found] = (await certificates_by_station(shelf.pool, ["CS/1", "CS2"]))["CS/1"]
    assert (found.certificate, found.at) == (chain, NOON)


@pytest.mark.parametrize("batch", [1, 2_000])
async def test_a_report_replaces_the_types_that_were_asked_for(batch: int, shelf: Shelf) -> None:
    notes = Notes().has("1", "2").has("3", of=MAKER).has("2")
    await shown(shelf, notes, Notes("CS2").has("9"), batch=batch)
    assert sorted(await serials(shelf)) == [(CSMS, "2"), (MAKER, "3")]
    await shown(shelf, notes.has())
    assert await serials(shelf) == [(MAKER, "3")]
    await shown(shelf, notes.has("4", asked=()))
    assert await serials(shelf) == [(CSMS, "4")], "nothing named is everything"
    assert await serials(shelf, "CS2") == [(CSMS, "9")]


@pytest.mark.parametrize(("outcome", "left"), [("Accepted", ["1"]), ("NotFound", ["1"]), ("Failed", ["1", "ff"])])
async def test_what_was_deleted_is_gone(outcome: str, left: list[str], shelf: Shelf) -> None:
    await shown(shelf, Notes().has("1", "ff").deleted("FF", outcome))
    assert [serial for _, serial in await serials(shelf)] == left


async def test_a_request_is_open_until_a_chain_was_sent(shelf: Shelf) -> None:
    notes = Notes().wants()
    await shown(shelf, notes)
    row = await shelf.row(certificates, "signing_request")
    assert (row["station_id"], row["certificate_type"]) == ("CS/1", "ChargingStationCertificate")
    assert (row["csr"], row["answer"], row["requested_at"], row["open"]) == ("PEM", "Accepted", NOON, True)
    await shown(shelf, notes.given("Rejected"))
    row = await shelf.row(certificates, "signing_request")
    assert (row["outcome"], row["sent_at"], row["open"]) == ("Rejected", at(1), False)
    await shown(shelf, notes.wants("PEM 2"))
    row = await shelf.row(certificates, "signing_request")
    assert (row["csr"], row["outcome"], row["sent_at"], row["open"]) == ("PEM 2", None, None, True)


async def test_a_request_that_was_rejected_is_not_open(shelf: Shelf) -> None:
    await shown(shelf, Notes().wants(answer="Rejected"))
    assert (await shelf.row(certificates, "signing_request"))["open"] is False


async def test_a_chain_may_be_sent_unasked(shelf: Shelf) -> None:
    await shown(shelf, Notes().given())
    row = await shelf.row(certificates, "signing_request")
    assert (row["csr"], row["outcome"], row["open"]) == (None, "Accepted", False)


async def test_requests_are_filtered_and_each_type_is_for_itself(shelf: Shelf) -> None:
    v2g = {"certificate_type": "V2GCertificate"}
    await shown(shelf, Notes("CS1").wants().wants(**v2g).given(), Notes("CS2").wants())

    async def found(first: int = 9, after: str | None = None, **where: Any) -> list[str]:
        return [row.id for row in (await signing_requests_page(shelf.pool, first, after, **where)).rows]

    station, vehicle, other = "CS1/ChargingStationCertificate", "CS1/V2GCertificate", "CS2/ChargingStationCertificate"
    assert await found() == [station, vehicle, other]
    assert await found(1, station) == [vehicle]
    assert await found(open=True) == [vehicle, other]
    assert await found(station_id="CS1", open=False) == [station]
