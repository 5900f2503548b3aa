"""A startup that uses the sandbox as startups do: over HTTP, with a key."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import httpx
from fastapi import FastAPI

from sandbox.accounts.service import SEED
from sandbox.commands import Services, services

AMOUNT = 15_000
RICH, SHOP = SEED["rich"].iban, SEED["shop"].iban
SETTLES_LATER = "00000AB05SETTLES"
SILENT = "000000AB05SILENT"


class Startup:
    """Signed up; every call carries its key."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, signed_up: dict[str, Any]) -> None:
        self.app = app
        self.client = client
        self.signed_up = signed_up
        self.secret: str = signed_up["key"]["secret"]
        self.sandbox_id: str = signed_up["sandbox"]["id"]
        self.accounts: dict[str, str] = {row["nickname"]: row["id"] for row in signed_up["accounts"]}

    @property
    def services(self) -> Services:
        return services(self.app)

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        scenario: str | None = None,
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.secret}"}
        if scenario is not None:
            headers["kasauti-scenario"] = scenario
        if key is not None:
            headers["idempotency-key"] = key
        return await self.client.request(method, path, json=body, headers=headers)

    async def post(
        self, path: str, body: object = None, *, key: str | None = None, scenario: str | None = None
    ) -> httpx.Response:
        return await self.send("POST", path, {} if body is None else body, key=key, scenario=scenario)

    async def get(self, path: str) -> Any:
        answer = await self.send("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def fetch(self, iban: str = SHOP, amount: int = AMOUNT, rail: str = "raast") -> Any:
        body = {"destination_iban": iban, "amount_paisa": amount, "rail": rail}
        answer = await self.post("/v1/title-fetches", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def order(
        self,
        iban: str = SHOP,
        amount: int = AMOUNT,
        *,
        source: str = RICH,
        rail: str = "raast",
        **more: object,
    ) -> dict[str, Any]:
        """Fetch the title and return the body of the payment that it is for."""
        fetched = await self.fetch(iban, amount, rail)
        assert fetched["status"] == "matched", fetched
        return {
            "source": source,
            "destination_iban": iban,
            "amount_paisa": amount,
            "title_fetch": fetched["id"],
            "rail": rail,
            **more,
        }

    async def pay(
        self,
        iban: str = SHOP,
        amount: int = AMOUNT,
        *,
        source: str = RICH,
        rail: str = "raast",
        **more: object,
    ) -> Any:
        order = await self.order(iban, amount, source=source, rail=rail, **more)
        answer = await self.post("/v1/payments", order)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def balance(self, nickname: str = "rich") -> dict[str, int]:
        found: dict[str, int] = (await self.get(f"/v1/accounts/{self.accounts[nickname]}"))["balance"]
        return found

    async def freeze(self) -> None:
        assert (await self.post("/v1/clock/freeze")).status_code == 200

    async def advance(self, seconds: int, *, key: str | None = None) -> Any:
        answer = await self.post("/v1/clock/advance", {"by_seconds": seconds}, key=key)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def count(self, table: str, **where: str) -> int:
        """Count the rows of a table over all sandboxes, on a connection of its own."""
        return count_rows(self.services, table, **where)


def count_rows(shared: Services, table: str, **where: str) -> int:
    conditions = " AND ".join(f"{column} = ?" for column in where)
    rows = f"{table} WHERE {conditions}" if where else table
    with closing(sqlite3.connect(shared.settings.database)) as connection:
        found = connection.execute(f"SELECT count(*) FROM {rows}", (*where.values(),))
        return int(found.fetchone()[0])


SignUp = Callable[..., Awaitable[Startup]]
