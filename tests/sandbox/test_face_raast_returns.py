"""Raast's message face: money that comes back, by pacs.004 and by camt.056 with camt.029."""

from typing import Any

import pytest

from connectors.iso20022.parts import Agent, Reason
from connectors.iso20022.recalls import RecallAnswer
from sandbox.rails.raast.codes import RECALL_RULES, Outcome
from tests.raast_messages import NOW, Participant, giving_back, inquiry, member, recalling, transfer
from tests.startup import AMOUNT, RICH, SHOP, Startup

ALL = 1_000_000_000


@pytest.fixture
def bank(startup: Startup) -> Participant:
    return Participant(startup)


@pytest.fixture
async def settles_later(startup: Startup) -> str:
    rows = (await startup.client.get("/v1/triggers")).json()["data"]
    found: str = next(row["destination_iban"] for row in rows if row["name"] == "unknown_then_settled")
    return found


def outcome(answer: Any) -> tuple[str, str | None]:
    return answer.status, None if answer.reason is None else answer.reason.code


async def shop_has(bank: Participant) -> int:
    return (await bank.startup.balance("shop"))["available_paisa"]


async def test_a_return_moves_the_money_back_and_the_payer_is_told(bank: Participant) -> None:
    sent = transfer()
    before = await shop_has(bank)
    await bank.ask(sent)
    assert await shop_has(bank) == before + AMOUNT
    back = giving_back(sent, "AC04")
    report = await bank.ask(back)
    assert (outcome(report), report.group.message_id) == (("ACSP", None), back.message_id)
    assert (await bank.money(), await shop_has(bank)) == ((ALL, 0), before)
    told = await bank.fetch()
    assert (told.returned_paisa, told.reason.code, told.original_tx_id) == (AMOUNT, "AC04", sent.tx_id)
    assert (told.chain.debtor.name, told.chain.creditor.name) == ("Bilal General Store", "Ayesha Siddiqui")
    assert told.original_message.message_id == sent.message_id
    assert await bank.fetch() is None


async def test_a_return_stands_in_the_statement_under_the_payment(bank: Participant) -> None:
    payment = (await bank.ask(transfer())).servicer_reference
    await bank.ask(giving_back(transfer()))
    lines = (await bank.startup.get(f"/v1/accounts/{bank.startup.accounts['rich']}/statement"))["data"]
    assert (lines[-1]["kind"], lines[-1]["credit_paisa"], lines[-1]["reference"]) == (
        "reversal",
        AMOUNT,
        payment,
    )


async def test_money_comes_back_once(bank: Participant) -> None:
    sent = transfer()
    await bank.ask(sent)
    first = await bank.send(giving_back(sent))
    assert await bank.send(giving_back(sent)) == first
    again = giving_back(sent, serial=701)
    assert outcome(await bank.ask(again)) == ("RJCT", "ARDT")
    assert outcome(await bank.ask(recalling(sent))) == ("RJCR", "ARDT")
    assert await bank.money() == (ALL, 0)


async def test_a_payment_over_the_api_is_given_back_too(bank: Participant) -> None:
    await bank.startup.pay(end_to_end_id="order-1")
    back = giving_back(transfer(), original_message=None, original_tx_id=None)
    assert outcome(await bank.ask(back._replace(original_end_to_end_id="order-1"))) == ("ACSP", None)
    told = await bank.fetch()
    assert (told.original_end_to_end_id, told.original_message) == ("order-1", None)
    assert await bank.money() == (ALL, 0)


REFUSED = [
    ("a part of it", {"returned_paisa": AMOUNT - 1}, "AM09"),
    ("a reason of nobody's", {"reason": Reason(code="XX99")}, "NARR"),
    ("a reason in words", {"reason": Reason(own="because")}, "NARR"),
    (
        "another payment",
        {"original_tx_id": "x", "original_message": None, "original_end_to_end_id": None},
        "NOOR",
    ),
]


@pytest.mark.parametrize(("change", "code"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_a_return_that_breaks_a_rule_moves_nothing(
    bank: Participant, change: dict[str, Any], code: str
) -> None:
    sent = transfer()
    await bank.ask(sent)
    stored = bank.startup.count("shelf_item"), bank.startup.count("ledger_entry")
    assert outcome(await bank.ask(giving_back(sent)._replace(**change))) == ("RJCT", code)
    assert (bank.startup.count("shelf_item"), bank.startup.count("ledger_entry")) == stored


async def test_a_refused_payment_cannot_be_given_back(bank: Participant) -> None:
    sent = transfer(amount=ALL + 1)
    assert outcome(await bank.ask(sent)) == ("RJCT", "AM04")
    assert outcome(await bank.ask(giving_back(sent))) == ("RJCT", "NOOR")


async def test_what_is_not_decided_yet_cannot_be_given_back(bank: Participant, settles_later: str) -> None:
    await bank.startup.freeze()
    sent = transfer(iban=settles_later)
    await bank.ask(sent)
    assert outcome(await bank.ask(giving_back(sent))) == ("RJCT", "NARR")
    assert outcome(await bank.ask(recalling(sent))) == ("RJCR", "NARR")
    assert await bank.money() == (ALL - AMOUNT, AMOUNT)
    await bank.startup.advance(90)
    assert outcome(await bank.ask(recalling(sent))) == ("CNCL", None)
    assert await bank.money() == (ALL, 0)


async def test_a_receiver_that_spent_the_money_cannot_give_it_back(bank: Participant) -> None:
    sent = transfer()
    await bank.ask(sent)
    await bank.startup.pay(RICH, await shop_has(bank), source=SHOP)
    assert outcome(await bank.ask(giving_back(sent))) == ("RJCT", "AM04")
    assert outcome(await bank.ask(recalling(sent))) == ("RJCR", "AM04")
    await bank.startup.pay(SHOP, AMOUNT)
    assert outcome(await bank.ask(giving_back(sent))) == ("ACSP", None)


@pytest.mark.parametrize("reason", RECALL_RULES)
async def test_what_becomes_of_a_recall_hangs_on_its_reason(bank: Participant, reason: str) -> None:
    rule = RECALL_RULES[reason]
    sent = transfer()
    await bank.ask(sent)
    answer = await bank.ask(recalling(sent, reason))
    status = {Outcome.GIVEN_BACK: "CNCL", Outcome.WAITS: "PDCR", Outcome.REFUSED: "RJCR"}[rule.outcome]
    assert outcome(answer) == (status, rule.answer)
    assert (answer.case_id, answer.original_tx_id, answer.assignee) == ("CASE-1", sent.tx_id, member(RICH))
    back = rule.outcome is Outcome.GIVEN_BACK
    assert await bank.money() == (ALL if back else ALL - AMOUNT, 0)
    told = await bank.fetch()
    assert (told is None) == (rule.outcome is Outcome.REFUSED)
    assert not back or (told.reason.code, told.returned_paisa) == ("FOCR", AMOUNT)
    assert await bank.fetch() is None


def decision(of: Any, status: str, serial: int = 850) -> RecallAnswer:
    made = RecallAnswer(f"SBXBPKKA{serial:018}", NOW, member(SHOP), member(RICH), status)
    return made._replace(original_tx_id=of.tx_id)


@pytest.mark.parametrize(("status", "left"), [("CNCL", ALL), ("RJCR", ALL - AMOUNT)])
async def test_a_recall_that_waits_is_decided_by_the_receivers_side(
    bank: Participant, status: str, left: int
) -> None:
    sent = transfer()
    await bank.ask(sent)
    await bank.ask(recalling(sent, "FRAD"))
    assert outcome(await bank.ask(decision(sent, status))) == ("ACSP", None)
    forwarded = await bank.fetch()
    assert (forwarded.reason.code, forwarded.original_tx_id, forwarded.case_id) == (
        "FRAD",
        sent.tx_id,
        "CASE-1",
    )
    told = [await bank.fetch() for _ in range(2 if status == "CNCL" else 1)]
    assert (told[-1].status, told[-1].assignee) == (status, Agent(member="SBXAPKKA"))
    assert await bank.fetch() is None
    assert await bank.money() == (left, 0)
    assert outcome(await bank.ask(decision(sent, status, 851))) == ("RJCT", "NOOR")


async def test_a_decision_is_yes_or_no_and_about_a_recall(bank: Participant) -> None:
    sent = transfer()
    await bank.ask(sent)
    assert outcome(await bank.ask(decision(sent, "CNCL"))) == ("RJCT", "NOOR")
    await bank.ask(recalling(sent, "FRAD"))
    assert outcome(await bank.ask(decision(sent, "PDCR"))) == ("RJCT", "NARR")
    assert await bank.money() == (ALL - AMOUNT, 0)


RECALLS_REFUSED = [
    ("another amount", {"original_paisa": AMOUNT + 1}, ("RJCR", "AM09")),
    ("another payment", {"original_tx_id": "x", "original_message": None}, ("RJCR", "NOOR")),
    ("a reason of nobody's", {"reason": Reason(code="XX99")}, ("RJCR", "NARR")),
    ("a reason in words", {"reason": Reason(own="oops")}, ("RJCR", "NARR")),
]


@pytest.mark.parametrize(
    ("change", "told"), [row[1:] for row in RECALLS_REFUSED], ids=[row[0] for row in RECALLS_REFUSED]
)
async def test_a_recall_of_something_else_changes_nothing(
    bank: Participant, change: dict[str, Any], told: tuple[str, str]
) -> None:
    sent = transfer()
    await bank.ask(sent)
    stored = bank.startup.count("shelf_item"), bank.startup.count("ledger_entry")
    assert outcome(await bank.ask(recalling(sent)._replace(**change))) == told
    assert (bank.startup.count("shelf_item"), bank.startup.count("ledger_entry")) == stored


async def test_the_return_of_a_payment_is_not_its_outcome(bank: Participant) -> None:
    sent = transfer()
    await bank.ask(sent)
    await bank.ask(giving_back(sent))
    assert outcome(await bank.ask(inquiry(sent))) == ("ACSP", None)


async def test_a_recall_that_waits_is_one_over_the_api(bank: Participant) -> None:
    sent = transfer()
    payment = (await bank.ask(sent)).servicer_reference
    await bank.ask(recalling(sent, "FRAD"))
    assert outcome(await bank.ask(recalling(sent, "DUPL", serial=801))) == ("PDCR", None)
    (made,) = (await bank.startup.get("/v1/raast/recalls"))["data"]
    assert (made["payment"], made["status"]) == (payment, "asked")
    kept = await bank.startup.post(f"/v1/raast/recalls/{made['id']}/refuse", {"reason": "LEGL"})
    assert kept.status_code == 200, kept.text
    assert (await bank.fetch()).reason.code == "FRAD"
    assert outcome(await bank.fetch()) == ("RJCR", "LEGL")


async def test_a_recall_over_the_api_is_decided_by_message(bank: Participant) -> None:
    sent = transfer()
    payment = (await bank.ask(sent)).servicer_reference
    made = await bank.startup.post(f"/v1/payments/{payment}/recalls", {"reason": "DUPL"})
    assert made.status_code == 201, made.text
    forwarded = await bank.fetch()
    assert (forwarded.reason.code, forwarded.original_end_to_end_id) == ("DUPL", sent.end_to_end_id)
    assert forwarded.case_id == made.json()["id"]
    said = decision(sent, "RJCR")._replace(reason=Reason(code="XX99"))
    assert outcome(await bank.ask(said)) == ("RJCT", "NARR")
    said = decision(sent, "RJCR", 851)._replace(reason=Reason(code="NOAS"))
    assert outcome(await bank.ask(said)) == ("ACSP", None)
    assert await bank.fetch() is None


async def test_a_payer_that_is_closed_takes_nothing_back(bank: Participant) -> None:
    sent = transfer()
    await bank.ask(sent)
    driver = bank.startup.services.executor._driver  # noqa: SLF001 - accounts are closed by nobody yet
    driver.execute("UPDATE bank_account SET status = 'closed' WHERE iban = ?", (RICH,))
    bank.startup.services.executor._uow.cache.clear()  # noqa: SLF001 - as another process would make it
    assert outcome(await bank.ask(giving_back(sent))) == ("RJCT", "AC04")
    assert outcome(await bank.ask(recalling(sent))) == ("RJCR", "AC04")
