"""HTTP to where a certificate says: to addresses of the open internet only, and no more of the answer than is needed.

A station, or whoever made a certificate, chooses the URL. Without this it could have us ask our own neighbours.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

import httpx

_TRIED = 3
"""Addresses of a host."""
_NAT64 = int(IPv6Address("64:ff9b::")) >> 32


class Closed(Exception):
    """It may not be asked, or has not answered as it has to."""


class Door:
    """`inside` names hosts that may be asked wherever they are."""

    def __init__(self, http: httpx.AsyncClient, inside: Collection[str] = ()) -> None:
        self._http = http
        self._inside = {host.casefold() for host in inside}

    async def post(self, url: str, body: bytes, content_type: str, *, most: int) -> bytes:
        """The body of a good answer, of at most so many bytes. Raises Closed; time is up to the caller."""
        parts, host = _taken_apart(url)
        headers = {
            "Host": parts.netloc,
            "Content-Type": content_type,
            "Accept-Encoding": "identity",
            "Connection": "close",  # else another name at this address would be believed to be the one TLS has checked
        }
        named = {"sni_hostname": host} if parts.scheme == "https" else {}
        # Connected to the very addresses that were looked at: a name could lead elsewhere when it is asked for again.
        for address in await self._addresses(host):
            target = _at(parts, address)
            try:
                async with self._http.stream("POST", target, content=body, headers=headers, extensions=named) as answer:
                    if answer.status_code != httpx.codes.OK:
                        raise Closed(f"{host} answered with {answer.status_code}")
                    return await _limited(answer, most)
            except httpx.ConnectError:
                continue
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
                raise Closed(f"{host} cannot be asked: {type(error).__name__}") from None
        raise Closed(f"{host} cannot be reached")

    async def _addresses(self, host: str) -> list[IPv4Address | IPv6Address]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Closed(f"{host} is not known") from None
        addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        if host.casefold() not in self._inside and not all(map(is_outside, addresses)):
            raise Closed(f"{host} is not on the open internet")
        return addresses[:_TRIED]


def is_outside(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the open internet, however it is wrapped."""
    if isinstance(address, IPv6Address):
        if int(address) >> 32 == _NAT64:
            return is_outside(IPv4Address(int(address) & 0xFFFF_FFFF))
        if (inner := address.ipv4_mapped or address.sixtofour) is not None:
            return is_outside(inner)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


def _taken_apart(url: str) -> tuple[SplitResult, str]:
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise Closed("the URL cannot be read") from None
    plain = parts.netloc.isascii() and "@" not in parts.netloc
    if parts.scheme not in ("http", "https") or not host or port == 0 or not plain:
        raise Closed("only plain http and https URLs are asked")
    return parts, host


def _at(parts: SplitResult, address: IPv4Address | IPv6Address) -> str:
    """The URL with the address in place of the host's name."""
    shown = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
    port = "" if parts.port is None else f":{parts.port}"
    return parts._replace(netloc=shown + port, fragment="").geturl()


async def _limited(response: httpx.Response, most: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most:
            raise Closed(f"the answer has more than {most} bytes")
    return bytes(body)
