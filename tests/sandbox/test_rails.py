"""One shape for every rail: the same requests, the same story, the rail's own words."""

import pytest

from connectors.bills.billers import BILLERS
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.registry import RAILS
from tests.startup import SHOP, Startup

EVERY_RAIL = pytest.mark.parametrize("rail", RAILS)


async def test_rails_are_listed_with_the_flags_of_the_bank_list(startup: Startup) -> None:
    listed = {row["code"]: row for row in (await startup.get("/v1/rails"))["data"]}
    bills = listed.pop("bills")
    assert (bills["members"], bills["paid_over"]) == ([], "/rails/bills/billPayment")
    assert {row["biller"]: (row["id"], row["pays"], row["health"]) for row in bills["billers"]} == {
        code: (biller.id, biller.enabled, "up") for code, biller in BILLERS.items()
    }
    assert set(listed) == set(RAILS)
    for code, rail in RAILS.items():
        members = {row["institution"]: row for row in listed[code]["members"]}
        assert set(members) == set(INSTITUTIONS)
        for institution, row in members.items():
            flags = INSTITUTIONS[institution].capabilities._asdict()
            assert row["capabilities"] == {flag: flags[flag] for flag in rail.capabilities}
            assert row["pays"] is flags[rail.capabilities[0]]
            assert row["health"] == "up"


async def test_rails_are_not_shown_without_a_key(startup: Startup) -> None:
    assert (await startup.client.get("/v1/rails")).status_code == 401


@EVERY_RAIL
async def test_a_payment_settles_over_every_rail_and_leaves_nothing_behind(
    startup: Startup, rail: str
) -> None:
    payment = await startup.pay(rail=rail, end_to_end_id="order-1")
    assert (payment["rail"], payment["status"]) == (rail, "settled")
    assert (await startup.balance("rich"))["held_paisa"] == 0
    assert (await startup.balance("shop"))["ledger_paisa"] == 5_015_000
    assert (await startup.get("/v1/ledger/trial-balance"))["balanced"]


@EVERY_RAIL
async def test_a_rail_refuses_its_own_reference_a_second_time(startup: Startup, rail: str) -> None:
    await startup.pay(rail=rail, end_to_end_id="order-1")
    again = await startup.pay(rail=rail, end_to_end_id="order-1")
    assert (again["status"], again["reason"]["code"]) == (
        "refused",
        {"raast": "AM05", "onelink": "0110"}[rail],
    )


async def test_a_title_fetched_over_one_rail_pays_over_no_other(startup: Startup) -> None:
    order = await startup.order(SHOP)
    answer = await startup.post("/v1/payments", {**order, "rail": "onelink"})
    assert (answer.status_code, answer.json()["code"]) == (422, "title_fetch_mismatch")
