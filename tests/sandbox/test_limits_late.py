"""Limits while an outcome is unknown, and when it comes late."""

from typing import Any

import pytest

from connectors.contract import Accepted, Answer, Declined, Instruction, Party, Unknown
from connectors.identifiers.iban import make_iban
from connectors.raast.rail import Raast
from connectors.registry import RAILS
from ledger.clock import SECOND_US
from sandbox.limits.rules import Direction
from sandbox.limits.service import release
from sandbox.world import enter
from tests.limited import ASAAN, L0, SETTLED, START, told, used
from tests.startup import RICH, SETTLES_LATER, SILENT, SignUp, Startup

FAILS_LATER = make_iban(
    "SBXB", next(row for row in RAILS["raast"].triggers if row.name == "unknown_then_refused").account
)


@pytest.fixture
async def startup(sign_up: SignUp) -> Startup:
    return await sign_up(frozen_at=START)


async def test_held_money_counts_and_a_late_success_changes_nothing(startup: Startup) -> None:
    assert (await startup.pay(make_iban("SBXB", SETTLES_LATER), 1_500_000, source=L0))["status"] == "unknown"
    assert told(await startup.pay(amount=1_000_001, source=L0)) == ("refused", "AM14", "debit_day")
    before = await used(startup, "l0")
    await startup.advance(90)
    after = await used(startup, "l0")
    assert after.pop("balance") == before.pop("balance") - 1_500_000
    assert after == before
    assert (after["debit_day"], after["debit_month"], after["debit_year"]) == (1_500_000,) * 3


async def test_a_late_failure_gives_back_what_was_counted(startup: Startup) -> None:
    await startup.pay(FAILS_LATER, 1_500_000, source=L0)
    assert (await used(startup, "l0"))["debit_day"] == 1_500_000
    await startup.advance(90)
    assert (await used(startup, "l0"))["debit_day"] == 0
    assert told(await startup.pay(amount=2_500_000, source=L0)) == SETTLED


async def test_an_inquiry_gives_back_once_and_the_job_not_again(startup: Startup) -> None:
    payment = await startup.pay(FAILS_LATER, 1_500_000, source=L0)
    await startup.pay(amount=500_000, source=L0)
    await startup.advance(89)
    assert (await startup.post(f"/v1/payments/{payment['id']}/inquiry")).json()["outcome"] == "not_known"
    assert (await used(startup, "l0"))["debit_day"] == 2_000_000
    await startup.advance(1)
    assert (await startup.post(f"/v1/payments/{payment['id']}/inquiry")).json()["outcome"] == "refused"
    await startup.advance(3600)
    assert (await used(startup, "l0"))["debit_day"] == 500_000


async def test_a_hold_that_runs_out_on_another_day_is_given_back_to_the_day_of_the_payment(
    startup: Startup,
) -> None:
    await startup.pay(make_iban("SBXB", SILENT), 1_500_000, source=L0)
    await startup.advance(23 * 3600)
    await startup.pay(amount=100, source=L0)
    found = await used(startup, "l0")
    assert (found["debit_day"], found["debit_month"]) == (100, 1_500_100)
    await startup.advance(3600)
    found = await used(startup, "l0")
    assert (found["debit_day"], found["debit_month"], found["debit_year"]) == (100, 100, 100)


class LateRail(Raast):
    """Knows of no outcome for 90 seconds, whoever is paid."""

    code = "late"

    def __init__(self, later: Accepted | Declined) -> None:
        super().__init__()
        self._later = later

    def handle(self, instruction: Instruction, party: Party | None) -> Answer:  # noqa: ARG002 - the protocol's
        return Unknown("AB05", 90 * SECOND_US, self._later)


@pytest.mark.parametrize(
    ("later", "credited"), [(Accepted(), 1_500_000), (Declined("MS03"), 0)], ids=["settles", "fails"]
)
async def test_what_is_on_its_way_takes_the_receivers_room_too(
    startup: Startup, monkeypatch: pytest.MonkeyPatch, later: Accepted | Declined, credited: int
) -> None:
    monkeypatch.setitem(RAILS, "late", LateRail(later))
    for iban, nickname, amount, limit in (
        (L0, "l0", 1_500_000, "credit_day"),
        (ASAAN, "asaan", 9_000_000, "balance"),
    ):
        ask = {"destination_iban": iban, "amount_paisa": amount, "rail": "late"}
        before = (await used(startup, nickname))[limit]
        title = (await startup.post("/v1/title-fetches", ask)).json()["id"]
        order = {**ask, "source": RICH, "title_fetch": title}
        assert (await startup.post("/v1/payments", order)).json()["status"] == "unknown"
        assert (await used(startup, nickname))[limit] == before + amount
        assert told(await startup.fetch(iban, amount)) == ("refused", "AM14", limit)
    await startup.advance(90)
    assert (await used(startup, "l0"))["credit_day"] == credited
    assert (await used(startup, "asaan"))["balance"] == 90_000_000 + credited * 6


async def test_what_nobody_counted_is_not_given_back(startup: Startup) -> None:
    def give_back(uow: Any) -> None:
        world = enter(uow, startup.sandbox_id)
        account = startup.accounts["l0"]
        release(world, account, "l0", Direction.DEBIT, 5, counted_at=world.now)
        release(world, startup.accounts["rich"], "full", Direction.DEBIT, 5, counted_at=world.now)

    await startup.services.executor.write(give_back)
    assert startup.count("limit_usage") == 0
