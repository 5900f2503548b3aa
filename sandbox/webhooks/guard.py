"""Where webhooks may go: to public addresses only, so that nobody uses the sandbox to reach inside.

Names are checked when an endpoint is registered; the addresses behind them when a delivery is sent, and
the connection goes to the very address that was checked, so a name that changes its mind gains nothing.
"""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from sandbox.problems import Problem

AS_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII | re.IGNORECASE)
NAT64 = IPv6Network("64:ff9b::/96")
INSIDE_NAMES = ("localhost", ".localhost", ".local", ".internal", ".home.arpa")


class Refused(Exception):  # noqa: N818 - a verdict, not a fault
    """The address is not one that webhooks go to."""


def check_url(url: str, *, allow_loopback: bool) -> None:
    """Refuse a URL that is not absolute, carries credentials, or plainly points inside."""
    try:
        parts = urlsplit(url)
        host, _port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise _problem(f"{url!r} is not a URL: {error}.") from error
    if (
        parts.scheme not in {"http", "https"}
        or not host
        or not url.isascii()
        or not url.isprintable()
        or " " in url
    ):
        raise _problem("Give an absolute URL such as https://example.com/webhooks.")
    if parts.username is not None or parts.password is not None:
        raise _problem("Leave the user name and password out of the URL; deliveries are signed instead.")
    try:
        address = ip_address(host)
    except ValueError:
        if AS_NUMBER.fullmatch(host.rpartition(".")[2]):
            raise _problem(f"{host} is an address in disguise; write it as four numbers.") from None
        if not allow_loopback and (host in INSIDE_NAMES or host.endswith(INSIDE_NAMES[1:])):
            raise _problem(f"{host} is a name inside of this network.") from None
        return
    try:
        check_address(address, allow_loopback=allow_loopback)
    except Refused as refused:
        raise _problem(f"{refused}.") from refused


def check_address(address: IPv4Address | IPv6Address, *, allow_loopback: bool) -> None:
    """Raise `Refused` unless the address is public, or loopback where that is allowed."""
    if isinstance(address, IPv6Address):
        if address in NAT64 or address.sixtofour is not None or address.teredo is not None:
            raise Refused(f"{address} stands for another address; give that one")
        address = address.ipv4_mapped or address
    if address.is_loopback and allow_loopback:
        return
    if not address.is_global or address.is_multicast:
        raise Refused(f"{address} is not a public address")


def _problem(detail: str) -> Problem:
    return Problem("webhook_url_refused", detail, field="url")
