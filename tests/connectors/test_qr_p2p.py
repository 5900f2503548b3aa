"""Codes of persons: parts that do not go together, amounts, expiry, round trips."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.qr.crc import check_seal
from connectors.qr.p2m import parse_p2m
from connectors.qr.p2p import P2pQr, make_p2p, parse_p2p, verify_p2p
from connectors.qr.scan import scan
from connectors.qr.tlv import Field, write
from connectors.qr.values import MINUTE_US
from tests.qr_codes import (
    AMOUNTS,
    DYNAMIC,
    IBAN,
    IBANS,
    LATER,
    MERCHANT,
    MINUTES,
    STATIC,
    WRONG_IBAN,
    made,
    others,
    person,
    refused,
)

START = [("00", "02"), ("01", "11"), ("02", "00"), ("04", IBAN)]
TIMED = [("00", "02"), ("01", "12"), ("02", "00"), ("04", IBAN), ("05", "1500"), ("07", "311220272359")]
BAD_PERSONS = [
    ([("01", "11"), ("00", "02"), *START[2:]], "structure", "00"),
    ([("00", "01"), *START[1:]], "value", "00"),
    ([START[0], ("01", "13"), *START[2:]], "value", "01"),
    ([START[0], *START[2:]], "missing", "01"),
    ([*START[:2], ("02", "01"), START[3]], "value", "02"),
    ([*START[:2], START[3]], "missing", "02"),
    (START[:3], "missing", "04"),
    ([*START[:3], ("04", IBAN[:-1])], "value", "04"),
    ([*START[:3], ("04", IBAN.lower())], "value", "04"),
    ([*START[:3], ("04", f"GB{IBAN[2:]}")], "value", "04"),
    ([*START, ("05", "1500")], "unexpected", "05"),
    ([*START, ("07", "311220272359")], "unexpected", "07"),
    ([*TIMED[:4], TIMED[5]], "missing", "05"),
    (TIMED[:5], "missing", "07"),
    *(
        ([*TIMED[:4], ("05", amount), TIMED[5]], "value", "05")
        for amount in ("0", "0.00", "-1", "1,500", "1.505", ".5", "1e3", " 1", "1 ", "12345678901234", "1.2.3")
    ),
    *(
        ([*TIMED[:5], ("07", expiry)], "value", "07")
        for expiry in ("310220272359", "311320272359", "311220272460", "000020272359", "31122027235", "31-12-2027 2", "010100000000")
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "code", "tag"), BAD_PERSONS)
def test_a_persons_code_with_a_right_check_and_wrong_parts_is_refused_by_the_tag(
    fields: list[tuple[str, str]], code: str, tag: str
) -> None:
    assert refused(parse_p2p, person(*fields)) == (code, tag)


def test_the_check_must_be_there_last_and_right() -> None:
    assert refused(parse_p2p, write(Field(*field) for field in START)) == ("missing", "10")
    assert refused(parse_p2p, STATIC + "9901x") == ("structure", "10")
    assert refused(parse_p2p, STATIC[:-4] + "d48c") == ("value", "10")
    assert refused(parse_p2p, STATIC[:-4] + "D48D") == ("crc", "10")
    assert refused(parse_p2m, MERCHANT[:-4] + "466C") == ("crc", "63")
    check_seal(STATIC, "10")


@pytest.mark.parametrize(
    ("amount", "paisa", "again"),
    [
        ("1", 100, "1"),
        ("05", 500, "5"),
        ("0.01", 1, "0.01"),
        ("5000.5", 500_050, "5000.50"),
        ("98.", 9_800, "98"),
        ("9999999999.99", 999_999_999_999, "9999999999.99"),
    ],
)
def test_amounts_are_rupees_on_the_code_and_paisa_here(amount: str, paisa: int, again: str) -> None:
    qr = parse_p2p(person(*TIMED[:4], ("05", amount), TIMED[5]))
    assert qr.amount_paisa == paisa
    assert f"05{len(again):02}{again}07" in make_p2p(qr)


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (0, None),
        (LATER, None),
        (LATER + MINUTE_US - 1, None),
        (LATER + MINUTE_US, "expired"),
        (2**63 - 1, "expired"),
    ],
)
def test_a_code_lasts_through_the_minute_of_its_expiry(now: int, code: str | None) -> None:
    if code is None:
        assert verify_p2p(DYNAMIC, now).expires_us == LATER
    else:
        assert refused(verify_p2p, DYNAMIC, now) == (code, "07")
        assert refused(scan, DYNAMIC, now) == (code, "07")


def test_a_wrong_iban_is_read_but_not_verified() -> None:
    text = person(*START[:3], ("04", WRONG_IBAN))
    assert parse_p2p(text).iban == WRONG_IBAN
    assert refused(verify_p2p, text, 0) == ("check_digits", "04")


@pytest.mark.parametrize(
    ("qr", "code", "tag"),
    [
        (P2pQr(WRONG_IBAN), "check_digits", "04"),
        (P2pQr("hello"), "value", "04"),
        (P2pQr(IBAN.lower()), "value", "04"),
        (P2pQr(IBAN, expires_us=LATER), "missing", "05"),
        (P2pQr(IBAN, 1), "missing", "07"),
        (P2pQr(IBAN, 0, LATER), "value", "05"),
        (P2pQr(IBAN, -1, LATER), "value", "05"),
        (P2pQr(IBAN, 10**15, LATER), "value", "05"),
        (P2pQr(IBAN, 1, 2**63 - 1), "value", "07"),
        (P2pQr(IBAN, 1, -(2**62)), "value", "07"),
        (P2pQr(IBAN, others=(Field("05", "1"),)), "unexpected", "05"),
        (P2pQr(IBAN, others=(Field("04", "1"),)), "duplicate", "04"),
        (P2pQr(IBAN, others=(Field("10", "ABCD"),)), "unexpected", "10"),
    ],
)
def test_a_persons_code_that_would_be_refused_is_not_made(qr: P2pQr, code: str, tag: str) -> None:
    assert refused(make_p2p, qr) == (code, tag)


@settings(deadline=None)
@given(
    st.one_of(
        made(P2pQr, iban=IBANS, others=others(["03", "06", "20"])),
        made(P2pQr, iban=IBANS, amount_paisa=AMOUNTS, expires_us=MINUTES, others=others(["03", "20"])),
    )
)
def test_a_persons_code_that_is_made_is_read(qr: P2pQr) -> None:
    assert parse_p2p(make_p2p(qr)) == qr
