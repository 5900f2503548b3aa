"""Accounts themselves: opening, closing, reopening, credit limits. Pure, like `ledger.posting`."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from ledger.clock import MAX_TIME, Micros
from ledger.errors import TimeOrderError
from ledger.model import (
    MAX_CODE,
    MAX_ID_LENGTH,
    Account,
    AccountChange,
    AccountFlag,
    AccountResult,
    Change,
    Head,
    LimitChange,
    Outcome,
    State,
    Why,
)
from ledger.standing import limit_at
from ledger.status import AccountStatus

_CLOSED: Final = int(AccountFlag.CLOSED)
_IMPORTED: Final = int(AccountFlag.IMPORTED)
_BOTH_LIMITS: Final = int(
    AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS | AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS
)
_LASTING: Final = _BOTH_LIMITS | _IMPORTED | int(AccountFlag.EXPECTED_ZERO)
_ALL_FLAGS: Final = _LASTING | _CLOSED

_ZERO_AT_FIRST: Final = (
    (AccountStatus.DEBITS_PENDING_MUST_BE_ZERO, "debits_pending"),
    (AccountStatus.DEBITS_POSTED_MUST_BE_ZERO, "debits_posted"),
    (AccountStatus.CREDITS_PENDING_MUST_BE_ZERO, "credits_pending"),
    (AccountStatus.CREDITS_POSTED_MUST_BE_ZERO, "credits_posted"),
    (AccountStatus.CREDIT_LIMIT_MUST_BE_ZERO, "credit_limit"),
    (AccountStatus.CREDIT_LIMIT_MUST_BE_ZERO, "limit_due_at"),
)


def open_accounts(
    state: State,
    accounts: Sequence[Account],
    now: Micros,
    *,
    recorded_at: Micros,
    codes: Collection[int] = (),
) -> tuple[list[AccountResult], Outcome]:
    """Decide the opening of accounts: one result each, in order, each seeing those before it.

    `codes` are those of the book's chart; without one, every code will do.
    Raises TimeOrderError when `now` lies before the newest row of the book.
    """
    recorded_at = checked_times(state.head, now, recorded_at)
    importing = bool(accounts) and bool(int(accounts[0].flags) & _IMPORTED)
    newest = state.head.happened_at
    known = dict(state.accounts)
    results: list[AccountResult] = []
    opened: list[Account] = []
    changes: list[AccountChange] = []
    for asked in accounts:
        account = asked._replace(flags=int(asked.flags))
        existing = known.get(account.id)
        status, why = (
            _origin(account, importing=importing, now=now)
            or _identity(account)
            or (_repeat(account, existing) if existing else _form(account, newest, codes))
            or (AccountStatus.CREATED, None)
        )
        if status is AccountStatus.CREATED:
            newest = account.opened_at or now
            existing = known[account.id] = account._replace(opened_at=newest)
            opened.append(existing)
            seq = state.head.last_seq + len(opened)
            changes.append(
                AccountChange(seq, account.id, Change.OPEN, account.flags, newest, newest, recorded_at)
            )
        there = status in (AccountStatus.CREATED, AccountStatus.EXISTS)
        results.append(AccountResult(account.id, status, existing if there else None, why))
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
        # Sorting is stable: of two changes at one time the later one counts.
        limit, due_at = limit_at(before.credit_limit, sorted(due, key=lambda each: each.effective_at), now)
        after = before._replace(credit_limit=limit, limit_due_at=due_at)
    else:
        flags = before.flags | _CLOSED if change is Change.CLOSE else before.flags & ~_CLOSED
        after = before._replace(flags=flags)
        if after == before:
            return before, _outcome(state, {}, [], [])
    seq = state.head.last_seq + 1
    row = AccountChange(seq, account_id, change, value, effective_at, now, recorded_at)
    return after, _outcome(state, {account_id: after}, [row], [])


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


_Fault = tuple[AccountStatus, Why | None]


def _origin(account: Account, *, importing: bool, now: Micros) -> _Fault | None:  # noqa: PLR0911 - a list of rules
    """Refuse to mix imported and other accounts, and a time that is none of the past."""
    time = account.opened_at
    if account.flags & _IMPORTED:
        if not importing:
            return AccountStatus.IMPORTED_NOT_EXPECTED, Why("flags", account.id)
        if not 0 < time <= MAX_TIME:
            why = Why("opened_at", account.id, MAX_TIME, now, time)
            return AccountStatus.IMPORTED_TIME_OUT_OF_RANGE, why
        if time >= now:
            return AccountStatus.IMPORTED_TIME_NOT_PAST, Why("opened_at", account.id, now - 1, now, time)
        return None
    if importing:
        return AccountStatus.IMPORTED_EXPECTED, Why("flags", account.id)
    if time:
        return AccountStatus.OPENED_AT_NOT_ALLOWED, Why("opened_at", account.id, 0, 0, time)
    return None


def _identity(account: Account) -> _Fault | None:
    if account.flags & ~_ALL_FLAGS:
        return AccountStatus.FLAGS_UNKNOWN, Why("flags", account.id)
    if not account.id:
        return AccountStatus.ID_MISSING, Why("id")
    if len(account.id) > MAX_ID_LENGTH:
        return AccountStatus.ID_TOO_LONG, Why("id", "", MAX_ID_LENGTH, 0, len(account.id))
    return None


def _repeat(account: Account, existing: Account) -> _Fault:
    """Compare in what does not change: closing an account later does not spoil the repeat."""
    if (account.flags ^ existing.flags) & _LASTING:
        why = Why("flags", account.id, None, existing.flags, account.flags)
        return AccountStatus.EXISTS_WITH_DIFFERENT_FLAGS, why
    if account.currency != existing.currency:
        return AccountStatus.EXISTS_WITH_DIFFERENT_CURRENCY, Why("currency", account.id)
    if account.code != existing.code:
        why = Why("code", account.id, None, existing.code, account.code)
        return AccountStatus.EXISTS_WITH_DIFFERENT_CODE, why
    return AccountStatus.EXISTS, None


def _form(account: Account, newest: Micros, codes: Collection[int]) -> _Fault | None:  # noqa: PLR0911 - a list of rules
    """Refuse an account that is not complete, or has what a new one cannot have."""
    if account.flags & _BOTH_LIMITS == _BOTH_LIMITS:
        return AccountStatus.LIMITS_EXCLUDE_EACH_OTHER, Why("flags", account.id)
    for status, field in _ZERO_AT_FIRST:
        value = getattr(account, field)
        if value:
            return status, Why(field, account.id, 0, 0, value)
    if not account.currency:
        return AccountStatus.CURRENCY_MISSING, Why("currency", account.id)
    if account.code < 1:
        return AccountStatus.CODE_MISSING, Why("code", account.id)
    if account.code > MAX_CODE:
        return AccountStatus.CODE_TOO_LARGE, Why("code", account.id, MAX_CODE, 0, account.code)
    if codes and account.code not in codes:
        return AccountStatus.CODE_NOT_IN_CHART, Why("code", account.id, None, None, account.code)
    if account.opened_at and account.opened_at < newest:
        why = Why("opened_at", account.id, newest, newest, account.opened_at)
        return AccountStatus.IMPORTED_TIME_RUNS_BACKWARDS, why
    return None
