"""The chapter on bills, in the gateway's own words: `kasauti demo bills`."""

from typing import Any

from rich.console import Console

from ledger.money import rupees
from sandbox.accounts.service import SEED
from sandbox.demo import stage as stages
from sandbox.demo.stage import Stage, Steps, books, enter, holds

POWER, TAX = 1, 4
BILL, OTHER_BILL = "90000000000021", "90000000000001"
IN_TIME, LATE = 510_000, 530_000
DAYS_11, HOURS_3 = 11 * 24 * 3600, 3 * 3600
SLIP = 150_050


def tell(console: Console) -> bool:
    """Tell the story of bills; True only if every step held."""
    return stages.tell(console, "bills and tax slips", STEPS)


def code(answer: Any) -> str:
    """Return the gateway's own code."""
    return str(answer["response"]["response_code"])


def _post(stage: Stage, path: str, body: object, expect: int = 200) -> Any:
    return stage.call("POST", f"/rails/bills/{path}", body, expect=expect)


def _info(stage: Stage, **more: object) -> dict[str, object]:
    """Give a call numbers of its own: no payment is known by those of another."""
    stage.facts["calls"] = stage.facts.get("calls", 0) + 1
    numbers = {"rrn": "632811000042", "stan": f"{stage.facts['calls']:06}"}
    return {**numbers, "txndate": "20261124", "txntime": "115500", **more}


def _inquire(stage: Stage, biller: int, number: str) -> Any:
    which = {"billerId": biller, "consumerNo": number}
    return _post(stage, "billInquiry", {"info": _info(stage), "billinfo": which})


def _order(stage: Stage, biller: int, number: str, paisa: int) -> dict[str, Any]:
    """Inquire about a bill and return the payment that quotes the inquiry."""
    shown = _inquire(stage, biller, number)
    holds(code(shown) == "0000", f"the inquiry answered {shown['response']}")
    return {
        "info": _info(stage, inqcorrelationId=shown["info"]["correlationId"]),
        "billinfo": {
            "billerId": biller,
            "consumerNo": number,
            "amount": f"{paisa // 100}.{paisa % 100:02}",
        },
        "payerInfo": {
            "payerIBAN": SEED["rich"].iban,
            "payerName": SEED["rich"].holder,
            "payerCNIC": SEED["rich"].cnic,
        },
        "otherInfo": {"channel": "00000002", "authId": "658965"},
    }


def _pay(stage: Stage, order: dict[str, Any], expected: str = "0000") -> Any:
    answer = _post(stage, "billPayment", order)
    holds(code(answer) == expected, f"the payment answered {answer['response']}")
    return answer


def _show(stage: Stage) -> None:
    bill = _inquire(stage, POWER, BILL)["billInfo"]
    holds(bill["billStatus"] == "U", f"the bill is {bill['billStatus']}")
    stage.say(
        f"Consumer {BILL} of the power company: unpaid (U). "
        f"Rs {bill['amountWithinDueDate']} until {bill['dueDate']}, Rs {bill['amountAfterDueDate']} after it."
    )


def _settle(stage: Stage) -> None:
    before = stage.account("rich")["balance"]["available_paisa"]
    stage.facts["order"] = order = _order(stage, POWER, BILL, IN_TIME)
    stage.facts["receipt"] = receipt = _pay(stage, order)["info"]["receiptNo"]
    after = stage.account("rich")["balance"]["available_paisa"]
    holds(before - after == IN_TIME, f"{before - after} paisa left the account")
    stage.say(f"{rupees(IN_TIME)} left the account: [green]0000[/green], receipt {receipt}.")


def _again(stage: Stage) -> None:
    same = _pay(stage, stage.facts["order"])
    holds(same["info"]["receiptNo"] == stage.facts["receipt"], "the same payment got another receipt")
    stage.say("The same payment once more (same date, RRN and STAN): the same receipt, nothing moves.")
    status = _inquire(stage, POWER, BILL)["billInfo"]["billStatus"]
    holds(status == "P", f"the bill is {status}")
    refused = _pay(stage, _order(stage, POWER, BILL, IN_TIME), "0289")
    stage.say(f"Another payment of that bill: [yellow]0289[/yellow], {refused['response']['response_desc']}.")
    short = _pay(stage, _order(stage, POWER, OTHER_BILL, IN_TIME - 100), "0299")
    stage.say(
        f"A rupee too little for another bill: [yellow]0299[/yellow], {short['response']['response_desc']}."
    )


def _late(stage: Stage) -> None:
    stage.advance(DAYS_11)
    refused = _pay(stage, _order(stage, POWER, OTHER_BILL, IN_TIME), "0299")
    stage.say(
        f"Eleven days later {rupees(IN_TIME)} is too little: [yellow]0299[/yellow], "
        f"{refused['response']['response_desc']}."
    )
    paid = _pay(stage, _order(stage, POWER, OTHER_BILL, LATE))
    stage.say(
        f"{rupees(LATE)}, the price after the due date: [green]0000[/green], receipt {paid['info']['receiptNo']}."
    )


def _slip(stage: Stage) -> None:
    slip = _post(stage, "psid", {"customerName": "Chai Pay", "amount": "1500.50"}, expect=201)["billInfo"]
    psid = slip["consumerNo"]
    stage.say(f"The tax office makes a slip, good for a day: PSID {psid}, Rs {slip['amountWithinDueDate']}.")
    order = _order(stage, TAX, psid, SLIP)
    holds("receiptNo" not in _pay(stage, order)["info"], "the receipt came at once")
    _pay(stage, _order(stage, TAX, psid, SLIP), "0266")
    stage.say("Paid; the office has not marked it yet, so there is no receipt, and it is 0266 for others.")
    stage.advance(HOURS_3)
    info = order["info"]
    original = {f"o{name}": info[name] for name in ("stan", "rrn", "txndate", "txntime")}
    body = {"info": _info(stage), "originalTxnInfo": {"destinationSystem": "04", **original}}
    told = _post(stage, "transactionInquiry", body)
    receipt = told["info"].get("receiptNo", "")
    holds(receipt.startswith("CPR"), f"the receipt is {receipt!r}")
    stage.say(f"Three hours later the transaction inquiry tells the receipt: [green]{receipt}[/green].")


STEPS: Steps = [
    ("A startup signs up", enter),
    ("It asks for an electricity bill", _show),
    ("It pays the bill", _settle),
    ("It pays it twice, and pays too little", _again),
    ("It is late", _late),
    ("It pays a tax slip", _slip),
    ("The books", books),
]
