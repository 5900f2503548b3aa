"""The chapter on Raast, over our own API and as ISO 20022 messages: `kasauti demo raast`."""

from datetime import date
from typing import TypeVar

from rich.console import Console

from connectors.identifiers.iban import institution_of
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.iso20022.parts import Account, Agent, OriginalMessage, Party, Reason
from connectors.iso20022.payments import CreditTransfer, PaymentReturn, StatusReport
from connectors.iso20022.reports import Statement
from connectors.iso20022.wire import Message, read, write
from ledger.clock import from_rfc3339
from ledger.money import rupees
from sandbox.accounts.service import SEED
from sandbox.demo import stage as stages
from sandbox.demo.stage import START, Stage, StepFailed, Steps, books, enter, figure, holds, table

RICH, SHOP = SEED["rich"].iban, SEED["shop"].iban
NOW = from_rfc3339(START)
TODAY = date(2026, 11, 24)
PHONE = {"type": "MOBILE", "value": "0390 1234567"}
AMOUNT, BASKET, INVOICE = 15_000, 132_500, 250_000
DAY_S = 24 * 3600
M = TypeVar("M", StatusReport, Statement)


def tell(console: Console) -> bool:
    """Tell the story of Raast; True only if every step held."""
    return stages.tell(console, "Raast, from a phone number to a statement", STEPS)


def _at(iban: str) -> Agent:
    return Agent(member=INSTITUTIONS[institution_of(iban)].member_code)


def _shop_has(stage: Stage) -> int:
    return int(stage.account("shop")["balance"]["available_paisa"])


# --- over our own API --------------------------------------------------------------------------


def _register(stage: Stage) -> None:
    customer = {
        "institution": "SBXB",
        "uid": {"type": "CNIC", "value": "90001-0000002-1"},
        "name": "Bilal General Store",
        "accounts": [{"account": SHOP}],
        "aliases": [PHONE],
    }
    made = stage.call("POST", "/v1/raast/customers", customer, expect=201)
    (alias,) = made["aliases"]
    stage.say(
        f"{made['name']} ({made['uid_masked']}) is known as {alias['value']}: [green]{alias['status']}[/green]."
    )


def _pay_by_phone(stage: Stage) -> None:
    asked = {"destination_alias": PHONE, "amount_paisa": AMOUNT}
    fetched = stage.call("POST", "/v1/title-fetches", asked, expect=201)
    holds(fetched["status"] == "matched", f"the title fetch was refused: {fetched['reason']}")
    stage.say(f"Title fetch of {PHONE['value']}: {fetched['title']}, {fetched['destination_iban']}.")
    order = {
        "source": RICH,
        "destination_iban": fetched["destination_iban"],
        "amount_paisa": AMOUNT,
        "title_fetch": fetched["id"],
    }
    payment = stage.call("POST", "/v1/payments", order, expect=201)
    holds(payment["status"] == "settled", f"it is {payment['status']}")
    stage.say(f"{rupees(AMOUNT)}: [green]{payment['status']}[/green].")


def _ask_for_money(stage: Stage) -> None:
    wanted = {"payee": SHOP, "payer": RICH, "amount_paisa": INVOICE, "note": "Invoice 7"}
    request = stage.call("POST", "/v1/raast/requests-to-pay", wanted, expect=201)
    stage.say(f"The shop asks for {rupees(INVOICE)}: {request['status']}, until {request['expires_at']}.")
    before = _shop_has(stage)
    path = f"/v1/raast/requests-to-pay/{request['id']}/accept"
    accepted = stage.call("POST", path, {}, expect=200)
    holds(accepted["status"] == "ACSC", f"it is {accepted['status']}")
    holds(_shop_has(stage) - before == INVOICE, "the shop got another amount")
    steps = " → ".join(step["status"] for step in accepted["history"])
    stage.say(f"The payer accepts: {steps}. The payment is {accepted['payment']}.")
    stage.call("POST", path, {}, expect=409)
    stage.say("Accepting again: 409, it is paid once.")


def _show_a_code(stage: Stage) -> None:
    store = {
        "account": SHOP,
        "uid": {"type": "NTN", "value": "9000001-2"},
        "name": "Bilal General Store",
        "city": "Karachi",
        "category": "5411",
        "till": "12345",
    }
    merchant = stage.call("POST", "/v1/raast/merchants", store, expect=201)
    basket = {"kind": "p2m", "merchant": merchant["id"], "amount_paisa": BASKET, "dynamic": True}
    code = stage.call("POST", "/v1/raast/qr-codes", {"code": basket}, expect=201)
    seen = stage.call("POST", "/v1/raast/qr-codes/scan", {"text": code["text"]}, expect=200)
    stage.say(f"{code['text'][:40]}… says: {rupees(seen['amount_paisa'])} to {seen['name']}.")
    stage.send("GET", code["png"], expect=200)
    altered = {"text": code["text"].replace("132", "112", 1), "source": RICH}
    refused = stage.call("POST", "/v1/raast/qr-codes/pay", altered, expect=422)
    holds(refused["rail_code"] == "crc", f"it is refused with {refused['rail_code']}")
    stage.say("With one bit turned: [yellow]crc[/yellow], nothing moves.")
    before = _shop_has(stage)
    order = {"text": code["text"], "source": RICH}
    paid = stage.call("POST", "/v1/raast/qr-codes/pay", order, expect=201)
    holds(paid["payment"]["status"] == "settled", f"it is {paid['payment']['status']}")
    holds(_shop_has(stage) - before == BASKET, "the shop got another amount")
    stage.call("POST", "/v1/raast/qr-codes/pay", order, expect=409)
    stage.say(f"As it was shown: [green]settled[/green], {rupees(BASKET)}. A second time: 409.")


# --- as messages -------------------------------------------------------------------------------


def read_as(kind: type[M], body: bytes) -> M:
    """Read a message that must be of this kind."""
    message = read(body).message
    if not isinstance(message, kind):
        raise StepFailed(f"a {type(message).__name__} came, not a {kind.__name__}")
    return message


def _send(stage: Stage, message: Message) -> StatusReport:
    """Send a message in XML and return the pacs.002 that answers it."""
    answer = stage.send(
        "POST",
        "/rails/raast/messages",
        expect=200,
        content=write(message),
        headers={"content-type": "application/xml"},
    )
    report = read_as(StatusReport, answer.content)
    reason = None if report.reason is None else report.reason.code
    holds(report.status == "ACSP", f"the answer is {report.status} {reason}")
    return report


def _pay_by_message(stage: Stage) -> None:
    sent = CreditTransfer(
        "SBXAPKKA000000000000000001",
        NOW,
        "invoice-8",
        AMOUNT,
        "DEBT",
        Party(SEED["rich"].holder),
        _at(RICH),
        _at(SHOP),
        Party(SEED["shop"].holder),
        Account(iban=RICH),
        Account(iban=SHOP),
        instruction_id="SBXA261124120000000001",
        tx_id="SBXA261124120000000001",
        settled_on=TODAY,
        texts=("rent",),
    )
    report = _send(stage, sent)
    stage.facts["sent"] = sent
    stage.say(f"pacs.008 of {len(write(sent)):,} bytes, TxId {sent.tx_id}.")
    stage.say(
        f"pacs.002: [green]{report.status}[/green], the same payment over /v1: {report.servicer_reference}."
    )
    payment = stage.call("GET", f"/v1/payments/{report.servicer_reference}", expect=200)
    holds(payment["end_to_end_id"] == sent.end_to_end_id, "it is another payment")
    again = _send(stage, sent)
    holds(again == report, "the repeat got another answer")
    stage.say("The same message again: the same answer, nothing moves.")


def _send_back(stage: Stage) -> None:
    sent: CreditTransfer = stage.facts["sent"]
    back = PaymentReturn(
        "SBXBPKKA000000000000000001",
        NOW,
        sent.amount_paisa,
        Reason(code="CUST"),
        return_id="SBXB261124120000000001",
        original_message=OriginalMessage(sent.message_id, "pacs.008.001.08"),
        original_tx_id=sent.tx_id,
        original_end_to_end_id=sent.end_to_end_id,
    )
    before = _shop_has(stage)
    _send(stage, back)
    holds(before - _shop_has(stage) == sent.amount_paisa, "another amount came back")
    stage.say(f"pacs.004, CUST: [green]ACSP[/green], {rupees(sent.amount_paisa)} went back to the payer.")
    rule = stage.call("GET", "/v1/raast/twenty-seconds", expect=200)
    holds(rule["breaches"] == 0, f"{rule['breaches']} payments took longer than 20 seconds")
    stage.say(f"Credited within 20 seconds: {rule['within']} of {rule['credited']} payments.")


def _compare(stage: Stage) -> None:
    stage.advance(DAY_S)
    answer = stage.send("GET", f"/rails/raast/reports/camt.053/{RICH}/{TODAY}", expect=200)
    told = read_as(Statement, answer.content)
    entries = [(one.amount_paisa if one.side == "CRDT" else -one.amount_paisa) for one in told.report.entries]
    account = stage.account("rich")
    lines = stage.call("GET", f"/v1/accounts/{account['id']}/statement?limit=200", expect=200)["data"]
    moved = [line for line in lines if line["debit_paisa"] or line["credit_paisa"]]
    holds(entries == [line["credit_paisa"] - line["debit_paisa"] for line in moved], "the entries differ")
    closing = next(one.amount_paisa for one in told.report.balances if one.kind == "CLBD")
    holds(closing == account["balance"]["ledger_paisa"], f"camt.053 closes with {closing}")
    rows = table("entry", "debit", "credit", "balance")
    for line in moved:
        rows.add_row(
            line["kind"], *(figure(line[f"{name}_paisa"]) for name in ("debit", "credit", "balance"))
        )
    stage.console.print(rows)
    stage.say(
        f"camt.053 of {TODAY}, {len(entries)} entries: closing balance {rupees(closing)}. "
        "The ledger's statement says the same, entry by entry."
    )


STEPS: Steps = [
    ("A startup signs up", enter),
    ("A shop registers a phone number", _register),
    ("It is paid by that number", _pay_by_phone),
    ("It is paid by message: pacs.008, pacs.002", _pay_by_message),
    ("It asks for money", _ask_for_money),
    ("It shows a QR code", _show_a_code),
    ("It sends a payment back: pacs.004", _send_back),
    ("The day is over: camt.053", _compare),
    ("The books", books),
]
