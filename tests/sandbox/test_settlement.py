"""Settlement over HTTP: days, positions, postings, statements, two tenants, hostile input."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.identifiers.iban import make_iban
from connectors.iso20022.reports import Statement
from connectors.iso20022.wire import read
from sandbox.accounts.service import SEED
from sandbox.rails.bills.models import SETTLEMENT
from sandbox.settlement import closing, statement
from sandbox.settlement.closing import pairs
from sandbox.settlement.models import MEMBERS, Flow, nets_of
from sandbox.settlement.movements import BILLS_ACCOUNT
from sandbox.world import enter
from tests.sandbox.test_face_bills import UNPAID, Payer
from tests.startup import AMOUNT, RICH, SETTLES_LATER, SHOP, SignUp, Startup

START = "2026-11-24T06:00:00Z"
TODAY, TOMORROW, AFTER = "2026-11-24", "2026-11-25", "2026-11-26"
DAY, TO_MIDNIGHT = 24 * 3600, 13 * 3600
LATER = make_iban("SBXB", SETTLES_LATER)
WALLET = SEED["wallet"].iban


@pytest.fixture
async def bank(sign_up: SignUp) -> Startup:
    return await sign_up(frozen_at=START)


async def day(bank: Startup, date: str = TODAY) -> Any:
    return await bank.get(f"/v1/settlement/{date}")


def nets(shown: Any) -> dict[str, int]:
    return {row["institution"]: row["net_paisa"] for row in shown["nets"] if row["net_paisa"]}


async def standing(bank: Startup) -> dict[str, int]:
    """What the settlement accounts stand at, from the ledger itself."""

    def ask(uow: Any) -> dict[str, int]:
        book = enter(uow, bank.sandbox_id).book
        found = book.accounts([f"settlement:{member}" for member in MEMBERS])
        return {name.partition(":")[2]: account.balance for name, account in found.items() if account.balance}

    return await bank.services.executor.write(ask)


async def customers(bank: Startup) -> dict[str, int]:
    """What all accounts of each institution hold, from the ledger itself and without settlement's own code."""

    def ask(uow: Any) -> dict[str, int]:
        rows = uow.driver.execute(
            "SELECT coalesce(b.institution, substr(a.id, 9)), sum(a.credits_posted - a.debits_posted) "
            "FROM ledger_account a LEFT JOIN bank_account b ON b.sandbox_id = a.sandbox_id AND b.id = a.id "
            "WHERE a.sandbox_id = ? AND (b.id IS NOT NULL OR a.id LIKE 'outside:%') GROUP BY 1",
            (bank.sandbox_id,),
        )
        return dict(rows.fetchall())

    return await bank.services.executor.write(ask)


async def balanced(bank: Startup) -> None:
    sums = await bank.get("/v1/ledger/trial-balance")
    assert sums["balanced"]


async def csv_of(bank: Startup, path: str) -> list[dict[str, str]]:
    answer = await bank.send("GET", path)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def statement_of(date: str, institution: str = "SBXA", form: str = "csv") -> str:
    return f"/v1/settlement/{date}/statement?institution={institution}&format={form}"


async def a_busy_day(bank: Startup) -> None:
    """Both rails, both directions, within a bank, out of the sandbox, a return, a bill, an unknown one."""
    await bank.pay(SHOP, 15_000)
    await bank.pay(SHOP, 2_500, rail="onelink")
    await bank.pay(RICH, 4_000, source=SHOP)
    await bank.pay(SEED["limited"].iban, 700)
    await bank.pay(WALLET, 1_100)
    back = await bank.pay(SHOP, 9_000)
    assert (await bank.post(f"/v1/payments/{back['id']}/return", {"reason": "AC04"})).status_code == 201
    inbound = {"destination": WALLET, "amount_paisa": 333, "institution": "SBXB", "rail": "onelink"}
    assert (await bank.post("/v1/simulations/inbound-credits", inbound)).json()["status"] == "settled"
    assert (await bank.pay(LATER, 50_000))["status"] == "unknown"


# --- positions ---------------------------------------------------------------------------------


async def test_positions_are_what_moved_and_add_up_to_zero(bank: Startup) -> None:
    before = await customers(bank)
    await a_busy_day(bank)
    shown = await day(bank)
    assert (shown["status"], shown["payments"], shown["returns"], shown["carried_over"]) == ("open", 7, 1, 1)
    positions = {(row["institution"], row["rail"]): row["net_paisa"] for row in shown["positions"]}
    assert positions == {
        ("SBXA", "onelink"): -2_500,
        ("SBXA", "raast"): -15_000 + 4_000 - 1_100,
        ("SBXB", "onelink"): 2_500 - 333,
        ("SBXB", "raast"): 15_000 - 4_000,
        ("SBXW", "onelink"): 333,
        ("SBXW", "raast"): 1_100,
    }
    for rail in ("raast", "onelink"):
        assert sum(net for (_, on), net in positions.items() if on == rail) == 0
    assert [(row["rail"], row["payments"], row["on_us"], row["returns"]) for row in shown["rails"]] == [
        ("onelink", 2, 0, 0),
        ("raast", 5, 1, 1),
    ]
    after = await customers(bank)
    assert nets(shown) == {member: after[member] - before[member] for member in after}


async def test_the_cut_off_posts_the_nets_between_settlement_accounts(bank: Startup) -> None:
    await a_busy_day(bank)
    await bank.advance(90)
    open_day = await day(bank)
    fired = (await bank.advance(TO_MIDNIGHT - 90))["fired"]
    assert [(job["kind"], job["subject"]) for job in fired] == [("settlement.close", TODAY)]
    closed = await day(bank)
    assert (closed["status"], closed["closed_at"]) == ("closed", closed["closes_at"])
    assert closed["closed_at"] == "2026-11-24T19:00:00.000000Z"
    assert nets(closed) == nets(open_day) == await standing(bank)
    assert closed["postings"] == [
        "settle:2026-11-24:onelink:1",
        "settle:2026-11-24:onelink:2",
        "settle:2026-11-24:raast:1",
        "settle:2026-11-24:raast:2",
    ]
    await balanced(bank)


async def test_an_unknown_payment_is_carried_over_and_counts_when_it_settles(bank: Startup) -> None:
    await bank.advance(TO_MIDNIGHT - 30)
    assert (await bank.pay(LATER))["status"] == "unknown"
    fired = (await bank.advance(90))["fired"]
    assert [job["kind"] for job in fired] == ["settlement.close", "payment.resolve"]
    first, second = await day(bank), await day(bank, TOMORROW)
    assert (first["status"], first["payments"], first["carried_over"], first["postings"]) == (
        "closed",
        0,
        1,
        [],
    )
    assert (second["status"], second["payments"], second["carried_over"]) == ("open", 1, 0)
    assert nets(second) == {"SBXA": -AMOUNT, "SBXB": AMOUNT}


async def test_days_roll_over_each_once_and_openings_follow_on(bank: Startup) -> None:
    await bank.pay(SHOP, 100)
    await bank.advance(DAY)
    await bank.pay(SHOP, 20)
    fired = (await bank.advance(5 * DAY))["fired"]
    assert [(job["kind"], job["subject"]) for job in fired] == [("settlement.close", TOMORROW)]
    assert (await bank.advance(DAY))["fired"] == []
    listed = await bank.get("/v1/settlement/days?limit=1")
    assert ([row["date"] for row in listed["data"]], listed["has_more"]) == ([TOMORROW], True)
    rest = await bank.get(f"/v1/settlement/days?cursor={listed['next_cursor']}")
    assert ([row["date"] for row in rest["data"]], rest["next_cursor"]) == ([TODAY], None)
    row = (await day(bank, TOMORROW))["nets"][0]
    assert (row["opening_paisa"], row["net_paisa"], row["closing_paisa"]) == (-100, -20, -120)
    quiet = await day(bank, AFTER)
    assert (quiet["status"], quiet["closed_at"], quiet["positions"]) == ("closed", None, [])
    assert quiet["nets"][0]["closing_paisa"] == -120
    assert await standing(bank) == {"SBXA": -120, "SBXB": 120}


async def test_closing_again_moves_nothing(bank: Startup) -> None:
    await bank.pay(SHOP)
    await bank.advance(DAY)
    before, entries = await standing(bank), bank.count("ledger_entry")

    def again(uow: Any) -> None:
        world = enter(uow, bank.sandbox_id)
        closing.close(world, TODAY)
        world.leave()

    await bank.services.executor.write(again)
    assert (await standing(bank), bank.count("ledger_entry")) == (before, entries)


async def test_a_day_whose_job_never_ran_is_closed_by_the_next(bank: Startup) -> None:
    await bank.pay(SHOP, 100)
    await bank.services.executor.write(lambda uow: uow.driver.execute("DELETE FROM job").rowcount)
    await bank.advance(DAY)
    assert (await day(bank))["status"] == "closing"
    await bank.pay(SHOP, 20)
    today = await day(bank, TOMORROW)
    assert (nets(today), today["nets"][0]["opening_paisa"]) == ({"SBXA": -20, "SBXB": 20}, -100)
    await bank.advance(DAY)
    assert [(await day(bank, date))["status"] for date in (TODAY, TOMORROW)] == ["closed", "closed"]
    assert await standing(bank) == {"SBXA": -120, "SBXB": 120}


async def test_a_day_is_closed_in_chunks(bank: Startup, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_busy_day(bank)
    await bank.advance(90)
    expected = nets(await day(bank))
    monkeypatch.setattr(closing, "CHUNK", 7)
    fired = (await bank.advance(DAY))["fired"]
    assert len(fired) > 3
    assert {job["subject"] for job in fired} == {TODAY}
    assert nets(await day(bank)) == expected == await standing(bank)


async def test_bills_are_owed_to_1link(bank: Startup) -> None:
    payer = Payer(bank)
    answer = await payer.pay(UNPAID, 510_000)
    assert answer["response"]["response_code"] == "0000", answer
    await bank.advance(DAY)
    closed = await day(bank)
    assert nets(closed) == {"SBXA": -510_000, "1LINK": 510_000} == await standing(bank)
    assert [row["rail"] for row in closed["rails"]] == ["bills"]
    assert BILLS_ACCOUNT == SETTLEMENT
    await balanced(bank)


def flow(sender: str, receiver: str, paisa: int) -> Flow:
    return Flow(rail="raast", sender=sender, receiver=receiver, payments=1, returns=0, paisa=paisa)


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ([], []),
        ([flow("SBXA", "SBXA", 5)], []),
        ([flow("SBXA", "SBXB", 5), flow("SBXB", "SBXA", 5)], []),
        ([flow("SBXA", "SBXB", 5)], [("SBXA", "SBXB", 5)]),
        ([flow("SBXA", "SBXB", 5), flow("SBXB", "SBXW", 5)], [("SBXA", "SBXW", 5)]),
        (
            [flow("SBXA", "SBXB", 5), flow("SBXA", "SBXW", 2), flow("SBXB", "1LINK", 1)],
            [("SBXA", "SBXB", 4), ("SBXA", "SBXW", 2), ("SBXA", "1LINK", 1)],
        ),
    ],
)
def test_nets_are_paid_with_the_fewest_postings(flows: list[Flow], expected: object) -> None:
    assert pairs(flows) == expected
    assert sum(nets_of(flows).values()) == 0


MEMBER = st.sampled_from(list(MEMBERS))


@given(st.lists(st.builds(flow, MEMBER, MEMBER, st.integers(1, 10**15)), max_size=20))
def test_whatever_moved_its_postings_pay_every_net(flows: list[Flow]) -> None:
    rest = nets_of(flows)
    made = pairs(flows)
    for debtor, creditor, paisa in made:
        assert paisa > 0
        rest[debtor] += paisa
        rest[creditor] -= paisa
    assert not any(rest.values())
    assert len(made) < len(MEMBERS)


# --- statements --------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [1, 2, 1_000])
async def test_a_statement_adds_up_to_the_net(
    bank: Startup, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(statement, "AT_ONCE", at_once)
    monkeypatch.setattr("sandbox.settlement.api.AT_ONCE", at_once)
    await a_busy_day(bank)
    shown = await day(bank)
    for institution, net in nets(shown).items():
        rows = await csv_of(bank, statement_of(TODAY, institution))
        assert sum(int(row["amount_paisa"]) for row in rows) == net
        assert {row["counterparty"] for row in rows}.isdisjoint({institution})
        numbers = [int(row["sequence"]) for row in rows]
        assert numbers == sorted(set(numbers))


async def test_a_day_without_movements_has_a_statement_without_lines(bank: Startup) -> None:
    assert await csv_of(bank, statement_of(TODAY)) == []


async def test_camt053_agrees_with_the_csv_and_never_changes(bank: Startup) -> None:
    await a_busy_day(bank)
    early = await bank.send("GET", statement_of(TODAY, form="camt053"))
    assert (early.status_code, early.json()["code"]) == (409, "settlement_open")
    await bank.advance(DAY)
    answer = await bank.send("GET", statement_of(TODAY, form="camt053"))
    assert answer.status_code == 200, answer.text
    message = read(answer.content).message
    assert isinstance(message, Statement)
    entries = [
        entry.amount_paisa if entry.side == "CRDT" else -entry.amount_paisa
        for entry in message.report.entries
    ]
    rows = await csv_of(bank, statement_of(TODAY))
    assert entries == [int(row["amount_paisa"]) for row in rows]
    opening, after = (
        balance.amount_paisa if balance.side == "CRDT" else -balance.amount_paisa
        for balance in message.report.balances
    )
    assert (opening, after) == (0, sum(entries))
    await bank.pay(SHOP)
    assert (await bank.send("GET", statement_of(TODAY, form="camt053"))).content == answer.content


async def test_a_camt053_has_an_end(bank: Startup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statement, "MOST_ENTRIES", 1)
    await bank.pay(SHOP)
    await bank.pay(SHOP)
    await bank.advance(DAY)
    answer = await bank.send("GET", statement_of(TODAY, form="camt053"))
    assert (answer.status_code, answer.json()["field"]) == (422, "format")


# --- others ------------------------------------------------------------------------------------


async def test_two_tenants_settle_apart(bank: Startup, sign_up: SignUp) -> None:
    other = await sign_up(frozen_at=START)
    await bank.pay(SHOP, 100)
    await other.pay(SHOP, 7)
    await bank.advance(DAY)
    assert nets(await day(bank)) == {"SBXA": -100, "SBXB": 100}
    shown = await day(other)
    assert (shown["status"], nets(shown)) == ("open", {"SBXA": -7, "SBXB": 7})
    assert (await other.get("/v1/settlement/days"))["data"] == []
    assert await standing(other) == {}


async def test_a_failed_use_case_takes_its_cut_off_back(bank: Startup) -> None:
    def fail(uow: Any) -> None:
        world = enter(uow, bank.sandbox_id)
        closing.open_day(world)
        closing.open_day(world)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await bank.services.executor.write(fail)
    await bank.pay(SHOP)
    await bank.pay(SHOP)
    assert bank.count("job") == 1


@pytest.mark.parametrize(
    ("date", "status", "field"),
    [
        ("2026-11-23", 404, None),
        (TOMORROW, 404, None),
        ("9999-12-31", 404, None),
        ("20261124", 422, "date"),
        ("2026-W48-2", 422, "date"),
        ("2026-11-31", 422, "date"),
        ("today", 422, "date"),
        ("%00", 422, "date"),
        ("%F0%9F%92%B8", 422, "date"),
        ("2026-11-24%20", 422, "date"),
        ("-" * 500, 422, "date"),
    ],
)
@pytest.mark.parametrize("rest", ["", "/statement?institution=SBXA", "/reconciliation"])
async def test_what_is_no_day_here_is_refused(
    bank: Startup, date: str, status: int, field: str | None, rest: str
) -> None:
    method = "POST" if rest == "/reconciliation" else "GET"
    answer = await bank.send(method, f"/v1/settlement/{date}{rest}", {} if method == "POST" else None)
    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.text
    assert bank.count("shelf_item") == 0


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("institution=HBL", "institution"),
        ("institution=sbxa", "institution"),
        ("institution=", "institution"),
        ("institution=%00", "institution"),
        ("institution=" + "A" * 41, "institution"),
        ("institution=SBXA&format=xls", "format"),
    ],
)
async def test_a_statement_that_nobody_has_is_refused(bank: Startup, asked: str, field: str) -> None:
    answer = await bank.send("GET", f"/v1/settlement/{TODAY}/statement?{asked}")
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_without_a_key_nothing_is_told(bank: Startup) -> None:
    bank.secret = "sk_test_nobody"
    paths = ["days", TODAY, f"{TODAY}/statement?institution=SBXA", "reconciliations/rcn_1/key"]
    for path in paths:
        assert (await bank.send("GET", f"/v1/settlement/{path}")).status_code == 401
