"""Sixty-four payments at once, over HTTP, between several limited accounts: no limit is passed by a paisa."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx

from sandbox.accounts.service import SEED
from sandbox.server import serving
from sandbox.settings import Settings
from tests.limited import START, limits
from tests.startup import SignUp, Startup

AT_ONCE = 64

# From whom to whom, and the smallest amount of a stream of 64 that grow by an odd number each.
STREAMS = [
    ("l1", "l0", 40_000, 311),
    ("rich", "l0", 30_000, 211),
    ("l1", "shop", 60_000, 997),
    ("rich", "asaan", 120_000, 1_009),
    ("trader", "asaan", 90_000, 701),
    ("rich", "trader", 3_300_000, 3_001),
    ("trader", "shop", 3_300_000, 5_003),
]
# What must be full in the end, so that the test has tested something: the limit that each was refused for.
FULL = {
    ("l1", "debit_day"),
    ("l0", "credit_day"),
    ("asaan", "balance"),
    ("trader", "credit_month"),
    ("trader", "debit_month"),
}


async def test_no_limit_is_passed_and_none_refuses_what_would_fit(sign_up: SignUp) -> None:
    startup = await sign_up(frozen_at=START)
    names = {account: nickname for nickname, account in startup.accounts.items()}
    orders = [
        await startup.order(SEED[destination].iban, least + step * number, source=SEED[source].iban)
        for number in range(AT_ONCE)
        for source, destination, least, step in STREAMS
    ]
    for start in range(0, len(orders), AT_ONCE):
        await asyncio.gather(
            *(startup.post("/v1/payments", order) for order in orders[start : start + AT_ONCE])
        )
    payments = [
        payment
        for cursor in await pages(startup)
        for payment in (await startup.get(f"/v1/payments?limit=200{cursor}"))["data"]
    ]
    assert len(payments) == len(orders)

    found = {nickname: await limits(startup, nickname) for nickname in ("l0", "l1", "asaan", "trader")}
    for rows in found.values():
        assert all(row["used"] <= row["limit"] for row in rows.values())

    sent: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for payment in payments:
        if payment["status"] == "settled":
            sent[names[payment["source"]]] += payment["amount_paisa"]
            taken[payment["destination_iban"]] += payment["amount_paisa"]
    for nickname, rows in found.items():
        iban = SEED[nickname].iban
        for name, row in rows.items():
            if row["resets_at"] is not None:
                assert row["used"] == (sent[nickname] if row["direction"] == "debit" else taken[iban]), name
        assert (await startup.balance(nickname))["ledger_paisa"] == (
            SEED[nickname].balance_paisa - sent[nickname] + taken[iban]
        )

    refused_for = set()
    for payment in payments:
        if payment["status"] == "refused":
            breach = payment["reason"]["limit"]
            nickname = names[breach["account"]]
            refused_for.add((nickname, breach["name"]))
            assert breach["used"] + payment["amount_paisa"] == breach["needed"] > breach["limit"]
    assert refused_for == FULL
    assert (await startup.get("/v1/ledger/trial-balance"))["balanced"]


async def pages(startup: Startup) -> list[str]:
    """Return the cursors of all pages of payments."""
    cursors = [""]
    while (page := await startup.get(f"/v1/payments?limit=200{cursors[-1]}"))["has_more"]:
        cursors.append(f"&cursor={page['next_cursor']}")
    return cursors


async def test_sixty_four_equal_payments_from_one_account_fill_its_day_to_the_paisa(sign_up: SignUp) -> None:
    startup = await sign_up(frozen_at=START)
    orders = [await startup.order(amount=100_000, source=SEED["l0"].iban) for _ in range(AT_ONCE)]
    answers = await asyncio.gather(*(startup.post("/v1/payments", order) for order in orders))
    assert Counter(answer.json()["status"] for answer in answers) == {"settled": 25, "refused": 39}
    row = (await limits(startup, "l0"))["debit_day"]
    assert (row["used"], row["left"]) == (2_500_000, 0)


async def test_sixty_four_equal_payments_to_one_account_fill_its_day_to_the_paisa(sign_up: SignUp) -> None:
    startup = await sign_up(frozen_at=START)
    orders = [await startup.order(SEED["l0"].iban, 100_000) for _ in range(AT_ONCE)]
    answers = await asyncio.gather(*(startup.post("/v1/payments", order) for order in orders))
    assert Counter(answer.json()["status"] for answer in answers) == {"settled": 25, "refused": 39}
    row = (await limits(startup, "l0"))["credit_day"]
    assert (row["used"], row["left"]) == (2_500_000, 0)


async def test_repeats_at_once_under_one_key_count_once(sign_up: SignUp) -> None:
    startup = await sign_up(frozen_at=START)
    order = await startup.order(amount=100_000, source=SEED["l0"].iban)
    await asyncio.gather(*(startup.post("/v1/payments", order, key="k") for _ in range(AT_ONCE)))
    assert (await limits(startup, "l0"))["debit_day"]["used"] == 100_000


async def test_a_real_server_with_a_connection_per_payment_keeps_the_limit_too(tmp_path: Path) -> None:
    settings = Settings(database=tmp_path / "kasauti.db", port=0)
    ask = {"destination_iban": SEED["shop"].iban, "amount_paisa": 100_000}
    with serving(settings) as address:
        async with httpx.AsyncClient(
            base_url=address, limits=httpx.Limits(max_connections=AT_ONCE), timeout=60
        ) as client:
            who = {"name": "Chai Pay", "email": "dev@chaipay.example", "frozen_at": START}
            made = (await client.post("/v1/signup", json=who)).raise_for_status().json()
            client.headers["authorization"] = f"Bearer {made['key']['secret']}"

            async def pay() -> str:
                title = (await client.post("/v1/title-fetches", json=ask)).raise_for_status().json()["id"]
                order = {**ask, "source": SEED["l0"].iban, "title_fetch": title}
                return str(
                    (await client.post("/v1/payments", json=order)).raise_for_status().json()["status"]
                )

            outcomes = await asyncio.gather(*(pay() for _ in range(AT_ONCE)))
            [account] = [row["id"] for row in made["accounts"] if row["nickname"] == "l0"]
            shown = (await client.get(f"/v1/accounts/{account}/limits")).raise_for_status().json()["data"]
    assert Counter(outcomes) == {"settled": 25, "refused": 39}
    assert {row["name"]: row["left"] for row in shown}["debit_day"] == 0
