"""Whether a payment is within an account's limits. Pure: rules, use and amount in, verdict out."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ledger.clock import Micros
from sandbox.limits.periods import PERIODS, Per, period_of
from sandbox.limits.rules import Direction, Rule, Unit

# What stands in the way for good comes first, then what stands longest: so that `resets_at` of the first
# breach is a time before which no such payment can pass.
PRECEDENCE = (Per.TRANSACTION, Per.BALANCE, Per.YEAR, Per.MONTH, Per.DAY)


class Used(NamedTuple):
    """What a period has seen so far: the sum in paisa, and how many payments it was."""

    amount_paisa: int = 0
    payments: int = 0


class Breach(NamedTuple):
    """The limit that a payment would pass: by its name and parts, for a rail to find its own code.

    `most` is the limit, `used` what counts already, `needed` what it would come to, all in `unit`;
    `resets_at` is when `used` starts from nothing, None for a limit that no time resets.
    """

    name: str
    direction: Direction
    per: Per
    unit: Unit
    most: int
    used: int
    needed: int
    resets_at: Micros | None


def verdict(
    rules: Iterable[Rule], usage: Mapping[Per, Used], *, amount_paisa: int, balance_paisa: int, now: Micros
) -> Breach | None:
    """Return the first breach by `PRECEDENCE` (money before numbers), or None: a limit may be used up to the paisa.

    `rules` are those in force for one direction; `usage` is that direction's, by period; `balance_paisa`
    is what the account holds or is about to be paid.
    """
    for rule in sorted(rules, key=lambda rule: (PRECEDENCE.index(rule.per), rule.unit)):
        used = used_of(rule, usage, balance_paisa)
        needed = used + (amount_paisa if rule.unit is Unit.PAISA else 1)
        if needed > rule.most:
            return Breach(
                name=rule.name,
                direction=rule.direction,
                per=rule.per,
                unit=rule.unit,
                most=rule.most,
                used=used,
                needed=needed,
                resets_at=resets_at(rule, now),
            )
    return None


def used_of(rule: Rule, usage: Mapping[Per, Used], balance_paisa: int) -> int:
    """Return how much of a rule's limit is used, in its unit."""
    if rule.per is Per.BALANCE:
        return balance_paisa
    used = usage.get(rule.per, Used())
    return used.amount_paisa if rule.unit is Unit.PAISA else used.payments


def resets_at(rule: Rule, now: Micros) -> Micros | None:
    """Return when the use of a rule's limit starts from nothing."""
    return period_of(rule.per, now).ends_at if rule.per in PERIODS else None
