"""Raast QR codes: published vectors, every flipped bit, lies about lengths, and the check."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.qr.crc import crc16
from connectors.qr.p2m import make_p2m, parse_p2m, verify_p2m
from connectors.qr.p2p import P2pQr, make_p2p, parse_p2p, verify_p2p
from connectors.qr.scan import scan
from connectors.qr.tlv import Field, QrError, read, write
from tests.qr_codes import MERCHANT, PERSONS, SHOP, VECTORS, reader_of, refused


@pytest.mark.parametrize(("text", "qr"), PERSONS)
def test_a_persons_vector_is_read_and_made_again(text: str, qr: P2pQr) -> None:
    assert parse_p2p(text) == qr
    assert make_p2p(qr) == text
    assert verify_p2p(text, 0) == scan(text, 0) == qr


def test_the_merchants_vector_is_read_and_made_again() -> None:
    assert parse_p2m(MERCHANT) == SHOP
    assert make_p2m(SHOP) == MERCHANT
    assert verify_p2m(MERCHANT, 0) == scan(MERCHANT, 0) == SHOP


@pytest.mark.parametrize("text", VECTORS)
def test_every_flipped_bit_is_refused(text: str) -> None:
    raw = text.encode()
    for bit in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(QrError):
            reader_of(text)(flipped.decode("latin-1"))


@pytest.mark.parametrize("text", VECTORS)
def test_every_cut_and_every_addition_is_refused(text: str) -> None:
    for end in range(len(text)):
        with pytest.raises(QrError):
            reader_of(text)(text[:end])
    for more in "0", "00", "9901x", " ", "\n", text:
        with pytest.raises(QrError):
            reader_of(text)(text + more)


def test_the_check_is_crc_16_ccitt_false() -> None:
    assert crc16("123456789") == 0x29B1
    assert crc16("") == 0xFFFF


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200))
def test_the_check_equals_the_textbooks_bit_by_bit(text: str) -> None:
    register = 0xFFFF
    for byte in text.encode():
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1 ^ 0x1021 if register & 0x8000 else register << 1) & 0xFFFF
    assert crc16(text) == register


# --- tag, length, value --------------------------------------------------------------------------

LIES = [
    ("", "structure", "00"),
    ("0", "structure", "00"),
    ("0002", "structure", "00"),
    ("000", "structure", "00"),
    ("x00202", "structure", "00"),
    ("00 202", "structure", "00"),
    ("\u0660\u0660\u0660\u066202", "structure", "00"),
    ("000202041", "structure", "00"),
    ("0002020424PK", "structure", "04"),
    ("0002020499" + "x" * 98, "structure", "04"),
    ("0002020400", "structure", "04"),
    ("000202040112", "structure", "04"),
    ("0002020401\u0627", "characters", "04"),
    ("0002020401\x00", "characters", "04"),
    ("0002020401\n", "characters", "04"),
    ("0002020401\ud800", "characters", "04"),
    ("0002020401\x7f", "characters", "04"),
    ("000202040110401x", "duplicate", "04"),
    ("000202000202", "duplicate", "00"),
    ("".join(f"{tag:02}90{'x' * 90}" for tag in range(99)), "size", "05"),
    ("0099" + "x" * 10_240, "structure", "00"),
    ("9" * 10_240, "duplicate", "99"),
]


@pytest.mark.parametrize(("text", "code", "tag"), LIES)
def test_a_malformed_code_is_refused_by_the_tag(text: str, code: str, tag: str) -> None:
    for call in read, parse_p2p, parse_p2m:
        assert refused(call, text) == (code, tag)
    assert refused(scan, text, 0) == (code, tag)


def test_a_length_that_lies_is_told_with_both_numbers() -> None:
    with pytest.raises(QrError, match=r"^Tag 04: the length says 24, only 2 characters follow$"):
        read("0002020424PK")


def test_a_code_has_512_characters_at_most() -> None:
    full = [Field("00", "x" * 96), *(Field(f"{tag:02}", "x" * 99) for tag in range(1, 5))]
    text = write(full)
    assert len(text) == 512
    assert read(text) == tuple(full)
    longer = [full[0]._replace(value="x" * 97), *full[1:]]
    assert refused(write, longer) == ("size", "04")
    assert refused(read, f"0097{'x' * 97}{text[100:]}") == ("size", "04")


@pytest.mark.parametrize("thing", [None, b"000202", 202, ["000202"]])
def test_what_is_no_text_is_no_code(thing: Any) -> None:
    for call in read, parse_p2p, parse_p2m:
        assert refused(call, thing) == ("not_text", "00")
    assert refused(scan, thing, 0) == ("not_text", "00")


@pytest.mark.parametrize(
    ("fields", "code", "tag"),
    [
        ([("1", "x")], "structure", "62.1"),
        ([("ab", "x")], "structure", "62.ab"),
        ([("01", "")], "structure", "62.01"),
        ([("01", "x" * 100)], "size", "62.01"),
        ([("01", "\u00e9")], "characters", "62.01"),
        ([("01", "x"), ("01", "y")], "duplicate", "62.01"),
        ([(f"{tag:02}", "x" * 99) for tag in range(6)], "size", "62.04"),
    ],
)
def test_what_would_be_refused_is_not_written(fields: list[tuple[str, str]], code: str, tag: str) -> None:
    assert refused(write, [Field(*field) for field in fields], "62") == (code, tag)


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            Field,
            st.integers(0, 99).map("{:02}".format),
            st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=20),
        ),
        min_size=1,
        max_size=20,
        unique_by=lambda field: field.tag,
    )
)
def test_what_is_written_is_read(fields: list[Field]) -> None:
    assert read(write(fields)) == tuple(fields)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.text("0123456789", max_size=60)))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    for call in read, parse_p2p, parse_p2m:
        with suppress(QrError):
            call(text)
