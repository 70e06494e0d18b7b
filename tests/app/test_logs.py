"""Lines that machines and people can read, without what must not be in them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.app.processes import REPOSITORY, environment

PROGRAM = """
import logging, structlog
from app import logs
from app.settings import LogFormat
logs.configure({level!r}, LogFormat({style!r}))
log = structlog.get_logger("x")
def work(password):
    try:
        raise ValueError("no\\nluck")
    except ValueError:
        log.exception("it.failed", station="CS\\n1", frame="x" * 5000)
log.info("hello", n=1, stream="id-token:4711", error="Conflict('id-token:4711', 3)")
work("geheim")
logging.getLogger("asyncio").error("from a library")
logging.getLogger("websockets.server").error("chatter")
"""


def lines(level: str, style: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(level=level, style=style)],
        env=environment(),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "", "logs are not what a command answers"
    return done.stderr.splitlines()


@pytest.fixture(scope="module")
def as_json() -> list[str]:
    return lines("INFO", "json")


def test_each_line_is_an_object(as_json: list[str]) -> None:
    told = [json.loads(line) for line in as_json]
    assert [line["event"] for line in told] == ["hello", "it.failed", "from a library"]
    assert [line["level"] for line in told] == ["info", "error", "error"]
    assert all(line["timestamp"].endswith("Z") for line in told)


def test_a_traceback_tells_no_local_variables(as_json: list[str]) -> None:
    failed = json.loads(as_json[1])
    assert failed["exception"][0]["exc_type"] == "ValueError"
    assert "geheim" not in "\n".join(as_json)


def test_a_code_that_somebody_typed_is_not_told(as_json: list[str]) -> None:
    hello = json.loads(as_json[0])
    assert (hello["stream"], hello["error"]) == ("id-token:…", "Conflict('id-token:…', 3)")


def test_what_stations_send_is_cut(as_json: list[str]) -> None:
    assert len(json.loads(as_json[1])["frame"]) < 600


def test_for_people_there_is_text_from_the_level_on_that_they_want() -> None:
    told = "\n".join(lines("ERROR", "console"))
    assert "it.failed" in told
    assert "hello" not in told
    assert "geheim" not in told
