"""What somebody else would do: a payment is pushed on, money comes in from outside."""

from typing import Any

import pytest

from connectors.identifiers.iban import make_iban
from connectors.registry import RAILS
from sandbox.accounts.service import SEED
from sandbox.payments.service import RESOLVE
from tests.limited import used
from tests.startup import RICH, SHOP, SILENT, Startup

EVERY_RAIL = pytest.mark.parametrize("rail", RAILS)
L0 = SEED["l0"].iban


async def push(startup: Startup, payment: Any, to: str, reason: str | None = None) -> Any:
    body = {"to": to} | ({} if reason is None else {"reason": reason})
    return await startup.post(f"/v1/simulations/payments/{payment['id']}", body)


async def unknown(startup: Startup, rail: str = "raast", *, source: str = RICH) -> Any:
    answer = await startup.post(
        "/v1/payments", await startup.order(rail=rail, source=source), scenario="unknown_for_good"
    )
    assert answer.json()["status"] == "unknown"
    return answer.json()


async def assert_nothing_is_held(startup: Startup) -> None:
    sums = await startup.get("/v1/ledger/trial-balance")
    assert (sums["balanced"], sums["debits_pending_paisa"], sums["credits_pending_paisa"]) == (True, 0, 0)


@EVERY_RAIL
async def test_an_unknown_payment_is_settled_now_and_stays_so(startup: Startup, rail: str) -> None:
    await startup.freeze()
    payment = await unknown(startup, rail)
    pushed = (await push(startup, payment, "settled")).json()
    assert (pushed["status"], pushed["reason"]) == ("settled", None)
    await assert_nothing_is_held(startup)
    assert startup.count("job", kind=RESOLVE) == 0
    await startup.advance(25 * 3600)
    assert (await startup.get(f"/v1/payments/{payment['id']}")) == pushed
    assert (await startup.balance("shop"))["ledger_paisa"] == 5_015_000


@EVERY_RAIL
async def test_an_unknown_payment_is_refused_with_any_final_reason(startup: Startup, rail: str) -> None:
    for code, reason in RAILS[rail].reasons.items():
        payment = await unknown(startup, rail)
        answer = await push(startup, payment, "refused", code)
        if reason.final and code != RAILS[rail].approved:
            assert (answer.json()["status"], answer.json()["reason"]["code"]) == ("refused", code)
        else:
            assert (answer.status_code, answer.json()["field"]) == (422, "reason")
            await push(startup, payment, "settled")
    await assert_nothing_is_held(startup)


async def test_a_refusal_gives_the_limits_back(startup: Startup) -> None:
    await startup.freeze()
    payment = await unknown(startup, source=L0)
    assert (await used(startup, "l0"))["debit_day"] == 15_000
    await push(startup, payment, "refused", "MS03")
    assert (await used(startup, "l0"))["debit_day"] == 0


@EVERY_RAIL
async def test_a_settled_payment_is_returned_once(startup: Startup, rail: str) -> None:
    payment = await startup.pay(rail=rail)
    assert (await push(startup, payment, "returned")).json() == payment
    assert (await startup.balance())["ledger_paisa"] == SEED["rich"].balance_paisa
    again = await push(startup, payment, "returned")
    assert (again.status_code, again.json()["code"]) == (409, "payment_not_open")
    await assert_nothing_is_held(startup)


async def test_what_the_receiver_has_spent_is_not_returned(startup: Startup) -> None:
    payment = await startup.pay()
    spent = (await startup.balance("shop"))["available_paisa"] - 100
    await startup.pay(RICH, spent, source=SHOP)
    answer = await push(startup, payment, "returned")
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_open")
    await assert_nothing_is_held(startup)


@pytest.mark.parametrize(
    ("state", "to", "reason"),
    [
        ("settled", "settled", None),
        ("settled", "refused", "MS03"),
        ("refused", "settled", None),
        ("refused", "returned", None),
        ("unknown", "returned", None),
        ("due", "settled", None),
    ],
)
async def test_a_state_that_cannot_follow_is_refused(
    startup: Startup, state: str, to: str, reason: str | None
) -> None:
    await startup.freeze()
    if state == "settled":
        payment = await startup.pay()
    elif state == "refused":
        payment = await startup.pay(make_iban("SBXB", "000000000000AC04"))
    else:
        payment = await startup.pay(make_iban("SBXB", SILENT))
    if state == "due":
        await startup.services.executor.write(let_fall_due, startup.sandbox_id)
    before = await startup.get(f"/v1/payments/{payment['id']}")
    answer = await push(startup, payment, to, reason)
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_open")
    assert await startup.get(f"/v1/payments/{payment['id']}") == before


def let_fall_due(uow: Any, sandbox_id: str) -> None:
    """Set the outcome's time to now, as it is when the worker is late."""
    uow.driver.execute("UPDATE payment SET late_at = created_at WHERE sandbox_id = ?", (sandbox_id,))


@pytest.mark.parametrize(
    ("to", "reason"), [("settled", "MS03"), ("refused", None), ("refused", "XX99"), ("returned", "MS03")]
)
async def test_a_reason_goes_with_a_refusal_only(startup: Startup, to: str, reason: str | None) -> None:
    answer = await push(startup, await unknown(startup), to, reason)
    assert (answer.status_code, answer.json()["field"]) == (422, "reason")


async def test_a_payment_that_is_not_here_is_not_pushed(startup: Startup, other: Startup) -> None:
    payment = await unknown(startup)
    assert (await push(other, payment, "settled")).status_code == 404


async def receive(startup: Startup, destination: str, amount: int = 10_000, **more: object) -> Any:
    body = {"destination": destination, "amount_paisa": amount, **more}
    return await startup.post("/v1/simulations/inbound-credits", body)


@EVERY_RAIL
async def test_money_comes_in_from_outside(startup: Startup, rail: str) -> None:
    answer = await receive(
        startup, SHOP, rail=rail, institution="SBXW", sender="Nadia Anwar", end_to_end_id="salary-1"
    )
    credit = answer.json()
    assert (answer.status_code, credit["status"], credit["sender"]) == (201, "settled", "Nadia Anwar")
    assert await startup.get(f"/v1/simulations/inbound-credits/{credit['id']}") == credit
    assert (await startup.balance("shop"))["ledger_paisa"] == 5_010_000
    line = (await startup.get(f"/v1/accounts/{startup.accounts['shop']}/statement"))["data"][-1]
    assert (line["counterparty"], line["reference"]) == ("outside:SBXW", credit["id"])
    await assert_nothing_is_held(startup)


@pytest.mark.parametrize(
    ("nickname", "rail", "code"),
    [
        ("frozen", "raast", "AC06"),
        ("closed", "raast", "AC04"),
        ("closed", "onelink", "0103"),
        ("l0", "raast", "AM02"),
    ],
)
async def test_money_that_an_account_does_not_take_is_turned_away(
    startup: Startup, nickname: str, rail: str, code: str
) -> None:
    before = await startup.balance(nickname)
    credit = (await receive(startup, startup.accounts[nickname], 6_000_000, rail=rail)).json()
    assert (credit["status"], credit["reason"]["code"]) == ("refused", code)
    assert (credit["reason"]["limit"] is None) == (code != "AM02")
    assert await startup.balance(nickname) == before


async def test_money_from_outside_counts_against_limits(startup: Startup) -> None:
    await receive(startup, L0, 1_000_000)
    assert (await used(startup, "l0"))["credit_day"] == 1_000_000


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"destination": "acc_nobody"}, "unknown_account"),
        ({"destination": make_iban("SBXB", "77")}, "unknown_account"),
        ({"institution": "HABB"}, "unknown_institution"),
        ({"rail": "swift"}, "unknown_rail"),
        ({"amount_paisa": 0}, "invalid_field"),
        ({"sender": ""}, "invalid_field"),
    ],
)
async def test_bad_input_brings_nothing_in(startup: Startup, wrong: dict[str, object], code: str) -> None:
    answer = await startup.post(
        "/v1/simulations/inbound-credits", {"destination": SHOP, "amount_paisa": 1, **wrong}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert startup.count("shelf_item", rail="simulations") == 0


async def test_inbound_credits_are_listed_the_newest_first(startup: Startup) -> None:
    ids = [(await receive(startup, SHOP, amount)).json()["id"] for amount in (1, 2, 3)]
    page = await startup.get("/v1/simulations/inbound-credits?limit=2")
    assert ([row["id"] for row in page["data"]], page["has_more"]) == ([ids[2], ids[1]], True)
    rest = await startup.get(f"/v1/simulations/inbound-credits?limit=2&cursor={page['next_cursor']}")
    assert ([row["id"] for row in rest["data"]], rest["has_more"]) == ([ids[0]], False)
    missing = await startup.send("GET", "/v1/simulations/inbound-credits/in_nothing")
    assert missing.status_code == 404
