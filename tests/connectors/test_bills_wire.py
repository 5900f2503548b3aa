import json
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.bills.bill import Bill, BillStatus
from connectors.bills.rail import Bills
from connectors.bills.wire import (
    LARGEST_BODY,
    BillWireError,
    InquiryBody,
    Numbers,
    PaymentBody,
    answer,
    bill_answer,
    read_inquiry,
    read_payment,
    receipt_answer,
    rupees,
)
from connectors.identifiers.iban import make_iban

REASONS = Bills().reasons
IBAN = make_iban("SBXA", "1000000017")
CORRELATION = "7ad7fb9f-99dc-4c2c-ab88-abddb87789a0"
NUMBERS = Numbers("000042", "632811000042", CORRELATION)
INFO = {"rrn": "632811000042", "stan": "000042", "txndate": "20261124", "txntime": "115500"}
INQUIRY: dict[str, Any] = {"info": INFO, "billinfo": {"billerId": 1, "consumerNo": "90000000000001"}}
PAYMENT: dict[str, Any] = {
    "info": INFO | {"inqcorrelationId": CORRELATION},
    "billinfo": {"billerId": 1, "consumerNo": "90000000000001", "amount": 5100},
    "payerInfo": {"payerIBAN": IBAN, "payerName": "Ayesha Test", "payerCNIC": "9000100000011"},
    "otherInfo": {"channel": "00000002", "authId": "658965"},
    "reserveFields": {"r1": ""},
}
BILL = Bill(
    "power", "90000000000001", "Ayesha Test", BillStatus.PARTIAL, date(2026, 10, 29), 510_000, 530_050
)


def encode(body: object) -> bytes:
    return json.dumps(body).encode()


def test_an_inquiry_names_a_biller_and_a_consumer() -> None:
    which = read_inquiry(encode(INQUIRY)).which
    assert (which.biller_id, which.consumer_no) == (1, "90000000000001")


@pytest.mark.parametrize("amount", [5100, 5100.0, "5100", "5100.00", "5100.0"])
def test_a_payment_quotes_its_inquiry_and_counts_rupees(amount: object) -> None:
    body = read_payment(encode(PAYMENT | {"billinfo": PAYMENT["billinfo"] | {"amount": amount}}))
    assert (body.info.inquiry, body.which.amount_paisa) == (CORRELATION, 510_000)
    assert (body.payer.iban, body.payer.cnic, body.other.auth_id) == (IBAN, "9000100000011", "658965")


def test_a_payment_without_its_inquiry_is_read_and_refused_by_the_rail() -> None:
    assert read_payment(encode(PAYMENT | {"info": INFO})).info.inquiry is None


@pytest.mark.parametrize(
    ("part", "change", "code", "field"),
    [
        ("info", {"stan": "42"}, "0296", "info.stan"),
        ("info", {"rrn": "63281100004"}, "0296", "info.rrn"),
        ("info", {"txndate": "20260230"}, "0296", "info.txndate"),
        ("info", {"txntime": "246000"}, "0296", "info.txntime"),
        ("info", {"inqcorrelationId": "a b"}, "0296", "info.inqcorrelationId"),
        ("billinfo", {"billerId": "1"}, "0296", "billinfo.billerId"),
        ("billinfo", {"consumerNo": ""}, "0296", "billinfo.consumerNo"),
        ("billinfo", {"consumerNo": "9" * 31}, "0296", "billinfo.consumerNo"),
        ("billinfo", {"consumerNo": "9\x001"}, "0296", "billinfo.consumerNo"),
        ("billinfo", {"amount": 0}, "0296", "billinfo.amount"),
        ("billinfo", {"amount": "5100.505"}, "0296", "billinfo.amount"),
        ("billinfo", {"amount": -5100}, "0296", "billinfo.amount"),
        ("billinfo", {"amount": True}, "0296", "billinfo.amount"),
        ("payerInfo", {"payerIBAN": f"{IBAN[:-1]}8"}, "0296", "payerInfo.payerIBAN"),
        ("payerInfo", {"payerCNIC": "900010000001"}, "0296", "payerInfo.payerCNIC"),
        ("payerInfo", {"payerName": "x" * 41}, "0296", "payerInfo.payerName"),
        ("otherInfo", {"channel": "000000002"}, "0296", "otherInfo.channel"),
    ],
)
def test_the_first_wrong_field_is_named(part: str, change: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(BillWireError) as refused:
        read_payment(encode(PAYMENT | {part: PAYMENT[part] | change}))
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.code in REASONS


@pytest.mark.parametrize("part", ["info", "billinfo", "payerInfo", "otherInfo"])
def test_a_field_that_is_missing_has_a_code_of_its_own(part: str) -> None:
    with pytest.raises(BillWireError) as refused:
        read_payment(encode({name: value for name, value in PAYMENT.items() if name != part}))
    assert (refused.value.code, refused.value.field) == ("0468", part)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"{",
        b"\xff\xfe{}",
        b'{"info": ' + b"[" * 5000,
        b'{"info": 1' + b"0" * 5000 + b"}",
        b" " * LARGEST_BODY + b"{}",
    ],
    ids=["empty", "null", "cut", "encoding", "deep", "long number", "too large"],
)
def test_what_is_no_json_object_is_malformed(data: bytes) -> None:
    for read in (read_inquiry, read_payment):
        with pytest.raises(BillWireError) as refused:
            read(data)
        assert (refused.value.code, refused.value.field) == ("0296", "")


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers())
)


@given(st.sampled_from(["info", "billinfo", "payerInfo", "otherInfo"]), st.data())
def test_any_value_in_any_place_is_read_or_refused(part: str, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(PAYMENT[part])))
    body = PAYMENT | {part: PAYMENT[part] | {key: data.draw(VALUES)}}
    with suppress(BillWireError):
        assert isinstance(read_payment(encode(body)), PaymentBody)
    with suppress(BillWireError):
        assert isinstance(read_inquiry(encode(body)), InquiryBody)


def test_a_bill_goes_out_in_rupees_with_short_dates() -> None:
    assert bill_answer(REASONS["0000"], NUMBERS, BILL) == {
        "response": {"response_code": "0000", "response_desc": "Approved"},
        "info": {"stan": "000042", "rrn": "632811000042", "correlationId": CORRELATION},
        "billInfo": {
            "billerId": 1,
            "consumerNo": "90000000000001",
            "customerName": "Ayesha Test",
            "billStatus": "T",
            "billingMonth": "2610",
            "dueDate": "261029",
            "amountWithinDueDate": "5100",
            "amountAfterDueDate": "5300.50",
            "source": "02",
        },
    }


def test_a_refusal_carries_the_numbers_and_a_payment_its_receipt() -> None:
    assert answer(REASONS["0288"], NUMBERS)["response"]["response_code"] == "0288"
    paid = receipt_answer(REASONS["0000"], NUMBERS, "CPR-20261124-0004-0000042")
    assert paid["info"]["receiptNo"] == "CPR-20261124-0004-0000042"
    assert paid["info"]["stan"] == "000042"


@pytest.mark.parametrize(
    ("amount_paisa", "text"), [(0, "0"), (5, "0.05"), (50, "0.50"), (510_000, "5100"), (530_050, "5300.50")]
)
def test_paisa_are_written_as_rupees(amount_paisa: int, text: str) -> None:
    assert rupees(amount_paisa) == text
