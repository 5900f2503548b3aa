"""Sends one signed message. Knows HTTP, nothing of the database."""

import asyncio
import base64
import os
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address
from time import perf_counter
from typing import NamedTuple

import httpx
from standardwebhooks import Webhook

from ledger.clock import SECOND_US
from sandbox.webhooks.guard import Refused, check_address
from sandbox.webhooks.ladder import Sent

SECRET_PREFIX = "whsec_"  # noqa: S105 - the specification's prefix
SECRET_BYTES = 32
MOST_RESPONSE_BYTES = 1_024
USER_AGENT = "Kasauti-Webhooks/1"


class Message(NamedTuple):
    """What goes out: the id and the body stay the same on every try.

    A scenario may send another body than the one that is signed, or sign it so long ago.
    """

    id: str
    url: str
    body: bytes
    secrets: Sequence[str]
    sent_body: bytes | None = None
    signed_ago_us: int = 0


def make_secret() -> str:
    """Make a signing secret of `SECRET_BYTES` random bytes."""
    return SECRET_PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def sign(message: Message, now: int) -> dict[str, str]:
    """Return the Standard Webhooks headers; `now` is the system's time, since receivers compare it with theirs."""
    signed_at = (now - message.signed_ago_us) // SECOND_US
    moment = datetime.fromtimestamp(signed_at, UTC)
    signatures = [
        Webhook(secret).sign(message.id, moment, message.body.decode()) for secret in message.secrets
    ]
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(signed_at),
        "webhook-signature": " ".join(signatures),
    }


class Sender:
    """An HTTP client that goes to public addresses only, follows nothing and reads little.

    Give a `transport` to send elsewhere than to the network; then no name is looked up.
    """

    def __init__(
        self, *, timeout_s: float, allow_loopback: bool, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._allow_loopback = allow_loopback
        self._look_up = transport is None
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            verify=_trusted(),
        )
        self._timeout_s = timeout_s

    async def send(self, message: Message, now: int) -> Sent:
        """Try once and say what came of it; never raises for what the receiver does."""
        started = perf_counter()
        headers = {"content-type": "application/json", "user-agent": USER_AGENT, **sign(message, now)}
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(message, headers, started)
        except (Refused, OSError, httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            text = f"{type(error).__name__}: {error}".rstrip(": ")
            return Sent(None, text[:200], _ms_since(started))

    async def _post(self, message: Message, headers: dict[str, str], started: float) -> Sent:
        url = httpx.URL(message.url)
        extensions = {}
        if self._look_up:
            headers = {**headers, "host": url.netloc.decode("ascii")}
            extensions["sni_hostname"] = url.host
            url = url.copy_with(host=await self._checked_address(url))
        request = self._client.stream(
            "POST",
            url,
            content=message.body if message.sent_body is None else message.sent_body,
            headers=headers,
            extensions=extensions,
        )
        async with request as response:
            seen = bytearray()
            async for piece in response.aiter_bytes(MOST_RESPONSE_BYTES):
                seen += piece
                if len(seen) >= MOST_RESPONSE_BYTES:
                    break
            wish = response.headers.get("retry-after", "")
            return Sent(
                response.status_code,
                None,
                _ms_since(started),
                bytes(seen[:MOST_RESPONSE_BYTES]).decode("utf-8", "replace"),
                int(wish) if wish.isascii() and wish.isdigit() else None,
            )

    async def _checked_address(self, url: httpx.URL) -> str:
        """Look the host up and return an address that may be connected to; all of them must be allowed."""
        port = url.port or (443 if url.scheme == "https" else 80)
        found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        for address in addresses:
            check_address(ip_address(address), allow_loopback=self._allow_loopback)
        return addresses[0]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


@cache
def _trusted() -> ssl.SSLContext:
    """Return whom to believe over TLS; reading the authorities takes longer than all else at a start."""
    return httpx.create_ssl_context(trust_env=False)


def _ms_since(started: float) -> int:
    return round((perf_counter() - started) * 1_000)
