"""The story of `kasauti demo`: told over HTTP only, on a throw-away server; each step must hold."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import httpx
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from ledger.money import rupees
from sandbox.accounts.service import SEED
from sandbox.demo.receiver import Receiver, receiving, verified
from sandbox.server import serving
from sandbox.settings import Settings

LATE_S = 90
FIGURES = frozenset({"available", "balance", "credit", "debit"})


class StepFailed(Exception):  # noqa: N818 - reads as what happened
    """A step of the story did not hold."""


class Stage(NamedTuple):
    """What the steps share."""

    console: Console
    client: httpx.Client
    receiver: Receiver
    facts: dict[str, Any]

    def call(self, method: str, path: str, body: object = None, *, expect: int, **headers: str) -> Any:
        """Make a request and return its JSON; anything but the expected status ends the story."""
        response = self.client.request(
            method,
            path,
            json=body,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        holds(
            response.status_code == expect,
            f"{method} {path} answered {response.status_code}: {response.text[:300]}",
        )
        self.facts["response"] = response
        return response.json()

    def say(self, text: str) -> None:
        """Print a line below the step's title."""
        self.console.print(f"  {text}", highlight=False)


def _table(*columns: str) -> Table:
    """Make a table without lines whose figures are never cut."""
    table = Table(box=None, padding=(0, 1))
    for column in columns:
        table.add_column(column, no_wrap=True, justify="right" if column in FIGURES else "left")
    return table


def _figure(paisa: int) -> str:
    """Write an amount in rupees for a column, where the currency goes without saying."""
    return rupees(paisa).removeprefix("PKR ")


def holds(condition: object, otherwise: str) -> None:
    """Go on only if the condition holds."""
    if not condition:
        raise StepFailed(otherwise)


def tell(console: Console) -> bool:
    """Tell the story; True only if every step held."""
    started = perf_counter()
    console.print(
        Panel.fit(
            "[bold]Kasauti[/bold]: from sign-up to a settled payment", subtitle="test mode, no real money"
        )
    )
    with tempfile.TemporaryDirectory(prefix="kasauti-demo-") as folder:
        settings = Settings(
            database=Path(folder) / "demo.db",
            host="127.0.0.1",
            port=0,
            allow_loopback_webhooks=True,
            worker=True,
        )
        with (
            serving(settings) as url,
            receiving() as receiver,
            httpx.Client(base_url=url, timeout=30) as client,
        ):
            stage = Stage(console, client, receiver, {})
            for number, (title, step) in enumerate(STEPS, 1):
                console.print(f"\n[bold]{number}. {title}[/bold]")
                try:
                    step(stage)
                except StepFailed as failed:
                    console.print(f"  [red]✗ {failed}[/red]")
                    return False
    console.print(f"\n[green]✓ All {len(STEPS)} steps held[/green] in {perf_counter() - started:.1f} s.")
    return True


def _sign_up(stage: Stage) -> None:
    made = stage.call("POST", "/v1/signup", {"name": "Chai Pay", "email": "dev@chaipay.example"}, expect=201)
    stage.client.headers["authorization"] = f"Bearer {made['key']['secret']}"
    stage.say(
        f"{made['participant']['name']} owns {made['sandbox']['id']}; its key {made['key']['hint']} is shown once."
    )
    table = _table("account", "IBAN", "holder", "status", "available")
    for account in made["accounts"]:
        available = _figure(account["balance"]["available_paisa"])
        holder = account["holder"]["name"]
        table.add_row(account["nickname"], account["iban"], holder, account["status"], available)
    stage.console.print(table)


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
    account = next(
        row for row in stage.call("GET", "/v1/accounts", expect=200)["data"] if row["nickname"] == "rich"
    )
    holds(account["balance"]["held_paisa"] == payment["amount_paisa"], "nothing is held")
    inquiry = stage.call("POST", f"/v1/payments/{payment['id']}/inquiry", {}, expect=200)
    holds(inquiry["outcome"] == "not_known", f"the inquiry says {inquiry['outcome']}")
    stage.say("An inquiry: not known yet.")
    moved = stage.call("POST", "/v1/clock/advance", {"by_seconds": LATE_S}, expect=200)
    holds(moved["fired"], "nothing became due")
    final = stage.call("GET", f"/v1/payments/{payment['id']}", expect=200)
    holds(final["status"] == "settled", f"it is {final['status']}")
    stage.say(f"The clock advanced by {LATE_S} s: the late answer came, once: [green]settled[/green].")
    _expect_event(stage, "payment.settled", payment["id"])
    holds(stage.receiver.next(wait_s=0.5) is None, "an event came twice")


def _balance(stage: Stage) -> None:
    account = next(
        row for row in stage.call("GET", "/v1/accounts", expect=200)["data"] if row["nickname"] == "rich"
    )
    lines = stage.call("GET", f"/v1/accounts/{account['id']}/statement", expect=200)["data"]
    table = _table("entry", "debit", "credit", "balance", "available")
    for line in lines:
        table.add_row(
            line["kind"],
            _figure(line["debit_paisa"]),
            _figure(line["credit_paisa"]),
            _figure(line["balance_paisa"]),
            _figure(line["available_paisa"]),
        )
    stage.console.print(table)
    sums = stage.call("GET", "/v1/ledger/trial-balance", expect=200)
    holds(sums["balanced"], f"the ledger does not balance: {sums}")
    holds(sums["debits_pending_paisa"] == 0, "a hold was left behind")
    stage.say(
        f"Trial balance over {sums['accounts']} accounts: debits {rupees(sums['debits_posted_paisa'])} = "
        f"credits {rupees(sums['credits_posted_paisa'])}, nothing on hold."
    )


STEPS: list[tuple[str, Callable[[Stage], None]]] = [
    ("A startup signs up", _sign_up),
    ("It says where its webhooks go", _listen),
    ("It pays a shop at another bank over Raast", _settle),
    ("It repeats the request, as after a lost connection", _repeat),
    ("It pays with money that is not there", _refuse),
    ("The receiver's bank falls silent", _lose_the_answer),
    ("The books", _balance),
]
