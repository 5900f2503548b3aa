"""Codes that the tests of `connectors/qr` share: published vectors, and ways to build right and wrong ones."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from connectors.identifiers.iban import make_iban
from connectors.qr.crc import seal
from connectors.qr.p2m import P2mQr, parse_p2m
from connectors.qr.p2p import P2pQr, parse_p2p
from connectors.qr.tlv import Field, QrError, read, write
from connectors.qr.values import MINUTE_US
from ledger.clock import from_rfc3339

IBAN = "PK41SBXA0000001000000017"
WRONG_IBAN = "PK33ABCD0000000000000001"
LATER = from_rfc3339("2027-12-31T23:59:00+05:00")

STATIC = "0002020102110202000424PK41SBXA00000010000000171004D48C"
DYNAMIC = "0002020102120202000424PK41SBXA000000100000001705041500071231122027235910045A4A"
PUBLISHED = "0002020102110202000424PK33ABCD00000000000000001004BA20"
PUBLISHED_500 = "0002020102120202000424PK33ABCD0000000000000000050350007123112202623591004EC99"
PUBLISHED_DECIMALS = "0002020102120202000424PK33ABCD000000000000000005075000.50071231122026183010041E4C"
MERCHANT = (
    "00020101021128760032000000000000000000000000000000000108SBXAPKKA0224PK41SBXA0000001000000017"
    "5204541153035865802PK5912DEMO KIRYANA6007Karachi6304466B"
)
SHOP = P2mQr("SBXAPKKA", IBAN, "5411", "DEMO KIRYANA", "Karachi")

PERSONS = [
    (STATIC, P2pQr(IBAN)),
    (DYNAMIC, P2pQr(IBAN, 150_000, LATER)),
    (PUBLISHED, P2pQr("PK33ABCD0000000000000000")),
    (PUBLISHED_500, P2pQr("PK33ABCD0000000000000000", 50_000, from_rfc3339("2026-12-31T23:59:00+05:00"))),
    (
        PUBLISHED_DECIMALS,
        P2pQr("PK33ABCD0000000000000000", 500_050, from_rfc3339("2026-12-31T18:30:00+05:00")),
    ),
]
VECTORS = [*(text for text, _ in PERSONS), MERCHANT]


def reader_of(text: str) -> Callable[[str], P2pQr | P2mQr]:
    return parse_p2m if text == MERCHANT else parse_p2p


def refused(call: Callable[..., object], *args: object) -> tuple[str, str]:
    """Call, and return the code and the tag of the refusal."""
    with pytest.raises(QrError) as error:
        call(*args)
    return error.value.code, error.value.tag


def person(*fields: tuple[str, str]) -> str:
    return seal(write(Field(*field) for field in fields), "10")


def merchant(**changes: str) -> str:
    """The merchant's vector with other values for some tags; an empty value takes the field away."""
    fields = dict(read(MERCHANT)[:-1]) | {tag.removeprefix("t"): value for tag, value in changes.items()}
    return seal(write(Field(tag, value) for tag, value in fields.items() if value), "63")


PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
IBANS = st.builds(
    make_iban,
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=4, max_size=4),
    st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", max_size=16),
)
AMOUNTS = st.integers(1, 999_999_999_999)
MINUTES = st.integers(0, 4_000_000_000).map(lambda minutes: minutes * MINUTE_US)


def made(kind: Callable[..., Any], **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Build values of these parts and no others: `st.builds` would invent those that have a default."""
    return st.fixed_dictionaries(parts).map(lambda found: kind(**found))


def others(tags: list[str]) -> st.SearchStrategy[tuple[Field, ...]]:
    value = st.text(PRINTABLE, min_size=1, max_size=12)
    fields = st.lists(
        st.builds(Field, st.sampled_from(tags), value), max_size=2, unique_by=lambda field: field.tag
    )
    return fields.map(lambda found: tuple(sorted(found)))


GUID = "a" * 32


def account(*fields: tuple[str, str]) -> str:
    return write(Field(*field) for field in fields)
