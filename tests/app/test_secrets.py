"""Secrets that an installation makes for itself."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from app import secrets
from app.settings import ApiAuth, Settings


def settings(folder: Path, **more: Any) -> Settings:
    return Settings(_env_file=None, data_dir=folder / "data", **more)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_api_key_is_shown_once_and_kept_only_as_a_fingerprint(tmp_path: Path) -> None:
    shown: list[str] = []
    first = secrets.authenticator(settings(tmp_path), shown.append)
    again = secrets.authenticator(settings(tmp_path), shown.append)
    [key] = shown
    assert key.startswith("csms_")
    assert len(key) >= 40
    for authenticate in (first, again):
        assert authenticate(key)
        assert not authenticate(key + "x")
        assert not authenticate("")
        assert not authenticate(None)
    assert all(key not in file.read_text() for file in (tmp_path / "data").iterdir())


def test_a_key_of_ones_own_is_neither_shown_nor_kept(tmp_path: Path) -> None:
    shown: list[str] = []
    authenticate = secrets.authenticator(settings(tmp_path, api_key="mine"), shown.append)
    assert authenticate("mine")
    assert not authenticate("yours")
    assert shown == []
    assert not (tmp_path / "data").exists()


def test_without_authentication_everybody_is_let_in(tmp_path: Path) -> None:
    authenticate = secrets.authenticator(settings(tmp_path, api_auth=ApiAuth.OFF), lambda key: None)
    assert authenticate(None)
    assert not (tmp_path / "data").exists()


def test_the_pepper_is_made_once_and_stays(tmp_path: Path) -> None:
    made = secrets.pepper(settings(tmp_path))
    assert len(made) == 64
    assert secrets.pepper(settings(tmp_path)) == made
    assert secrets.pepper(settings(tmp_path / "elsewhere")) != made
    assert secrets.pepper(settings(tmp_path, pepper="given")) == b"given"


def test_only_their_owner_reads_the_files(tmp_path: Path) -> None:
    secrets.pepper(settings(tmp_path))
    secrets.authenticator(settings(tmp_path), lambda key: None)
    assert {file.name: mode(file) for file in (tmp_path / "data").iterdir()} == {
        "pepper": 0o600,
        "api_key.sha256": 0o600,
    }


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    for attempt in range(20):
        together = Barrier(8)

        def start(folder: Path = tmp_path / str(attempt), together: Barrier = together) -> tuple[bytes, list[str]]:
            shown: list[str] = []
            together.wait()
            pepper = secrets.pepper(settings(folder))
            secrets.authenticator(settings(folder), shown.append)
            return pepper, shown

        with ThreadPoolExecutor(8) as threads:
            started = [task.result() for task in [threads.submit(start) for _ in range(8)]]
        assert len({pepper for pepper, _ in started}) == 1
        assert sum(len(shown) for _, shown in started) == 1


def test_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "pepper").touch()
    with pytest.raises(OSError, match="is empty: restore it") as refused:
        secrets.pepper(settings(tmp_path))
    assert str(refused.value.filename).endswith("pepper")
