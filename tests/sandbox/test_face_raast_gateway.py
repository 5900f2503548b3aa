"""Raast's JSON gateway: the same payments, told in its own codes."""

from typing import Any

import pytest

from connectors.iso20022.payments import StatusRequest
from connectors.registry import RAILS
from sandbox.payments.queries import list_triggers
from sandbox.problems import Problem
from sandbox.rails.raast.api import show_gateway_problem
from sandbox.rails.raast.codes import GATEWAY, GATEWAY_OF_REASON, REASONS
from tests.raast_messages import NOW, Participant, giving_back, transfer
from tests.startup import AMOUNT, RICH, SHOP, Startup

ROWS = {row.name: row for row in list_triggers().data if row.rail == "raast"}
ALL = 1_000_000_000
MSG_ID = "SBXAPKKA000000000000000001"


def rupees(paisa: int) -> str:
    return f"{paisa // 100}.{paisa % 100:02}"


class Gateway:
    def __init__(self, startup: Startup) -> None:
        self.startup = startup
        self.bank = Participant(startup)

    async def call(self, path: str, body: object, status: int = 200) -> Any:
        answer = await self.startup.post(f"/rails/raast/gateway/{path}", body)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json"), (
            answer.text
        )
        found = answer.json()
        code = found["responseCode"]
        text = GATEWAY[code].text if code in GATEWAY else RAILS["onelink"].reasons[code].meaning
        assert text in found["responseDescription"]
        return found

    async def title(self, iban: str = SHOP, amount: int = AMOUNT, **more: object) -> Any:
        return await self.call("title-fetch", {"iban": iban, "amount": rupees(amount), **more})

    async def order(self, iban: str = SHOP, amount: int = AMOUNT, **more: object) -> dict[str, object]:
        fetched = await self.title(iban, amount)
        made = {
            "msgId": MSG_ID,
            "tfcorrelationId": fetched["correlationId"],
            "debtorIban": RICH,
            "amount": rupees(amount),
        }
        return made | more

    async def inquire(self, msg_id: str = MSG_ID) -> Any:
        return await self.call("inquiry", {"msgId": msg_id})


@pytest.fixture
def gateway(startup: Startup) -> Gateway:
    return Gateway(startup)


async def test_a_title_is_told_with_the_rail_that_was_asked(gateway: Gateway) -> None:
    found = await gateway.title()
    assert found.pop("correlationId").startswith("tf_")
    assert found == {
        "responseCode": "00",
        "responseDescription": "Done",
        "title": "Bilal General Store",
        "iban": SHOP,
        "bic": "SBXBPKKA",
        "imd": "999002",
        "railUsed": "01",
        "amount": "150.00",
    }
    assert (await gateway.title(priorityFlag="02"))["railUsed"] == "02"


@pytest.mark.parametrize(
    ("flags", "code", "used"),
    [({}, "0410", "01"), ({"fallbackFlag": "02"}, "0168", "02"), ({"fallbackFlag": "01"}, "0410", "01")],
)
async def test_the_other_rail_is_asked_when_the_first_is_offline(
    gateway: Gateway, flags: dict[str, Any], code: str, used: str
) -> None:
    row = ROWS["title_ab08"]
    found = await gateway.title(row.destination_iban, **flags)
    assert (found["responseCode"], found["railUsed"]) == (code, used)


async def test_a_transfer_is_the_same_payment_as_one_over_the_api(gateway: Gateway) -> None:
    order = await gateway.order(endToEndId="order-1", narration="rent")
    found = await gateway.call("transfer", order)
    assert (found["responseCode"], found["completedAt"] is None) == ("00", False)
    payment = await gateway.startup.get(f"/v1/payments/{found['transactionId']}")
    assert (payment["status"], payment["end_to_end_id"], payment["narration"]) == (
        "settled",
        "order-1",
        "rent",
    )
    assert await gateway.bank.money() == (ALL - AMOUNT, 0)
    assert await gateway.call("transfer", order) == found
    assert await gateway.inquire() == found
    assert gateway.startup.count("payment") == 1


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.stage == "payment"])
async def test_a_trigger_of_the_payment_is_told_in_the_gateways_codes(gateway: Gateway, name: str) -> None:
    row = ROWS[name]
    await gateway.startup.freeze()
    order = await gateway.order(row.destination_iban, row.amount_paisa, debtorIban=row.source_iban)
    found = await gateway.call("transfer", order)
    assert found["responseCode"] == ("00" if row.reason is None else GATEWAY_OF_REASON[row.reason])
    assert found.get("reason") == row.reason
    if row.later_after_s is not None:
        assert (await gateway.inquire())["responseCode"] == found["responseCode"]
        await gateway.startup.advance(row.later_after_s)
        later = await gateway.inquire()
        reason = row.later_reason
        assert later["responseCode"] == ("00" if reason is None else GATEWAY_OF_REASON[reason])
    assert (await gateway.bank.money())[1] == 0


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.stage == "title_fetch"])
async def test_a_trigger_of_the_title_fetch_is_told_in_the_gateways_codes(
    gateway: Gateway, name: str
) -> None:
    row = ROWS[name]
    found = await gateway.title(row.destination_iban, row.amount_paisa)
    assert row.reason is not None
    assert found["responseCode"] == GATEWAY_OF_REASON[row.reason]


def test_every_reason_has_a_code_of_the_gateway() -> None:
    told = set(GATEWAY_OF_REASON)
    assert set(REASONS) - told == {"ARDT", "CUST", "FOCR"}, "those of returns, which have no answer here"
    assert len(told) == sum(len(row.reasons) for row in GATEWAY.values())


WRONG = [
    ({"msgId": MSG_ID, "narration": "other"}, "0412"),
    ({"msgId": "X2"}, "0431"),
    ({"msgId": "X2", "tfcorrelationId": "tf_nothing"}, "0431"),
]


@pytest.mark.parametrize(("change", "code"), WRONG, ids=["message", "title fetch", "no title fetch"])
async def test_what_was_used_is_not_used_again(
    gateway: Gateway, change: dict[str, object], code: str
) -> None:
    order = await gateway.order()
    await gateway.call("transfer", order)
    assert (await gateway.call("transfer", order | change))["responseCode"] == code
    assert await gateway.bank.money() == (ALL - AMOUNT, 0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": "150.01"}, "0431"),
        ({"amount": "0"}, "0412"),
        ({"debtorIban": "PK40ZZZA0000000000000001"}, "0407"),
        ({"debtorIban": SHOP}, "0405"),
    ],
)
async def test_a_transfer_that_cannot_be_is_refused_and_stores_nothing(
    gateway: Gateway, change: dict[str, object], code: str
) -> None:
    order = await gateway.order()
    stored = gateway.startup.count("shelf_item"), gateway.startup.count("payment")
    assert (await gateway.call("transfer", order | change))["responseCode"] == code
    assert (gateway.startup.count("shelf_item"), gateway.startup.count("payment")) == stored
    assert (await gateway.call("transfer", order))["responseCode"] == "00"


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 150},
        {"amount": "1,500"},
        {"amount": "150.001"},
        {"amount": "-1"},
        {"msgId": ""},
        {"msgId": "x" * 36},
        {"debtorIban": "PK00"},
        {"endToEndId": "№1"},
        {"narration": "x" * 141},
        {"tfcorrelationId": None},
    ],
    ids=str,
)
async def test_a_field_of_the_wrong_form_is_named(gateway: Gateway, change: dict[str, object]) -> None:
    order = await gateway.order()
    found = await gateway.call("transfer", order | change, 400)
    assert (found["responseCode"], next(iter(change)) in found["responseDescription"]) == ("0412", True)


@pytest.mark.parametrize("path", ["title-fetch", "transfer", "inquiry", "credit-advices"])
async def test_a_body_that_is_no_json_is_refused(gateway: Gateway, path: str) -> None:
    headers = {"authorization": f"Bearer {gateway.startup.secret}"}
    answer = await gateway.startup.client.post(
        f"/rails/raast/gateway/{path}", content=b"<xml/>", headers=headers
    )
    assert (answer.status_code, answer.json()["responseCode"]) == (400, "0412")
    answer = await gateway.startup.client.post(f"/rails/raast/gateway/{path}", content=b"{}")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["responseCode"] == "0412"


def test_what_could_not_be_stored_may_be_sent_again() -> None:
    answer = show_gateway_problem(Problem("storage_unavailable", "Send it again."))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert b'"responseCode":"0499"' in bytes(answer.body)


async def test_a_payment_over_1link_is_told_in_1links_codes(gateway: Gateway) -> None:
    rows = [row for row in list_triggers().data if row.rail == "onelink" and row.stage == "payment"]
    row = next(row for row in rows if row.reason == "0120")
    fetched = await gateway.title(row.destination_iban, row.amount_paisa, priorityFlag="02")
    order = {"msgId": MSG_ID, "tfcorrelationId": fetched["correlationId"], "debtorIban": row.source_iban}
    found = await gateway.call("transfer", order | {"amount": rupees(row.amount_paisa)})
    assert (found["responseCode"], found["reason"]) == ("0120", "0120")
    fetched = await gateway.title(priorityFlag="02")
    order = {"msgId": "X2", "tfcorrelationId": fetched["correlationId"], "debtorIban": RICH}
    assert (await gateway.call("transfer", order | {"amount": "150.00"}))["responseCode"] == "00"
    assert [row["type"] for row in (await gateway.call("credit-advices", {"iban": SHOP}))["advices"]] == [
        "02"
    ]


async def test_what_nobody_sent_is_not_found(gateway: Gateway) -> None:
    assert (await gateway.inquire("X9"))["responseCode"] == "0411"
    refused = transfer(iban=ROWS["title_ms03"].destination_iban)
    await gateway.bank.ask(refused)
    assert (await gateway.inquire(refused.message_id))["responseCode"] == "0412"


async def test_messages_and_calls_know_each_others_payments(gateway: Gateway) -> None:
    sent = transfer(5)
    await gateway.bank.ask(sent)
    assert (await gateway.inquire(sent.message_id))["responseCode"] == "00"
    await gateway.call("transfer", await gateway.order(endToEndId="order-1"))
    same = transfer(6, message_id=MSG_ID)
    assert (await gateway.bank.ask(same)).reason.code == "AM05"
    taken = await gateway.order(msgId=sent.tx_id)
    assert (await gateway.call("transfer", taken))["responseCode"] == "0412"
    asked = StatusRequest("SBXAPKKA000000000000000077", NOW, original_end_to_end_id="order-1")
    assert (await gateway.bank.ask(asked)).status == "ACSP"


async def test_credits_are_advised_with_their_type(gateway: Gateway) -> None:
    sent = transfer()
    await gateway.bank.ask(sent)
    await gateway.bank.ask(giving_back(sent))
    shop = await gateway.call("credit-advices", {"iban": SHOP})
    rich = await gateway.call("credit-advices", {"iban": RICH})
    assert [(row["type"], row["amount"], row["endToEndId"]) for row in shop["advices"]] == [
        ("01", "150.00", sent.end_to_end_id)
    ]
    assert [(row["type"], row["amount"]) for row in rich["advices"]] == [("03", "150.00")]
    assert (rich["next"], shop["advices"][0]["narration"]) == (None, "rent")
    rest = await gateway.call("credit-advices", {"iban": SHOP, "after": shop["advices"][0]["sequence"]})
    assert rest["advices"] == []
    nobody = await gateway.call("credit-advices", {"iban": "PK40ZZZA0000000000000001"})
    assert nobody["responseCode"] == "0407"
