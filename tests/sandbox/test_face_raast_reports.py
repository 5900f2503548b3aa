"""Raast's message face: reports on an account, which agree with the statement to the paisa."""

from datetime import date, timedelta
from typing import Any

import pytest

from sandbox.rails.raast import reports
from tests.raast_messages import Participant, giving_back, transfer
from tests.startup import AMOUNT, RICH, SHOP, Startup

DAY_S = 24 * 3600
ALL = 1_000_000_000


@pytest.fixture
async def bank(startup: Startup) -> Participant:
    """Stands at noon, in Pakistan, of the day after the accounts were opened."""
    await startup.freeze()
    opened = (await startup.get("/v1/sandbox"))["created_at"]
    day = date.fromisoformat(opened[:10]) + timedelta(days=2)
    moved = await startup.post("/v1/clock/advance", {"to": f"{day}T07:00:00Z"})
    assert moved.status_code == 200, moved.text
    return Participant(startup)


@pytest.fixture
async def day(bank: Participant) -> str:
    """The day that it is."""
    now: str = (await bank.startup.get("/v1/clock"))["now"]
    return now[:10]


def balances(report: Any) -> dict[str, int]:
    return {
        one.kind: one.amount_paisa if one.side == "CRDT" else -one.amount_paisa for one in report.balances
    }


def signed(report: Any) -> list[int]:
    return [one.amount_paisa if one.side == "CRDT" else -one.amount_paisa for one in report.entries]


async def statement_of(bank: Participant, nickname: str) -> list[dict[str, Any]]:
    account = bank.startup.accounts[nickname]
    lines = (await bank.startup.get(f"/v1/accounts/{account}/statement?limit=200"))["data"]
    return [line for line in lines if line["debit_paisa"] or line["credit_paisa"]]


async def test_a_statement_agrees_with_the_account_to_the_paisa(bank: Participant, day: str) -> None:
    for serial, amount in enumerate((1, 99, 15_000, 123_456), 1):
        await bank.ask(transfer(serial, amount=amount))
    await bank.startup.pay(amount=77, end_to_end_id="order-1", narration="tea")
    await bank.ask(giving_back(transfer(3)))
    await bank.startup.pay(RICH, 5_000, source=SHOP)
    await bank.startup.advance(DAY_S)
    await bank.ask(transfer(9, amount=1_000))
    for nickname, iban in (("rich", RICH), ("shop", SHOP)):
        report = (await bank.get(f"/reports/camt.053/{iban}/{day}")).report
        lines = [line for line in await statement_of(bank, nickname) if line["happened_at"].startswith(day)]
        told = [line["credit_paisa"] - line["debit_paisa"] for line in lines]
        assert signed(report) == told
        found = balances(report)
        assert found["OPBD"] + sum(told) == found["CLBD"] == lines[-1]["balance_paisa"]
        assert found["CLAV"] == found["CLBD"]
        assert [one.servicer_reference for one in report.entries] == [line["reference"] for line in lines]
        following = (await bank.get(f"/reports/camt.052/{iban}/today")).report
        assert balances(following)["OPBD"] == found["CLBD"]
        available = (await bank.startup.balance(nickname))["available_paisa"]
        assert balances(following)["ITAV"] == available


async def test_an_entry_carries_what_the_payment_carried(bank: Participant, day: str) -> None:
    sent = transfer()
    answer = await bank.ask(sent)
    await bank.ask(giving_back(sent))
    paid, back = (await bank.get(f"/reports/camt.054/{RICH}/{day}")).report.entries
    assert (paid.side, paid.amount_paisa, paid.end_to_end_id) == ("DBIT", AMOUNT, sent.end_to_end_id)
    assert (paid.servicer_reference, paid.text, paid.code) == (answer.servicer_reference, "rent", "POST")
    assert (paid.reversal, back.reversal, back.side, back.code) == (False, True, "CRDT", "REVERSAL")


async def test_a_statement_is_the_same_whenever_it_is_asked_for(bank: Participant, day: str) -> None:
    await bank.ask(transfer())
    await bank.startup.advance(DAY_S)
    first = await bank.get(f"/reports/camt.053/{RICH}/{day}")
    await bank.ask(transfer(2))
    await bank.startup.advance(DAY_S)
    assert await bank.get(f"/reports/camt.053/{RICH}/{day}") == first


async def test_held_money_is_booked_and_not_available(bank: Participant) -> None:
    rows = (await bank.startup.client.get("/v1/triggers")).json()["data"]
    silent = next(row["destination_iban"] for row in rows if row["name"] == "unknown_for_good")
    await bank.ask(transfer(iban=silent))
    report = (await bank.get(f"/reports/camt.052/{RICH}/today")).report
    assert balances(report) == {"OPBD": ALL, "ITBD": ALL, "ITAV": ALL - AMOUNT}
    assert report.entries == ()


async def test_before_an_account_was_opened_it_held_nothing(bank: Participant) -> None:
    report = (await bank.get(f"/reports/camt.053/{RICH}/2020-01-01")).report
    assert (balances(report), report.entries) == ({"OPBD": 0, "CLBD": 0, "CLAV": 0}, ())


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"camt.060/{RICH}/today", 404),
        ("camt.053/PK40ZZZA0000000000000001/today", 404),
        (f"camt.053/{RICH}/today", 422),
        (f"camt.052/{RICH}/2999-01-01", 422),
        (f"camt.052/{RICH}/yesterday", 422),
    ],
)
async def test_a_report_that_is_not_to_be_had_is_told_in_the_rails_words(
    bank: Participant, path: str, status: int
) -> None:
    refused = await bank.get(f"/reports/{path}", status)
    assert (refused.status, refused.reason.code) == ("RJCT", "NARR")


async def test_a_day_of_more_entries_than_one_report_holds_is_refused(
    bank: Participant, day: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST_ENTRIES", 3)
    monkeypatch.setattr(reports, "AT_ONCE", 2)
    for serial in (1, 2, 3):
        await bank.ask(transfer(serial))
    assert len((await bank.get(f"/reports/camt.054/{RICH}/{day}")).report.entries) == 3
    await bank.ask(transfer(4))
    await bank.get(f"/reports/camt.054/{RICH}/{day}", 422)


async def test_reports_need_a_key(startup: Startup) -> None:
    answer = await startup.client.get(f"/rails/raast/reports/camt.052/{RICH}/today")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
