"""What the settings make of certificates, and what is said of files that are not what they have to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.errors import explained
from app.pki import open_pki
from app.pki.faults import Unusable
from app.settings import Settings
from tests.pki import Holder


def settings(**chosen: Any) -> Settings:
    return Settings(_env_file=None, **chosen)  # type: ignore[call-arg]


async def test_by_default_nothing_is_signed_and_there_are_no_contracts() -> None:
    async with open_pki(settings()) as pki:
        assert (pki.authorities, pki.pool) == ({}, None)
        assert pki.responder is not None
        assert pki.contracts is not None


async def test_each_authority_signs_for_its_use(tmp_path: Path) -> None:
    root = Holder.root()
    (tmp_path / "ca.pem").write_text(root.pem)
    (tmp_path / "ca.key").write_text(root.key_pem)
    files = {"v2g_ca_certificate": tmp_path / "ca.pem", "v2g_ca_key": tmp_path / "ca.key"}
    async with open_pki(settings(**files)) as pki:
        assert set(pki.authorities) == {"V2GCertificate"}


@pytest.mark.parametrize("text", [None, "x"])
async def test_a_file_that_is_wrong_is_told_in_a_line(text: str | None, tmp_path: Path) -> None:
    file = tmp_path / "roots.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises((Unusable, FileNotFoundError)) as raised:
        async with open_pki(settings(mo_certificates=file)):
            pass
    told = explained(raised.value)
    assert told is not None
    assert told.startswith(str(file))
