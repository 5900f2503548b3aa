"""The check at the end of a code: CRC-16/CCITT-FALSE (polynomial 1021, start FFFF), four capital hex digits.

It covers everything before it, its own tag and length included, and finds every single wrong bit.
"""

from binascii import crc_hqx

from connectors.qr.tlv import QrError

START = 0xFFFF
LENGTH = 4


def crc16(text: str) -> int:
    """Return the CRC of ASCII text."""
    return crc_hqx(text.encode("ascii"), START)


def seal(body: str, tag: str) -> str:
    """Append the check as the field `tag`."""
    sealed = f"{body}{tag}{LENGTH:02}"
    return f"{sealed}{crc16(sealed):04X}"


def check_seal(text: str, tag: str) -> None:
    """Raise `QrError` unless well-formed code `text` ends with a `tag` that matches the rest."""
    body = text[: -LENGTH - 4]
    if not text.startswith(f"{tag}{LENGTH:02}", len(body)):
        raise QrError("structure", tag, "the check of four characters is the last field")
    if text != seal(body, tag):
        raise QrError("crc", tag, "the check does not match: the code was misread, mistyped or altered")
