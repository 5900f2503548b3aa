"""Reads `rules.toml`, and refuses a row that is wrong, that nobody vouches for, or that contradicts another."""

import tomllib
from datetime import date
from importlib.resources import files
from itertools import combinations, groupby, product
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from ledger.clock import MAX_TIME
from sandbox.limits.periods import Per, midnight
from sandbox.limits.rules import FULL, Direction, Rule, Rules, Tier, Unit

Text = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1)]
Most = Annotated[int, Field(strict=True, ge=1, lt=2**62)]
# A year before the last one that a date can say, so that the day after is one too.
Day = Annotated[date, Field(strict=True, lt=date(9999, 1, 1))]


class RulesError(ValueError):
    """The data about limits is wrong; the message names the row."""


class _TierRow(BaseModel):
    """A row of [tier]."""

    model_config = {"extra": "forbid"}

    name: Text
    help: Text


class _RuleRow(BaseModel):
    """A row of [[rule]] or [[override]]: as many rules as it names tiers and directions."""

    model_config = {"extra": "forbid"}

    tiers: Annotated[list[Text], Field(min_length=1)]
    directions: Annotated[list[Direction], Field(min_length=1)]
    per: Per
    amount_paisa: Most | None = None
    payments: Most | None = None
    effective_from: Day
    effective_to: Day | None = None
    standing: Literal["documented", "weak", "invented"]
    source: Text
    note: str


class _Data(BaseModel):
    """The whole file."""

    model_config = {"extra": "forbid"}

    tier: dict[str, _TierRow]
    rule: list[_RuleRow] = []
    override: list[_RuleRow] = []


def read_rules(text: str) -> Rules:
    """Read the data about limits; raises `RulesError` naming the row that is wrong."""
    try:
        data = _Data.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"the limits are not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise RulesError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    tiers = {code: Tier(code, row.name, row.help) for code, row in data.tier.items()}
    if FULL not in tiers:
        raise RulesError(f"there must be a tier {FULL!r}")
    rules = [
        rule
        for kind, rows in (("rule", data.rule), ("override", data.override))
        for number, row in enumerate(rows)
        for rule in _rules_of(row, f"{kind}.{number}", tiers)
    ]
    _check_together(rules)
    return Rules(tiers, rules)


def _rules_of(row: _RuleRow, where: str, tiers: dict[str, Tier]) -> list[Rule]:
    """Return the rules that a row stands for."""
    override = where.startswith("override")
    if (row.amount_paisa is None) == (row.payments is None):
        raise RulesError(f"{where}: give one of amount_paisa and payments")
    unit = Unit.PAYMENTS if row.amount_paisa is None else Unit.PAISA
    if row.per in {Per.TRANSACTION, Per.BALANCE} and unit is Unit.PAYMENTS:
        raise RulesError(f"{where}: a {row.per} limit is an amount")
    if row.per is Per.BALANCE and row.directions != [Direction.CREDIT]:
        raise RulesError(f"{where}: what an account may hold limits its credits only")
    if row.effective_to is not None and row.effective_to < row.effective_from:
        raise RulesError(f"{where}: it ends before it begins")
    if override and row.effective_to is None:
        raise RulesError(f"{where}: an override ends")
    for tier in row.tiers:
        if tier == FULL or tier not in tiers:
            raise RulesError(f"{where}: there is no limited tier {tier!r}")
    return [
        Rule(
            tier=tier,
            direction=direction,
            per=row.per,
            unit=unit,
            most=row.amount_paisa or row.payments or 0,
            effective_from=row.effective_from,
            effective_to=row.effective_to,
            since=midnight(row.effective_from),
            until=MAX_TIME if row.effective_to is None else _day_after(row.effective_to),
            standing=row.standing,
            source=row.source,
            note=row.note,
            override=override,
        )
        for tier, direction in product(row.tiers, row.directions)
    ]


def _day_after(day: date) -> int:
    return midnight(date.fromordinal(day.toordinal() + 1))


def _thing(rule: Rule) -> tuple[str, str, str, str]:
    return rule.tier, rule.direction, rule.per, rule.unit


def _check_together(rules: list[Rule]) -> None:
    """Refuse two rules for one thing at one time, and an override of what is not there all along."""
    for (tier, *_), group in groupby(sorted(rules, key=_thing), key=_thing):
        of_thing = list(group)
        for one, other in combinations(of_thing, 2):
            meet = one.since < other.until and other.since < one.until
            if meet and one.override == other.override:
                kind = "overrides" if one.override else "rules"
                raise RulesError(
                    f"{tier}: two {kind} for {one.name} on {max(one, other, key=_since).effective_from}"
                )
        for override in (rule for rule in of_thing if rule.override):
            if not _stands(override, [rule for rule in of_thing if not rule.override]):
                raise RulesError(f"{tier}: an override of {override.name} where nothing is to be overridden")


def _since(rule: Rule) -> int:
    return rule.since


def _stands(override: Rule, rules: list[Rule]) -> bool:
    """Say whether there is a rule at every moment of the override."""
    reached = override.since
    for rule in sorted(rules, key=_since):
        if rule.since <= reached < rule.until:
            reached = rule.until
    return reached >= override.until


RULES = read_rules(files("sandbox.limits").joinpath("rules.toml").read_text("utf-8"))
