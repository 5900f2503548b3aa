"""An account's entries as its owner sees them: line by line, and for a period with both its balances."""

from typing import Final, NamedTuple

from ledger.clock import Micros
from ledger.errors import AccountNotFoundError, StorageError
from ledger.model import Entry, Kind, StatementLine
from ledger.seek import last_seq, totals_at
from ledger.storage.store import Store

# What posts its amount from the debit to the credit account.
_MOVING: Final = (Kind.TRANSFER, Kind.POST, Kind.CAPTURE, Kind.REVERSAL)


class PeriodStatement(NamedTuple):
    """A page of what happened to an account in a period: `start` is in it, `end` is not."""

    account_id: str
    currency: str
    start: Micros
    end: Micros
    opening: int
    """The balance at the start: posted credits less posted debits."""
    debits: int
    """All that was posted out of the account in the period; `credits` is what was posted into it."""
    credits: int
    closing: int
    """The balance at the end: the opening one, plus the credits, less the debits."""
    brought_forward: int
    """The balance before the lines of this page."""
    lines: list[StatementLine]
    carried_forward: int
    """The balance after the lines of this page."""
    more: bool
    """Whether lines follow: ask again with the last `seq` here as `after_seq`."""


def line(account_id: str, entry: Entry, released: int) -> StatementLine:
    """See an entry from one of its accounts; `released` is what it took off a hold."""
    paying = entry.debit_account == account_id
    moved = entry.amount if entry.kind in _MOVING else 0
    if paying:
        pending, debits = entry.debit_debits_pending, entry.debit_debits_posted
        credits_ = entry.debit_credits_posted
    else:
        pending, debits = entry.credit_debits_pending, entry.credit_debits_posted
        credits_ = entry.credit_credits_posted
    return StatementLine(
        seq=entry.seq,
        id=entry.id,
        kind=entry.kind,
        counterparty=entry.credit_account if paying else entry.debit_account,
        debit=moved if paying else 0,
        credit=0 if paying else moved,
        held=entry.amount if entry.kind == Kind.HOLD else -released,
        balance_after=credits_ - debits,
        available_after=credits_ - debits - pending,
        reference=entry.reference,
        happened_at=entry.happened_at,
    )


def for_period(
    store: Store, sandbox_id: str, account_id: str, start: Micros, end: Micros, *, after_seq: int, limit: int
) -> PeriodStatement:
    """Return a page of the statement of a period.

    Every line is added up: StorageError is raised where one does not lead from the balance before it to
    the one after it. So the pages of a period together lead from its opening to its closing balance. Raises AccountNotFoundError, and
    ValueError where the end lies before the start or the limit is below 1.
    """
    if end < start:
        message = f"the period ends at {end}, before it starts at {start}"
        raise ValueError(message)
    if limit < 1:
        message = f"a page has 1 line or more, not {limit}"
        raise ValueError(message)
    account = store.accounts(sandbox_id, [account_id]).get(account_id)
    if account is None:
        message = f"no account {account_id!r} in the book of {sandbox_id}"
        raise AccountNotFoundError(message)
    first, last = (last_seq(store, sandbox_id, time - 1) for time in (start, end))
    after = min(max(after_seq, first), last)
    opening, before, closing = (totals_at(store, sandbox_id, account_id, seq) for seq in (first, after, last))
    rows = store.statement(sandbox_id, account_id, after, limit + 1)
    inside = [line(account_id, entry, released) for entry, released in rows if entry.seq <= last]
    lines = inside[:limit]
    more = len(inside) > limit
    balance = before.balance
    for each in lines:
        balance += each.credit - each.debit
        if balance != each.balance_after:
            message = f"entry {each.id!r} leaves {account_id!r} at {each.balance_after}, not at {balance}"
            raise StorageError(message)
    return PeriodStatement(
        account_id,
        account.currency,
        start,
        end,
        opening.balance,
        closing.debits_posted - opening.debits_posted,
        closing.credits_posted - opening.credits_posted,
        closing.balance,
        before.balance,
        lines,
        balance,
        more,
    )
