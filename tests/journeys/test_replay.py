"""The same seed, requests and clock give the same answers to the byte, in another process too."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from connectors.identifiers.iban import make_iban
from sandbox.demo.receiver import Receiver, receiving
from sandbox.server import wait_until_ready
from tests.startup import AMOUNT, RICH, SETTLES_LATER, SHOP, SILENT

START = "2031-05-01T09:00:00Z"
# What is random or real on purpose, see decision 0005: who signed up and with which keys, the sandbox's own id,
# signing secrets, and figures that compare with the real time or measure it.
FREE = re.compile(
    r'\{[^{}]*"object":"(?:participant|key)"[^{}]*\}'
    r"|(?:sbx|par)_[0-9A-Z]{26}"
    r'|"secret":"whsec_[^"]+"'
    r'|"(?:ahead_seconds|duration_ms)":-?[0-9.]+'
)


class Run(NamedTuple):
    """What a startup got to see: each answer, and each webhook with its id."""

    answers: list[str]
    webhooks: list[tuple[str, bytes]]


@contextmanager
def server(folder: Path, hash_seed: int) -> Iterator[str]:
    """Run `kasauti up` in a process of its own, without a worker beside the requests."""
    environment = {
        **os.environ,
        "KASAUTI_DATABASE": str(folder / "kasauti.db"),
        "KASAUTI_WORKER": "false",
        "PYTHONHASHSEED": str(hash_seed),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-c", "from sandbox.cli import main; main()", "up", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found
        wait_until_ready(found[0])
        try:
            yield found[0]
        finally:
            process.terminate()
            process.stdout.read()


def run(url: str, receiver: Receiver, seed: int) -> Run:
    answers: list[str] = []
    with httpx.Client(base_url=url) as client:

        def call(method: str, path: str, body: object = None, key: str = "") -> Any:
            answer = client.request(method, path, json=body, headers={"idempotency-key": key} if key else {})
            assert answer.is_success, answer.text
            kept = {name: answer.headers.get(name) for name in ("kasauti-time", "idempotent-replayed")}
            answers.append(FREE.sub("(free)", f"{answer.status_code} {kept} {answer.text}"))
            return answer.json()

        def pay(iban: str, source: str = RICH, key: str = "") -> Any:
            fetched = call("POST", "/v1/title-fetches", {"destination_iban": iban, "amount_paisa": AMOUNT})
            order = {"source": source, "destination_iban": iban, "amount_paisa": AMOUNT}
            return call("POST", "/v1/payments", {**order, "title_fetch": fetched["id"]}, key)

        who = {"name": "Chai Pay", "email": "dev@chaipay.example", "seed": seed, "frozen_at": START}
        made = call("POST", "/v1/signup", who)
        client.headers["authorization"] = f"Bearer {made['key']['secret']}"
        call("POST", "/v1/webhook-endpoints", {"url": receiver.url})
        opened = {"institution": "SBXW", "holder": "Imran Yousaf", "balance_paisa": 1_000}
        account = call("POST", "/v1/accounts", opened)
        pay(SHOP, key="order-1")
        pay(account["iban"])
        pay(SHOP, source=account["id"])
        pay(make_iban("SBXB", SETTLES_LATER))
        pay(make_iban("SBXB", SILENT))
        call("POST", "/v1/keys", {"name": "ci"})
        call("POST", "/v1/clock/advance", {"by_seconds": 90})
        call("POST", "/v1/clock/advance", {"by_seconds": 24 * 3600})
        for path in ("sandbox", "clock", "keys", "accounts", "payments", "events", "webhook-endpoints"):
            call("GET", f"/v1/{path}")
        for delivery in call("GET", "/v1/webhook-deliveries")["data"]:
            call("GET", f"/v1/webhook-deliveries/{delivery['id']}")
        for row in made["accounts"]:
            call("GET", f"/v1/accounts/{row['id']}/statement")
        call("GET", "/v1/ledger/trial-balance")
    taken = [receiver.deliveries.get_nowait() for _ in range(receiver.deliveries.qsize())]
    return Run(answers, [(headers["webhook-id"], body) for headers, body in taken])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run, Run]:
    """The same story twice, in two processes, and once more with another seed."""
    with receiving() as receiver:
        with server(tmp_path_factory.mktemp("first"), 1) as url:
            first = run(url, receiver, seed=7)
        with server(tmp_path_factory.mktemp("second"), 2) as url:
            return first, run(url, receiver, seed=7), run(url, receiver, seed=8)


def test_the_same_seed_requests_and_clock_give_the_same_bytes(runs: tuple[Run, Run, Run]) -> None:
    first, second, _ = runs
    assert len(first.answers) > 30
    for one, other in zip(first.answers, second.answers, strict=True):
        assert one == other


def test_the_same_webhooks_go_out_in_the_same_order(runs: tuple[Run, Run, Run]) -> None:
    first, second, _ = runs
    assert len(first.webhooks) == 8
    assert first.webhooks == second.webhooks


def test_another_seed_gives_other_ids(runs: tuple[Run, Run, Run]) -> None:
    first, _, third = runs
    assert {name for name, _ in first.webhooks}.isdisjoint(name for name, _ in third.webhooks)
