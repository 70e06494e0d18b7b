"""The contract certificate pool over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.pki.pool import ForwardedContracts
from tests.pki import pooling


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        yield client


@pytest.mark.parametrize(("key", "sent"), [("secret", "Bearer secret"), (None, None)])
async def test_it_is_asked_in_the_words_of_the_station(
    key: str | None, sent: str | None, http: httpx.AsyncClient
) -> None:
    with pooling() as pool:
        assert await ForwardedContracts(http, pool.url, key).exchange("urn:x", "Install", "AA==") == "gJgCAA=="
        asked = {"iso15118SchemaVersion": "urn:x", "action": "Install", "exiRequest": "AA=="}
        assert pool.asked == [(asked, sent)]


@pytest.mark.parametrize(
    "told",
    [
        (500, {"status": "Accepted", "exiResponse": "AA=="}),
        (200, {"status": "Failed", "exiResponse": "AA=="}),
        (200, {"status": "Accepted", "exiResponse": "gJ!gC"}),
        (200, {"status": "Accepted", "exiResponse": ""}),
        (200, {"status": "Accepted"}),
        (200, ["Accepted"]),
    ],
)
async def test_anything_else_is_no_answer(told: tuple[int, Any], http: httpx.AsyncClient) -> None:
    with pooling() as pool:
        pool.told = told
        assert await ForwardedContracts(http, pool.url, None).exchange("urn:x", "Update", "AA==") is None


async def test_nobody_is_at_home(http: httpx.AsyncClient) -> None:
    with pooling() as pool:
        pass
    assert await ForwardedContracts(http, pool.url, None).exchange("urn:x", "Install", "AA==") is None
