import asyncio
from typing import Any

import pytest

from connectors.identifiers.iban import make_iban
from sandbox.accounts.models import ACCOUNTS
from sandbox.accounts.service import SEED
from sandbox.db import UnitOfWork
from sandbox.raast.requests import EXPIRE, expire
from sandbox.world import enter
from tests.startup import AMOUNT, RICH, SETTLES_LATER, SHOP, SILENT, Startup

PATH = "/v1/raast/requests-to-pay"
MOBILE = {"type": "MOBILE", "value": "03901234567"}


async def ask(startup: Startup, **more: object) -> Any:
    body = {"payee": SHOP, "payer": RICH, "amount_paisa": AMOUNT, "note": "Invoice 7"} | more
    answer = await startup.post(PATH, {name: value for name, value in body.items() if value is not None})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def do(startup: Startup, request: Any, event: str, body: object = None) -> Any:
    answer = await startup.post(f"{PATH}/{request['id']}/{event}", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def events(startup: Startup, request: Any) -> list[str]:
    found = await startup.get(f"/v1/events?subject={request['id']}")
    return [event["type"] for event in reversed(found["data"])]


async def assert_clean(startup: Startup, *, held: int = 0) -> None:
    assert (await startup.get("/v1/ledger/trial-balance"))["balanced"]
    assert (await startup.balance())["held_paisa"] == held


async def test_an_accepted_request_moves_the_money_and_is_settled(startup: Startup) -> None:
    before = await startup.balance("shop")
    request = await ask(startup)
    assert (request["status"], request["final"]) == ("PDNG", False)
    settled = await do(startup, request, "accept")
    assert [step["status"] for step in settled["history"]] == ["ACTC", "PDNG", "ACCP", "ACSC"]
    payment = await startup.get(f"/v1/payments/{settled['payment']}")
    assert (payment["status"], payment["end_to_end_id"]) == ("settled", request["rtp_id"])
    assert (await startup.balance("shop"))["ledger_paisa"] == before["ledger_paisa"] + AMOUNT
    assert await startup.get(f"{PATH}/{request['id']}") == settled
    assert await events(startup, request) == ["request_to_pay.sent", "request_to_pay.settled"]
    assert startup.count("job", kind=EXPIRE) == 0
    await assert_clean(startup)


async def test_a_payer_is_asked_by_their_raast_id(startup: Startup) -> None:
    customer = {
        "institution": "SBXA",
        "uid": {"type": "CNIC", "value": "9000100000012"},
        "name": "Ayesha",
        "accounts": [{"account": RICH}],
        "aliases": [MOBILE],
    }
    assert (await startup.post("/v1/raast/customers", customer)).status_code == 201
    request = await ask(startup, payer=None, payer_alias=MOBILE)
    assert request["payer"] == startup.accounts["rich"]
    refused = await startup.post(
        PATH, {"payee": SHOP, "payer_alias": {"type": "TXT", "value": "nobody"}, "amount_paisa": 1}
    )
    assert (refused.json()["field"], refused.json()["rail_code"]) == ("payer_alias", "0312")


@pytest.mark.parametrize(
    ("event", "status", "reason", "told"),
    [("reject", "RJCT", "CUST", "rejected"), ("cancel", "CANC", None, "cancelled")],
)
async def test_a_request_that_is_turned_down_moves_nothing(
    startup: Startup, event: str, status: str, reason: str | None, told: str
) -> None:
    before = await startup.balance()
    request = await ask(startup)
    ended = await do(startup, request, event)
    assert (ended["status"], ended["reason"], ended["final"]) == (status, reason, True)
    for again in ("accept", "reject", "cancel"):
        answer = await startup.post(f"{PATH}/{request['id']}/{again}")
        assert (answer.status_code, answer.json()["code"]) == (409, "request_to_pay_state")
    assert await events(startup, request) == ["request_to_pay.sent", f"request_to_pay.{told}"]
    assert await startup.balance() == before
    assert startup.count("job", kind=EXPIRE) == 0


@pytest.mark.parametrize(("mode", "waits_s"), [("now", 1800), ("later", 86_400)])
async def test_a_request_that_nobody_answers_expires_by_the_sandbox_clock(
    startup: Startup, mode: str, waits_s: int
) -> None:
    await startup.freeze()
    request = await ask(startup, mode=mode)
    await startup.advance(waits_s - 1)
    assert (await startup.get(f"{PATH}/{request['id']}"))["status"] == "PDNG"
    await startup.advance(1)
    expired = await startup.get(f"{PATH}/{request['id']}")
    assert (expired["status"], expired["reason"]) == ("RJCT", "DS24")
    assert await events(startup, request) == ["request_to_pay.sent", "request_to_pay.expired"]


async def test_time_does_nothing_to_a_request_that_was_answered(startup: Startup) -> None:
    settled = await do(startup, await ask(startup), "accept")

    def come_late(uow: UnitOfWork) -> None:
        expire(enter(uow, startup.sandbox_id), settled["id"])

    await startup.services.executor.write(come_late)
    assert await startup.get(f"{PATH}/{settled['id']}") == settled


async def test_a_request_whose_time_is_over_is_not_accepted_even_before_the_worker_comes(
    startup: Startup,
) -> None:
    await startup.freeze()
    request = await ask(startup, expires_in_s=1)

    def pass_time(uow: UnitOfWork) -> None:
        world = enter(uow, startup.sandbox_id)
        world.set_clock(offset_us=0, frozen_at=world.now + 1_000_000)

    await startup.services.executor.write(pass_time)
    answer = await startup.post(f"{PATH}/{request['id']}/accept")
    assert (answer.status_code, answer.json()["code"]) == (409, "request_to_pay_state")


async def test_of_many_who_accept_at_once_one_pays(startup: Startup) -> None:
    request = await ask(startup)
    before = await startup.balance()
    answers = await asyncio.gather(*(startup.post(f"{PATH}/{request['id']}/accept") for _ in range(64)))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 63]
    assert (await startup.balance())["ledger_paisa"] == before["ledger_paisa"] - AMOUNT
    assert startup.count("payment") == 1
    await assert_clean(startup)


async def test_a_payment_that_the_rail_refuses_rejects_the_request(startup: Startup) -> None:
    request = await ask(startup, payer=SEED["poor"].iban)
    ended = await do(startup, request, "accept")
    assert (ended["status"], ended["reason"]) == ("RJCT", "AM04")
    assert await events(startup, request) == ["request_to_pay.sent", "request_to_pay.rejected"]
    await assert_clean(startup)


async def test_a_payee_who_can_take_nothing_rejects_the_request(startup: Startup) -> None:
    ended = await do(startup, await ask(startup, payee=SEED["frozen"].iban), "accept")
    assert (ended["status"], ended["reason"], ended["payment"]) == ("RJCT", "AC06", None)
    await assert_clean(startup)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"merchant": "rme_x"}, "payee"),
        ({"payee": None}, "payee"),
        ({"payee": None, "merchant": "rme_x"}, "merchant"),
        ({"payer_alias": MOBILE}, "payer"),
        ({"payer": "acc_x"}, "payer"),
        ({"payer": SHOP}, "payer"),
        ({"amount_paisa": 0}, "amount_paisa"),
        ({"mode": "never"}, "mode"),
        ({"expires_in_s": 0}, "expires_in_s"),
        ({"note": "x" * 141}, "note"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_wrong_request_stores_nothing(startup: Startup, body: dict[str, object], field: str) -> None:
    wrong = {"payee": SHOP, "payer": RICH, "amount_paisa": AMOUNT} | body
    answer = await startup.post(PATH, {name: value for name, value in wrong.items() if value is not None})
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert (startup.count("shelf_item"), startup.count("job")) == (0, 0)


async def test_who_was_asked_pays_and_nobody_else(startup: Startup) -> None:
    request = await ask(startup)
    answer = await startup.post(f"{PATH}/{request['id']}/accept", {"source": SEED["wallet"].iban})
    assert (answer.status_code, answer.json()["field"]) == (422, "source")
    assert (await do(startup, request, "accept", {"source": RICH}))["status"] == "ACSC"


async def test_an_open_request_is_paid_by_whoever_it_is_shown_to(startup: Startup) -> None:
    request = await ask(startup, payer=None)
    assert request["status"] == "ACTC"
    answer = await startup.post(f"{PATH}/{request['id']}/accept")
    assert (answer.status_code, answer.json()["field"]) == (422, "source")
    assert (await do(startup, request, "accept", {"source": RICH}))["status"] == "ACSC"


async def open_payee(startup: Startup, account: str) -> str:
    """Move the shop to an IBAN that pulls a trigger, so that its money comes late."""
    iban = make_iban("SBXB", account)

    def move(uow: UnitOfWork) -> None:
        shop = ACCOUNTS.get(uow, startup.sandbox_id, startup.accounts["shop"])
        assert shop is not None
        ACCOUNTS.update(uow, shop, iban=iban)

    await startup.services.executor.write(move)
    return iban


@pytest.mark.parametrize(
    ("account", "after_s", "status", "reason", "told"),
    [(SETTLES_LATER, 90, "ACSC", None, "settled"), (SILENT, 86_400, "RJCT", "DS24", "rejected")],
)
async def test_an_unknown_outcome_keeps_the_request_accepted_until_it_is_known(
    startup: Startup, account: str, after_s: int, status: str, reason: str | None, told: str
) -> None:
    await startup.freeze()
    iban = await open_payee(startup, account)
    accepted = await do(startup, await ask(startup, payee=iban), "accept")
    assert accepted["status"] == "ACCP"
    await assert_clean(startup, held=AMOUNT)
    refused = await startup.post(f"{PATH}/{accepted['id']}/cancel")
    assert refused.json()["code"] == "request_to_pay_state"
    await startup.advance(after_s)
    ended = await startup.get(f"{PATH}/{accepted['id']}")
    assert (ended["status"], ended["reason"]) == (status, reason)
    assert await events(startup, accepted) == ["request_to_pay.sent", f"request_to_pay.{told}"]
    await assert_clean(startup)


async def test_a_payment_that_only_looks_like_a_requests_own_changes_nothing(startup: Startup) -> None:
    request = await ask(startup)
    await startup.pay(SHOP, end_to_end_id=request["rtp_id"])
    await startup.pay(SHOP, end_to_end_id="rtp-nothing")
    assert (await startup.get(f"{PATH}/{request['id']}"))["status"] == "PDNG"


async def test_a_repeat_with_the_same_key_gets_the_same_request(startup: Startup) -> None:
    body = {"payee": SHOP, "payer": RICH, "amount_paisa": AMOUNT}
    first, second = [await startup.post(PATH, body, key="k") for _ in range(2)]
    assert first.json() == second.json()
    assert [row["id"] for row in (await startup.get(PATH))["data"]] == [first.json()["id"]]


async def test_requests_are_listed_by_page_and_belong_to_their_sandbox(
    startup: Startup, other: Startup
) -> None:
    made = [(await ask(startup))["id"] for _ in range(3)]
    page = await startup.get(f"{PATH}?limit=2")
    rest = await startup.get(f"{PATH}?limit=2&cursor={page['next_cursor']}")
    assert [row["id"] for row in (*page["data"], *rest["data"])] == made[::-1]
    assert (page["has_more"], rest["has_more"]) == (True, False)
    assert (await other.send("GET", f"{PATH}/{made[0]}")).status_code == 404
    assert (await other.post(f"{PATH}/{made[0]}/accept")).status_code == 404
