"""A code from a camera: whose it is shows in its first field."""

from connectors.qr.p2m import P2mQr, verify_p2m
from connectors.qr.p2p import P2pQr, verify_p2p
from connectors.qr.tlv import Field, read
from ledger.clock import Micros

_PERSON = Field("00", "02")


def scan(text: str, now: Micros) -> P2pQr | P2mQr:
    """Read a code of either kind that may be paid now; raises `QrError` as `verify_p2p` and `verify_p2m` do."""
    return verify_p2p(text, now) if read(text)[0] == _PERSON else verify_p2m(text, now)
