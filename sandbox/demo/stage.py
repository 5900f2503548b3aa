"""The stage on which the stories of `kasauti demo` are told: a throw-away server, HTTP only, steps that must hold."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import httpx
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from ledger.money import rupees
from sandbox.demo.receiver import Receiver, receiving
from sandbox.server import running
from sandbox.settings import Settings

FIGURES = frozenset({"available", "balance", "credit", "debit"})
START = "2026-11-24T06:00:00Z"
"""When the chapters about rails begin, by their sandbox's clock, which stands still."""


class StepFailed(Exception):  # noqa: N818 - reads as what happened
    """A step of the story did not hold."""


class Stage(NamedTuple):
    """What the steps share. `iso8583` is where frames are taken, as host and port."""

    console: Console
    client: httpx.Client
    receiver: Receiver
    facts: dict[str, Any]
    iso8583: tuple[str, int]

    def call(self, method: str, path: str, body: object = None, *, expect: int, **headers: str) -> Any:
        """Make a request and return its JSON; anything but the expected status ends the story."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(method, path, expect=expect, json=body, headers=named).json()

    def send(self, method: str, path: str, *, expect: int, **parts: Any) -> httpx.Response:
        """Make a request of these parts and return its answer, as `call` does its JSON."""
        response = self.client.request(method, path, **parts)
        holds(
            response.status_code == expect,
            f"{method} {path} answered {response.status_code}: {response.text[:300]}",
        )
        self.facts["response"] = response
        return response

    def account(self, nickname: str) -> Any:
        """Show one of the sandbox's accounts as it is now."""
        accounts = self.call("GET", "/v1/accounts", expect=200)["data"]
        return next(row for row in accounts if row["nickname"] == nickname)

    def advance(self, seconds: int) -> Any:
        """Let the sandbox's clock go on."""
        return self.call("POST", "/v1/clock/advance", {"by_seconds": seconds}, expect=200)

    def say(self, text: str) -> None:
        """Print a line below the step's title."""
        self.console.print(f"  {text}", highlight=False)


Steps = list[tuple[str, Callable[[Stage], None]]]


def table(*columns: str) -> Table:
    """Make a table without lines whose figures are never cut."""
    made = Table(box=None, padding=(0, 1))
    for column in columns:
        made.add_column(column, no_wrap=True, justify="right" if column in FIGURES else "left")
    return made


def figure(paisa: int) -> str:
    """Write an amount in rupees for a column, where the currency goes without saying."""
    return rupees(paisa).removeprefix("PKR ")


def holds(condition: object, otherwise: str) -> None:
    """Go on only if the condition holds."""
    if not condition:
        raise StepFailed(otherwise)


def tell(console: Console, title: str, steps: Steps) -> bool:
    """Tell a story; True only if every step held."""
    started = perf_counter()
    console.print(Panel.fit(f"[bold]Kasauti[/bold]: {title}", subtitle="test mode, no real money"))
    with _set(console) as stage:
        for number, (headline, step) in enumerate(steps, 1):
            console.print(f"\n[bold]{number}. {headline}[/bold]")
            try:
                step(stage)
            except StepFailed as failed:
                console.print(f"  [red]✗ {failed}[/red]")
                return False
    console.print(f"\n[green]✓ All {len(steps)} steps held[/green] in {perf_counter() - started:.1f} s.")
    return True


@contextmanager
def _set(console: Console) -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="kasauti-demo-") as folder:
        settings = Settings(
            database=Path(folder) / "demo.db",
            host="127.0.0.1",
            port=0,
            iso8583_port=0,
            allow_loopback_webhooks=True,
            worker=True,
        )
        with (
            running(settings) as server,
            receiving() as receiver,
            httpx.Client(base_url=server.url, timeout=30) as client,
        ):
            host, _, port = (server.iso8583 or "").rpartition(":")
            yield Stage(console, client, receiver, {}, (host, int(port)))


def enter(stage: Stage) -> None:
    """Sign up for a sandbox whose clock stands still."""
    who = {"name": "Chai Pay", "email": "dev@chaipay.example", "frozen_at": START}
    made = stage.call("POST", "/v1/signup", who, expect=201)
    stage.facts["sandbox"], stage.facts["secret"] = made["sandbox"]["id"], made["key"]["secret"]
    stage.client.headers["authorization"] = f"Bearer {made['key']['secret']}"
    rich = stage.account("rich")
    stage.say(
        f"{rich['holder']['name']} has {rupees(rich['balance']['available_paisa'])} at {rich['institution']}: "
        f"{rich['iban']}. The clock stands still."
    )


def books(stage: Stage) -> None:
    """Show that debits are credits and that nothing is left on hold."""
    sums = stage.call("GET", "/v1/ledger/trial-balance", expect=200)
    holds(sums["balanced"], f"the ledger does not balance: {sums}")
    left = sums["debits_pending_paisa"] or sums["credits_pending_paisa"]
    holds(left == 0, "a hold was left behind")
    stage.say(
        f"Trial balance over {sums['accounts']} accounts: debits {rupees(sums['debits_posted_paisa'])} = "
        f"credits {rupees(sums['credits_posted_paisa'])}, nothing on hold."
    )
