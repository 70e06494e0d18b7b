"""Who may be asked, and how much of an answer is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from ipaddress import ip_address
from typing import Any

import httpx
import pytest

from app.pki.door import Closed, Door, is_outside
from tests.pki import http_server


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        yield client


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1"),
        *("2002:7f00:1::", "64:ff9b::7f00:1", "2001:0:7f00:1::1"),
    ],
)
def test_what_is_not_on_the_open_internet(address: str) -> None:
    assert not is_outside(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is(address: str) -> None:
    assert is_outside(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "file:///etc/passwd", "ftp://x.test/", "//127.0.0.1/", "http://", "http://:80/", "http://[::1"),
        *("http://me@127.0.0.1/", "http://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://\u00fc.test/"),
        *("http://127.0.0.1/", "http://localhost/", "http://2130706433/", "http://0x7f.1/", "http://[::1]/"),
        "http://no-such-host.invalid/",
    ],
)
async def test_nobody_else_is_asked(url: str, http: httpx.AsyncClient) -> None:
    with pytest.raises(Closed):
        await Door(http, ["inside.test"]).post(url, b"", "text/plain", most=10)


async def test_hosts_that_are_named_are_asked_wherever_they_are(http: httpx.AsyncClient) -> None:
    heard: list[Any] = []

    def answer(body: bytes, headers: Any) -> tuple[int, bytes]:
        heard.append((body, headers["Host"], headers["Content-Type"]))
        return 200, b"1234567890"

    with http_server(answer) as url:
        named = url.replace("127.0.0.1", "localhost")
        door = Door(http, ["LocalHost"])
        assert await door.post(f"{named}a?b=c#d", b"body", "text/plain", most=10) == b"1234567890"
        assert heard == [(b"body", named.removeprefix("http://").rstrip("/"), "text/plain")]
        with pytest.raises(Closed, match="only plain"):
            await door.post(named.replace("localhost", "me@localhost"), b"", "text/plain", most=10)
        with pytest.raises(Closed, match="more than 9 bytes"):
            await door.post(named, b"", "text/plain", most=9)


@pytest.mark.parametrize("status", [301, 404, 500])
async def test_an_answer_that_is_none_is_not_taken(status: int, http: httpx.AsyncClient) -> None:
    with http_server(lambda body, headers: (status, b"x")) as url, pytest.raises(Closed, match=str(status)):
        await Door(http, ["127.0.0.1"]).post(url, b"", "text/plain", most=10)


async def test_nobody_is_at_home(http: httpx.AsyncClient) -> None:
    with http_server(lambda body, headers: (200, b"")) as url:
        pass
    with pytest.raises(Closed, match="cannot be reached"):
        await Door(http, ["127.0.0.1"]).post(url, b"", "text/plain", most=10)
