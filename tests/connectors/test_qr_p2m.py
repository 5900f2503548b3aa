"""Codes of merchants: parts that do not go together, requests to pay, fees, due dates, round trips."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.qr.crc import seal
from connectors.qr.details import Details
from connectors.qr.p2m import NO_GUID, Fee, P2mQr, make_p2m, parse_p2m, payable_paisa, verify_p2m
from connectors.qr.p2p import parse_p2p
from connectors.qr.tlv import Field, read
from connectors.qr.values import MINUTE_US
from ledger.clock import from_rfc3339
from tests.qr_codes import (
    AMOUNTS,
    GUID,
    IBAN,
    IBANS,
    MERCHANT,
    PRINTABLE,
    SHOP,
    STATIC,
    WRONG_IBAN,
    account,
    made,
    merchant,
    others,
    refused,
)

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
