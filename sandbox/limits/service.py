"""Checking payments against limits, and counting them: reads and writes of the payment's own use case.

What counts, and when, is decision 0007. An account of the tier `full` costs a look into a set.
"""

from collections.abc import Iterator

from ledger.clock import Micros
from ledger.model import Account
from sandbox.limits.models import USAGE, AccountLimitsView, LimitView, TierView, Usage, view_limit
from sandbox.limits.periods import PERIODS, Per, period_of
from sandbox.limits.reading import RULES
from sandbox.limits.rules import Direction
from sandbox.limits.verdict import Breach, Used, resets_at, used_of, verdict
from sandbox.world import World, WorldView


def check(
    world: WorldView, account_id: str, tier: str, direction: Direction, amount_paisa: int
) -> Breach | None:
    """Return the limit that one more payment of this amount would pass, or None."""
    if tier not in RULES.limited:
        return None
    rules = RULES.in_force(tier, direction, world.now)
    return verdict(
        rules,
        _usage(world, account_id, direction, [rule.per for rule in rules]),
        amount_paisa=amount_paisa,
        balance_paisa=_awaited(world.book.accounts([account_id])[account_id]),
        now=world.now,
    )


def count(world: World, account_id: str, tier: str, direction: Direction, amount_paisa: int) -> None:
    """Count a payment in the periods of now."""
    for key, row in _rows(world, account_id, tier, direction, world.now):
        if row is None:
            USAGE.insert(world.uow, Usage(*key, amount_paisa=amount_paisa, payments=1))
        else:
            _change(world, row, amount_paisa, 1)


def release(
    world: World, account_id: str, tier: str, direction: Direction, amount_paisa: int, *, counted_at: Micros
) -> None:
    """Take back what was counted at that time, where it was: the payment came to nothing."""
    for _, row in _rows(world, account_id, tier, direction, counted_at):
        if row is not None:
            _change(world, row, -amount_paisa, -1)


def opening_limit(world: WorldView, tier: str) -> int | None:
    """Return the most that an account of this tier may hold now, None for no limit."""
    rules = RULES.in_force(tier, Direction.CREDIT, world.now)
    return next((rule.most for rule in rules if rule.per is Per.BALANCE), None)


def show(world: WorldView, account: Account, tier: str) -> AccountLimitsView:
    """Show the limits of an account, given as the ledger knows it, and how much of each is used."""
    found = RULES.tiers[tier]
    return AccountLimitsView(
        account=account.id,
        tier=TierView(code=found.code, name=found.name, help=found.help),
        data=[view for direction in Direction for view in _show_side(world, account, tier, direction)],
    )


def _show_side(world: WorldView, account: Account, tier: str, direction: Direction) -> list[LimitView]:
    rules = RULES.in_force(tier, direction, world.now)
    usage = _usage(world, account.id, direction, [rule.per for rule in rules])
    return [
        view_limit(rule, used_of(rule, usage, _awaited(account)), resets_at(rule, world.now))
        for rule in rules
    ]


def _awaited(account: Account) -> int:
    """Return what an account holds (held money included: it may stay) or is about to be paid."""
    return account.balance + account.credits_pending


def _usage(world: WorldView, account_id: str, direction: Direction, wanted: list[Per]) -> dict[Per, Used]:
    found = {}
    for per in PERIODS:
        if per in wanted:
            key = (world.id, account_id, direction.value, per.value, period_of(per, world.now).start)
            row = USAGE.get(world.snapshot, *key)
            found[per] = Used() if row is None else Used(row.amount_paisa, row.payments)
    return found


def _rows(
    world: World, account_id: str, tier: str, direction: Direction, at: Micros
) -> Iterator[tuple[tuple[str, str, str, str, str], Usage | None]]:
    """Yield the key, and the row if there is one, of each period that is counted and was running at `at`."""
    if tier not in RULES.limited:
        return
    for per in RULES.counted(tier, direction):
        key = (world.id, account_id, direction.value, per.value, period_of(per, at).start)
        yield key, USAGE.get(world.uow, *key)


def _change(world: World, row: Usage, paisa: int, payments: int) -> None:
    USAGE.update(world.uow, row, amount_paisa=row.amount_paisa + paisa, payments=row.payments + payments)
