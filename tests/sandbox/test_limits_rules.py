"""The data about limits, how it is read, and the days of Pakistan that it speaks of."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.clock import from_rfc3339
from sandbox.accounts.service import SEED
from sandbox.limits.periods import PERIODS, Per, Period, day_of, midnight, period_of
from sandbox.limits.reading import RULES, RulesError, read_rules
from sandbox.limits.rules import FULL, Direction, Rule, Rules

PAKISTAN = timezone(timedelta(hours=5))
DEBIT, CREDIT = Direction.DEBIT, Direction.CREDIT


# --- the data --------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES.all, ids=lambda rule: f"{rule.tier}-{rule.name}-{rule.effective_from}")
def test_every_rule_says_from_where_it_is_and_how_sure(rule: Rule) -> None:
    assert rule.source
    assert rule.standing in {"documented", "weak", "invented"}
    assert rule.since < rule.until


def test_what_is_assumed_is_noted() -> None:
    assert all(rule.note for rule in RULES.all if rule.standing != "documented")


def test_every_tier_but_the_full_one_is_limited_and_the_seeded_accounts_have_tiers() -> None:
    assert RULES.limited == RULES.tiers.keys() - {FULL}
    assert {seed.tier for seed in SEED.values()} == {FULL, "l0", "l1", "asaan", "micro_merchant"}


NOW = from_rfc3339("2026-11-24T07:00:00Z")
RUPEES = 100
IN_FORCE = {
    ("full", DEBIT): {},
    ("full", CREDIT): {},
    ("l0", DEBIT): {
        "debit_transaction": 25_000,
        "debit_day": 25_000,
        "debit_month": 50_000,
        "debit_year": 200_000,
    },
    ("l0", CREDIT): {
        "credit_transaction": 25_000,
        "credit_day": 25_000,
        "credit_month": 50_000,
        "credit_year": 200_000,
        "balance": 200_000,
    },
    ("l1", DEBIT): {"debit_transaction": 50_000, "debit_day": 50_000, "debit_month": 200_000},
    ("l1", CREDIT): {
        "credit_transaction": 50_000,
        "credit_day": 50_000,
        "credit_month": 200_000,
        "balance": 400_000,
    },
    ("l2", DEBIT): {"debit_day": 100_000, "debit_month": 500_000},
    ("l2", CREDIT): {"credit_day": 100_000, "credit_month": 500_000},
    ("asaan", DEBIT): {"debit_month": 1_000_000},
    ("asaan", CREDIT): {"balance": 1_000_000},
    ("asaan_remittance", DEBIT): {"debit_day": 500_000},
    ("asaan_remittance", CREDIT): {"credit_month": 1_000_000, "balance": 3_000_000},
    ("micro_merchant", DEBIT): {"debit_month": 2_000_000},
    ("micro_merchant", CREDIT): {"credit_month": 2_000_000, "balance": 3_000_000},
}


def test_the_table_names_every_tier_and_side() -> None:
    assert IN_FORCE.keys() == {(tier, direction) for tier in RULES.tiers for direction in Direction}


@pytest.mark.parametrize(("tier", "direction"), IN_FORCE)
def test_the_newest_figures_are_in_force_in_this_order(tier: str, direction: Direction) -> None:
    found = [(rule.name, rule.most) for rule in RULES.in_force(tier, direction, NOW)]
    assert found == [(name, most * RUPEES) for name, most in IN_FORCE[tier, direction].items()]


@pytest.mark.parametrize(
    ("tier", "name", "moment", "rupees"),
    [
        ("l0", "debit_month", "2016-07-13T18:59:59.999999Z", None),
        ("l0", "debit_month", "2016-07-13T19:00:00Z", 40_000),
        ("l0", "debit_month", "2019-12-29T18:59:59.999999Z", 40_000),
        ("l0", "debit_month", "2019-12-29T19:00:00Z", 50_000),
        ("l0", "debit_month", "8999-12-31T23:59:59Z", 50_000),
        ("l1", "debit_year", "2024-12-31T18:59:59.999999Z", 800_000),
        ("l1", "debit_year", "2024-12-31T19:00:00Z", None),
        ("l1", "debit_month", "2024-12-31T18:59:59.999999Z", 80_000),
        ("l1", "debit_month", "2024-12-31T19:00:00Z", 200_000),
        ("asaan", "balance", "2022-04-13T18:59:59.999999Z", 500_000),
        ("asaan", "balance", "2022-04-13T19:00:00Z", 1_000_000),
        ("asaan", "balance", "2024-05-30T18:59:59.999999Z", 1_000_000),
        ("asaan", "balance", "2024-05-30T19:00:00Z", 5_000_000),
        ("asaan", "balance", "2024-06-20T18:59:59.999999Z", 5_000_000),
        ("asaan", "balance", "2024-06-20T19:00:00Z", 1_000_000),
        ("l1", "balance", "2024-06-10T00:00:00Z", 5_000_000),
        ("l0", "balance", "2024-06-10T00:00:00Z", 200_000),
        ("micro_merchant", "balance", "2025-06-30T18:59:59.999999Z", None),
        ("micro_merchant", "balance", "2025-06-30T19:00:00Z", 3_000_000),
        ("l0", "debit_day", "1970-01-01T00:00:00Z", None),
    ],
)
def test_a_rule_holds_from_its_first_to_its_last_day_in_pakistan(
    tier: str, name: str, moment: str, rupees: int | None
) -> None:
    now = from_rfc3339(moment)
    rules = {rule.name: rule for side in Direction for rule in RULES.in_force(tier, side, now)}
    assert (rules[name].most if name in rules else None) == (rupees and rupees * RUPEES)


def test_an_override_takes_its_place_in_whatever_order_the_rules_come() -> None:
    moment = from_rfc3339("2024-06-10T00:00:00Z")
    turned = Rules(RULES.tiers, reversed(RULES.all))
    for tier in RULES.tiers:
        assert turned.in_force(tier, CREDIT, moment) == RULES.in_force(tier, CREDIT, moment)


def test_periods_are_counted_that_any_rule_names_at_any_time() -> None:
    assert RULES.counted("l1", DEBIT) == [Per.DAY, Per.MONTH, Per.YEAR]
    assert RULES.counted("asaan", DEBIT) == [Per.MONTH]
    assert RULES.counted("asaan", CREDIT) == RULES.counted("full", DEBIT) == []


# --- days, months, years ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("per", "moment", "start", "ends_at"),
    [
        (Per.DAY, "2026-11-24T18:59:59.999999Z", "2026-11-24", "2026-11-24T19:00:00Z"),
        (Per.DAY, "2026-11-24T19:00:00Z", "2026-11-25", "2026-11-25T19:00:00Z"),
        (Per.DAY, "2028-02-28T19:00:00Z", "2028-02-29", "2028-02-29T19:00:00Z"),
        (Per.MONTH, "2028-02-29T18:59:59Z", "2028-02-01", "2028-02-29T19:00:00Z"),
        (Per.MONTH, "2028-02-29T19:00:00Z", "2028-03-01", "2028-03-31T19:00:00Z"),
        (Per.MONTH, "2026-12-31T18:00:00Z", "2026-12-01", "2026-12-31T19:00:00Z"),
        (Per.YEAR, "2026-12-31T18:59:59.999999Z", "2026-01-01", "2026-12-31T19:00:00Z"),
        (Per.YEAR, "2026-12-31T19:00:00Z", "2027-01-01", "2027-12-31T19:00:00Z"),
        (Per.YEAR, "1970-01-01T00:00:00Z", "1970-01-01", "1970-12-31T19:00:00Z"),
        (Per.YEAR, "9000-01-01T00:00:00Z", "9000-01-01", "9000-12-31T19:00:00Z"),
    ],
)
def test_a_period_begins_at_midnight_in_pakistan(per: Per, moment: str, start: str, ends_at: str) -> None:
    assert period_of(per, from_rfc3339(moment)) == Period(start, from_rfc3339(ends_at))


@given(st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1)), st.sampled_from(PERIODS))  # noqa: DTZ001 - naive is what Hypothesis takes
def test_the_calendar_agrees_with_pythons_own(naive: datetime, per: Per) -> None:
    moment = naive.replace(tzinfo=UTC)
    now = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    there = moment.astimezone(PAKISTAN)
    assert day_of(now) == there.date()
    start = there.date().isoformat()[: {Per.DAY: 10, Per.MONTH: 7, Per.YEAR: 4}[per]]
    period = period_of(per, now)
    assert period.start == start + "-01" * {Per.DAY: 0, Per.MONTH: 1, Per.YEAR: 2}[per]
    assert midnight(date.fromisoformat(period.start)) <= now < period.ends_at
    assert period_of(per, period.ends_at - 1) == period
    assert period_of(per, period.ends_at).start > period.start


@pytest.mark.parametrize("per", [Per.TRANSACTION, Per.BALANCE])
def test_what_is_no_period_has_none(per: Per) -> None:
    with pytest.raises(ValueError, match=per):
        period_of(per, NOW)


# --- reading ---------------------------------------------------------------------------------

TIERS = '[tier.full]\nname="F"\nhelp="h"\n[tier.a]\nname="A"\nhelp="h"\n'
ROW = {
    "tiers": '["a"]',
    "directions": '["debit", "credit"]',
    "per": '"day"',
    "amount_paisa": "100",
    "effective_from": "2020-01-01",
    "standing": '"weak"',
    "source": '"s"',
    "note": '""',
}


def row(kind: str = "rule", **changes: str | None) -> str:
    fields = {name: value for name, value in (ROW | changes).items() if value is not None}
    return f"[[{kind}]]\n" + "".join(f"{name} = {value}\n" for name, value in fields.items())


def override(**changes: str | None) -> str:
    return row("override", **{"effective_from": "2021-01-01", "effective_to": "2021-01-31"} | changes)


def test_a_row_stands_for_a_rule_per_tier_and_direction() -> None:
    rules = read_rules(TIERS + row() + row(per='"month"', amount_paisa=None, payments="3")).all
    assert [(rule.name, rule.most) for rule in rules] == [
        ("debit_day", 100),
        ("credit_day", 100),
        ("debit_month_payments", 3),
        ("credit_month_payments", 3),
    ]


def test_money_and_numbers_of_one_period_stand_side_by_side() -> None:
    rules = read_rules(TIERS + row(amount_paisa=None, payments="3") + row())
    assert [rule.name for rule in rules.in_force("a", DEBIT, NOW)] == ["debit_day", "debit_day_payments"]


def test_an_override_may_span_two_rules_that_follow_each_other() -> None:
    text = (
        TIERS + row(effective_to="2021-01-15") + row(effective_from="2021-01-16") + override(amount_paisa="9")
    )
    [rule] = read_rules(text).in_force("a", DEBIT, from_rfc3339("2021-01-16T00:00:00Z"))
    assert (rule.most, rule.override) == (9, True)


WRONG = {
    "no TOML": ("[[", "not TOML"),
    "a field of the file": (TIERS + "x = 1", "tier.a.x"),
    "another table": (TIERS + "[other]", "other"),
    "no tiers": (row(), "tier"),
    "rules in one pair of brackets": (TIERS + "[rule]", "rule"),
    "no full tier": ('[tier.a]\nname="A"\nhelp="h"', "'full'"),
    "a tier without a name": (TIERS + '[tier.b]\nhelp="h"', "tier.b.name"),
    "a limited full tier": (TIERS + row(tiers='["full"]'), "rule.0.*'full'"),
    "an unknown tier": (TIERS + row() + row(tiers='["b"]'), "rule.1.*'b'"),
    "no tier": (TIERS + row(tiers="[]"), "rule.0.tiers"),
    "an unknown direction": (TIERS + row(directions='["up"]'), "rule.0.directions"),
    "no direction": (TIERS + row(directions="[]"), "rule.0.directions"),
    "an unknown period": (TIERS + row(per='"week"'), "rule.0.per"),
    "no amount": (TIERS + row(amount_paisa=None), "rule.0.*one of"),
    "two amounts": (TIERS + row(payments="1"), "rule.0.*one of"),
    "nothing": (TIERS + row(amount_paisa="0"), "rule.0.amount_paisa"),
    "less": (TIERS + row(amount_paisa="-1"), "rule.0.amount_paisa"),
    "a fraction": (TIERS + row(amount_paisa="1.5"), "rule.0.amount_paisa"),
    "a text": (TIERS + row(amount_paisa='"1"'), "rule.0.amount_paisa"),
    "a truth": (TIERS + row(amount_paisa="true"), "rule.0.amount_paisa"),
    "too much": (TIERS + row(amount_paisa=str(2**62)), "rule.0.amount_paisa"),
    "no first day": (TIERS + row(effective_from=None), "rule.0.effective_from"),
    "a day in quotes": (TIERS + row(effective_from='"2020-01-01"'), "rule.0.effective_from"),
    "an hour": (TIERS + row(effective_from="2020-01-01T01:00:00"), "rule.0.effective_from"),
    "no day after": (TIERS + row(effective_to="9999-12-31"), "rule.0.effective_to"),
    "an end before the beginning": (TIERS + row(effective_to="2019-12-31"), "rule.0.*ends before"),
    "no standing": (TIERS + row(standing='"sure"'), "rule.0.standing"),
    "no source": (TIERS + row(source='" "'), "rule.0.source"),
    "no note": (TIERS + row(note=None), "rule.0.note"),
    "another field": (TIERS + row(colour='"red"'), "rule.0.colour"),
    "a number of payments at once": (
        TIERS + row(per='"transaction"', amount_paisa=None, payments="1"),
        "rule.0.*amount",
    ),
    "a balance that limits debits": (TIERS + row(per='"balance"'), "rule.0.*credits"),
    "two rules at once": (
        TIERS + row(effective_to="2020-06-30") + row(effective_from="2020-06-30", directions='["credit"]'),
        "a: two rules for credit_day on 2020-06-30",
    ),
    "an override without an end": (TIERS + row() + override(effective_to=None), "override.0.*ends"),
    "an override of nothing": (TIERS + override(), "override of .*_day"),
    "an override that begins before": (
        TIERS + row(effective_from="2021-01-02") + override(),
        "override of .*_day",
    ),
    "an override that ends after": (
        TIERS + row(effective_to="2021-01-30") + override(),
        "override of .*_day",
    ),
    "two overrides at once": (TIERS + row() + override() + override(), "two overrides"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_data_is_refused_naming_the_row(what: str) -> None:
    text, named = WRONG[what]
    with pytest.raises(RulesError, match=named):
        read_rules(text)
