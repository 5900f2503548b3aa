"""What is counted of limited accounts, and how limits and breaches are shown."""

from typing import Literal, NamedTuple

from pydantic import BaseModel

from ledger.clock import to_rfc3339
from ledger.money import rupees
from sandbox.limits.periods import Per
from sandbox.limits.rules import Direction, Rule, Unit
from sandbox.limits.verdict import Breach
from sandbox.records import Records

VERBS = {Direction.DEBIT: "send", Direction.CREDIT: "take"}


class Usage(NamedTuple):
    """What an account has sent or taken in one day, month or year; `start` is its first day in Pakistan."""

    sandbox_id: str
    account_id: str
    direction: str
    per: str
    start: str
    amount_paisa: int
    payments: int


USAGE = Records(Usage, "limit_usage", key=("sandbox_id", "account_id", "direction", "per", "start"))


class BreachView(BaseModel):
    """The limit that a payment would have passed.

    `limit` is the most, `used` what counted already, `needed` what the payment would have made of it, all in
    `unit`; before `resets_at` no such payment passes, null for a limit that no time resets.
    """

    name: str
    account: str
    limit: int
    used: int
    needed: int
    unit: Unit
    resets_at: str | None
    detail: str


class LimitView(BaseModel):
    """A limit in force and how much of it is used; all in `unit`. An override stands for a while only."""

    name: str
    direction: Direction
    per: Per
    unit: Unit
    limit: int
    used: int
    left: int
    resets_at: str | None
    override: bool
    effective_from: str
    effective_to: str | None
    standing: Literal["documented", "weak", "invented"]
    source: str
    note: str


class TierView(BaseModel):
    """A kind of account."""

    code: str
    name: str
    help: str


class AccountLimitsView(BaseModel):
    """The limits of an account's tier that are in force now, debits first, and their use."""

    object: Literal["account_limits"] = "account_limits"
    account: str
    tier: TierView
    data: list[LimitView]


def view_limit(rule: Rule, used: int, resets_at: int | None) -> LimitView:
    """Show a limit of which `used` is used."""
    ends = rule.effective_to
    return LimitView(
        name=rule.name,
        direction=rule.direction,
        per=rule.per,
        unit=rule.unit,
        limit=rule.most,
        used=used,
        left=max(rule.most - used, 0),
        resets_at=None if resets_at is None else to_rfc3339(resets_at),
        override=rule.override,
        effective_from=rule.effective_from.isoformat(),
        effective_to=None if ends is None else ends.isoformat(),
        standing=rule.standing,
        source=rule.source,
        note=rule.note,
    )


def view_breach(breach: Breach, account_id: str) -> BreachView:
    """Show a breach, and say it in a sentence."""
    return BreachView(
        name=breach.name,
        account=account_id,
        limit=breach.most,
        used=breach.used,
        needed=breach.needed,
        unit=breach.unit,
        resets_at=None if breach.resets_at is None else to_rfc3339(breach.resets_at),
        detail=_sentence(breach),
    )


def quantity(amount: int, unit: Unit) -> str:
    """Write an amount of money or a number of payments."""
    return rupees(amount) if unit is Unit.PAISA else f"{amount} payments"


def _sentence(breach: Breach) -> str:
    most, used, needed = (quantity(value, breach.unit) for value in (breach.most, breach.used, breach.needed))
    verb = VERBS[breach.direction]
    if breach.per is Per.TRANSACTION:
        return f"The account may {verb} at most {most} at once; this is {needed}."
    if breach.per is Per.BALANCE:
        return f"The account may hold at most {most}; it holds or awaits {used}, and this would make it {needed}."
    return f"The account may {verb} at most {most} a {breach.per}; {used} is used, and this would make it {needed}."
