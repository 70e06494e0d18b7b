"""Secrets that this installation makes for itself: the pepper of station credentials and the first API key."""

from __future__ import annotations

import contextlib
import errno
import hmac
import os
import secrets
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from app.settings import ApiAuth, Settings


def pepper(settings: Settings) -> bytes:
    """The key for fingerprints of station passwords; without it no station could log in any more, so back it up."""
    if settings.pepper:
        return settings.pepper.encode()
    return _kept(settings.data_dir / "pepper", secrets.token_hex(32))[0].encode()


def authenticator(settings: Settings, show: Callable[[str], None]) -> Callable[[str | None], bool]:
    """What decides whether an API key is right. A key that had to be made is shown, this once."""
    if settings.api_auth is ApiAuth.OFF:
        return lambda presented: True
    if settings.api_key:
        expected = _digest(settings.api_key)
    else:
        key = f"csms_{secrets.token_hex(20)}"
        expected, is_new = _kept(settings.data_dir / "api_key.sha256", _digest(key))
        if is_new:
            show(key)
    return lambda presented: presented is not None and hmac.compare_digest(_digest(presented), expected)


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def _kept(path: Path, fresh: str) -> tuple[str, bool]:
    """The content of a file only its owner reads; made with `fresh` if it is not there (True).

    It appears whole or not at all, so two processes that start at once agree.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        made = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(fresh + "\n")
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(made, path)
                return fresh, True
        finally:
            made.unlink(missing_ok=True)
    kept = path.read_text().strip()
    if not kept:
        raise OSError(
            errno.EINVAL, "is empty: restore it from a backup, or remove it to have a new one made", str(path)
        )
    return kept, False
