"""The limits of account tiers: what a rule is, and which ones are in force at a moment. Pure."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from ledger.clock import Micros
from sandbox.limits.periods import PERIODS, Per

FULL = "full"
ORDER = tuple(Per)


class Direction(StrEnum):
    """Which way money goes, seen from the account."""

    DEBIT = "debit"
    CREDIT = "credit"


class Unit(StrEnum):
    """What a limit is measured in. By this order money comes before numbers."""

    PAISA = "paisa"
    PAYMENTS = "payments"


class Tier(NamedTuple):
    """A kind of account. `help` says who holds it."""

    code: str
    name: str
    help: str


class Rule(NamedTuple):
    """One limit of one tier: at most `most`, in `unit`.

    It holds on the days from `effective_from` to `effective_to`, both included, None for open; `since` and
    `until` are the same as moments, `until` being the first one after it. While an override holds, it takes
    the place of the rule for the same thing.
    """

    tier: str
    direction: Direction
    per: Per
    unit: Unit
    most: int
    effective_from: date
    effective_to: date | None
    since: Micros
    until: Micros
    standing: str
    source: str
    note: str
    override: bool

    @property
    def name(self) -> str:
        """What the limit is called: `debit_day`, `credit_month_payments`, `balance`."""
        if self.per is Per.BALANCE:
            return "balance"
        counts = "_payments" if self.unit is Unit.PAYMENTS else ""
        return f"{self.direction}_{self.per}{counts}"

    def holds_at(self, now: Micros) -> bool:
        """Say whether the rule is in force."""
        return self.since <= now < self.until


class Rules:
    """All tiers and rules. `limited` names the tiers that have any rule at any time."""

    def __init__(self, tiers: dict[str, Tier], rules: Iterable[Rule]) -> None:
        self.tiers = tiers
        # Overrides last, so that they take the places of what they override.
        self.all = tuple(sorted(rules, key=lambda rule: rule.override))
        self.limited = frozenset(rule.tier for rule in self.all)
        self._by_side: dict[tuple[str, Direction], list[Rule]] = {}
        for rule in self.all:
            self._by_side.setdefault((rule.tier, rule.direction), []).append(rule)

    def in_force(self, tier: str, direction: Direction, now: Micros) -> list[Rule]:
        """Return the rules that bind an account of this tier now, from the smallest period to the largest."""
        found = {
            (rule.per, rule.unit): rule
            for rule in self._by_side.get((tier, direction), ())
            if rule.holds_at(now)
        }
        return sorted(found.values(), key=lambda rule: (ORDER.index(rule.per), rule.unit))

    def counted(self, tier: str, direction: Direction) -> list[Per]:
        """Return the periods whose use is counted: those that any rule of this side names at any time.

        So a rule that comes into force in the middle of a year finds the year counted.
        """
        named = {rule.per for rule in self._by_side.get((tier, direction), ())}
        return [per for per in PERIODS if per in named]
