"""Firmware updates and uploads, and what stations tell of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.events import MaintenanceBook
from projections.maintenance import jobs_page, maintenance, progress_by_job
from tests.projections.shelf import Shelf

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


class Notes:
    """A station's book of the day, written minute by minute."""

    def __init__(self, station: str = "CS/1") -> None:
        self.book = MaintenanceBook.blank(MaintenanceBook.stream(station, NOON.date()))
        self.minute = 0

    def note(self, kind: Any, **told: Any) -> Notes:
        self.book.trigger_event(kind, timestamp=at(self.minute), **told)
        self.minute += 1
        return self

    def firmware(self, request_id: int | None = None, outcome: str = "Accepted", **told: Any) -> Notes:
        told = {"location": "https://x.test/fw", "retrieve_at": NOON} | told
        return self.note(MaintenanceBook.FirmwareUpdateRequested, request_id=request_id, outcome=outcome, **told)

    def log(self, request_id: int, outcome: str = "Accepted") -> Notes:
        told = {"location": "https://x.test/up", "log_type": "SecurityLog", "file_name": "s.log"}
        return self.note(MaintenanceBook.LogRequested, request_id=request_id, outcome=outcome, **told)

    def status(self, *statuses: str, request_id: int | None = None, of: str = "Firmware") -> Notes:
        kind = getattr(MaintenanceBook, f"{of}StatusReported")
        number = {} if of == "Diagnostics" else {"request_id": request_id}
        for status in statuses:
            self.note(kind, status=status, **number)
        return self


async def shown(shelf: Shelf, *notes: Notes, batch: int = 2_000) -> list[dict[str, Any]]:
    """Jobs in the order in which they came, with the statuses that were told of each."""
    await shelf.given(*(one.book for one in notes))
    await shelf.show(maintenance, batch=batch)
    jobs = await shelf.rows(maintenance, "job", "id")
    told = await progress_by_job(shelf.pool, [job["id"] for job in jobs])
    return [job | {"progress": [row.status for row in told.get(job["id"], ())]} for job in jobs]


async def test_a_job_shows_what_was_asked_and_what_came_of_it(shelf: Shelf) -> None:
    more = {"install_at": at(60), "signed": True, "retries": 3, "retry_interval": 30}
    notes = Notes().firmware(7, **more).status("Downloading", "Downloaded", request_id=7)
    [job] = await shown(shelf, notes)
    expected = {
        "station_id": "CS/1",
        "kind": "firmware",
        "request_id": 7,
        "requested_at": at(0),
        "location": "https://x.test/fw",
        "outcome": "Accepted",
        "retrieve_at": NOON,
        "status": "Downloaded",
        "status_at": at(2),
        "finished": False,
        "progress": ["Downloading", "Downloaded"],
    }
    assert {name: job[name] for name in (expected | more)} == expected | more
    [first, second] = (await progress_by_job(shelf.pool, [job["id"]]))[job["id"]]
    assert (first.at, second.at) == (at(1), at(2))


@pytest.mark.parametrize(
    ("of", "last"),
    [
        ("Firmware", "Installed"),
        ("Firmware", "DownloadFailed"),
        ("Firmware", "InstallationFailed"),
        ("Firmware", "InstallVerificationFailed"),
        ("Firmware", "InvalidSignature"),
        ("Log", "Uploaded"),
        ("Log", "UploadFailure"),
        ("Log", "PermissionDenied"),
        ("Diagnostics", "Uploaded"),
        ("Diagnostics", "UploadFailed"),
    ],
)
async def test_a_job_is_finished_by_its_last_status(of: str, last: str, shelf: Shelf) -> None:
    notes = Notes()
    if of == "Diagnostics":
        notes.note(MaintenanceBook.DiagnosticsRequested, location="ftp://x.test/", file_name="d.zip")
    else:
        notes.log(7) if of == "Log" else notes.firmware(7)
    [job] = await shown(shelf, notes.status("Uploading", of=of))
    assert job["finished"] is False
    [job] = await shown(shelf, notes.status(last, of=of))
    assert (job["finished"], job["status"], job["progress"]) == (True, last, ["Uploading", last])


@pytest.mark.parametrize("batch", [1, 2_000])
async def test_a_status_without_a_number_is_of_the_latest_job_and_one_with_it_of_its_own(
    batch: int, shelf: Shelf
) -> None:
    notes = Notes().firmware().status("Downloading").firmware(8).firmware(9)
    notes.status("Installing").status("Installed", request_id=8).status("Installed")
    jobs = await shown(shelf, notes, Notes("CS2").firmware(), batch=batch)
    assert [job["progress"] for job in jobs if job["station_id"] == "CS/1"] == [
        ["Downloading"],
        ["Installed"],
        ["Installing", "Installed"],
    ]
    assert [job["progress"] for job in jobs if job["station_id"] == "CS2"] == [[]]


async def test_kinds_do_not_get_in_each_others_way(shelf: Shelf) -> None:
    notes = Notes().firmware(7).log(7).note(MaintenanceBook.DiagnosticsRequested, location="l", file_name="d")
    notes.status("Uploading", of="Log", request_id=7).status("UploadFailed", of="Diagnostics").status("Installing")
    jobs = await shown(shelf, notes)
    assert {job["kind"]: job["progress"] for job in jobs} == {
        "firmware": ["Installing"],
        "log": ["Uploading"],
        "diagnostics": ["UploadFailed"],
    }


async def test_a_number_that_comes_again_is_another_job(shelf: Shelf) -> None:
    notes = Notes().log(1).status("Uploaded", of="Log", request_id=1).log(1)
    jobs = await shown(shelf, notes)
    assert [(job["status"], job["finished"]) for job in jobs] == [("Uploaded", True), (None, False)]


@pytest.mark.parametrize("request_id", [None, 7])
async def test_a_status_may_come_before_the_answer(request_id: int | None, shelf: Shelf) -> None:
    [job] = await shown(shelf, Notes().status("Downloading", request_id=request_id).firmware(request_id))
    assert (job["requested_at"], job["status"], job["finished"]) == (at(1), "Downloading", False)


async def test_what_nobody_asked_for_is_shown_and_idle_is_nothing(shelf: Shelf) -> None:
    [job] = await shown(shelf, Notes().status("Idle", "Installed", "Idle"))
    assert (job["requested_at"], job["outcome"], job["progress"]) == (None, None, ["Installed"])


async def test_what_was_over_before_is_not_taken_for_what_is_asked_for(shelf: Shelf) -> None:
    jobs = await shown(shelf, Notes().status("Installed").firmware())
    assert [(job["outcome"], job["finished"]) for job in jobs] == [(None, True), ("Accepted", False)]


async def test_a_refused_job_is_finished(shelf: Shelf) -> None:
    notes = Notes().firmware(7, "RevokedCertificate").log(8, "Rejected")
    jobs = await shown(shelf, notes.note(MaintenanceBook.DiagnosticsRequested, location="l"))
    assert [job["finished"] for job in jobs] == [True, True, True], "and one that has nothing to upload"


async def test_a_status_is_never_of_a_job_that_was_refused(shelf: Shelf) -> None:
    jobs = await shown(shelf, Notes().firmware(7).firmware(8, "Rejected").status("Installing"))
    assert [job["progress"] for job in jobs] == [["Installing"], []]


async def test_a_job_that_was_given_up_for_another_is_finished(shelf: Shelf) -> None:
    jobs = await shown(shelf, Notes().log(1).status("Uploading", of="Log", request_id=1).log(2, "AcceptedCanceled"))
    assert [(job["status"], job["finished"]) for job in jobs] == [("AcceptedCanceled", True), (None, False)]
    assert [job["request_id"] for job in jobs] == [1, 2]


async def test_jobs_come_youngest_first_and_filtered(shelf: Shelf) -> None:
    notes = Notes().firmware(1).log(2).status("Installed", request_id=1)
    other = Notes("CS2")
    other.minute = 5
    await shown(shelf, notes, other.firmware(3))

    async def found(first: int = 9, after: str | None = None, **where: Any) -> list[int | None]:
        return [row.request_id for row in (await jobs_page(shelf.pool, first, after, **where)).rows]

    assert await found() == [3, 2, 1]
    [first] = (await jobs_page(shelf.pool, 1, None)).rows
    assert await found(1, first.id) == [2]
    assert await found(station_id="CS/1", kind="firmware") == [1]
    assert await found(finished=False) == [3, 2]


def _published(notes: Notes, request_id: int, checksum: str = "AB" * 16, outcome: str = "Accepted") -> Notes:
    told = {"location": "https://x.test/fw", "checksum": checksum, "outcome": outcome}
    return notes.note(MaintenanceBook.PublicationRequested, request_id=request_id, **told)


async def test_published_firmware_shows_where_it_is_offered_until_it_is_offered_no_longer(shelf: Shelf) -> None:
    notes = _published(Notes(), 7).status("Downloading", request_id=7, of="Publication")
    offered = {"status": "Published", "request_id": 7, "locations": ("https://lc.test/fw", "http://lc.test/fw")}
    [job] = await shown(shelf, notes.note(MaintenanceBook.PublicationStatusReported, **offered))
    assert (job["kind"], job["checksum"], job["status"], job["finished"]) == (
        "publication",
        "AB" * 16,
        "Published",
        True,
    )
    assert job["locations"] == '["https://lc.test/fw","http://lc.test/fw"]'
    [job] = await shown(shelf, _unpublished(notes, "ab" * 16))
    assert (job["status"], job["progress"][-1]) == ("Unpublished", "Unpublished")


@pytest.mark.parametrize(("checksum", "outcome"), [("AB" * 16, "DownloadOngoing"), ("CD" * 16, "Unpublished")])
async def test_other_firmware_stays_published(checksum: str, outcome: str, shelf: Shelf) -> None:
    notes = _published(Notes(), 7).status("Published", request_id=7, of="Publication")
    [job] = await shown(shelf, _unpublished(notes, checksum, outcome))
    assert job["status"] == "Published"


def _unpublished(notes: Notes, checksum: str, outcome: str = "Unpublished") -> Notes:
    return notes.note(MaintenanceBook.PublicationEndAnswered, checksum=checksum, outcome=outcome)
