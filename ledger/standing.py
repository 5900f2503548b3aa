"""An account as it stands in the middle of a batch: the one value of the ledger that changes in place.

It never leaves the run that made it. Making a new `Account` for every transfer would cost as much as
all the rules together.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from ledger.clock import Micros
from ledger.model import Account, LimitChange, TransferFlag

_BALANCING_DEBIT: Final = int(TransferFlag.BALANCING_DEBIT)
_BALANCING_CREDIT: Final = int(TransferFlag.BALANCING_CREDIT)

# A named tuple's own constructor is a Python function; its base class does the same in C.
_make = tuple.__new__

Mark: TypeAlias = tuple[int, int, int, int, int, int, int]


class Standing:
    """The working copy of one account."""

    __slots__ = (
        "code",
        "credit_limit",
        "credits_pending",
        "credits_posted",
        "currency",
        "debits_pending",
        "debits_posted",
        "flags",
        "id",
        "limit_due_at",
        "opened_at",
    )

    def __init__(self, account: Account) -> None:
        (
            self.id,
            self.currency,
            self.code,
            self.flags,
            self.debits_pending,
            self.debits_posted,
            self.credits_pending,
            self.credits_posted,
            self.credit_limit,
            self.limit_due_at,
            self.opened_at,
        ) = account

    def account(self) -> Account:
        """Return the account as it stands."""
        return _make(
            Account,
            (
                self.id,
                self.currency,
                self.code,
                self.flags,
                self.debits_pending,
                self.debits_posted,
                self.credits_pending,
                self.credits_posted,
                self.credit_limit,
                self.limit_due_at,
                self.opened_at,
            ),
        )

    def mark(self) -> Mark:
        """Return all that may change, for `go_back`."""
        return (
            self.flags,
            self.debits_pending,
            self.debits_posted,
            self.credits_pending,
            self.credits_posted,
            self.credit_limit,
            self.limit_due_at,
        )

    def go_back(self, mark: Mark) -> None:
        """Stand again as at the mark."""
        (
            self.flags,
            self.debits_pending,
            self.debits_posted,
            self.credits_pending,
            self.credits_posted,
            self.credit_limit,
            self.limit_due_at,
        ) = mark


def limit_at(limit: int, changes: Sequence[LimitChange], at: Micros) -> tuple[int, Micros]:
    """Return the limit in force at a time, and when its next change is due, 0 for never.

    `changes` come by rising time; `limit` is the one before them.
    """
    for each in changes:
        if each.effective_at > at:
            return limit, each.effective_at
        limit = each.limit
    return limit, 0


def balanced(flags: int, amount: int, debit: Standing, credit: Standing) -> int:
    """Lower the amount to what balances the debit or the credit account, if a flag asks for it.

    A credit limit is not counted: what balances brings an account to nothing, not into debt.
    """
    if flags & _BALANCING_DEBIT:
        left = debit.credits_posted - debit.debits_posted - debit.debits_pending
        amount = min(amount, max(0, left))
    if flags & _BALANCING_CREDIT:
        left = credit.debits_posted - credit.credits_posted - credit.credits_pending
        amount = min(amount, max(0, left))
    return amount
