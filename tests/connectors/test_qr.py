"""Raast QR codes: published vectors, every flipped bit, lies about lengths, expiry, and round trips."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.identifiers.iban import make_iban
from connectors.qr.crc import check_seal, crc16, seal
from connectors.qr.details import Details
from connectors.qr.p2m import NO_GUID, Fee, P2mQr, make_p2m, parse_p2m, payable_paisa, verify_p2m
from connectors.qr.p2p import P2pQr, make_p2p, parse_p2p, verify_p2p
from connectors.qr.scan import scan
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


# --- vectors -----------------------------------------------------------------------------------


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


# --- persons -------------------------------------------------------------------------------------

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


@settings(deadline=None)
@given(
    st.one_of(
        made(P2pQr, iban=IBANS, others=others(["03", "06", "20"])),
        made(P2pQr, iban=IBANS, amount_paisa=AMOUNTS, expires_us=MINUTES, others=others(["03", "20"])),
    )
)
def test_a_persons_code_that_is_made_is_read(qr: P2pQr) -> None:
    assert parse_p2p(make_p2p(qr)) == qr


# --- merchants -----------------------------------------------------------------------------------

GUID = "a" * 32


def account(*fields: tuple[str, str]) -> str:
    return write(Field(*field) for field in fields)


BAD_MERCHANTS = [
    ({"t01": ""}, "missing", "01"),
    ({"t01": "10"}, "value", "01"),
    ({"t28": ""}, "missing", "28"),
    ({"t28": "bare"}, "structure", "28.00"),
    ({"t28": account(("01", "SBXAPKKA"), ("02", IBAN))}, "missing", "28.00"),
    ({"t28": account(("00", "xyz"), ("01", "SBXAPKKA"), ("02", IBAN))}, "value", "28.00"),
    ({"t28": account(("00", GUID), ("02", IBAN))}, "missing", "28.01"),
    ({"t28": account(("00", GUID), ("01", "SBXA"), ("02", IBAN))}, "value", "28.01"),
    ({"t28": account(("00", GUID), ("01", "SBXAPKKA"))}, "missing", "28.02"),
    ({"t28": account(("00", GUID), ("01", "SBXAPKKA"), ("02", IBAN.lower()))}, "value", "28.02"),
    ({"t28": account(("00", GUID), ("01", "SBXAPKKA"), ("02", IBAN), ("03", "x"))}, "unexpected", "28.03"),
    ({"t52": "541"}, "value", "52"),
    ({"t52": ""}, "missing", "52"),
    ({"t53": "840"}, "value", "53"),
    ({"t53": ""}, "missing", "53"),
    ({"t54": "0"}, "value", "54"),
    ({"t55": "04"}, "value", "55"),
    ({"t55": "02"}, "missing", "56"),
    ({"t55": "03"}, "missing", "57"),
    ({"t55": "03", "t57": "0"}, "value", "57"),
    ({"t55": "03", "t57": "100"}, "value", "57"),
    ({"t55": "01", "t56": "5"}, "unexpected", "56"),
    ({"t57": "5"}, "unexpected", "57"),
    ({"t58": "IN"}, "value", "58"),
    ({"t58": ""}, "missing", "58"),
    ({"t59": "x" * 26}, "value", "59"),
    ({"t59": ""}, "missing", "59"),
    ({"t60": "x" * 16}, "value", "60"),
    ({"t60": ""}, "missing", "60"),
    ({"t61": "x" * 11}, "value", "61"),
    ({"t62": "bare"}, "structure", "62.00"),
    ({"t62": account(("01", "x" * 26))}, "value", "62.01"),
    ({"t62": account(("50", "31022027"))}, "value", "62.50"),
    ({"t62": account(("50", "20271231"))}, "value", "62.50"),
    ({"t62": account(("51", "5"))}, "missing", "62.50"),
    ({"t62": account(("50", "31122027"), ("51", "0"))}, "value", "62.51"),
    ({"t84": account(("00", GUID), ("01", "rtp1"))}, "unexpected", "84"),
    ({"t01": "12"}, "missing", "84"),
    ({"t01": "12", "t84": "rtp1"}, "structure", "84.00"),
    ({"t01": "12", "t84": account(("01", "rtp1"))}, "missing", "84.00"),
    ({"t01": "12", "t84": account(("00", GUID))}, "missing", "84.01"),
    ({"t01": "12", "t84": account(("00", GUID), ("01", "r t"))}, "value", "84.01"),
    ({"t01": "12", "t84": account(("00", GUID), ("01", "r"), ("02", "x"))}, "unexpected", "84.02"),
]


@pytest.mark.parametrize(("changes", "code", "tag"), BAD_MERCHANTS)
def test_a_merchants_code_with_a_right_check_and_wrong_parts_is_refused_by_the_tag(
    changes: dict[str, str], code: str, tag: str
) -> None:
    assert refused(parse_p2m, merchant(**changes)) == (code, tag)


def test_the_two_kinds_are_not_mixed() -> None:
    assert refused(parse_p2m, STATIC) == ("value", "00")
    assert refused(parse_p2p, MERCHANT) == ("value", "00")
    moved = seal("01021100020128" + MERCHANT[14:-8], "63")
    assert refused(parse_p2m, moved) == ("structure", "00")


def test_a_dynamic_code_names_its_request_to_pay_in_a_template() -> None:
    text = make_p2m(SHOP._replace(amount_paisa=150_000, rtp_id="rtp-1"))
    fields = dict(read(text))
    assert fields["01"] == "12"
    assert fields["54"] == "1500"
    assert fields["84"] == f"0032{NO_GUID}0105rtp-1"
    assert parse_p2m(text).rtp_id == "rtp-1"


def test_what_is_not_understood_is_carried() -> None:
    text = merchant(t26="0004some", t85="x", t89=f"0032{GUID}")
    qr = parse_p2m(text)
    assert qr.others == (Field("26", "0004some"), Field("85", "x"), Field("89", f"0032{GUID}"))
    assert parse_p2m(make_p2m(qr)) == qr


def test_a_code_of_the_shape_of_the_public_sample_is_read() -> None:
    reference = "SANDBOXQR-0123456789ABCDE"
    details = account(("00", "DQR" + "0" * 29), ("01", reference), ("05", reference))
    qr = verify_p2m(merchant(t62=details, t89=f"0032{GUID}"), 0)
    assert (qr.details.bill_number, qr.details.reference) == (reference, reference)
    assert qr.details.others == (Field("00", "DQR" + "0" * 29),)
    assert qr.others == (Field("89", f"0032{GUID}"),)


@pytest.mark.parametrize(
    ("fields", "fee"),
    [
        ({"t55": "01"}, Fee()),
        ({"t55": "02", "t56": "10.50"}, Fee(fixed_paisa=1_050)),
        ({"t55": "03", "t57": "2.5"}, Fee(percent="2.5")),
    ],
)
def test_a_fee_is_told_and_not_added(fields: dict[str, str], fee: Fee) -> None:
    qr = parse_p2m(merchant(t54="100", **fields))
    assert qr.fee == fee
    assert payable_paisa(qr, 0) == 10_000
    assert parse_p2m(make_p2m(qr)) == qr


DUE = from_rfc3339("2027-12-31T00:00:00+05:00")
DAY_US = 24 * 60 * MINUTE_US


@pytest.mark.parametrize(
    ("now", "late_paisa", "payable"),
    [
        (DUE - 1, None, 150_000),
        (DUE + DAY_US - 1, None, 150_000),
        (DUE + DAY_US, None, "expired"),
        (DUE + DAY_US - 1, 165_000, 150_000),
        (DUE + DAY_US, 165_000, 165_000),
        (2**63 - 1, 165_000, "value"),
    ],
)
def test_a_bill_costs_its_later_amount_after_the_due_day_in_pakistan(
    now: int, late_paisa: int | None, payable: int | str
) -> None:
    details = Details(bill_number="B-1", due_date=date(2027, 12, 31), late_amount_paisa=late_paisa)
    text = make_p2m(SHOP._replace(amount_paisa=150_000, details=details))
    if isinstance(payable, str):
        assert refused(verify_p2m, text, now) == (payable, "62.50")
    else:
        assert payable_paisa(verify_p2m(text, now), now) == payable


def test_a_payer_chooses_where_no_amount_is_named() -> None:
    assert payable_paisa(verify_p2m(MERCHANT, 0), 0) is None


def test_a_merchants_wrong_iban_is_read_but_not_verified() -> None:
    text = merchant(t28=account(("00", GUID), ("01", "SBXAPKKA"), ("02", WRONG_IBAN)))
    assert parse_p2m(text).iban == WRONG_IBAN
    assert refused(verify_p2m, text, 0) == ("check_digits", "28.02")


@pytest.mark.parametrize(
    ("changes", "code", "tag"),
    [
        ({"iban": WRONG_IBAN}, "check_digits", "28.02"),
        ({"member_code": "sbxapkka"}, "value", "28.01"),
        ({"guid": ""}, "structure", "28.00"),
        ({"name": ""}, "structure", "59"),
        ({"name": "\u062f\u06a9\u0627\u0646"}, "characters", "59"),
        ({"amount_paisa": 0}, "value", "54"),
        ({"category": "x"}, "value", "52"),
        ({"postal_code": "x" * 11}, "value", "61"),
        ({"rtp_id": ""}, "structure", "84.01"),
        ({"details": Details(reference="x" * 26)}, "value", "62.05"),
        ({"details": Details(late_amount_paisa=5)}, "missing", "62.50"),
        ({"fee": Fee(1, "2")}, "unexpected", "57"),
        ({"fee": Fee(percent="0.00")}, "value", "57"),
        ({"others": (Field("63", "ABCD"),)}, "unexpected", "63"),
        ({"others": (Field("59", "other"),)}, "duplicate", "59"),
        ({"others": tuple(Field(f"{tag}", "x" * 99) for tag in (85, 86, 87, 88))}, "size", "88"),
        (
            {"others": (*(Field(tag, "x" * 99) for tag in ("85", "86", "87")), Field("88", "x" * 54))},
            "size",
            "63",
        ),
    ],
)
def test_a_merchants_code_that_would_be_refused_is_not_made(
    changes: dict[str, Any], code: str, tag: str
) -> None:
    assert refused(make_p2m, SHOP._replace(**changes)) == (code, tag)


def short(size: int) -> st.SearchStrategy[str]:
    return st.text(PRINTABLE, min_size=1, max_size=size)


DETAILS = made(
    Details,
    bill_number=st.none() | short(6),
    terminal=st.none() | short(6),
    purpose=st.none() | short(6),
    due_date=st.dates(),
    late_amount_paisa=st.none() | AMOUNTS,
    others=others(["00", "10", "11"]),
)
FEES = st.one_of(st.none(), st.just(Fee()), made(Fee, fixed_paisa=AMOUNTS), st.just(Fee(percent="99.99")))
MERCHANTS = made(
    P2mQr,
    member_code=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=8, max_size=12),
    iban=IBANS,
    category=st.integers(0, 9999).map("{:04}".format),
    name=short(25),
    city=short(15),
    amount_paisa=st.none() | AMOUNTS,
    rtp_id=st.none() | st.uuids().map(str),
    details=st.just(Details()) | DETAILS,
    postal_code=st.none() | short(10),
    fee=FEES,
    guid=st.uuids().map(lambda value: value.hex),
    rtp_guid=st.just(NO_GUID),
    others=others(["26", "85", "89"]),
)


@settings(deadline=None)
@given(MERCHANTS)
def test_a_merchants_code_that_is_made_is_read(qr: P2mQr) -> None:
    assert parse_p2m(make_p2m(qr)) == qr
