"""Raast's message face: payments by pacs.008, and what is asked about them by pacs.028."""

import asyncio

import pytest

from connectors.iso20022.parts import Account, Agent
from connectors.iso20022.payments import StatusReport
from sandbox.payments.late import resolve
from sandbox.payments.queries import list_triggers
from sandbox.world import enter
from tests.raast_messages import Participant, headed, inquiry, transfer
from tests.startup import AMOUNT, RICH, SHOP, Startup

ROWS = {row.name: row for row in list_triggers().data if row.rail == "raast"}
STATUS = {"settled": "ACSP", "refused": "RJCT", "unknown": "PDNG"}
ALL = 1_000_000_000
SETTLES = ROWS["unknown_then_settled"].destination_iban


@pytest.fixture
def bank(startup: Startup) -> Participant:
    return Participant(startup)


def outcome(report: StatusReport) -> tuple[str, str | None]:
    assert report.group is None or report.group.status == report.status
    return report.status, None if report.reason is None else report.reason.code


async def test_a_payment_by_message_is_the_same_payment_as_one_over_the_api(bank: Participant) -> None:
    sent = transfer()
    report = await bank.ask(sent)
    assert outcome(report) == ("ACSP", None)
    assert (report.group.message_id, report.original_tx_id) == (sent.message_id, sent.tx_id)
    payment = await bank.startup.get(f"/v1/payments/{report.servicer_reference}")
    assert (payment["status"], payment["amount_paisa"], payment["narration"]) == ("settled", AMOUNT, "rent")
    assert payment["end_to_end_id"] == sent.end_to_end_id
    assert payment["destination_title"] == "Bilal General Store"
    assert await bank.money() == (ALL - AMOUNT, 0)


async def test_the_answer_has_a_header_when_the_message_has_one(bank: Participant) -> None:
    answer = bank.read(await bank.send(headed(transfer())))
    assert answer.header is not None
    assert (answer.header.sender.member, answer.header.receiver.member) == ("SBPPPKKAIPS", "SBXAPKKA")
    assert answer.header.message_id == answer.message.message_id  # type: ignore[union-attr]
    assert (answer.header.message_name, answer.header.service) == ("pacs.002.001.10", "IPS")


@pytest.mark.parametrize("name", ROWS)
async def test_a_trigger_does_by_message_what_it_does_over_the_api(bank: Participant, name: str) -> None:
    row = ROWS[name]
    await bank.startup.freeze()
    sent = transfer(iban=row.destination_iban, amount=row.amount_paisa, source=row.source_iban)
    assert outcome(await bank.ask(sent)) == (STATUS[row.status], row.reason)
    assert outcome(await bank.ask(inquiry(sent))) == (STATUS[row.status], row.reason)
    again = sent._replace(message_id="SBXAPKKA000000000000000002")
    assert outcome(await bank.ask(again)) == ("RJCT", "AM05")
    if row.later_after_s is not None:
        await bank.startup.advance(row.later_after_s - 1)
        assert outcome(await bank.ask(inquiry(sent, 901))) == (STATUS[row.status], row.reason)
        assert await bank.fetch() is None
        await bank.startup.advance(1)
        assert row.later_status is not None
        told = (STATUS[row.later_status], row.later_reason)
        assert outcome(await bank.ask(inquiry(sent, 902))) == told
    assert (await bank.money())[1] == 0


@pytest.mark.parametrize("headed_", [False, True])
async def test_the_same_message_again_gets_the_same_bytes_and_moves_nothing(
    bank: Participant, *, headed_: bool
) -> None:
    body = headed(transfer()) if headed_ else transfer()
    first = await bank.send(body)
    await bank.startup.freeze()
    await bank.startup.advance(3600)
    assert await bank.send(body) == first
    assert await bank.money() == (ALL - AMOUNT, 0)
    assert bank.startup.count("payment") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"amount_paisa": AMOUNT + 1},
        {"message_id": "SBXAPKKA000000000000000002"},
        {"message_id": "SBXAPKKA000000000000000002", "tx_id": None},
        {"message_id": "SBXAPKKA000000000000000002", "tx_id": "SBXA261124120000000002"},
    ],
    ids=["MsgId", "TxId", "InstrId", "EndToEndId"],
)
async def test_an_id_used_before_is_a_duplicate(bank: Participant, change: dict[str, object]) -> None:
    assert outcome(await bank.ask(transfer())) == ("ACSP", None)
    assert outcome(await bank.ask(transfer()._replace(**change))) == ("RJCT", "AM05")  # type: ignore[arg-type]
    assert await bank.money() == (ALL - AMOUNT, 0)


async def test_a_refused_payment_may_be_sent_again_as_a_new_message(bank: Participant) -> None:
    refused = transfer(iban=ROWS["pay_ms03"].destination_iban)
    again = transfer(2, end_to_end_id=refused.end_to_end_id)
    assert outcome(await bank.ask(refused)) == ("RJCT", "MS03")
    assert outcome(await bank.ask(again)) == ("ACSP", None)


WRONG: list[tuple[str, dict[str, object], str]] = [
    ("an amount of zero", {"amount_paisa": 0}, "AM12"),
    ("more than is kept", {"amount_paisa": 10**15 + 1}, "AM12"),
    ("another instructed amount", {"instructed_paisa": AMOUNT - 1}, "AM09"),
    ("no debtor's account", {"debtor_account": None}, "AC02"),
    ("no creditor's account", {"creditor_account": None}, "AC03"),
    ("an account by number", {"creditor_account": Account(other="2")}, "AC01"),
    ("wrong check digits", {"creditor_account": Account(iban="PK00" + SHOP[4:])}, "AC01"),
    ("a debtor nobody knows", {"debtor_account": Account(iban="PK40ZZZA0000000000000001")}, "AC02"),
    ("a debtor that is frozen", {"debtor_account": "frozen", "debtor_agent": Agent("SBXBPKKA")}, "AC06"),
    ("a debtor that is closed", {"debtor_account": "closed", "debtor_agent": Agent("SBXBPKKA")}, "AC04"),
    ("another debtor's agent", {"debtor_agent": Agent("SBXBPKKA")}, "RC01"),
    ("another creditor's agent", {"creditor_agent": Agent(bic="SBXAPKKA")}, "RC04"),
    ("an agent not of the sandbox", {"creditor_account": Account(iban="PK40ZZZA0000000000000001")}, "RC04"),
    (
        "itself",
        {"creditor_account": Account(iban=RICH), "creditor_agent": Agent(bic="SBXAPKKA")},
        "AG01",
    ),
    ("an end-to-end id of odd letters", {"end_to_end_id": "bill №1"}, "NARR"),
]


@pytest.mark.parametrize(("change", "code"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
async def test_what_a_message_names_wrongly_is_refused_and_nothing_is_stored(
    bank: Participant, change: dict[str, object], code: str
) -> None:
    named = change.get("debtor_account")
    if isinstance(named, str):
        accounts = await bank.startup.get("/v1/accounts")
        iban = next(row["iban"] for row in accounts["data"] if row["nickname"] == named)
        change = change | {"debtor_account": Account(iban=iban)}
    before = [bank.startup.count(table) for table in ("payment", "title_fetch", "ledger_entry", "shelf_item")]
    report = await bank.ask(transfer()._replace(**change))  # type: ignore[arg-type]
    assert outcome(report) == ("RJCT", code)
    assert report.reason is not None
    assert report.reason.texts
    after = [bank.startup.count(table) for table in ("payment", "title_fetch", "ledger_entry", "shelf_item")]
    assert after == before


async def test_not_provided_is_no_end_to_end_id(bank: Participant) -> None:
    for serial in (1, 2):
        sent = transfer(serial, end_to_end_id="NOTPROVIDED", texts=())
        assert outcome(await bank.ask(sent)) == ("ACSP", None)
    payments = (await bank.startup.get("/v1/payments"))["data"]
    assert [payment["end_to_end_id"] for payment in payments] == [None, None]


async def test_a_late_success_comes_once_by_the_inbox(bank: Participant) -> None:
    await bank.startup.freeze()
    sent = transfer(iban=SETTLES)
    assert outcome(await bank.ask(sent)) == ("PDNG", "AB05")
    assert await bank.money() == (ALL - AMOUNT, AMOUNT)
    assert await bank.fetch() is None
    await bank.startup.advance(90)
    told = await bank.fetch()
    assert (outcome(told), told.original_tx_id) == (("ACSP", None), sent.tx_id)
    assert await bank.fetch() is None
    assert await bank.money() == (ALL - AMOUNT, 0)


async def test_an_advice_that_comes_twice_is_ignored(bank: Participant) -> None:
    await bank.startup.freeze()
    sent = transfer(iban=SETTLES)
    report = await bank.ask(sent)
    await bank.startup.advance(90)
    entries = bank.startup.count("ledger_entry")

    def resolved_again(uow: object) -> None:
        resolve(enter(uow, bank.startup.sandbox_id), report.servicer_reference)  # type: ignore[arg-type]

    await bank.startup.services.executor.write(resolved_again)
    advice = (await bank.fetch())._replace(message_id="SBXBPKKA000000000000000001")
    for serial in (1, 2):
        advised = advice._replace(message_id=f"SBXBPKKA{serial:018}")
        assert outcome(await bank.ask(advised)) == ("ACSP", None)
    assert bank.startup.count("ledger_entry") == entries
    assert await bank.fetch() is None


async def test_an_advice_from_outside_decides_nothing(bank: Participant) -> None:
    await bank.startup.freeze()
    sent = transfer(iban=SETTLES)
    report = await bank.ask(sent)
    advice = report._replace(message_id="SBXBPKKA000000000000000001", status="ACSP")
    assert outcome(await bank.ask(advice)) == ("PDNG", "AB05")
    assert await bank.money() == (ALL - AMOUNT, AMOUNT)


@pytest.mark.parametrize("left", ["original_tx_id", "original_instruction_id", "original_message"])
async def test_one_id_is_enough_to_ask(bank: Participant, left: str) -> None:
    sent = transfer()
    await bank.ask(sent)
    asked = inquiry(sent)
    bare = asked._replace(
        original_message=None, original_instruction_id=None, original_end_to_end_id=None, original_tx_id=None
    )
    assert outcome(await bank.ask(bare._replace(**{left: getattr(asked, left)}))) == ("ACSP", None)


async def test_a_payment_over_the_api_is_asked_about_by_its_end_to_end_id(bank: Participant) -> None:
    await bank.startup.pay(end_to_end_id="order-1")
    asked = inquiry(transfer(), original_message=None)._replace(original_tx_id=None)
    report = await bank.ask(asked._replace(original_instruction_id=None, original_end_to_end_id="order-1"))
    assert (outcome(report), report.group, report.original_end_to_end_id) == (("ACSP", None), None, "order-1")


async def test_an_end_to_end_id_of_two_payers_names_no_payment(bank: Participant) -> None:
    wallet = (await bank.startup.get(f"/v1/accounts/{bank.startup.accounts['wallet']}"))["iban"]
    await bank.startup.pay(end_to_end_id="order-1")
    await bank.startup.pay(end_to_end_id="order-1", source=wallet)
    asked = inquiry(transfer(), original_message=None)._replace(original_tx_id=None)
    asked = asked._replace(original_instruction_id=None, original_end_to_end_id="order-1")
    assert outcome(await bank.ask(asked)) == ("RJCT", "NOOR")
    assert outcome(await bank.ask(asked._replace(original_end_to_end_id=None))) == ("RJCT", "NOOR")


async def test_a_payment_without_ids_of_its_own_is_known_by_its_message(bank: Participant) -> None:
    sent = transfer(tx_id=None, instruction_id=None)
    await bank.ask(sent)
    bare = inquiry(sent)._replace(original_end_to_end_id=None)
    assert outcome(await bank.ask(bare)) == ("ACSP", None)


async def test_a_payment_over_another_rail_is_none_of_this_face(bank: Participant) -> None:
    fetched = await bank.startup.post(
        "/rails/raast/gateway/title-fetch", {"iban": SHOP, "amount": "150.00", "priorityFlag": "02"}
    )
    order = {"msgId": "X1", "tfcorrelationId": fetched.json()["correlationId"], "debtorIban": RICH}
    await bank.startup.post("/rails/raast/gateway/transfer", order | {"amount": "150.00"})
    asked = inquiry(transfer(message_id="X1", tx_id=None, instruction_id=None))
    assert outcome(await bank.ask(asked)) == ("RJCT", "NOOR")


async def test_a_message_that_comes_eight_times_at_once_pays_once(bank: Participant) -> None:
    answers = await asyncio.gather(*(bank.send(transfer()) for _ in range(8)))
    assert len(set(answers)) == 1
    assert await bank.money() == (ALL - AMOUNT, 0)


async def test_messages_of_one_tx_id_at_once_pay_once(bank: Participant) -> None:
    sent = [transfer()._replace(message_id=f"SBXAPKKA{serial:018}") for serial in range(8)]
    told = sorted(outcome(one)[0] for one in await asyncio.gather(*(bank.ask(one) for one in sent)))
    assert told == ["ACSP"] + ["RJCT"] * 7
    assert await bank.money() == (ALL - AMOUNT, 0)
