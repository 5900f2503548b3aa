"""Payments and the limits of the accounts that they are between: what is checked, counted and given back.

Both sides count from the moment the money is held, since a late success would else pass a limit that had
room in between. Decision 0007 says why.
"""

from typing import NamedTuple

from connectors.contract import Declined, Rail
from sandbox.accounts.models import ACCOUNTS, BankAccount
from sandbox.limits.models import view_breach
from sandbox.limits.periods import Per
from sandbox.limits.rules import Direction
from sandbox.limits.service import check, count, release
from sandbox.payments.models import Payment
from sandbox.world import World


class OverLimit(NamedTuple):
    """A refusal in the rail's vocabulary, and the JSON of the limit behind it."""

    answer: Declined
    breach: str


def over_limit(
    world: World, rail: Rail, account: BankAccount | None, direction: Direction, amount_paisa: int
) -> OverLimit | None:
    """Return the limit that the account would pass by sending or taking this much, or None.

    An account that is not in the sandbox has no limits here.
    """
    if account is None:
        return None
    breach = check(world, account.id, account.tier, direction, amount_paisa)
    if breach is None:
        return None
    code = rail.amount_limit if breach.per is Per.TRANSACTION else rail.client_limit
    return OverLimit(Declined(code), view_breach(breach, account.id).model_dump_json())


def count_payment(world: World, source: BankAccount, receiver: BankAccount | None, amount_paisa: int) -> None:
    """Count a payment whose money is held or has moved, on both sides."""
    count(world, source.id, source.tier, Direction.DEBIT, amount_paisa)
    if receiver is not None:
        count(world, receiver.id, receiver.tier, Direction.CREDIT, amount_paisa)


def release_payment(world: World, payment: Payment) -> None:
    """Take back what was counted for a payment that came to nothing, in the periods in which it was made."""
    for account_id, direction in (
        (payment.source, Direction.DEBIT),
        (payment.destination, Direction.CREDIT),
    ):
        account = ACCOUNTS.get(world.uow, world.id, account_id)
        if account is not None:
            release(
                world,
                account.id,
                account.tier,
                direction,
                payment.amount_paisa,
                counted_at=payment.created_at,
            )
