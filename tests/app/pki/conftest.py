from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from app.pki.door import Door
from app.pki.ocsp import OcspClient
from tests.pki import Responder, responding


@pytest.fixture
def responder() -> Iterator[Responder]:
    with responding() as responder:
        yield responder


@pytest.fixture
async def client() -> AsyncIterator[OcspClient]:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
        yield OcspClient(Door(http, ["127.0.0.1"]))
