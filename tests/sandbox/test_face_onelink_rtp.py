"""1LINK's merchant gateway over HTTP: who the payer is, requests to pay, dynamic codes."""

from base64 import b64decode
from typing import Any

import pytest

from connectors.identifiers.iban import make_iban
from connectors.onelink.gateway import ENDPOINTS
from connectors.qr.p2m import verify_p2m
from ledger.clock import from_rfc3339
from sandbox.accounts.service import SEED
from sandbox.payments.queries import list_triggers
from tests.onelink_client import MERCHANT, START, Member, code, nothing_is_left
from tests.startup import RICH, SHOP, SignUp

ROWS = {row.name: row for row in list_triggers().data if row.rail == "onelink"}
WALLET_MOBILE = "03990000007"
MINUTES, DAY = 60, 24 * 3600


@pytest.fixture
async def member(sign_up: SignUp) -> Member:
    return await Member(await sign_up(frozen_at=START)).log_in()


def account(iban: str, bank: str) -> dict[str, Any]:
    return {"customerDetails": {"memberid": bank, "iban": iban}, "info": {"stan": 1}}


def alias(mobile: str) -> dict[str, Any]:
    return {"alias": {"type": "MOBILE", "value": mobile}, "info": {"stan": 1}}


# --- who the payer is --------------------------------------------------------------------------


@pytest.mark.parametrize("bank", ["SBXA", "SBXAPKKA", "sbxapkka", "999001"])
async def test_a_payer_is_told_by_name_with_an_id_to_quote(member: Member, bank: str) -> None:
    told = await member.tell("preRTPTitleFetchMerchant", account(RICH, bank))
    assert (code(told), told["title"], told["iban"], told["bankIMD"]) == (
        "00",
        "Ayesha Siddiqui",
        RICH,
        "999001",
    )
    assert told["rtpId"].startswith("rtp-")


@pytest.mark.parametrize(
    ("iban", "bank", "expected"),
    [
        (RICH, "SBXB", "15"),
        (make_iban("HABB", "1"), "HABB", "15"),
        (make_iban("SBXA", "424242"), "SBXA", "76"),
        (SEED["closed"].iban, "SBXB", "78"),
        (SEED["frozen"].iban, "SBXB", "62"),
    ],
)
async def test_an_account_that_cannot_be_asked(member: Member, iban: str, bank: str, expected: str) -> None:
    assert code(await member.tell("preRTPTitleFetch", account(iban, bank))) == expected
    assert member.startup.count("shelf_item") == 0


async def test_a_wallet_is_found_by_its_mobile_number(member: Member) -> None:
    told = await member.tell("preRTPAliasInquiry", alias(WALLET_MOBILE))
    assert (told["iban"], told["raastId"]) == (SEED["wallet"].iban, "+923990000007")
    assert code(await member.tell("preRTPAliasInquiry", alias("03990424242"))) == "76"


async def test_a_mobile_number_is_looked_up_in_the_directory_first(member: Member) -> None:
    customer = {
        "institution": "SBXA",
        "uid": {"type": "CNIC", "value": SEED["rich"].cnic},
        "name": SEED["rich"].holder,
        "accounts": [{"account": RICH}],
        "aliases": [{"type": "MOBILE", "value": WALLET_MOBILE}],
    }
    made = await member.startup.post("/v1/raast/customers", customer)
    assert made.status_code == 201, made.text
    told = await member.tell("preRTPAliasInquiryMerchant", alias(WALLET_MOBILE))
    assert (told["iban"], told["title"]) == (RICH, "Ayesha Siddiqui")
    suspended = await member.startup.post(f"/v1/raast/customers/{made.json()['id']}/suspend")
    assert suspended.status_code == 200
    assert code(await member.tell("preRTPAliasInquiryMerchant", alias(WALLET_MOBILE))) == "76"


async def test_a_real_persons_number_is_refused(member: Member) -> None:
    answer = await member.post("preRTPAliasInquiry", alias("03001234567"))
    assert (answer.status_code, code(answer.json())) == (400, "30")
    assert "may belong to a real person" in answer.text
    assert "3001234567" not in answer.text


# --- a request and what becomes of it ----------------------------------------------------------


async def test_a_request_is_sent_delivered_accepted_and_settled(member: Member) -> None:
    rtp_id = await member.requested(150_050)
    assert (await member.status(rtp_id))["rtpStatus"] == "PDNG"
    paid = await member.tell("payer/accept", {"rtpId": rtp_id})
    assert (code(paid), paid["rtpStatus"]) == ("00", "ACSC")
    assert (await member.status(rtp_id))["rtpStatus"] == "ACSC"
    (payment,) = (await member.startup.get("/v1/payments"))["data"]
    assert (payment["destination_iban"], payment["amount_paisa"]) == (SHOP, 150_050)
    assert (payment["end_to_end_id"], payment["narration"]) == (rtp_id, "INV-1")
    assert code(await member.tell("payer/accept", {"rtpId": rtp_id})) == "57"
    assert member.startup.count("payment") == 1
    await nothing_is_left(member.startup)


async def test_a_payer_may_say_no(member: Member) -> None:
    rtp_id = await member.requested()
    assert (await member.tell("payer/reject", {"rtpId": rtp_id}))["rtpStatus"] == "RJCT"
    assert code(await member.tell("payer/accept", {"rtpId": rtp_id})) == "57"
    assert code(await member.status(rtp_id, path="rtpCancellation")) == "57"


async def test_a_merchant_may_take_a_request_back_until_it_is_accepted(member: Member) -> None:
    rtp_id = await member.requested()
    assert (await member.status(rtp_id, path="rtpCancellation"))["rtpStatus"] == "CANC"
    assert code(await member.tell("payer/accept", {"rtpId": rtp_id})) == "57"


async def test_a_request_now_ends_after_thirty_minutes(member: Member) -> None:
    rtp_id = await member.requested()
    await member.startup.advance(30 * MINUTES - 1)
    assert (await member.status(rtp_id))["rtpStatus"] == "PDNG"
    await member.startup.advance(1)
    assert (await member.status(rtp_id))["rtpStatus"] == "RJCT"
    assert code(await member.tell("payer/accept", {"rtpId": rtp_id})) == "57"


async def test_a_later_request_reaches_the_payer_later_and_lasts_a_day(member: Member) -> None:
    rtp_id = (await member.prepare())["rtpId"]
    order = member.request(rtp_id, executionDateTime="2026-11-24T08:00:00Z")
    assert (await member.tell("rtpLaterMerchant", order))["rtpStatus"] == "ACTC"
    assert (await member.status(rtp_id))["rtpStatus"] == "ACTC"
    await member.startup.advance(2 * 3600)
    await member.log_in()
    assert (await member.status(rtp_id))["rtpStatus"] == "PDNG"
    await member.startup.advance(DAY - 1)
    await member.log_in()
    assert (await member.status(rtp_id))["rtpStatus"] == "PDNG"
    await member.startup.advance(1)
    assert (await member.status(rtp_id))["rtpStatus"] == "RJCT"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"expiryDateTime": "2026-11-24T06:00:00Z"}, "30"),
        ({"expiryDateTime": "2026-11-24T07:00:00Z", "executionDateTime": "2026-11-24T07:00:00Z"}, "30"),
        ({"rtpId": "rtp-never-seen"}, "12"),
    ],
)
async def test_an_order_that_cannot_stand(member: Member, change: dict[str, str], expected: str) -> None:
    rtp_id = (await member.prepare())["rtpId"]
    order = member.request(rtp_id)
    order["paymentDetails"] |= change
    assert code(await member.tell("rtpNowMerchant", order)) == expected
    assert code(await member.status(rtp_id)) == "12"
    assert code(await member.tell("payer/accept", {"rtpId": rtp_id})) == "12"


async def test_an_id_is_quoted_once(member: Member) -> None:
    rtp_id = await member.requested()
    assert code(await member.tell("rtpNowMerchant", member.request(rtp_id))) == "12"


async def test_a_payer_without_money_ends_the_request(member: Member) -> None:
    rtp_id = await member.requested(iban=SEED["poor"].iban)
    assert (await member.tell("payer/accept", {"rtpId": rtp_id}))["rtpStatus"] == "RJCT"
    await nothing_is_left(member.startup)


async def test_an_accepted_request_waits_for_its_money(member: Member) -> None:
    late = MERCHANT | {"iban": ROWS["late_credit"].destination_iban, "merchantID": "LATE"}
    rtp_id = (await member.prepare())["rtpId"]
    order = member.request(rtp_id) | {"merchantDetails": late}
    assert code(await member.tell("rtpNowMerchant", order)) == "00"
    assert (await member.tell("payer/accept", {"rtpId": rtp_id}))["rtpStatus"] == "ACCP"
    assert (await member.status(rtp_id, "LATE"))["rtpStatus"] == "ACCP"
    assert code(await member.status(rtp_id, "LATE", "rtpCancellation")) == "57"
    await member.startup.advance(90)
    assert (await member.status(rtp_id, "LATE"))["rtpStatus"] == "ACSC"
    await nothing_is_left(member.startup)


async def test_a_merchant_that_went_away_cannot_be_paid_and_the_request_waits_on(member: Member) -> None:
    rtp_id = (await member.prepare(SHOP))["rtpId"]
    assert code(await member.tell("rtpNowMerchant", member.request(rtp_id))) == "00"
    assert code(await member.tell("payer/accept", {"rtpId": rtp_id})) == "57"  # it would pay itself
    over = ROWS["title_0101"].destination_iban
    told = await member.tell(
        "rtpNowMerchant",
        member.request((await member.prepare())["rtpId"]) | {"merchantDetails": MERCHANT | {"iban": over}},
    )
    assert code(told) == "61"


async def test_a_merchant_over_its_limit_is_told_to_the_payer(member: Member) -> None:
    wallet = MERCHANT | {"iban": SEED["l0"].iban, "merchantID": "WALLET"}
    rtp_id = (await member.prepare())["rtpId"]
    order = member.request(rtp_id, 2_500_001) | {"merchantDetails": wallet}
    assert code(await member.tell("rtpNowMerchant", order)) == "00"
    assert code(await member.tell("payer/accept", {"rtpId": rtp_id})) == "61"
    assert (await member.status(rtp_id, "WALLET"))["rtpStatus"] == "PDNG"


async def test_an_aggregator_names_a_merchant_that_was_told_before(member: Member) -> None:
    short = {"merchantDetails": {"merchantId": "DEMO_001", "subDept": "0001"}}
    rtp_id = (await member.prepare())["rtpId"]
    assert code(await member.tell("rtpNowAggregator", member.request(rtp_id) | short)) == "03"
    await member.requested()
    assert code(await member.tell("rtpNowAggregator", member.request(rtp_id) | short)) == "00"
    assert (await member.tell("payer/accept", {"rtpId": rtp_id}))["rtpStatus"] == "ACSC"


async def test_a_request_is_its_own_merchants_and_tenants_only(member: Member, sign_up: SignUp) -> None:
    rtp_id = await member.requested()
    assert code(await member.status(rtp_id, "OTHER")) == "12"
    other = await Member(await sign_up(frozen_at=START)).log_in()
    assert code(await other.status(rtp_id)) == "12"
    assert code(await other.tell("payer/accept", {"rtpId": rtp_id})) == "12"
    assert (await member.status(rtp_id))["rtpStatus"] == "PDNG"


# --- dynamic codes -----------------------------------------------------------------------------


def code_order(**merchant: object) -> dict[str, Any]:
    payment = {"instructedAmount": 150_050, "transactionType": 38}
    return {"merchantDetails": MERCHANT | merchant, "paymentDetails": payment, "info": {"stan": 1}}


async def test_a_code_leads_to_a_payment(member: Member) -> None:
    made = await member.tell("generateDQRCMerchant", code_order())
    assert b64decode(made["qrCode"]).startswith(b"\x89PNG")
    qr = verify_p2m(made["qrData"], from_rfc3339(START))
    assert (qr.iban, qr.amount_paisa, qr.name, qr.city) == (SHOP, 150_050, "Bilal Store", "Karachi")
    assert (qr.member_code, qr.category, qr.rtp_id) == ("SBXBPKKA", "5411", made["rtpId"])
    assert code(await member.tell("payer/accept", {"rtpId": qr.rtp_id})) == "78"
    paid = await member.tell("payer/accept", {"rtpId": qr.rtp_id, "fromAccount": RICH})
    assert paid["rtpStatus"] == "ACSC"
    assert (await member.startup.balance())["ledger_paisa"] == 1_000_000_000 - 150_050


async def test_an_aggregators_code_is_its_merchants(member: Member) -> None:
    order = {
        "merchantDetails": {"merchantID": "DEMO_001", "subDept": "0001"},
        "payerDetails": {"paymentDetails": {"instructedAmount": "100"}, "info": {"stan": 1}},
    }
    assert code(await member.tell("generateDQRCAggregator", order)) == "03"
    await member.tell("generateDQRCMerchant", code_order())
    made = await member.tell("generateDQRCAggregator", order)
    assert verify_p2m(made["qrData"], from_rfc3339(START)).iban == SHOP


async def test_a_code_that_has_ended_is_not_made(member: Member) -> None:
    order = code_order()
    order["paymentDetails"]["expiryDateTime"] = "2026-11-24T05:59:59Z"
    assert code(await member.tell("generateDQRCMerchant", order)) == "30"


@pytest.mark.parametrize(
    "change",
    [
        {"dbaName": "دکان"},
        {"merchantCategoryCode": "x"},
        {"merchantCategoryCode": None},
        {"postalAddress": None},
    ],
)
async def test_what_a_code_cannot_hold_is_refused(member: Member, change: dict[str, object]) -> None:
    answer = await member.post("generateDQRCMerchant", code_order(**change))
    assert (answer.status_code, code(answer.json())) == (400, "30")
    assert "merchantDetails" in answer.text


async def test_a_merchant_that_cannot_be_paid_gets_no_code(member: Member) -> None:
    assert code(await member.tell("generateDQRCMerchant", code_order(iban=SEED["closed"].iban))) == "78"


async def test_an_amount_that_no_code_holds_is_refused(member: Member) -> None:
    order = code_order()
    order["paymentDetails"]["instructedAmount"] = 999_999_999_999
    made = await member.post("generateDQRCMerchant", order)
    assert (made.status_code, code(made.json())) in {(200, "00"), (400, "30")}


@pytest.mark.parametrize("account", ["", " ", "١٢", "PK", "\x00", "ß" * 20, "1" * 71])
async def test_an_account_of_any_text_is_none(member: Member, account: str) -> None:
    rtp_id = (await member.tell("generateDQRCMerchant", code_order()))["rtpId"]
    answer = await member.post("payer/accept", {"rtpId": rtp_id, "fromAccount": account})
    assert code(answer.json()) in {"78", "30"}
    assert member.startup.count("payment") == 0


# --- bytes -------------------------------------------------------------------------------------

BAD: list[Any] = [b"", b"{", b"[]", b"\xff\xfe{}", {}, {"info": 1}, b"\x00" * 99, b"[" * 60_000]
PATHS = [path.lstrip("/") for path in ENDPOINTS] + ["payer/accept", "payer/reject"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_of_any_bytes_is_answered_in_the_gateways_words(member: Member, path: str) -> None:
    for body in BAD:
        answer = await member.post(path, body)
        assert (answer.status_code, code(answer.json())) == (400, "30")
    assert member.startup.count("shelf_item") == 0
