"""Accounts themselves: opening, closing, reopening, credit limits. Pure, like `ledger.posting`."""

from collections.abc import Mapping, Sequence
from typing import Final

from ledger import checks
from ledger.clock import Micros
from ledger.errors import TimeOrderError
from ledger.model import (
    Account,
    AccountChange,
    AccountFlag,
    AccountResult,
    Change,
    Head,
    LimitChange,
    Outcome,
    State,
)
from ledger.status import AccountStatus

_CLOSED: Final = int(AccountFlag.CLOSED)


def open_accounts(
    state: State, accounts: Sequence[Account], now: Micros, *, recorded_at: Micros
) -> tuple[list[AccountResult], Outcome]:
    """Decide the opening of accounts: one result each, in order, each seeing those before it.

    Raises TimeOrderError when `now` lies before the newest row of the book.
    """
    recorded_at = checked_times(state.head, now, recorded_at)
    known = dict(state.accounts)
    results: list[AccountResult] = []
    opened: list[Account] = []
    changes: list[AccountChange] = []
    for account in accounts:
        result = checks.opening(account, known.get(account.id))
        if result.status is AccountStatus.CREATED:
            new = account._replace(flags=int(account.flags), opened_at=now)
            known[new.id] = new
            opened.append(new)
            seq = state.head.last_seq + len(opened)
            changes.append(AccountChange(seq, new.id, Change.OPEN, new.flags, now, now, recorded_at))
            result = result._replace(account=new)
        results.append(result)
    return results, _outcome(state, {}, changes, opened)


def change(
    state: State,
    account_id: str,
    change: Change,
    value: int,
    effective_at: Micros,
    *,
    now: Micros,
    recorded_at: Micros,
) -> tuple[Account, Outcome]:
    """Decide the CLOSE, REOPEN or LIMIT of an account, which is one of the state.

    Closing a closed account and reopening an open one change nothing. Raises TimeOrderError when
    `now` lies before the newest row of the book.
    """
    recorded_at = checked_times(state.head, now, recorded_at)
    before = state.accounts[account_id]
    effective_at = max(effective_at, now)
    if change is Change.LIMIT:
        due = [*state.limits.get(account_id, ()), LimitChange(effective_at, value)]
        after = limited(before, sorted(due, key=lambda each: each.effective_at), now)
    else:
        flags = before.flags | _CLOSED if change is Change.CLOSE else before.flags & ~_CLOSED
        after = before._replace(flags=flags)
        if after == before:
            return before, _outcome(state, {}, [], [])
    seq = state.head.last_seq + 1
    row = AccountChange(seq, account_id, change, value, effective_at, now, recorded_at)
    return after, _outcome(state, {account_id: after}, [row], [])


def limited(account: Account, changes: Sequence[LimitChange], now: Micros) -> Account:
    """Let the changes of a limit that are due by `now` take force; they come by rising time."""
    limit, due_at = account.credit_limit, 0
    for each in changes:
        if each.effective_at > now:
            due_at = each.effective_at
            break
        limit = each.limit
    return account._replace(credit_limit=limit, limit_due_at=due_at)


def checked_times(head: Head, now: Micros, recorded_at: Micros) -> Micros:
    """Refuse a `now` that runs backwards, and return the time of recording, which stands still instead.

    A caller's clock decides what happens, so a wrong one must be seen; a system's clock that is set
    back by a little must not stop a ledger.
    """
    if now < head.happened_at:
        message = f"now is {now}, but the book's newest row is of {head.happened_at}"
        raise TimeOrderError(message)
    return max(recorded_at, head.recorded_at)


def _outcome(
    state: State,
    accounts: Mapping[str, Account],
    changes: list[AccountChange],
    opened: list[Account],
) -> Outcome:
    return Outcome([], state.head, [], dict(accounts), set(), [], [], [], opened, changes)
