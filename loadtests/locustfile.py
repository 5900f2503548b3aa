"""Locust users: each is a startup with a sandbox of its own that fetches titles, pays, asks and reads.

When the run ends, what the clients were told is written to the file that KASAUTI_LOAD_REPORT names.
"""

import json
import os
import random
from http import HTTPStatus
from pathlib import Path
from typing import Any

from locust import FastHttpUser, constant, events, task

SOURCE = "PK33SBXA0000000000000001"
SHOP = "PK78SBXB0000000000000002"
REFUSED = "PK59SBXB000000000000MS03"
UNKNOWN = "PK10SBXB000000AB05SILENT"
DESTINATIONS = [SHOP] * 90 + [REFUSED] * 5 + [UNKNOWN] * 5

sandboxes: dict[str, dict[str, Any]] = {}


class Startup(FastHttpUser):
    """One startup; waits for nothing between its requests but a moment."""

    wait_time = constant(0.05)

    def on_start(self) -> None:
        """Sign up, once."""
        answer = self.client.post(
            "/v1/signup", json={"name": "Load", "email": "load@load.example"}, name="sign up"
        )
        made = answer.json()
        self.headers = {"authorization": f"Bearer {made['key']['secret']}"}
        self.account = made["accounts"][0]["id"]
        self.seen: dict[str, str] = {}
        sandboxes[made["sandbox"]["id"]] = {"key": made["key"]["secret"], "payments": self.seen, "lost": 0}
        self.mine = sandboxes[made["sandbox"]["id"]]

    @task(8)
    def pay(self) -> None:
        """Fetch a title and pay."""
        amount, destination = random.randint(100, 10_000), random.choice(DESTINATIONS)
        body: dict[str, object] = {"destination_iban": destination, "amount_paisa": amount}
        fetch = self.client.post("/v1/title-fetches", json=body, headers=self.headers, name="title fetch")
        if fetch.status_code != HTTPStatus.CREATED:
            return
        body |= {"source": SOURCE, "title_fetch": fetch.json()["id"]}
        answer = self.client.post("/v1/payments", json=body, headers=self.headers, name="payment")
        if answer.status_code == HTTPStatus.CREATED:
            payment = answer.json()
            self.seen[payment["id"]] = payment["status"]
        else:
            self.mine["lost"] += 1

    @task(2)
    def ask(self) -> None:
        """Show one of the payments."""
        if self.seen:
            payment = random.choice(list(self.seen))
            self.client.get(f"/v1/payments/{payment}", headers=self.headers, name="status")

    @task(1)
    def read(self) -> None:
        """Read a page of the statement."""
        self.client.get(
            f"/v1/accounts/{self.account}/statement?limit=20", headers=self.headers, name="statement"
        )


def _report(environment: Any, **_: object) -> None:
    """Write down what the clients saw."""
    stats = environment.stats
    payment = stats.get("payment", "POST")
    total = stats.total
    report = {
        "payments_per_s": payment.num_requests / max(total.last_request_timestamp - total.start_time, 1e-9),
        "p50_ms": payment.get_response_time_percentile(0.50),
        "p95_ms": payment.get_response_time_percentile(0.95),
        "p99_ms": payment.get_response_time_percentile(0.99),
        "requests": total.num_requests,
        "failures": total.num_failures,
        "sandboxes": sandboxes,
    }
    Path(os.environ["KASAUTI_LOAD_REPORT"]).write_text(json.dumps(report), "utf-8")


events.quitting.add_listener(_report)  # type: ignore[no-untyped-call] # Locust types its events no further
