"""The `csms` command in the hands of an operator."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from app.database import connect
from app.journal import PostgresJournal
from projections.all import READ_MODELS
from tests.app.processes import complaint, csms
from tests.projections.busy_day import busy_day
from tests.projections.shelf import Shelf, contents


@pytest.fixture
async def shelf(journal: PostgresJournal, pool: asyncpg.Pool) -> Shelf:
    """A recorded day, shown."""
    shelf = Shelf(journal, pool)
    await shelf.record(busy_day(stations=2))
    await shelf.show()
    return shelf


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


async def run(*arguments: str, folder: Path, dsn: str) -> tuple[int, str, str]:
    """Exit code, what it printed, what it complained of."""
    done = await asyncio.to_thread(csms, folder, *arguments, database_url=dsn)
    return done.returncode, done.stdout, done.stderr


async def test_a_rebuild_names_what_it_rebuilt(shelf: Shelf, folder: Path, dsn: str) -> None:
    before = await shelf.contents()
    await shelf.pool.execute("UPDATE billing_v4.cdr SET energy_wh = 0; DELETE FROM sessions_v3.transaction")
    code, told, complained = await run("rebuild", folder=folder, dsn=dsn)
    assert (code, told) == (0, f"Rebuilt: {', '.join(model.name for model in READ_MODELS)}.\n"), complained
    assert f"{len(busy_day(stations=2))}/{len(busy_day(stations=2))}" in complained, "the progress bar at its end"
    assert await shelf.contents() == before


async def test_a_rebuild_that_cannot_be_says_why_in_a_line(shelf: Shelf, folder: Path, dsn: str) -> None:
    code, told, complained = await run("rebuild", "nothing", folder=folder, dsn=dsn)
    assert (code, told) == (1, "")
    assert complained.startswith("csms: there is no read model 'nothing'; there are availability,")
    await shelf.pool.execute("UPDATE stored_events SET state = '{}' WHERE topic = 'charge-detail-record.issued'")
    code, told, complained = await run("rebuild", "billing", folder=folder, dsn=dsn)
    assert (code, told) == (1, "")
    [line] = [line for line in complained.splitlines() if line.startswith("csms: ")]
    assert "cannot read charge-detail-record.issued" in line
    assert "Traceback" not in complained


async def test_the_audit_of_a_sound_database_ends_with_0_and_of_another_with_1(
    shelf: Shelf, folder: Path, dsn: str
) -> None:
    code, told, _ = await run("audit", folder=folder, dsn=dsn)
    assert code == 0, told
    assert told.count("✓") == 4 + len(READ_MODELS)
    await shelf.pool.execute("UPDATE billing_v4.cdr SET energy_wh = 0")
    code, told, _ = await run("audit", folder=folder, dsn=dsn)
    assert code == 1
    assert "✗ billing says the same when built anew" in told
    assert "csms rebuild billing puts it right" in told


async def test_a_stream_is_replayed_as_of_a_moment(shelf: Shelf, folder: Path, dsn: str) -> None:
    first = next(event for event in busy_day(stations=2) if event.TOPIC == "day.connected")
    code, told, _ = await run("replay", first.originator_id, folder=folder, dsn=dsn)
    assert code == 0
    opened, connected, *rest, brace = [*told.partition("\n{\n")[0].splitlines(), "{"]
    assert json.loads(opened)["type"] == "day.opened"
    assert json.loads(connected)["connection"]["node"] == "n1"
    assert rest
    assert json.loads(brace + told.partition("\n{\n")[2])["connectors"]
    moment = "2026-11-20T12:00:00"
    code, told, _ = await run("replay", first.originator_id, "--as-of", moment, folder=folder, dsn=dsn)
    assert code == 0
    assert "day.status-reported" not in told
    for wrong, line in (
        (("day:2026-11-20:nobody",), "csms: the journal has no stream 'day:2026-11-20:nobody'"),
        ((first.originator_id, "--as-of", "noon"), "csms: 'noon' is not a time as in 2026-11-20T12:00:00Z"),
    ):
        code, told, complained = await run("replay", *wrong, folder=folder, dsn=dsn)
        assert (code, told, complained) == (1, "", line + "\n")


async def test_an_export_imported_and_rebuilt_gives_equal_tables(
    shelf: Shelf, folder: Path, dsn: str, new_dsn: Callable[[], str]
) -> None:
    before = await shelf.contents()
    events = len(busy_day(stations=2))
    file = folder / "journal.jsonl.gz"
    code, told, complained = await run("export", str(file), folder=folder, dsn=dsn)
    assert (code, told) == (0, f"{events} events written to {file}.\n")
    assert f"{events}/{events}" in complained
    assert len(gzip.decompress(file.read_bytes()).splitlines()) == events
    empty = new_dsn()
    code, told, _ = await run("import", str(file), folder=folder, dsn=empty)
    assert (code, told) == (0, f"{events} events read from {file}. Now run: csms rebuild\n")
    assert (await run("rebuild", folder=folder, dsn=empty))[0] == 0
    pool = await connect(empty)
    assert await contents(pool, READ_MODELS) == before
    await pool.close()
    code, _, complained = await run("import", str(file), folder=folder, dsn=empty)
    assert (code, complained.splitlines()[-1]) == (
        1,
        f"csms: {file}: the journal is not empty; import into a new database",
    )


async def test_a_damaged_export_is_refused_in_a_line(shelf: Shelf, folder: Path, new_dsn: Callable[[], str]) -> None:
    whole = gzip.compress(b'{"notification_id": 1}\n' * 1000)
    empty = new_dsn()
    for content in (whole[: len(whole) // 2], b"no gzip at all", gzip.compress(b"{}\n")):
        (folder / "bad.gz").write_bytes(content)
        done = await asyncio.to_thread(csms, folder, "import", "bad.gz", database_url=empty)
        assert done.returncode == 1
        [line] = [line for line in done.stderr.splitlines() if line.startswith("csms: ")]
        assert "Traceback" not in done.stderr
    done = await asyncio.to_thread(csms, folder, "export", "no/such/folder/x", database_url=empty)
    assert "csms: no/such/folder/x: No such file or directory" in done.stderr.splitlines()
    assert done.returncode == 1
    assert line


def test_a_database_is_migrated_once_and_again(folder: Path, dsn: str) -> None:
    for _ in range(2):
        done = csms(folder, "migrate", database_url=dsn)
        assert (done.returncode, done.stdout) == (0, "The database schema is up to date.\n"), done.stderr


@pytest.mark.parametrize("command", ["serve", "audit"])
def test_a_database_that_is_not_there_is_told_in_a_line(folder: Path, dsn: str, command: str) -> None:
    line = complaint(csms(folder, command, database_url="postgresql://127.0.0.1:1/csms", http_port=0, ocpp_port=0))
    assert line == "csms: the database does not answer: Connect call failed ('127.0.0.1', 1)"
    missing = dsn.replace("csms_test_", "no_such_")
    line = complaint(csms(folder, command, database_url=missing, http_port=0, ocpp_port=0))
    assert 'database "no_such_' in line
    assert "does not exist" in line


def test_settings_are_listed_and_no_secret_is_shown(folder: Path) -> None:
    done = csms(folder, "settings", api_key="s3cret", database_url="postgresql://u:s3cret@h/d", http_port=8123)
    assert done.returncode == 0
    assert "s3cret" not in done.stdout
    assert "CSMS_HTTP_PORT" in done.stdout
    assert "8123" in done.stdout


def test_wrong_settings_are_told_in_a_line_and_end_with_2(folder: Path) -> None:
    done = csms(folder, "serve", http_port="x")
    assert done.returncode == 2
    assert complaint(done).startswith("csms: CSMS_HTTP_PORT: Input should be a valid integer")
    done = csms(folder, "serve", api_auth="off", http_host="0.0.0.0")
    assert complaint(done).startswith("csms: API_AUTH=off would leave the API open to all on 0.0.0.0")
