"""Bills over HTTP, in the gateway's own words: every published row, money, time, repeats, strangers."""

import json
from typing import Any

import httpx
import pytest

from connectors.bills.bill import due
from connectors.bills.billers import BILLERS
from connectors.bills.rail import Bills, BillTrigger
from connectors.bills.wire import rupees
from connectors.identifiers.iban import make_iban
from sandbox.accounts.service import SEED
from sandbox.problems import Problem
from sandbox.rails.bills.api import show
from sandbox.settings import Settings
from tests.startup import RICH, SignUp, Startup

RAIL = Bills()
START = "2026-11-24T06:00:00Z"
INFO = {"rrn": "632811000042", "stan": "000042", "txndate": "20261124", "txntime": "115500"}
UNPAID, PART, PAID = ("power", "90000000000021"), ("water", "9000000022"), ("power", "90000000000023")
SLIP = ("tax", "90000000000000006")
LATER, REFUSED_LATER = ("power", "90000000000027"), ("gas", "90000000028")
DAY = 24 * 3600
HOURS_OF_TAX = 3 * 3600
NOBODY = make_iban("SBXA", "9999")


class Payer:
    """A bank that pays bills for its customers; every call has numbers of its own."""

    def __init__(self, startup: Startup) -> None:
        self.startup = startup
        self.calls = 0

    def info(self, **more: object) -> dict[str, object]:
        self.calls += 1
        return {**INFO, "stan": f"{self.calls:06}", **more}

    async def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        keyed = {"authorization": f"Bearer {self.startup.secret}", **headers}
        return await self.startup.client.post(f"/rails/bills/{path}", content=content, headers=keyed)

    async def inquire(self, biller: str, consumer_no: str, **headers: str) -> Any:
        which = {"billerId": BILLERS[biller].id, "consumerNo": consumer_no}
        return (await self.post("billInquiry", {"info": self.info(), "billinfo": which}, **headers)).json()

    def order(self, bill: tuple[str, str], paisa: int, shown: Any, *, payer: str = RICH) -> dict[str, Any]:
        return {
            "info": self.info(inqcorrelationId=shown["info"]["correlationId"]),
            "billinfo": {
                "billerId": BILLERS[bill[0]].id,
                "consumerNo": bill[1],
                "amount": rupees(paisa),
            },
            "payerInfo": {"payerIBAN": payer, "payerName": "Ayesha Test", "payerCNIC": "9000100000012"},
            "otherInfo": {"channel": "00000002", "authId": "658965"},
        }

    async def pay(self, bill: tuple[str, str], paisa: int, *, payer: str = RICH) -> Any:
        shown = await self.inquire(*bill)
        return (await self.post("billPayment", self.order(bill, paisa, shown, payer=payer))).json()

    async def ask(self, order: dict[str, Any], system: str = "04") -> Any:
        info = order["info"]
        names = ("stan", "rrn", "txndate", "txntime")
        original = {"destinationSystem": system} | {f"o{name}": info[name] for name in names}
        return (
            await self.post("transactionInquiry", {"info": self.info(), "originalTxnInfo": original})
        ).json()


def code(answer: Any) -> str:
    return str(answer["response"]["response_code"])


@pytest.fixture
async def payer(sign_up: SignUp) -> Payer:
    return Payer(await sign_up(frozen_at=START))


async def nothing_is_left(startup: Startup) -> None:
    """The books balance, nothing is on hold and 1LINK keeps nothing."""
    sums = await startup.get("/v1/ledger/trial-balance")
    assert sums["balanced"]
    assert sums["debits_pending_paisa"] == sums["credits_pending_paisa"] == 0


# --- every published bill ----------------------------------------------------------------------


@pytest.mark.parametrize("row", RAIL.triggers, ids=lambda row: row.name)
async def test_a_published_bill_does_what_its_row_says(payer: Payer, row: BillTrigger) -> None:
    startup = payer.startup
    shown = await payer.inquire(row.biller, row.consumer_no)
    if row.stage == "inquiry":
        assert code(shown) == (row.reason or "0000")
        assert ("billInfo" in shown) is (row.status == "found")
        return
    before = (await startup.balance())["ledger_paisa"]
    bill = row.facts(startup_time := 1_795_500_000_000_000).bill
    assert bill is not None
    amount = due(bill, startup_time) or 510_000
    order = payer.order((row.biller, row.consumer_no), amount, shown)
    paid = (await payer.post("billPayment", order)).json()
    assert code(paid) == (row.reason or "0000")
    assert (await startup.balance())["held_paisa"] == (amount if row.status == "unknown" else 0)
    if row.status == "unknown":
        wait = row.after_s or DAY
        await startup.advance(wait - 1)
        assert code(await payer.ask(order)) == row.reason
        await startup.advance(1)
        assert code(await payer.ask(order)) == (row.later_reason or "0000")
    spent = before - (await startup.balance())["ledger_paisa"]
    assert spent == (amount if "settled" in {row.status, row.later} else 0)
    await nothing_is_left(startup)


# --- the life of a bill ------------------------------------------------------------------------


async def test_a_bill_is_paid_once_and_its_receipt_is_told_again(payer: Payer) -> None:
    shown = await payer.inquire(*UNPAID)
    assert shown["billInfo"]["amountWithinDueDate"] == "5100"
    order = payer.order(UNPAID, 510_000, shown)
    first = (await payer.post("billPayment", order)).json()
    assert code(first) == "0000"
    assert first["info"]["receiptNo"] == "RCP-20261124-0001-0000001"
    again = (await payer.post("billPayment", order)).json()
    assert (code(again), again["info"]["receiptNo"]) == ("0000", first["info"]["receiptNo"])
    assert (await payer.ask(order))["info"]["receiptNo"] == first["info"]["receiptNo"]
    assert (await payer.inquire(*UNPAID))["billInfo"]["billStatus"] == "P"
    assert code(await payer.pay(UNPAID, 510_000)) == "0289"
    assert (await payer.startup.balance())["ledger_paisa"] == 1_000_000_000 - 510_000
    await nothing_is_left(payer.startup)


async def test_another_payment_under_the_same_numbers_is_refused(payer: Payer) -> None:
    order = payer.order(PART, 100_000, await payer.inquire(*PART))
    assert code((await payer.post("billPayment", order)).json()) == "0000"
    for change in (
        {"billinfo": order["billinfo"] | {"amount": "999"}},
        {"payerInfo": order["payerInfo"] | {"payerIBAN": SEED["wallet"].iban}},
        {"payerInfo": order["payerInfo"] | {"payerIBAN": NOBODY}},
        {"billinfo": order["billinfo"] | {"billerId": 1, "consumerNo": UNPAID[1]}},
    ):
        answer = (await payer.post("billPayment", order | change)).json()
        assert code(answer) == "0299"
    assert (await payer.startup.balance())["ledger_paisa"] == 1_000_000_000 - 100_000


async def test_parts_are_paid_until_nothing_is_due(payer: Payer) -> None:
    assert code(await payer.pay(PART, 200_000)) == "0000"
    shown = await payer.inquire(*PART)
    assert shown["billInfo"]["billStatus"] == "T"
    assert code(await payer.pay(PART, 310_001)) == "0299"
    assert code(await payer.pay(PART, 310_000)) == "0000"
    assert (await payer.inquire(*PART))["billInfo"]["billStatus"] == "P"


async def test_a_late_bill_costs_more_by_the_sandbox_clock(payer: Payer) -> None:
    await payer.startup.advance(11 * DAY)
    assert code(await payer.pay(UNPAID, 510_000)) == "0299"
    assert code(await payer.pay(UNPAID, 530_000)) == "0000"


async def test_a_slip_is_marked_paid_within_hours_and_its_receipt_follows(payer: Payer) -> None:
    order = payer.order(SLIP, 2_500_000, await payer.inquire(*SLIP))
    paid = (await payer.post("billPayment", order)).json()
    assert (code(paid), "receiptNo" in paid["info"]) == ("0000", False)
    assert code(await payer.pay(SLIP, 2_500_000)) == "0266"
    await payer.startup.advance(HOURS_OF_TAX - 1)
    assert "receiptNo" not in (await payer.ask(order))["info"]
    await payer.startup.advance(1)
    assert (await payer.ask(order))["info"]["receiptNo"] == "CPR-20261124-0004-0000001"
    assert (await payer.inquire(*SLIP))["billInfo"]["billStatus"] == "P"
    await nothing_is_left(payer.startup)
    await payer.startup.advance(DAY)
    assert (await payer.inquire(*SLIP))["billInfo"]["billStatus"] == "P"


async def test_a_new_slip_is_good_for_a_day(payer: Payer) -> None:
    made = await payer.post("psid", {"customerName": "Chai Pay", "amount": "1500.50"})
    assert made.status_code == 201
    bill = made.json()["billInfo"]
    assert (len(bill["consumerNo"]), bill["amountWithinDueDate"]) == (17, "1500.50")
    other = (await payer.post("psid", {"customerName": "Chai Pay", "amount": 1})).json()["billInfo"]
    assert other["consumerNo"] != bill["consumerNo"]
    assert code(await payer.pay(("tax", bill["consumerNo"]), 150_050)) == "0000"
    await payer.startup.advance(DAY)
    assert code(await payer.inquire("tax", other["consumerNo"])) == "0294"


async def test_while_an_outcome_is_unknown_nobody_pays_the_bill(payer: Payer) -> None:
    order = payer.order(LATER, 510_000, await payer.inquire(*LATER))
    assert code((await payer.post("billPayment", order)).json()) == "0225"
    assert code((await payer.post("billPayment", order)).json()) == "0225"
    assert code(await payer.pay(LATER, 510_000)) == "0266"
    assert (await payer.startup.balance())["held_paisa"] == 510_000
    await payer.startup.advance(90)
    told = await payer.ask(order)
    assert (code(told), told["info"]["receiptNo"]) == ("0000", "RCP-20261124-0001-0000001")


async def test_a_bill_whose_payment_came_to_nothing_can_be_tried_again(payer: Payer) -> None:
    assert code(await payer.pay(REFUSED_LATER, 510_000)) == "0295"
    await payer.startup.advance(90)
    assert (await payer.inquire(*REFUSED_LATER))["billInfo"]["billStatus"] == "U"
    assert code(await payer.pay(REFUSED_LATER, 510_000)) == "0295"


@pytest.mark.parametrize(
    ("bill", "wait", "told"),
    [
        (UNPAID, 1, ["bill_payment.settled"]),
        (LATER, 90, ["bill_payment.unknown", "bill_payment.settled"]),
        (REFUSED_LATER, 90, ["bill_payment.unknown", "bill_payment.refused"]),
    ],
)
async def test_what_becomes_of_a_payment_is_an_event(
    payer: Payer, bill: tuple[str, str], wait: int, told: list[str]
) -> None:
    await payer.pay(bill, 510_000)
    await payer.startup.advance(wait)
    events = (await payer.startup.get("/v1/events"))["data"][::-1]
    assert [event["type"] for event in events] == told
    last = events[-1]["data"]
    assert (last["object"], last["consumer_no"], last["amount_paisa"]) == ("bill_payment", bill[1], 510_000)
    assert (last["receipt"] is None) is (told[-1] == "bill_payment.refused")


# --- who pays ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payer_iban", "expected"),
    [
        (SEED["poor"].iban, "0404"),
        (SEED["frozen"].iban, "0407"),
        (SEED["closed"].iban, "0408"),
        (NOBODY, "0407"),
    ],
)
async def test_an_account_that_cannot_pay_is_told_why(payer: Payer, payer_iban: str, expected: str) -> None:
    assert code(await payer.pay(UNPAID, 510_000, payer=payer_iban)) == expected
    assert payer.startup.count("shelf_item") == 1  # what was shown, and nothing else
    await nothing_is_left(payer.startup)


async def test_an_account_sends_no_more_at_once_than_it_may(payer: Payer) -> None:
    slip = (await payer.post("psid", {"customerName": "X", "amount": "25000.01"})).json()["billInfo"]
    limited = SEED["limited"].iban
    assert code(await payer.pay(("tax", slip["consumerNo"]), 2_500_001, payer=limited)) == "0401"


async def test_a_real_persons_number_is_refused_unless_the_operator_lets_it_in(payer: Payer) -> None:
    order = payer.order(UNPAID, 510_000, await payer.inquire(*UNPAID))
    order["payerInfo"]["payerCNIC"] = "3520212345671"
    refused = await payer.post("billPayment", order)
    assert (refused.status_code, code(refused.json())) == (400, "0296")
    assert "may belong to a real person" in refused.json()["response"]["response_desc"]
    assert "3520212345671" not in refused.text
    shared = payer.startup.services
    settings = shared.settings.model_copy(
        update={"real_numbers": Settings(real_numbers={"cnic"}).real_numbers}
    )
    payer.startup.app.state.services = shared._replace(settings=settings)
    assert code((await payer.post("billPayment", order)).json()) == "0000"


# --- what is not understood --------------------------------------------------------------------


@pytest.mark.parametrize("path", ["billInquiry", "billPayment", "transactionInquiry", "psid"])
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe{}", b"{}", b'{"info": 1}', b"\x00" * 100, b"[" * 60_000],
)
async def test_a_body_of_any_bytes_is_answered_in_the_gateways_words(
    payer: Payer, path: str, body: bytes
) -> None:
    answer = await payer.post(path, body)
    assert answer.status_code == 400
    assert code(answer.json()) in {"0296", "0468"}
    assert payer.startup.count("shelf_item") == 0


@pytest.mark.parametrize("correlation", ["a b", "", "x" * 41, "ünder"])
@pytest.mark.parametrize("path", ["billInquiry", "psid"])
async def test_a_correlation_id_is_short_and_plain(payer: Payer, path: str, correlation: str) -> None:
    body: dict[str, object] = {"customerName": "X", "amount": 1}
    if path == "billInquiry":
        body = {"info": INFO, "billinfo": {"billerId": 1, "consumerNo": UNPAID[1]}}
    headers = {b"authorization": f"Bearer {payer.startup.secret}".encode()}
    headers[b"x-correlation-id"] = correlation.encode()
    answer = await payer.startup.client.post(f"/rails/bills/{path}", json=body, headers=headers)
    assert (answer.status_code, code(answer.json())) == (400, "0296")


async def test_a_correlation_id_of_the_callers_is_kept(payer: Payer) -> None:
    mine = "7ad7fb9f-99dc-4c2c-ab88-abddb87789a0"
    shown = await payer.inquire(*UNPAID, **{"x-correlation-id": mine})
    assert shown["info"]["correlationId"] == mine
    assert code((await payer.post("billPayment", payer.order(UNPAID, 510_000, shown))).json()) == "0000"


async def test_a_payment_without_its_inquiry_or_with_anothers_moves_nothing(payer: Payer) -> None:
    other = await payer.inquire(*PART)
    order = payer.order(UNPAID, 510_000, other)
    assert code((await payer.post("billPayment", order)).json()) == "0413"
    order["info"]["inqcorrelationId"] = "never-seen"
    assert code((await payer.post("billPayment", order)).json()) == "0413"
    del order["info"]["inqcorrelationId"]
    assert code((await payer.post("billPayment", order)).json()) == "0413"
    assert (
        code(
            (
                await payer.post("billPayment", order | {"billinfo": order["billinfo"] | {"billerId": 99}})
            ).json()
        )
        == "0291"
    )
    assert code(await payer.ask(order)) == "0411"


async def test_a_transfer_is_not_asked_about_here(payer: Payer) -> None:
    order = payer.order(UNPAID, 510_000, await payer.inquire(*UNPAID))
    assert code((await payer.post("billPayment", order)).json()) == "0000"
    assert code(await payer.ask(order, "02")) == "0411"


# --- who may call ------------------------------------------------------------------------------


async def test_another_tenants_numbers_look_like_none(payer: Payer, sign_up: SignUp) -> None:
    other = Payer(await sign_up(frozen_at=START))
    shown = await payer.inquire(*UNPAID)
    order = payer.order(UNPAID, 510_000, shown)
    assert code((await other.post("billPayment", order)).json()) == "0413"
    assert code((await payer.post("billPayment", order)).json()) == "0000"
    assert code(await other.ask(order)) == "0411"
    assert (await other.inquire(*UNPAID))["billInfo"]["billStatus"] == "U"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer sk_test_x", "Basic YTpi", "Bearer at_x"])
async def test_without_a_key_nothing_is_said(payer: Payer, header: str) -> None:
    answer = await payer.post("billInquiry", {}, authorization=header)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_token"
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_the_billers_that_are_open_are_listed(payer: Payer) -> None:
    headers = {"authorization": f"Bearer {payer.startup.secret}"}
    listed = (await payer.startup.client.get("/rails/bills/billers", headers=headers)).json()
    assert [row["billerId"] for row in listed["billers"]] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("method", "path", "status", "expected"),
    [("GET", "billInquiry", 405, "0290"), ("POST", "nothing", 404, "0290"), ("POST", "", 404, "0290")],
)
async def test_what_the_face_does_not_offer_is_refused_in_its_words(
    payer: Payer, method: str, path: str, status: int, expected: str
) -> None:
    answer = await payer.startup.client.request(method, f"/rails/bills/{path}")
    assert (answer.status_code, code(answer.json())) == (status, expected)


async def test_a_body_that_is_too_large_is_refused_in_its_words(payer: Payer) -> None:
    for size in (70_000, 2_000_000):
        answer = await payer.post("billInquiry", b" " * size)
        assert (answer.status_code, code(answer.json())) == (400 if size < 1_000_000 else 413, "0296")


def test_what_was_not_stored_is_no_word_about_the_bill() -> None:
    answer = show(Problem("storage_unavailable", "Send it again."))
    assert (answer.status_code, code(json.loads(bytes(answer.body)))) == (503, "0299")
