"""Firmware updates and uploads as they are asked for and shown."""

from __future__ import annotations

from typing import Any

from domain.events import Command, MaintenanceBook
from domain.journal import load
from domain.streams import COMMAND
from tests.api.graphql.conftest import T0, Api
from tests.pem import CSR, ROOT

AT = "2026-11-20T13:00:00+01:00"
FIRMWARE = {"location": "https://x.test/fw", "retrieveAt": AT}


async def ask(api: Api, mutation: str, **input: Any) -> Any:
    kind = mutation[0].upper() + mutation[1:]
    it = f"it: {mutation}(input: $input) {{ command {{ id }} error {{ code field }} }}"
    document = f"mutation ($input: {kind}Input!) {{ {it} }}"
    return (await api.ask(document, input={"stationId": "CS1", "waitSeconds": 0} | input))["it"]


async def asked(api: Api) -> list[tuple[str, dict[str, Any]]]:
    """What is asked of the station, latest first, without the numbers that were drawn."""
    commands = [await load(api.journal, Command, s) for s in await api.journal.streams_of(COMMAND, "CS1", 100)]
    for command in commands:
        assert 1 <= command.payload.pop("requestId") < 2**31
        assert command.typed
    return [(command.action, command.payload) for command in commands]


async def test_an_update_is_asked_for_with_times_in_utc(api: Api) -> None:
    await api.register("CS1")
    more = {"installAt": AT, "signingCertificate": ROOT, "signature": "c2ln", "retries": 0, "retryIntervalSeconds": 9}
    assert (await ask(api, "updateFirmware", **FIRMWARE, **more))["error"] is None
    then = "2026-11-20T12:00:00.000Z"
    expected = {
        "location": "https://x.test/fw",
        "retrieveAt": then,
        "installAt": then,
        "retries": 0,
        "retryInterval": 9,
    }
    assert await asked(api) == [("UpdateFirmware", expected | {"signingCertificate": ROOT, "signature": "c2ln"})]


async def test_logs_are_asked_for(api: Api) -> None:
    await api.register("CS1")
    await ask(api, "getDiagnostics", location="ftp://x.test/", oldest=AT)
    await ask(api, "getLog", location="ftp://x.test/", latest=AT, logType="SecurityLog")
    then = "2026-11-20T12:00:00.000Z"
    assert sorted(await asked(api)) == [
        ("GetDiagnostics", {"location": "ftp://x.test/", "oldest": then}),
        ("GetLog", {"location": "ftp://x.test/", "logType": "SecurityLog", "latest": then}),
    ]


async def test_equal_requests_with_a_key_are_one_command_though_each_draws_a_number(api: Api) -> None:
    await api.register("CS1")
    first, again = [await ask(api, "updateFirmware", idempotencyKey="k", **FIRMWARE) for _ in range(2)]
    assert first["command"] == again["command"]
    other = await ask(api, "updateFirmware", idempotencyKey="k", **FIRMWARE | {"location": "https://x.test/2"})
    assert other["error"] == {"code": "IDEMPOTENCY_KEY_REUSED", "field": "idempotencyKey"}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("updateFirmware", FIRMWARE | {"signature": "c2ln"}, "signature"),
    ("updateFirmware", FIRMWARE | {"signingCertificate": ROOT}, "signature"),
    ("updateFirmware", FIRMWARE | {"signingCertificate": CSR, "signature": "c2ln"}, "signingCertificate"),
    ("updateFirmware", FIRMWARE | {"signingCertificate": ROOT, "signature": "x" * 801}, "signature"),
    ("updateFirmware", FIRMWARE | {"location": ""}, "location"),
    ("updateFirmware", FIRMWARE | {"location": "x" * 513}, "location"),
    ("updateFirmware", FIRMWARE | {"retrieveAt": "0001-01-01T00:00:00+14:00"}, "retrieveAt"),
    ("getDiagnostics", {"location": "ftp://x.test/", "retries": -1}, "retries"),
    ("getLog", {"location": "x", "logType": "SecurityLog", "retryIntervalSeconds": -1}, "retryIntervalSeconds"),
]


async def test_what_no_station_can_do_is_refused_and_leaves_nothing(api: Api) -> None:
    await api.register("CS1")
    for mutation, input, field in REFUSED:
        assert (await ask(api, mutation, **input))["error"] == {"code": "BAD_INPUT", "field": field}, input
    assert await asked(api) == []


async def test_jobs_are_shown_with_all_that_was_told(api: Api) -> None:
    book = MaintenanceBook.blank(MaintenanceBook.stream("CS1", T0.date()))
    told = {"log_type": "SecurityLog", "location": "x", "outcome": "Accepted", "request_id": 7, "retries": 2**40}
    book.trigger_event(MaintenanceBook.LogRequested, timestamp=T0, **told)
    book.trigger_event(MaintenanceBook.LogStatusReported, status="Uploading", request_id=7, timestamp=T0)
    book.trigger_event(MaintenanceBook.FirmwareStatusReported, status="Installed", timestamp=T0)
    position = await api.record(book)
    document = """
    query ($now: String!, $filter: MaintenanceJobFilter) { maintenanceJobs(
      first: 5, filter: $filter, atLeastPosition: $now) { nodes {
        kind requestId logType retries status finished progress { status at } } } }
    """

    async def found(**filter: Any) -> Any:
        return (await api.ask(document, now=position, filter=filter))["maintenanceJobs"]["nodes"]

    assert await found(kind="LOG") == [
        {
            "kind": "LOG",
            "requestId": 7,
            "logType": "SecurityLog",
            "retries": 2**31 - 1,
            "status": "Uploading",
            "finished": False,
            "progress": [{"status": "Uploading", "at": T0.isoformat()}],
        }
    ]
    assert [job["kind"] for job in await found()] == ["FIRMWARE", "LOG"]
    assert [job["kind"] for job in await found(finished=True, stationId="CS1")] == ["FIRMWARE"]
    assert await found(stationId="CS2") == []
