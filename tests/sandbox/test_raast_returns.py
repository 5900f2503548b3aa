import asyncio
from typing import Any

import pytest

from connectors.identifiers.iban import make_iban
from connectors.raast.directory import RETURNS
from ledger.model import Kind, Transfer
from sandbox.accounts.models import ACCOUNTS
from sandbox.accounts.service import SEED
from sandbox.db import UnitOfWork
from sandbox.payments.service import end_hold
from sandbox.raast.twenty import percentile
from sandbox.world import enter
from tests.startup import AMOUNT, RICH, SETTLES_LATER, SHOP, SILENT, Startup

SECOND = 1_000_000


async def send_back(startup: Startup, payment: Any, **body: object) -> Any:
    return await startup.post(f"/v1/payments/{payment['id']}/return", body)


async def ask_back(startup: Startup, payment: Any, reason: str = "DUPL") -> Any:
    answer = await startup.post(f"/v1/payments/{payment['id']}/recalls", {"reason": reason})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def events(startup: Startup, subject: str) -> list[str]:
    found = await startup.get(f"/v1/events?subject={subject}")
    return [event["type"] for event in reversed(found["data"])]


async def balances(startup: Startup) -> tuple[int, int]:
    assert (await startup.get("/v1/ledger/trial-balance"))["balanced"]
    rich, shop = await startup.balance("rich"), await startup.balance("shop")
    assert rich["held_paisa"] == shop["held_paisa"] == 0
    return rich["ledger_paisa"], shop["ledger_paisa"]


@pytest.mark.parametrize("reason", [code for code, row in RETURNS.items() if "return" in row.use])
async def test_a_return_moves_the_money_back_once(startup: Startup, reason: str) -> None:
    before = await balances(startup)
    payment = await startup.pay(SHOP)
    assert (await startup.send("GET", f"/v1/payments/{payment['id']}/return")).status_code == 404
    answer = await send_back(startup, payment, reason=reason)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["reason"]["code"], answer.json()["amount_paisa"]) == (reason, AMOUNT)
    assert await balances(startup) == before
    assert await startup.get(f"/v1/payments/{payment['id']}/return") == answer.json()
    again = await send_back(startup, payment, reason=reason)
    assert (again.status_code, again.json()["code"]) == (409, "return_state")
    assert await events(startup, payment["id"]) == ["payment.settled", "payment.returned"]
    assert await balances(startup) == before


async def test_of_many_returns_at_once_one_moves_money(startup: Startup) -> None:
    before = await balances(startup)
    payment = await startup.pay(SHOP)
    answers = await asyncio.gather(*(send_back(startup, payment) for _ in range(32)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 31]
    assert await balances(startup) == before


async def test_a_payment_that_left_the_sandbox_comes_back_too(startup: Startup) -> None:
    before = await balances(startup)
    payment = await startup.pay(make_iban("SBXB", SETTLES_LATER))
    early = await send_back(startup, payment)
    assert (early.status_code, early.json()["code"]) == (409, "return_state")
    await startup.freeze()
    await startup.advance(90)
    assert (await send_back(startup, payment)).status_code == 201
    assert await balances(startup) == before


async def test_a_refused_payment_has_nothing_to_return(startup: Startup) -> None:
    payment = await startup.pay(SHOP, source=SEED["poor"].iban)
    assert payment["status"] == "refused"
    assert (await send_back(startup, payment)).json()["code"] == "return_state"
    recall = await startup.post(f"/v1/payments/{payment['id']}/recalls", {"reason": "DUPL"})
    assert recall.json()["code"] == "return_state"


async def test_money_that_was_spent_is_not_returned(startup: Startup) -> None:
    spent = (await startup.balance("poor"))["ledger_paisa"] + AMOUNT
    payment = await startup.pay(SEED["poor"].iban)
    await startup.pay(SHOP, spent, source=SEED["poor"].iban)
    answer = await send_back(startup, payment)
    assert (answer.status_code, answer.json()["code"], answer.json()["rail_code"]) == (
        422,
        "return_refused",
        "AM04",
    )
    await startup.pay(SEED["poor"].iban, 5 * AMOUNT)
    assert (await send_back(startup, payment)).status_code == 201


@pytest.mark.parametrize(("status", "code"), [("closed", "AC04"), ("frozen", "AC06")])
async def test_nothing_is_returned_to_an_account_that_takes_nothing(
    startup: Startup, status: str, code: str
) -> None:
    payment = await startup.pay(SHOP)

    def change(uow: UnitOfWork) -> None:
        account = ACCOUNTS.get(uow, startup.sandbox_id, startup.accounts["rich"])
        assert account is not None
        ACCOUNTS.update(uow, account, status=status)

    await startup.services.executor.write(change)
    before = await balances(startup)
    assert (await send_back(startup, payment)).json()["rail_code"] == code
    assert await balances(startup) == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("return", {"reason": "FRAD"}),
        ("return", {"reason": "XXXX"}),
        ("return", {"reason": "TOO LONG"}),
        ("recalls", {"reason": "FOCR"}),
        ("recalls", {}),
    ],
)
async def test_a_reason_is_one_of_the_table(startup: Startup, path: str, body: dict[str, str]) -> None:
    payment = await startup.pay(SHOP)
    answer = await startup.post(f"/v1/payments/{payment['id']}/{path}", body)
    assert (answer.status_code, answer.json()["field"]) == (422, "reason")
    assert startup.count("shelf_item", rail="raast") == 0


async def test_a_return_that_another_face_made_is_seen_without_a_reason(startup: Startup) -> None:
    payment = await startup.pay(SHOP)

    def reverse(uow: UnitOfWork) -> None:
        world = enter(uow, startup.sandbox_id)
        transfer = Transfer("elsewhere", kind=Kind.REVERSAL, target_id=end_hold(payment["id"], Kind.POST).id)
        world.book.post([transfer], now=world.now, recorded_at=uow.now)

    await startup.services.executor.write(reverse)
    found = await startup.get(f"/v1/payments/{payment['id']}/return")
    assert (found["id"], found["reason"], found["amount_paisa"]) == ("elsewhere", None, AMOUNT)
    assert (await send_back(startup, payment)).json()["code"] == "return_state"


async def test_a_recall_that_is_accepted_brings_the_money_back(startup: Startup) -> None:
    before = await balances(startup)
    payment = await startup.pay(SHOP)
    recall = await ask_back(startup, payment)
    assert (recall["status"], recall["answer"]) == ("asked", None)
    assert await balances(startup) != before
    second = await startup.post(f"/v1/payments/{payment['id']}/recalls", {"reason": "CUST"})
    assert (second.status_code, second.json()["code"]) == (409, "return_state")
    accepted = (await startup.post(f"/v1/raast/recalls/{recall['id']}/accept")).json()
    assert (accepted["status"], accepted["answer"]["code"]) == ("returned", "FOCR")
    assert await balances(startup) == before
    assert await events(startup, recall["id"]) == ["recall.asked", "recall.answered"]
    assert await startup.get(f"/v1/raast/recalls/{recall['id']}") == accepted
    again = await startup.post(f"/v1/raast/recalls/{recall['id']}/accept")
    assert (again.status_code, again.json()["code"]) == (409, "return_state")


@pytest.mark.parametrize("reason", [code for code, row in RETURNS.items() if "answer" in row.use])
async def test_a_recall_that_is_refused_moves_nothing(startup: Startup, reason: str) -> None:
    payment = await startup.pay(SHOP)
    before = await balances(startup)
    recall = await ask_back(startup, payment)
    wrong = await startup.post(f"/v1/raast/recalls/{recall['id']}/refuse", {"reason": "FOCR"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "reason")
    refused = (await startup.post(f"/v1/raast/recalls/{recall['id']}/refuse", {"reason": reason})).json()
    assert (refused["status"], refused["answer"]["code"]) == ("refused", reason)
    assert await balances(startup) == before
    assert (await ask_back(startup, payment, "CUST"))["status"] == "asked"


async def test_a_return_answers_the_recall_that_waits(startup: Startup) -> None:
    payment = await startup.pay(SHOP)
    recall = await ask_back(startup, payment)
    assert (await send_back(startup, payment, reason="CUST")).status_code == 201
    assert (await startup.get(f"/v1/raast/recalls/{recall['id']}"))["status"] == "returned"
    assert [row["id"] for row in (await startup.get("/v1/raast/recalls"))["data"]] == [recall["id"]]


async def test_what_is_of_another_sandbox_does_not_come_back(startup: Startup, other: Startup) -> None:
    payment = await startup.pay(SHOP)
    recall = await ask_back(startup, payment)
    assert (await send_back(other, payment)).status_code == 404
    assert (await other.send("GET", f"/v1/raast/recalls/{recall['id']}")).status_code == 404


async def test_the_twenty_seconds_are_measured_by_the_sandbox_clock(startup: Startup) -> None:
    empty = await startup.get("/v1/raast/twenty-seconds")
    assert (empty["most_s"], empty["credited"], empty["p50_s"], empty["late"]) == (20, 0, None, [])
    await startup.freeze()
    for _ in range(3):
        prompt = await startup.pay(SHOP)
    late = await startup.pay(make_iban("SBXB", SETTLES_LATER))
    await startup.pay(SHOP, source=SEED["poor"].iban)
    await startup.advance(20)
    found = await startup.get("/v1/raast/twenty-seconds")
    assert [found[name] for name in ("credited", "within", "breaches", "open", "overdue")] == [3, 3, 0, 1, 0]
    await startup.advance(1)
    assert (await startup.get("/v1/raast/twenty-seconds"))["overdue"] == 1
    await startup.advance(69)
    found = await startup.get("/v1/raast/twenty-seconds")
    assert [found[name] for name in ("credited", "within", "breaches", "open", "overdue")] == [4, 3, 1, 0, 0]
    assert [found[name] for name in ("p50_s", "p90_s", "p99_s", "max_s")] == [0, 90, 90, 90]
    [shown] = found["late"]
    assert (shown["payment"], shown["took_s"], shown["within"]) == (late["id"], 90, False)
    assert await startup.get(f"/v1/raast/twenty-seconds/{late['id']}") == shown
    assert (await startup.get(f"/v1/raast/twenty-seconds/{prompt['id']}"))["within"]


async def test_a_payment_that_waits_has_a_time_and_a_refused_one_has_none(startup: Startup) -> None:
    await startup.freeze()
    waiting = await startup.pay(make_iban("SBXB", SILENT))
    await startup.advance(30)
    found = await startup.get(f"/v1/raast/twenty-seconds/{waiting['id']}")
    assert (found["credited_at"], found["took_s"], found["within"]) == (None, 30, False)
    refused = await startup.pay(SHOP, source=SEED["poor"].iban)
    assert (await startup.send("GET", f"/v1/raast/twenty-seconds/{refused['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("counts", "part", "expected"),
    [
        ([], 50, None),
        ([(SECOND, 1)], 50, 1),
        ([(SECOND, 1), (2 * SECOND, 1)], 50, 1),
        ([(SECOND, 1), (2 * SECOND, 1)], 51, 2),
        ([(SECOND, 99), (5 * SECOND, 1)], 99, 1),
        ([(SECOND, 99), (5 * SECOND, 1)], 100, 5),
    ],
)
def test_a_percentile_is_the_nearest_rank(
    counts: list[tuple[int, int]], part: int, expected: float | None
) -> None:
    assert percentile(counts, part) == expected


async def test_a_payment_by_request_leaves_the_payer_known(startup: Startup) -> None:
    """A return finds the payer of a request that named none."""
    before = await balances(startup)
    asked = (await startup.post("/v1/raast/requests-to-pay", {"payee": SHOP, "amount_paisa": AMOUNT})).json()
    paid = (await startup.post(f"/v1/raast/requests-to-pay/{asked['id']}/accept", {"source": RICH})).json()
    assert (await send_back(startup, {"id": paid["payment"]})).status_code == 201
    assert await balances(startup) == before
