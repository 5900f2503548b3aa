"""The story of `kasauti demo`: told over HTTP only, on a throw-away server; each step must hold."""

from typing import Any

from rich.console import Console

from ledger.money import rupees
from sandbox.accounts.service import SEED
from sandbox.demo import stage as stages
from sandbox.demo.receiver import verified
from sandbox.demo.stage import Stage, Steps, books, figure, holds, table

LATE_S = 90


def tell(console: Console) -> bool:
    """Tell the story; True only if every step held."""
    return stages.tell(console, "from sign-up to a settled payment", STEPS)


def _sign_up(stage: Stage) -> None:
    made = stage.call("POST", "/v1/signup", {"name": "Chai Pay", "email": "dev@chaipay.example"}, expect=201)
    stage.client.headers["authorization"] = f"Bearer {made['key']['secret']}"
    stage.say(
        f"{made['participant']['name']} owns {made['sandbox']['id']}; its key {made['key']['hint']} is shown once."
    )
    rows = table("account", "IBAN", "holder", "status", "available")
    for account in made["accounts"]:
        available = figure(account["balance"]["available_paisa"])
        holder = account["holder"]["name"]
        rows.add_row(account["nickname"], account["iban"], holder, account["status"], available)
    stage.console.print(rows)


def _listen(stage: Stage) -> None:
    endpoint = stage.call("POST", "/v1/webhook-endpoints", {"url": stage.receiver.url}, expect=201)
    stage.facts["secret"] = endpoint["secret"]
    stage.say(f"Events go to {endpoint['url']}, signed with a secret that begins {endpoint['secret'][:12]}…")


def _pay(
    stage: Stage, destination: str, *, source: str = "rich", amount: int = 15_000, key: str | None = None
) -> Any:
    """Fetch the title, then pay: two calls, as on the real rail."""
    fetch = stage.call(
        "POST", "/v1/title-fetches", {"destination_iban": destination, "amount_paisa": amount}, expect=201
    )
    holds(fetch["status"] == "matched", f"the title fetch was refused: {fetch['reason']}")
    body = {
        "source": SEED[source].iban,
        "destination_iban": destination,
        "amount_paisa": amount,
        "title_fetch": fetch["id"],
    }
    stage.facts["request"] = body
    headers = {} if key is None else {"Idempotency_Key": key}
    return stage.call("POST", "/v1/payments", body, expect=201, **headers)


def _expect_event(stage: Stage, kind: str, payment: str) -> None:
    delivery = stage.receiver.next()
    holds(delivery is not None, f"no webhook came for {kind}")
    headers, body = delivery or ({}, b"")
    event = verified(stage.facts["secret"], headers, body)
    holds(event is not None, "the webhook's signature does not hold")
    found = event or {}
    holds(found.get("type") == kind, f"expected {kind}, got {found.get('type')}")
    holds(found["data"]["id"] == payment, "the webhook is about another payment")
    stage.say(f"Webhook {headers['webhook-id']}: {kind}, signature verified.")


def _settle(stage: Stage) -> None:
    payment = _pay(stage, SEED["shop"].iban, key="order-1")
    stage.facts["first"] = payment
    holds(payment["status"] == "settled", f"it is {payment['status']}")
    stage.say(
        f"{rupees(payment['amount_paisa'])} to {payment['destination_title']}: [green]{payment['status']}[/green]."
    )
    _expect_event(stage, "payment.settled", payment["id"])


def _repeat(stage: Stage) -> None:
    again = stage.call("POST", "/v1/payments", stage.facts["request"], expect=201, Idempotency_Key="order-1")
    holds(again == stage.facts["first"], "the repeat got another answer")
    holds(stage.facts["response"].headers.get("idempotent-replayed") == "true", "the repeat is not marked")
    stage.say(f"The same request with the same Idempotency-Key: {again['id']} again, no second payment.")
    changed = {**stage.facts["request"], "amount_paisa": 99}
    problem = stage.call("POST", "/v1/payments", changed, expect=422, Idempotency_Key="order-1")
    holds(problem["code"] == "idempotency_key_reused", f"another code: {problem['code']}")
    stage.say(f"Another body under that key: {problem['code']}. {problem['detail']}")


def _refuse(stage: Stage) -> None:
    payment = _pay(stage, SEED["shop"].iban, source="poor")
    holds(payment["status"] == "refused", f"it is {payment['status']}")
    holds(payment["reason"]["code"] == "AM04", f"the reason is {payment['reason']}")
    stage.say(
        f"From an account with PKR 10.00: [yellow]refused[/yellow], {payment['reason']['code']}: {payment['reason']['meaning']}"
    )
    _expect_event(stage, "payment.refused", payment["id"])


def _lose_the_answer(stage: Stage) -> None:
    stage.call("POST", "/v1/clock/freeze", {}, expect=200)
    triggers = stage.call("GET", "/v1/triggers", expect=200)["data"]
    trigger = next(row for row in triggers if row["name"] == "unknown_then_settled")
    payment = _pay(stage, trigger["destination_iban"])
    holds(payment["status"] == "unknown", f"it is {payment['status']}")
    stage.say(
        f"No answer from the receiver: [yellow]unknown[/yellow], {payment['reason']['code']}. The money is held, not gone."
    )
    _expect_event(stage, "payment.unknown", payment["id"])
    account = stage.account("rich")
    holds(account["balance"]["held_paisa"] == payment["amount_paisa"], "nothing is held")
    inquiry = stage.call("POST", f"/v1/payments/{payment['id']}/inquiry", {}, expect=200)
    holds(inquiry["outcome"] == "not_known", f"the inquiry says {inquiry['outcome']}")
    stage.say("An inquiry: not known yet.")
    moved = stage.advance(LATE_S)
    holds(moved["fired"], "nothing became due")
    final = stage.call("GET", f"/v1/payments/{payment['id']}", expect=200)
    holds(final["status"] == "settled", f"it is {final['status']}")
    stage.say(f"The clock advanced by {LATE_S} s: the late answer came, once: [green]settled[/green].")
    _expect_event(stage, "payment.settled", payment["id"])
    holds(stage.receiver.next(wait_s=0.5) is None, "an event came twice")


def _balance(stage: Stage) -> None:
    account = stage.account("rich")
    lines = stage.call("GET", f"/v1/accounts/{account['id']}/statement", expect=200)["data"]
    rows = table("entry", "debit", "credit", "balance", "available")
    for line in lines:
        rows.add_row(
            line["kind"],
            figure(line["debit_paisa"]),
            figure(line["credit_paisa"]),
            figure(line["balance_paisa"]),
            figure(line["available_paisa"]),
        )
    stage.console.print(rows)
    books(stage)


STEPS: Steps = [
    ("A startup signs up", _sign_up),
    ("It says where its webhooks go", _listen),
    ("It pays a shop at another bank over Raast", _settle),
    ("It repeats the request, as after a lost connection", _repeat),
    ("It pays with money that is not there", _refuse),
    ("The receiver's bank falls silent", _lose_the_answer),
    ("The books", _balance),
]
