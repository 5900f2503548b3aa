"""Limits as a startup meets them: over HTTP, with the clock in its own hand."""

from typing import Any

import pytest

from connectors.identifiers.iban import make_iban
from sandbox.limits.periods import PERIODS
from tests.limited import ASAAN, L0, L1, POOR, SETTLED, START, TRADER, advance_to, limits, told, used
from tests.startup import RICH, SHOP, SignUp, Startup


@pytest.fixture
async def startup(sign_up: SignUp) -> Startup:
    return await sign_up(frozen_at=START)


# --- exactly the limit passes, one paisa more does not -------------------------------------------


@pytest.mark.parametrize(
    ("source", "destination", "most", "code", "limit"),
    [
        (L0, SHOP, 2_500_000, "AM02", "debit_transaction"),
        (L1, SHOP, 5_000_000, "AM02", "debit_transaction"),
        (TRADER, SHOP, 200_000_000, "AM14", "debit_month"),
        (RICH, L0, 2_500_000, "AM02", "credit_transaction"),
        (RICH, L1, 5_000_000, "AM02", "credit_transaction"),
        (RICH, ASAAN, 10_000_000, "AM14", "balance"),
        (RICH, TRADER, 50_000_000, "AM14", "balance"),
    ],
)
async def test_the_first_payment_may_use_a_limit_up(
    startup: Startup, source: str, destination: str, most: int, code: str, limit: str
) -> None:
    if destination == SHOP:
        over = await startup.pay(destination, most + 1, source=source)
    else:
        over = await startup.fetch(destination, most + 1)
    assert told(over) == ("refused", code, limit)
    assert told(await startup.pay(destination, most, source=source)) == SETTLED


@pytest.mark.parametrize(
    ("source", "destination", "amounts", "limit"),
    [
        (L0, SHOP, (1_000_000, 1_500_000), "debit_day"),
        (L1, SHOP, (4_999_999, 1), "debit_day"),
        (TRADER, SHOP, (1, 199_999_999), "debit_month"),
        (RICH, L0, (2_499_999, 1), "credit_day"),
        (RICH, L1, (2_500_000, 2_500_000), "credit_day"),
        (RICH, ASAAN, (9_999_999, 1), "balance"),
    ],
)
async def test_several_payments_may_use_a_limit_up_and_then_not_a_paisa_more(
    startup: Startup, source: str, destination: str, amounts: tuple[int, ...], limit: str
) -> None:
    for amount in amounts:
        assert told(await startup.pay(destination, amount, source=source)) == SETTLED
    if destination == SHOP:
        over = await startup.pay(destination, 1, source=source)
    else:
        over = await startup.fetch(destination, 1)
    assert told(over) == ("refused", "AM14", limit)


async def test_debits_and_credits_are_counted_apart(startup: Startup) -> None:
    assert told(await startup.pay(L0, 2_500_000)) == SETTLED
    assert told(await startup.pay(L1, 2_500_000, source=L0)) == SETTLED
    assert (await used(startup, "l0"))["debit_day"] == (await used(startup, "l0"))["credit_day"] == 2_500_000


async def test_a_refusal_tells_the_limit_its_use_and_when_it_resets(startup: Startup) -> None:
    await startup.pay(amount=2_000_000, source=L0)
    payment = await startup.pay(amount=2_000_000, source=L0)
    assert payment["reason"]["limit"] == {
        "name": "debit_day",
        "account": startup.accounts["l0"],
        "limit": 2_500_000,
        "used": 2_000_000,
        "needed": 4_000_000,
        "unit": "paisa",
        "resets_at": "2027-03-10T19:00:00.000000Z",
        "detail": "The account may send at most PKR 25,000.00 a day; PKR 20,000.00 is used, "
        "and this would make it PKR 40,000.00.",
    }
    assert await startup.get(f"/v1/payments/{payment['id']}") == payment
    assert (await startup.get("/v1/events"))["data"][0]["data"] == payment


async def test_other_refusals_name_no_limit(startup: Startup) -> None:
    assert told(await startup.pay(source=POOR)) == ("refused", "AM04", None)


async def test_a_title_fetch_keeps_its_refusal(startup: Startup) -> None:
    fetched = await startup.fetch(ASAAN, 10_000_001)
    assert fetched["title"] is None
    detail = fetched["reason"]["limit"]["detail"]
    assert detail.startswith(
        "The account may hold at most PKR 10,00,000.00; it holds or awaits PKR 9,00,000.00"
    )
    assert await startup.get(f"/v1/title-fetches/{fetched['id']}") == fetched
    single = (await startup.fetch(L0, 2_500_001))["reason"]["limit"]["detail"]
    assert single == "The account may take at most PKR 25,000.00 at once; this is PKR 25,000.01."


async def test_the_receiver_is_checked_again_at_the_payment_and_nothing_moves(startup: Startup) -> None:
    orders = [await startup.order(ASAAN, 10_000_000) for _ in range(2)]
    first, second = [(await startup.post("/v1/payments", order)).json() for order in orders]
    assert (told(first), told(second)) == (SETTLED, ("refused", "AM14", "balance"))
    assert (await startup.balance("asaan"))["ledger_paisa"] == 100_000_000
    assert (await startup.balance())["held_paisa"] == 0


async def test_want_of_money_is_said_before_the_receivers_limit(startup: Startup) -> None:
    order = await startup.order(ASAAN, 10_000_000, source=POOR)
    await startup.pay(ASAAN, 10_000_000)
    assert told((await startup.post("/v1/payments", order)).json()) == ("refused", "AM04", None)


async def test_what_was_refused_uses_nothing(startup: Startup) -> None:
    before = await used(startup, "l0")
    for iban in (make_iban("SBXB", "000000000000AC03"), make_iban("SBXB", "000000000000AM04")):
        assert (await startup.pay(iban, 1_000_000, source=L0))["status"] == "refused"
    assert (await startup.pay(amount=2_500_001, source=L0))["status"] == "refused"
    assert await used(startup, "l0") == before
    assert startup.count("limit_usage") == 0


# --- the calendar --------------------------------------------------------------------------------


async def test_a_day_ends_at_midnight_in_pakistan(startup: Startup) -> None:
    assert told(await startup.pay(amount=2_500_000, source=L0)) == SETTLED
    await advance_to(startup, "2027-03-10T18:59:59.999999Z")
    assert told(await startup.pay(amount=1, source=L0)) == ("refused", "AM14", "debit_day")
    await advance_to(startup, "2027-03-10T19:00:00Z")
    assert (await used(startup, "l0"))["debit_day"] == 0
    assert told(await startup.pay(amount=2_500_000, source=L0)) == SETTLED


async def test_a_month_ends_at_midnight_in_pakistan(startup: Startup) -> None:
    for day in (10, 11):
        await advance_to(startup, f"2027-03-{day}T07:00:00Z")
        assert told(await startup.pay(amount=2_500_000, source=L0)) == SETTLED
    await advance_to(startup, "2027-03-31T18:59:59.999999Z")
    over = await startup.pay(amount=1, source=L0)
    assert told(over) == ("refused", "AM14", "debit_month")
    assert over["reason"]["limit"]["resets_at"] == "2027-03-31T19:00:00.000000Z"
    await advance_to(startup, over["reason"]["limit"]["resets_at"])
    assert told(await startup.pay(amount=1, source=L0)) == SETTLED
    assert await used(startup, "l0") == {
        "debit_transaction": 0,
        "debit_day": 1,
        "debit_month": 1,
        "debit_year": 5_000_001,
        "credit_transaction": 0,
        "credit_day": 0,
        "credit_month": 0,
        "credit_year": 0,
        "balance": 9_999_999,
    }


async def test_a_year_ends_at_midnight_in_pakistan(startup: Startup) -> None:
    for month in (4, 5, 6, 7):
        for day in (1, 2):
            await advance_to(startup, f"2027-{month:02}-0{day}T07:00:00Z")
            assert told(await startup.pay(L0, 2_500_000)) == SETTLED
            assert told(await startup.pay(amount=2_500_000, source=L0)) == SETTLED
    await advance_to(startup, "2027-12-31T18:59:59.999999Z")
    over = await startup.pay(amount=1, source=L0)
    assert told(over) == ("refused", "AM14", "debit_year")
    assert told(await startup.fetch(L0, 1)) == ("refused", "AM14", "credit_year")
    assert over["reason"]["limit"]["resets_at"] == "2027-12-31T19:00:00.000000Z"
    await advance_to(startup, "2027-12-31T19:00:00Z")
    assert told(await startup.pay(amount=2_500_000, source=L0)) == SETTLED


# --- dated rules ---------------------------------------------------------------------------------


async def test_an_override_lifts_a_limit_for_its_days_and_not_after(sign_up: SignUp) -> None:
    eid = await sign_up(frozen_at="2024-05-30T18:59:59.999999Z")
    assert told(await eid.fetch(ASAAN, 10_000_001)) == ("refused", "AM14", "balance")
    await advance_to(eid, "2024-05-30T19:00:00Z")
    row = (await limits(eid, "asaan"))["balance"]
    assert (row["limit"], row["override"], row["effective_to"]) == (500_000_000, True, "2024-06-20")
    assert told(await eid.fetch(ASAAN, 410_000_001)) == ("refused", "AM14", "balance")
    await advance_to(eid, "2024-06-20T18:59:59.999999Z")
    assert told(await eid.pay(ASAAN, 410_000_000)) == SETTLED
    assert (await limits(eid, "asaan"))["balance"]["left"] == 0
    await advance_to(eid, "2024-06-20T19:00:00Z")
    row = (await limits(eid, "asaan"))["balance"]
    assert (row["limit"], row["used"], row["left"]) == (100_000_000, 500_000_000, 0)
    assert told(await eid.fetch(ASAAN, 1)) == ("refused", "AM14", "balance")
    assert told(await eid.pay(amount=100_000_000, source=ASAAN)) == SETTLED


async def test_before_the_first_rule_nothing_is_limited_but_it_is_counted(sign_up: SignUp) -> None:
    old = await sign_up(frozen_at="2016-07-13T06:00:00Z")
    assert await limits(old, "l0") == {}
    assert told(await old.pay(amount=6_000_000, source=L0)) == SETTLED
    await advance_to(old, "2016-07-13T19:00:00Z")
    assert (await used(old, "l0"))["debit_month"] == 6_000_000
    assert told(await old.pay(amount=1, source=L0)) == ("refused", "AM14", "debit_month")


# --- repeats, and what is shown ------------------------------------------------------------------


async def test_a_repeat_under_its_key_counts_once(startup: Startup) -> None:
    order = await startup.order(amount=1_000_000, source=L0)
    answers = [await startup.post("/v1/payments", order, key="k") for _ in range(3)]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert (await used(startup, "l0"))["debit_day"] == 1_000_000


async def test_a_refused_repeat_stays_refused_when_the_limit_has_reset(startup: Startup) -> None:
    await startup.pay(amount=2_500_000, source=L0)
    order = await startup.order(amount=1, source=L0)
    first = await startup.post("/v1/payments", order, key="k")
    await startup.advance(24 * 3600)
    again = await startup.post("/v1/payments", order, key="k")
    assert told(first.json()) == ("refused", "AM14", "debit_day")
    assert again.content == first.content


async def test_the_limits_of_an_account_are_shown_with_their_use(startup: Startup) -> None:
    await startup.pay(amount=1_000_000, source=L0)
    answer = await startup.get(f"/v1/accounts/{startup.accounts['l0']}/limits")
    assert (answer["object"], answer["account"], answer["tier"]["code"]) == (
        "account_limits",
        startup.accounts["l0"],
        "l0",
    )
    shown = [
        (row["name"], row["limit"], row["used"], row["left"], row["resets_at"]) for row in answer["data"]
    ]
    day, month, year = (f"2027-{date}T19:00:00.000000Z" for date in ("03-10", "03-31", "12-31"))
    assert shown == [
        ("debit_transaction", 2_500_000, 0, 2_500_000, None),
        ("debit_day", 2_500_000, 1_000_000, 1_500_000, day),
        ("debit_month", 5_000_000, 1_000_000, 4_000_000, month),
        ("debit_year", 20_000_000, 1_000_000, 19_000_000, year),
        ("credit_transaction", 2_500_000, 0, 2_500_000, None),
        ("credit_day", 2_500_000, 0, 2_500_000, day),
        ("credit_month", 5_000_000, 0, 5_000_000, month),
        ("credit_year", 20_000_000, 0, 20_000_000, year),
        ("balance", 20_000_000, 14_000_000, 6_000_000, None),
    ]
    assert all(row["source"] and row["standing"] for row in answer["data"])


async def test_an_account_without_limits_shows_none_and_one_that_is_not_there_is_not_found(
    startup: Startup, other: Startup
) -> None:
    assert await limits(startup, "rich") == {}
    for account in ("acc_nothing", other.accounts["l0"]):
        answer = await startup.send("GET", f"/v1/accounts/{account}/limits")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_two_sandboxes_count_apart(startup: Startup, sign_up: SignUp) -> None:
    neighbour = await sign_up(frozen_at=START)
    await neighbour.pay(amount=2_500_000, source=L0)
    assert (await used(startup, "l0"))["debit_day"] == 0
    assert told(await startup.pay(amount=2_500_000, source=L0)) == SETTLED


# --- accounts of a tier --------------------------------------------------------------------------

OPENED = {"institution": "SBXW", "holder": "Imran Yousaf", "tier": "l0"}


async def test_an_account_is_opened_in_a_tier(startup: Startup) -> None:
    account = (await startup.post("/v1/accounts", OPENED | {"balance_paisa": 20_000_000})).json()
    assert account["tier"] == "l0"
    assert told(await startup.pay(amount=2_500_001, source=account["id"])) == (
        "refused",
        "AM02",
        "debit_transaction",
    )
    assert told(await startup.fetch(account["iban"], 1)) == ("refused", "AM14", "balance")
    assert told(await startup.pay(amount=2_500_000, source=account["id"])) == SETTLED


async def test_an_account_is_full_unless_it_says_otherwise(startup: Startup) -> None:
    account = (await startup.post("/v1/accounts", {"institution": "SBXA", "holder": "Imran Yousaf"})).json()
    assert account["tier"] == "full"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("tier", "gold", "unknown_tier"),
        ("tier", "", "unknown_tier"),
        ("balance_paisa", 20_000_001, "invalid_field"),
    ],
)
async def test_an_account_of_no_tier_or_with_more_than_it_may_hold_is_not_opened(
    startup: Startup, field: str, value: object, code: str
) -> None:
    answer = await startup.post("/v1/accounts", OPENED | {field: value})
    document = answer.json()
    assert (answer.status_code, document["code"], document["field"]) == (422, code, field)


async def test_a_payment_between_accounts_without_limits_asks_nothing_about_limits(startup: Startup) -> None:
    async def statements(source: str, destination: str) -> list[str]:
        asked: list[str] = []

        def listen(uow: Any, to: Any) -> None:
            uow.driver.set_trace_callback(to)

        order = await startup.order(destination, source=source)
        await startup.services.executor.write(listen, asked.append)
        await startup.post("/v1/payments", order)
        await startup.services.executor.write(listen, None)
        return [statement for statement in asked if "limit_usage" in statement]

    assert await statements(RICH, SHOP) == []
    assert len(await statements(L0, SHOP)) >= len(PERIODS)
