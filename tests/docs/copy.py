"""A copy of the packages, to which the files that a document adds are added; its tests are run there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs.blocks import ROOT

_PACKAGES = ("app", "api", "domain", "projections", "migrations", "tests/projections", "tests/api/ocpp")
_FILES = ("pyproject.toml", "tests/conftest.py")


class Copy:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, path: str, text: str) -> None:
        """A file of the project must be there word for word; a new one is added, and run if it is a test."""
        original = ROOT / path
        if original.exists():
            assert original.read_text().strip() == text.strip(), f"this is not what {path} says"
            return
        if not self._folder.exists():
            for package in _PACKAGES:
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / package, self._folder / package, ignore=ignored, dirs_exist_ok=True)
            for file in _FILES:
                shutil.copy(ROOT / file, self._folder / file)
        (self._folder / path).write_text(text)
        if path.startswith("tests/"):
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", path]
            done = subprocess.run(command, cwd=self._folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
