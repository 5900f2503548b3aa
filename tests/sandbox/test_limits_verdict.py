"""Which limit a payment would pass: a table, and a second model that looks at all of them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.clock import MAX_TIME, from_rfc3339
from sandbox.limits.periods import PERIODS, Per, period_of
from sandbox.limits.rules import Direction, Rule, Unit
from sandbox.limits.verdict import Breach, Used, verdict

NOW = from_rfc3339("2026-11-24T07:00:00Z")
TONIGHT, NEXT_MONTH, NEXT_YEAR = (period_of(per, NOW).ends_at for per in PERIODS)


def rule(per: Per, most: int, unit: Unit = Unit.PAISA) -> Rule:
    since = date(2020, 1, 1)
    return Rule(
        "t", Direction.CREDIT, per, unit, most, since, None, 0, MAX_TIME, "weak", "s", "", override=False
    )


RULES = [
    rule(Per.TRANSACTION, 50),
    rule(Per.DAY, 100),
    rule(Per.DAY, 3, Unit.PAYMENTS),
    rule(Per.MONTH, 200),
    rule(Per.YEAR, 300),
    rule(Per.BALANCE, 1_000),
]


@pytest.mark.parametrize(
    ("amount", "day", "month", "year", "balance", "breach"),
    [
        (50, (0, 0), (0, 0), (0, 0), 0, None),
        (51, (0, 0), (0, 0), (0, 0), 0, ("credit_transaction", 50, 0, 51, None)),
        (50, (50, 0), (50, 0), (50, 0), 0, None),
        (50, (51, 1), (51, 1), (51, 1), 0, ("credit_day", 100, 51, 101, TONIGHT)),
        (1, (10, 2), (10, 2), (10, 2), 0, None),
        (1, (10, 3), (10, 3), (10, 3), 0, ("credit_day_payments", 3, 3, 4, TONIGHT)),
        (50, (60, 3), (60, 3), (60, 3), 0, ("credit_day", 100, 60, 110, TONIGHT)),
        (50, (0, 0), (150, 9), (150, 9), 0, None),
        (50, (0, 0), (151, 9), (151, 9), 0, ("credit_month", 200, 151, 201, NEXT_MONTH)),
        (50, (90, 1), (190, 9), (190, 9), 0, ("credit_month", 200, 190, 240, NEXT_MONTH)),
        (50, (0, 0), (0, 0), (250, 9), 0, None),
        (50, (90, 3), (190, 9), (251, 9), 0, ("credit_year", 300, 251, 301, NEXT_YEAR)),
        (50, (0, 0), (0, 0), (0, 0), 950, None),
        (50, (90, 3), (190, 9), (290, 9), 951, ("balance", 1_000, 951, 1_001, None)),
        (51, (90, 3), (190, 9), (290, 9), 951, ("credit_transaction", 50, 0, 51, None)),
    ],
)
def test_a_limit_may_be_used_up_and_of_several_in_the_way_the_one_that_lasts_longest_is_named(
    amount: int,
    day: tuple[int, int],
    month: tuple[int, int],
    year: tuple[int, int],
    balance: int,
    breach: tuple[str, int, int, int, int | None] | None,
) -> None:
    usage = {Per.DAY: Used(*day), Per.MONTH: Used(*month), Per.YEAR: Used(*year)}
    for rules in (RULES, RULES[::-1]):
        found = verdict(rules, usage, amount_paisa=amount, balance_paisa=balance, now=NOW)
        assert (found and (found.name, found.most, found.used, found.needed, found.resets_at)) == breach


def test_a_breach_has_what_a_rail_needs_to_find_its_own_code() -> None:
    found = verdict(RULES, {Per.DAY: Used(10, 3)}, amount_paisa=1, balance_paisa=0, now=NOW)
    assert found == Breach("credit_day_payments", Direction.CREDIT, Per.DAY, Unit.PAYMENTS, 3, 3, 4, TONIGHT)


def test_nothing_is_used_of_a_period_that_nobody_counted() -> None:
    assert verdict(RULES, {}, amount_paisa=50, balance_paisa=0, now=NOW) is None


NUMBERS = st.integers(0, 60)
SOME_RULES = st.lists(
    st.builds(rule, st.sampled_from(Per), st.integers(1, 100))
    | st.builds(rule, st.sampled_from(PERIODS), st.integers(1, 100), st.just(Unit.PAYMENTS)),
    max_size=8,
)


@given(
    SOME_RULES, st.dictionaries(st.sampled_from(PERIODS), st.builds(Used, NUMBERS, NUMBERS)), NUMBERS, NUMBERS
)
def test_the_verdict_is_what_looking_at_every_rule_says(
    rules: list[Rule], usage: dict[Per, Used], amount: int, balance: int
) -> None:
    needs = []
    for each in rules:
        used = usage.get(each.per, Used())
        paisa = {Per.TRANSACTION: 0, Per.BALANCE: balance}.get(each.per, used.amount_paisa)
        need = paisa + amount if each.unit is Unit.PAISA else used.payments + 1
        needs += [each] if need > each.most else []
    found = verdict(rules, usage, amount_paisa=amount, balance_paisa=balance, now=NOW)
    assert (found is None) == (not needs)
    if found is not None:
        assert found.name in {each.name for each in needs}
        assert found.needed > found.most
        waits = [period_of(each.per, NOW).ends_at if each.per in PERIODS else MAX_TIME for each in needs]
        assert (found.resets_at or MAX_TIME) == max(waits)
