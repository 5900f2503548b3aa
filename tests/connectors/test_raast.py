import pytest

from connectors.contract import (
    Accepted,
    Answer,
    Declined,
    Instruction,
    Party,
    Rail,
    TitleFound,
    TitleQuery,
    Trigger,
    Unknown,
)
from connectors.identifiers.iban import make_iban
from connectors.registry import RAILS
from connectors.scenarios import answer_of
from ledger.clock import SECOND_US

EVERY_RAIL = pytest.mark.parametrize("rail", RAILS.values(), ids=list(RAILS))


def test_the_registry_knows_rails_by_their_own_code() -> None:
    assert {code: rail.code for code, rail in RAILS.items()} == {code: code for code in RAILS}


@EVERY_RAIL
def test_every_reason_of_a_trigger_is_in_the_vocabulary(rail: Rail) -> None:
    used = {code for row in rail.triggers for code in (row.reason, row.later_reason) if code}
    assert used | {rail.insufficient_funds, rail.hold_expired} <= set(rail.reasons)


@EVERY_RAIL
def test_every_reason_says_how_sure_it_is_and_where_from(rail: Rail) -> None:
    assert {reason.standing for reason in rail.reasons.values()} <= {"documented", "weak", "invented"}
    assert all(reason.source and reason.meaning for reason in rail.reasons.values())


RAAST = RAILS["raast"]
IBAN = make_iban("SBXB", "12345")


def party(status: str) -> Party:
    return Party(IBAN, "Bilal General Store", status)


@pytest.mark.parametrize(
    ("found", "reason"), [(None, "AC03"), (party("closed"), "AC04"), (party("frozen"), "AC06")]
)
def test_an_account_that_cannot_be_credited_is_refused_at_both_stages(
    found: Party | None, reason: str
) -> None:
    assert RAAST.fetch_title(TitleQuery(IBAN, 1), found) == Declined(reason)
    assert RAAST.handle(Instruction(IBAN, 1, None, repeated=False), found) == Declined(reason)


def test_an_active_account_is_named_and_takes_the_money() -> None:
    assert RAAST.fetch_title(TitleQuery(IBAN, 1), party("active")) == TitleFound("Bilal General Store")
    assert RAAST.handle(Instruction(IBAN, 1, None, repeated=False), party("active")) == Accepted()


@pytest.mark.parametrize(
    ("amount", "limit", "repeated", "answer"),
    [
        (100, None, False, None),
        (100, 100, False, None),
        (101, 100, False, Declined("AM02")),
        (100, None, True, Declined("AM05")),
        (101, 100, True, Declined("AM05")),
    ],
)
def test_the_senders_side_refuses_a_repeat_first_and_then_what_is_over_the_limit(
    amount: int, limit: int | None, repeated: bool, answer: Declined | None
) -> None:
    assert RAAST.admit(Instruction(IBAN, amount, limit, repeated)) == answer


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (Trigger("t", "payment", "settled", "help"), Accepted()),
        (Trigger("t", "payment", "refused", "help", "AC04"), Declined("AC04")),
        (Trigger("t", "payment", "unknown", "help", "AB05"), Unknown("AB05", None, Accepted())),
        (
            Trigger("t", "payment", "unknown", "help", "AB05", later_reason="AC04", after_s=90),
            Unknown("AB05", 90 * SECOND_US, Declined("AC04")),
        ),
    ],
)
def test_a_triggers_row_is_the_answer_that_it_says(row: Trigger, answer: Answer) -> None:
    assert answer_of(row) == answer


@EVERY_RAIL
def test_every_trigger_says_how_sure_it_is_and_is_pulled_by_one_value(rail: Rail) -> None:
    assert all(row.standing in {"documented", "weak", "invented"} and row.origin for row in rail.triggers)
    accounts = [(row.institution, row.account) for row in rail.triggers if row.account]
    amounts = [row.amount_paisa for row in rail.triggers if row.pulled_by == "amount"]
    assert len(set(accounts)) == len(accounts)
    assert len(set(amounts)) == len(amounts)
    assert not any(row.account for row in rail.triggers if row.pulled_by == "amount")


@EVERY_RAIL
def test_a_published_account_comes_before_a_published_amount(rail: Rail) -> None:
    by_amount = next(row for row in rail.triggers if row.name == "amount_late_settled")
    by_account = next(row for row in rail.triggers if row.account and row.stage == "payment")
    amount = by_amount.amount_paisa
    paid = Instruction(IBAN, amount, None, repeated=False)
    assert rail.pulled(IBAN, amount) == by_amount
    assert rail.handle(paid, party("active")) == answer_of(by_amount)
    assert rail.fetch_title(TitleQuery(IBAN, amount), party("active")) == TitleFound("Bilal General Store")
    iban = make_iban(by_account.institution, by_account.account)
    assert rail.pulled(iban, amount) == by_account
    assert rail.pulled(IBAN, 15_000) is None
