import json
from typing import Any

import pytest

from connectors.contract import Accepted, Answer, Declined, Unknown
from connectors.identifiers.iban import make_iban
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.onelink.body import GatewayError
from connectors.onelink.codes import FIELD_39, outcome_of
from connectors.onelink.ibft import (
    BANK_IDS,
    Fetched,
    answer,
    check_title_fetch,
    inquiry_reason,
    read_inquiry,
    read_title_fetch,
    read_transfer,
    title_answer,
)
from connectors.onelink.rail import Ibft

REASONS = Ibft().reasons
IBAN = make_iban("SBXB", "12345")
FOREIGN = make_iban("SBXA", "12345")
CORRELATION = "7ad7fb9f-99dc-4c2c-ab88-abddb87789a0"
INFO = {"rrn": "632811000042", "stan": "000042", "txndate": "20261124", "txntime": "115500"}
SENDER = {"fromAccount": FOREIGN, "fromAccountType": "20", "fromAccountCurrency": "586"}
FETCH: dict[str, Any] = {
    "info": INFO,
    "senderinfo": SENDER,
    "receiverinfo": {"bankId": 2, "toAccount": "12345"},
    "otherinfo": {"priorityFlag": "02", "fallbackFlag": "02", "amount": 1500.5},
}
TRANSFER: dict[str, Any] = {
    "info": INFO | {"tfcorrelationId": CORRELATION},
    "senderinfo": SENDER | {"fromAccountTitle": "Ayesha Test", "fromAccountCnic": "9000100000011"},
    "receiverinfo": {"bankIMD": "999002", "toAccount": IBAN, "toAccountTitle": "Bilal General Store"},
    "paymentInfo": {"purposeCode": "0356", "narration": "November", "amount": 1500.5, "authId": "654123"},
    "reserveFields": {"r1": ""},
}
INQUIRY: dict[str, Any] = {
    "info": INFO,
    "originalTxnInfo": {
        "destinationSystem": "02",
        "ostan": "000041",
        "orrn": "632811000041",
        "otxndate": "20261124",
        "otxntime": "115400",
        "omsgId": "x",
    },
}


def encode(body: object) -> bytes:
    return json.dumps(body).encode()


def within(body: dict[str, Any], part: str, **change: object) -> bytes:
    return encode(body | {part: body[part] | change})


# --- what is read ------------------------------------------------------------------------------


@pytest.mark.parametrize("account", ["12345", "0000000000012345", IBAN, IBAN.lower()])
def test_a_title_fetch_takes_an_account_number_or_an_iban(account: str) -> None:
    body, iban = read_title_fetch(within(FETCH, "receiverinfo", toAccount=account))
    assert iban == IBAN
    assert body.options.amount_paisa == 150_050


def test_the_banks_of_the_list_are_numbered_by_their_codes() -> None:
    assert BANK_IDS == {1: "SBXA", 2: "SBXB", 3: "SBXW"}


def test_a_transfer_is_read_whole() -> None:
    body, iban = read_transfer(encode(TRANSFER))
    assert (iban, body.payment.amount_paisa, body.payment.purpose) == (IBAN, 150_050, "0356")
    assert (body.sender.cnic, body.sender.account_type) == ("9000100000011", "20")
    assert (body.info.title_fetch, body.payment.auth_id) == (CORRELATION, "654123")


def test_an_inquiry_names_the_original() -> None:
    original = read_inquiry(encode(INQUIRY)).original
    assert (original.system, original.stan, original.rrn) == ("02", "000041", "632811000041")


@pytest.mark.parametrize(
    ("part", "change", "field"),
    [
        ("info", {"txndate": "20260230"}, "info.txndate"),
        ("info", {"txndate": "2026112"}, "info.txndate"),
        ("info", {"txntime": "240000"}, "info.txntime"),
        ("info", {"rrn": ""}, "info.rrn"),
        ("info", {"tfcorrelationId": "a b"}, "info.tfcorrelationId"),
        ("senderinfo", {"fromAccountType": "70"}, "senderinfo.fromAccountType"),
        ("senderinfo", {"fromAccountCurrency": "840"}, "senderinfo.fromAccountCurrency"),
        ("senderinfo", {"fromAccountCnic": "900010000001"}, "senderinfo.fromAccountCnic"),
        ("senderinfo", {"fromAccount": "a-b"}, "senderinfo.fromAccount"),
        ("receiverinfo", {"bankIMD": "99900"}, "receiverinfo.bankIMD"),
        ("receiverinfo", {"bankIMD": "601492"}, "receiverinfo.bankIMD"),
        ("receiverinfo", {"toAccount": FOREIGN}, "receiverinfo.toAccount"),
        ("receiverinfo", {"toAccount": f"{IBAN[:-1]}6"}, "receiverinfo.toAccount"),
        ("receiverinfo", {"toAccount": "1" * 17}, "receiverinfo.toAccount"),
        ("receiverinfo", {"toAccountTitle": "x" * 41}, "receiverinfo.toAccountTitle"),
        ("paymentInfo", {"purposeCode": "0152"}, "paymentInfo.purposeCode"),
        ("paymentInfo", {"narration": "x" * 141}, "paymentInfo.narration"),
        ("paymentInfo", {"purposeCode": "9999", "narration": "x" * 41}, "paymentInfo.narration"),
        ("paymentInfo", {"amount": "1,500"}, "paymentInfo.amount"),
        ("paymentInfo", {"authId": None}, "paymentInfo.authId"),
    ],
)
def test_the_first_wrong_field_of_a_transfer_is_named(part: str, change: dict[str, Any], field: str) -> None:
    with pytest.raises(GatewayError) as refused:
        read_transfer(within(TRANSFER, part, **change))
    assert (refused.value.kind, refused.value.field) == ("malformed", field)


def test_other_purposes_are_explained_in_forty_characters() -> None:
    body, _ = read_transfer(within(TRANSFER, "paymentInfo", purposeCode="9999", narration="x" * 40))
    assert body.payment.purpose == "9999"


@pytest.mark.parametrize("bank", [0, 4, True, "2", 2.0])
def test_a_bank_is_named_by_its_number_in_the_list(bank: object) -> None:
    with pytest.raises(GatewayError) as refused:
        read_title_fetch(within(FETCH, "receiverinfo", bankId=bank))
    assert refused.value.field == "receiverinfo.bankId"


# --- title fetch, then transfer ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("info", "fetched", "answer"),
    [
        ({}, Fetched(IBAN, 150_050), None),
        ({"tfcorrelationId": None}, Fetched(IBAN, 150_050), Declined("0431")),
        ({}, None, Declined("0431")),
        ({}, Fetched(IBAN, 150_051), Declined("0431")),
        ({}, Fetched(FOREIGN, 150_050), Declined("0431")),
    ],
    ids=["the same", "none quoted", "unknown", "another amount", "another account"],
)
def test_a_transfer_quotes_a_title_fetch_of_the_same_account_and_amount(
    info: dict[str, Any], fetched: Fetched | None, answer: Declined | None
) -> None:
    body, iban = read_transfer(within(TRANSFER, "info", **info))
    assert check_title_fetch(body, iban, fetched) == answer


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (None, "0411"),
        (Accepted(), "0000"),
        (Declined("0192"), "0192"),
        (Unknown("0156", 90, Accepted()), "0151"),
        (Unknown("0151", None, Declined("0191")), "0151"),
    ],
)
def test_an_inquiry_tells_what_is_known_and_no_more(known: Answer | None, code: str) -> None:
    assert inquiry_reason(known) == code
    assert code in REASONS


# --- answers -----------------------------------------------------------------------------------


def test_an_answer_carries_the_numbers_of_the_call() -> None:
    body, _ = read_transfer(encode(TRANSFER))
    assert answer(REASONS["0151"], body.info, CORRELATION) == {
        "response": {"response_code": "0151", "response_desc": "AdvicePending"},
        "info": {"stan": "000042", "rrn": "632811000042", "correlationId": CORRELATION},
    }


def test_a_title_goes_out_with_the_bank_and_the_rail() -> None:
    body, iban = read_title_fetch(encode(FETCH))
    found = title_answer(
        REASONS["0000"], body, CORRELATION, title="Bilal General Store", iban=iban, bank=INSTITUTIONS["SBXB"]
    )
    assert found["response"]["response_code"] == "0000"
    assert found["accountInfo"] == {
        "title": "Bilal General Store",
        "toAccount": "12345",
        "destinationPaymentSystem": "02",
        "iban": IBAN,
    }
    assert found["participantInfo"] == {"bankIMD": "999002", "bankBIC": "SBXBPKKA"}


def test_two_digits_mean_what_four_digits_mean() -> None:
    assert set(FIELD_39) == {code for code in REASONS if len(code) == 4}
    for code, short in FIELD_39.items():
        assert outcome_of(REASONS[code]) == outcome_of(REASONS[short]), code
