import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Declined
from connectors.identifiers.iban import make_iban
from connectors.onelink.body import LARGEST_BODY, GatewayError, Trace
from connectors.onelink.gateway import (
    ENDPOINTS,
    Order,
    PreRtp,
    QrOrder,
    RtpOrder,
    RtpQuery,
    approved,
    check_headers,
    check_order,
    qr_answer,
    refused,
    rejected,
    status_answer,
    title_answer,
)
from connectors.onelink.rail import Ibft
from ledger.clock import SECOND_US, from_rfc3339

IBAN = make_iban("SBXA", "1000000017")
INFO = {"stan": "000042", "rrn": "632811000042"}
TRACE = Trace("000042", "632811000042")
ADDRESS = {"townName": "Karachi", "addressLine": "1 Test Road", "subDept": "0001"}
MERCHANT = {
    "dbaName": "Demo Kiryana",
    "merchantName": "Demo Kiryana Store",
    "iban": IBAN,
    "bankBic": "SBXAPKKA",
    "merchantCategoryCode": "5411",
    "merchantID": "DEMO_001",
    "postalAddress": ADDRESS,
    "contactDetails": {"mobileNo": "+923900000001"},
}
SHORT_MERCHANT = {"merchantId": "DEMO_001", "subDept": "0001"}
TITLE = {"customerDetails": {"memberid": "SBXAPKKA", "iban": IBAN}, "info": INFO}
ALIAS = {"alias": {"type": "MOBILE", "value": "03900000001"}, "info": INFO}
PAYMENT = {
    "instructedAmount": "1500.50",
    "expiryDateTime": "2026-11-24T12:25:00",
    "executionDateTime": "2026-11-24T07:00:00Z",
    "rtpId": "rtp-1",
    "billNo": "INV-1",
    "transactionType": "064",
}
RTP = {"merchantDetails": MERCHANT, "paymentDetails": PAYMENT, "info": INFO}
QUERY = {"info": {"stan": "000042", "rtpId": "rtp-1", "merchantID": "DEMO_001"}}
QR_PAYMENT = {
    "executionDateTime": "2026-11-24T06:55:00.000Z",
    "expiryDateTime": "2026-11-24T07:25:00.000Z",
    "instructedAmount": 150050,
    "transactionType": 38,
}
QR = {"merchantDetails": MERCHANT, "paymentDetails": QR_PAYMENT, "info": INFO}
BODIES: dict[str, dict[str, Any]] = {
    "/preRTPTitleFetch": TITLE,
    "/preRTPTitleFetchMerchant": TITLE,
    "/preRTPTitleFetchAggregator": TITLE,
    "/preRTPAliasInquiry": ALIAS,
    "/preRTPAliasInquiryMerchant": ALIAS,
    "/preRTPAliasInquiryAggregator": ALIAS,
    "/rtpNowMerchant": RTP,
    "/rtpNowAggregator": RTP | {"merchantDetails": SHORT_MERCHANT},
    "/rtpLaterMerchant": RTP,
    "/rtpLaterAggregator": RTP | {"merchantDetails": SHORT_MERCHANT},
    "/statusInquiry": QUERY,
    "/rtpCancellation": QUERY,
    "/generateDQRCMerchant": QR,
    "/generateDQRCAggregator": {
        "merchantDetails": {"merchantID": "DEMO_001", "subDept": "0001"},
        "payerDetails": {"paymentDetails": QR_PAYMENT, "info": INFO},
    },
}
EVERY_PATH = pytest.mark.parametrize("path", ENDPOINTS)


def read(path: str, body: object) -> Any:
    return ENDPOINTS[path](json.dumps(body).encode())


def refusal(path: str, body: object) -> GatewayError:
    with pytest.raises(GatewayError) as refused:
        read(path, body)
    return refused.value


def caller_of(path: str) -> str:
    return next((who.lower() for who in ("Merchant", "Aggregator") if path.endswith(who)), "anyone")


# --- bodies ------------------------------------------------------------------------------------


def test_every_path_has_an_example() -> None:
    assert list(BODIES) == list(ENDPOINTS)


@pytest.mark.parametrize("path", [path for path in ENDPOINTS if "TitleFetch" in path])
def test_a_title_fetch_names_an_account_and_its_bank(path: str) -> None:
    assert read(path, TITLE) == PreRtp(caller_of(path), TRACE, iban=IBAN, member="SBXAPKKA")  # type: ignore[arg-type]  # the suffix is the caller


@pytest.mark.parametrize("path", [path for path in ENDPOINTS if "Alias" in path])
def test_an_alias_inquiry_names_a_mobile_number(path: str) -> None:
    assert read(path, ALIAS) == PreRtp(caller_of(path), TRACE, mobile="+923900000001")  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize("path", [path for path in ENDPOINTS if "/rtpNow" in path or "/rtpLater" in path])
def test_a_request_to_pay_counts_rupees_and_quotes_the_pre_rtp_call(path: str) -> None:
    order = read(path, BODIES[path])
    assert isinstance(order, RtpOrder)
    assert (order.caller, order.mode) == (caller_of(path), "now" if "Now" in path else "later")
    assert (order.rtp_id, order.bill_no, order.amount_paisa) == ("rtp-1", "INV-1", 150_050)
    assert (order.merchant.merchant_id, order.merchant.terminal) == ("DEMO_001", "0001")
    assert order.trace == TRACE
    # Without an offset a time is Pakistan's.
    assert order.expires == from_rfc3339("2026-11-24T07:25:00Z")
    assert order.executes == from_rfc3339("2026-11-24T07:00:00Z")


@pytest.mark.parametrize(("path", "what"), [("/statusInquiry", "status"), ("/rtpCancellation", "cancel")])
def test_an_inquiry_and_a_cancellation_name_the_request(path: str, what: Any) -> None:
    assert read(path, QUERY) == RtpQuery(what, Trace("000042"), "rtp-1", "DEMO_001")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/generateDQRCMerchant", QR),
        ("/generateDQRCAggregator", QR | {"merchantDetails": SHORT_MERCHANT}),
        ("/generateDQRCAggregator", BODIES["/generateDQRCAggregator"]),
        ("/generateDQRCAggregator", QR | {"paymentDetails": QR_PAYMENT | {"instructedAmount": "150050"}}),
    ],
    ids=["merchant", "aggregator", "aggregator, nested", "amount as text"],
)
def test_a_qr_code_counts_paisa(path: str, body: dict[str, Any]) -> None:
    order = read(path, body)
    assert isinstance(order, QrOrder)
    assert (order.amount_paisa, order.transaction_type, order.trace) == (150_050, "38", TRACE)
    assert (order.merchant.merchant_id, order.merchant.terminal) == ("DEMO_001", "0001")
    assert order.expires == from_rfc3339("2026-11-24T07:25:00Z")


def test_what_is_optional_may_be_missing() -> None:
    order = read(
        "/rtpNowMerchant",
        {
            "merchantDetails": {"merchantID": "DEMO_001"},
            "paymentDetails": {"instructedAmount": 1, "rtpId": "rtp-1", "billNo": None},
            "info": {"stan": 42},
        },
    )
    assert (order.merchant.terminal, order.bill_no, order.expires, order.executes) == ("", "", None, None)
    assert (order.trace, order.amount_paisa) == (Trace("000042"), 100)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/preRTPTitleFetch", TITLE | {"customerDetails": {"memberid": "", "iban": IBAN}}, "customerDetails.memberid"),
        ("/preRTPTitleFetch", TITLE | {"customerDetails": {"memberid": "SBXA", "iban": f"{IBAN[:-1]}8"}}, "customerDetails.iban"),
        ("/preRTPTitleFetch", TITLE | {"info": {"stan": "0000042"}}, "info.stan"),
        ("/preRTPTitleFetch", TITLE | {"info": {"stan": True}}, "info.stan"),
        ("/preRTPTitleFetch", TITLE | {"info": INFO | {"rrn": "63281100004 "}}, "info.rrn"),
        ("/preRTPTitleFetch", {"info": INFO}, "customerDetails"),
        ("/preRTPAliasInquiry", ALIAS | {"alias": {"type": "EMAIL", "value": "a@b.pk"}}, "alias.type"),
        ("/preRTPAliasInquiry", ALIAS | {"alias": {"type": "MOBILE", "value": "12345"}}, "alias.value"),
        ("/rtpNowMerchant", RTP | {"paymentDetails": PAYMENT | {"instructedAmount": "1500.505"}}, "paymentDetails.instructedAmount"),
        ("/rtpNowMerchant", RTP | {"paymentDetails": PAYMENT | {"instructedAmount": "-1"}}, "paymentDetails.instructedAmount"),
        ("/rtpNowMerchant", RTP | {"paymentDetails": PAYMENT | {"instructedAmount": "0.00"}}, "paymentDetails.instructedAmount"),
        ("/rtpNowMerchant", RTP | {"paymentDetails": PAYMENT | {"instructedAmount": "\u0661\u0665"}}, "paymentDetails.instructedAmount"),
        ("/rtpNowMerchant", RTP | {"paymentDetails": PAYMENT | {"instructedAmount": True}}, "paymentDetails.instructedAmount"),
        ("/rtpNowMerchant", RTP | {"paymentDetails": PAYMENT | {"rtpId": ""}}, "paymentDetails.rtpId"),
        ("/rtpNowMerchant", RTP | {"paymentDetails": PAYMENT | {"rtpId": "a\x00b"}}, "paymentDetails.rtpId"),
        ("/rtpNowMerchant", RTP | {"paymentDetails": PAYMENT | {"billNo": "x" * 36}}, "paymentDetails.billNo"),
        ("/rtpNowMerchant", RTP | {"paymentDetails": PAYMENT | {"expiryDateTime": "24-11-2026"}}, "paymentDetails.expiryDateTime"),
        ("/rtpNowMerchant", RTP | {"paymentDetails": PAYMENT | {"expiryDateTime": "2026-02-30T10:00:00"}}, "paymentDetails.expiryDateTime"),
        ("/rtpNowMerchant", RTP | {"merchantDetails": {"subDept": "0001"}}, "merchantDetails.merchantID"),
        ("/rtpLaterAggregator", RTP | {"paymentDetails": PAYMENT | {"transactionType": None}}, "paymentDetails.transactionType"),
        ("/statusInquiry", {"info": {"stan": "42", "rtpId": "rtp-1"}}, "info.merchantID"),
        ("/generateDQRCMerchant", QR | {"paymentDetails": QR_PAYMENT | {"instructedAmount": 1500.5}}, "paymentDetails.instructedAmount"),
        ("/generateDQRCMerchant", QR | {"paymentDetails": QR_PAYMENT | {"instructedAmount": 0}}, "paymentDetails.instructedAmount"),
        ("/generateDQRCMerchant", QR | {"paymentDetails": None}, "paymentDetails"),
        ("/generateDQRCMerchant", QR | {"info": None}, "info"),
    ],
)  # fmt: skip
def test_the_first_wrong_field_is_named(path: str, body: dict[str, Any], field: str) -> None:
    error = refusal(path, body)
    assert (error.kind, error.field) == ("malformed", field)


@EVERY_PATH
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe{}",
        b'{"info": ' + b"[" * 5000,
        b'{"info": 1' + b"0" * 5000 + b"}",
        b'{"info": "\\ud800"}',
        b" " * LARGEST_BODY + b"{}",
    ],
    ids=["empty", "null", "list", "cut", "encoding", "deep", "long number", "surrogate", "too large"],
)
def test_what_is_no_json_object_is_refused(path: str, data: bytes) -> None:
    with pytest.raises(GatewayError) as refused:
        ENDPOINTS[path](data)
    assert refused.value.kind == "malformed"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(list(BODIES)), st.data())
def test_any_value_in_any_place_is_read_or_refused(path: str, data: st.DataObject) -> None:
    body = json.loads(json.dumps(BODIES[path]))
    part = body
    while True:
        key = data.draw(st.sampled_from(sorted(part)))
        if not isinstance(part[key], dict) or data.draw(st.booleans()):
            break
        part = part[key]
    part[key] = data.draw(JSON)
    with suppress(GatewayError):
        assert isinstance(read(path, body), Order)


def test_no_error_repeats_a_value() -> None:
    wrong = TITLE | {"customerDetails": {"memberid": "SBXA", "iban": "PK00SECRET"}}
    assert "SECRET" not in str(refusal("/preRTPTitleFetch", wrong))


NOW = from_rfc3339("2026-11-24T07:00:00Z")


@pytest.mark.parametrize(
    ("change", "quoted", "answer"),
    [
        ({}, True, None),
        ({"expires": None, "executes": None}, True, None),
        ({"expires": NOW + 1, "executes": None}, True, None),
        ({"executes": NOW - 1}, True, None),
        ({}, False, Declined("0193")),
        ({"expires": NOW}, False, Declined("0193")),
        ({"expires": NOW}, True, Declined("0118")),
        ({"expires": NOW + 1, "executes": NOW + 1}, True, Declined("0118")),
    ],
)
def test_an_order_quotes_a_pre_rtp_call_and_ends_after_it_begins(
    change: dict[str, Any], quoted: bool, answer: Declined | None
) -> None:
    order = read("/rtpLaterMerchant", RTP)._replace(**change)
    assert check_order(order, NOW, quoted=quoted) == answer


def test_a_qr_code_that_has_ended_is_not_made() -> None:
    assert check_order(read("/generateDQRCMerchant", QR), NOW) is None
    assert check_order(read("/generateDQRCMerchant", QR), NOW + 25 * 60 * SECOND_US) == Declined("0118")


# --- headers -----------------------------------------------------------------------------------

KEYS = {"Authorization": "Bearer t0ken", "X-IBM-Client-Id": "client-1"}
UUID = "7ad7fb9f-99dc-4c2c-ab88-abddb87789a0"


@pytest.mark.parametrize(
    ("headers", "correlation"),
    [
        (KEYS, None),
        (KEYS | {"X-Correlation-Id": UUID}, UUID),
        ({name.upper(): value for name, value in (KEYS | {"x-correlation-id": UUID}).items()}, UUID),
    ],
)
def test_a_call_with_its_keys_may_carry_a_correlation_id(
    headers: dict[str, str], correlation: str | None
) -> None:
    assert check_headers(headers, "client-1") == correlation


@pytest.mark.parametrize(
    ("change", "kind", "field"),
    [
        ({"Authorization": ""}, "unauthorised", "Authorization"),
        ({"Authorization": "Basic dXNlcg=="}, "unauthorised", "Authorization"),
        ({"Authorization": "Bearer "}, "unauthorised", "Authorization"),
        ({"X-IBM-Client-Id": "client-2"}, "unauthorised", "X-IBM-Client-Id"),
        ({"X-Correlation-Id": ""}, "malformed", "X-Correlation-Id"),
        ({"X-Correlation-Id": "a" * 41}, "malformed", "X-Correlation-Id"),
        ({"X-Correlation-Id": "a b"}, "malformed", "X-Correlation-Id"),
    ],
)
def test_a_header_that_is_wrong_is_named(change: dict[str, str], kind: str, field: str) -> None:
    with pytest.raises(GatewayError) as refused:
        check_headers(KEYS | change, "client-1")
    assert (refused.value.kind, refused.value.field) == (kind, field)


@pytest.mark.parametrize("missing", KEYS)
def test_a_key_that_is_missing_is_named(missing: str) -> None:
    with pytest.raises(GatewayError) as refused:
        check_headers({name: value for name, value in KEYS.items() if name != missing}, "client-1")
    assert (refused.value.kind, refused.value.field) == ("unauthorised", missing)


# --- answers -----------------------------------------------------------------------------------


def test_every_answer_has_a_code_and_a_description() -> None:
    assert approved(rtpId="rtp-1") == {
        "responseCode": "00",
        "responseDescription": "Success",
        "rtpId": "rtp-1",
    }
    reasons = Ibft().reasons
    assert refused(reasons["0168"]) == {
        "responseCode": "76",
        "responseDescription": "The beneficiary's bank knows no such account.",
    }
    assert refused(reasons["94"])["responseCode"] == "94"


def test_a_call_that_was_not_understood_is_told_what_was_wrong() -> None:
    assert rejected(GatewayError("malformed", "info.stan", "no")) == {
        "responseCode": "30",
        "responseDescription": "info.stan: no",
    }
    assert rejected(GatewayError("unauthorised", "", "no")) == {
        "httpCode": "401",
        "httpMessage": "Unauthorized",
        "moreInformation": "no",
    }


@pytest.mark.parametrize(("raast_id", "alias"), [("", {}), ("03900000001", {"raastId": "03900000001"})])
def test_a_title_goes_out_under_both_names(raast_id: str, alias: dict[str, str]) -> None:
    answer = title_answer(title="Ayesha Test", iban=IBAN, imd="999001", rtp_id="rtp-1", raast_id=raast_id)
    assert (
        answer
        == {
            "responseCode": "00",
            "responseDescription": "Success",
            "title": "Ayesha Test",
            "accountTitle": "Ayesha Test",
            "iban": IBAN,
            "accountNumber": IBAN,
            "bankIMD": "999001",
            "rtpId": "rtp-1",
        }
        | alias
    )


def test_a_status_goes_out_with_its_meaning() -> None:
    answer = status_answer("rtp-1", "PDNG")
    assert (answer["rtpStatus"], answer["rtpStatusDescription"]) == (
        "PDNG",
        "The payer has it and has not answered.",
    )


def test_a_qr_code_goes_out_as_picture_and_as_text() -> None:
    assert qr_answer(b"\x89PNG", "000201") == approved(qrCode="iVBORw==", qrData="000201")
