"""The rules as pure functions: each gives the first refusal in order of precedence, or None.

Here are those of every transfer, and of what moves money between two accounts. `ledger.targets` has
those of what acts on another transfer, `ledger.repeats` those of an id that is known.
"""

from typing import Final, NamedTuple

from ledger.clock import MAX_TIME, Micros
from ledger.model import (
    EXPIRED_SUFFIX,
    MAX_CODE,
    MAX_ID_LENGTH,
    AccountFlag,
    Kind,
    Transfer,
    TransferFlag,
    Why,
)
from ledger.standing import Standing
from ledger.status import Status

# Looking up an enum member, and any arithmetic on a flag, costs more than the rest of a check.
_HOLD: Final = Kind.HOLD
_ASKABLE: Final = frozenset(set(Kind) - {Kind.EXPIRE})
_DEBITS_LIMITED: Final = int(AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS)
_CREDITS_LIMITED: Final = int(AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS)
_CLOSED: Final = int(AccountFlag.CLOSED)
_BALANCING: Final = int(TransferFlag.BALANCING_DEBIT | TransferFlag.BALANCING_CREDIT)
_CLOSING: Final = int(TransferFlag.CLOSING_DEBIT | TransferFlag.CLOSING_CREDIT)
_IMPORTED: Final = int(TransferFlag.IMPORTED)
_ALL_FLAGS: Final = _BALANCING | _CLOSING | _IMPORTED


class Refusal(NamedTuple):
    """The first rule that speaks against a transfer."""

    status: Status
    why: Why | None = None


def origin(transfer: Transfer, *, importing: bool, now: Micros) -> Refusal | None:  # noqa: PLR0911 - a list of rules
    """Refuse to mix imported and other transfers, and a time that is none of the past.

    `importing` says whether the batch began with an imported transfer.
    """
    time = transfer.happened_at
    if int(transfer.flags) & _IMPORTED:
        if not importing:
            return Refusal(Status.IMPORTED_NOT_EXPECTED, Why("flags"))
        if not 0 < time <= MAX_TIME:
            why = Why("happened_at", limit=MAX_TIME, current=now, needed=time)
            return Refusal(Status.IMPORTED_TIME_OUT_OF_RANGE, why)
        if time >= now:
            why = Why("happened_at", limit=now - 1, current=now, needed=time)
            return Refusal(Status.IMPORTED_TIME_NOT_PAST, why)
        return None
    if importing:
        return Refusal(Status.IMPORTED_EXPECTED, Why("flags"))
    if time:
        return Refusal(Status.HAPPENED_AT_NOT_ALLOWED, Why("happened_at", limit=0, current=0, needed=time))
    return None


def identity(transfer: Transfer) -> Refusal | None:
    """Refuse a flag that nobody knows, an id that no caller may use, a kind that none may ask for."""
    if transfer.flags and int(transfer.flags) & ~_ALL_FLAGS:
        return Refusal(Status.FLAGS_UNKNOWN, Why("flags"))
    name = transfer.id
    if not name:
        return Refusal(Status.ID_MISSING, Why("id"))
    if len(name) > MAX_ID_LENGTH:
        return Refusal(Status.ID_TOO_LONG, Why("id", limit=MAX_ID_LENGTH, current=0, needed=len(name)))
    if name.endswith(EXPIRED_SUFFIX):
        return Refusal(Status.ID_RESERVED, Why("id"))
    if transfer.kind not in _ASKABLE:
        return Refusal(Status.KIND_NOT_ALLOWED, Why("kind"))
    return None


def move_form(transfer: Transfer) -> Refusal | None:  # noqa: C901, PLR0911, PLR0912 - a list of rules
    """Refuse a TRANSFER or HOLD that is not complete, or has what it cannot have."""
    if not transfer.debit_account:
        return Refusal(Status.DEBIT_ACCOUNT_MISSING, Why("debit_account"))
    if not transfer.credit_account:
        return Refusal(Status.CREDIT_ACCOUNT_MISSING, Why("credit_account"))
    if transfer.debit_account == transfer.credit_account:
        return Refusal(Status.ACCOUNTS_MUST_DIFFER, Why("credit_account", account=transfer.credit_account))
    if transfer.target_id:
        return Refusal(Status.TARGET_ID_NOT_ALLOWED, Why("target_id"))
    if transfer.timeout_us:
        if transfer.kind != _HOLD:
            return Refusal(Status.TIMEOUT_ONLY_FOR_HOLDS, Why("timeout_us"))
        if transfer.timeout_us < 0:
            return _negative(Status.TIMEOUT_NEGATIVE, "timeout_us", transfer.timeout_us)
    if transfer.flags and int(transfer.flags) & _CLOSING and transfer.kind != _HOLD:
        return Refusal(Status.CLOSING_ONLY_FOR_HOLDS, Why("flags"))
    if transfer.currency == "":
        return Refusal(Status.CURRENCY_MISSING, Why("currency"))
    if transfer.code is not None:
        if transfer.code < 1:
            return Refusal(Status.CODE_MISSING, Why("code"))
        if transfer.code > MAX_CODE:
            why = Why("code", limit=MAX_CODE, current=0, needed=transfer.code)
            return Refusal(Status.CODE_TOO_LARGE, why)
    if transfer.amount is None:
        if not int(transfer.flags) & _BALANCING:
            return Refusal(Status.AMOUNT_MISSING, Why("amount"))
    elif transfer.amount < 0:
        return _negative(Status.AMOUNT_NEGATIVE, "amount", transfer.amount)
    return None


def act_form(transfer: Transfer) -> Refusal | None:  # noqa: PLR0911 - a list of rules
    """Refuse what acts on another transfer but names none, or has what it cannot have."""
    if transfer.flags and int(transfer.flags) & (_BALANCING | _CLOSING):
        return Refusal(Status.FLAGS_NOT_ALLOWED, Why("flags"))
    if not transfer.target_id:
        return Refusal(Status.TARGET_ID_MISSING, Why("target_id"))
    if transfer.target_id == transfer.id:
        return Refusal(Status.TARGET_ID_IS_OWN_ID, Why("target_id"))
    extends = transfer.kind == Kind.EXTEND
    if transfer.timeout_us:
        if not extends:
            return Refusal(Status.TIMEOUT_ONLY_FOR_HOLDS, Why("timeout_us"))
        if transfer.timeout_us < 0:
            return _negative(Status.TIMEOUT_NEGATIVE, "timeout_us", transfer.timeout_us)
    if transfer.amount:
        if transfer.amount < 0:
            return _negative(Status.AMOUNT_NEGATIVE, "amount", transfer.amount)
        if extends:
            why = Why("amount", limit=0, current=0, needed=transfer.amount)
            return Refusal(Status.AMOUNT_NOT_ALLOWED, why)
    return None


def currencies(currency: str, debit: Standing, credit: Standing) -> Refusal | None:
    """Refuse to mix currencies."""
    if debit.currency != credit.currency:
        return Refusal(Status.ACCOUNTS_HAVE_DIFFERENT_CURRENCIES, Why("credit_account", account=credit.id))
    if currency != debit.currency:
        return Refusal(Status.CURRENCY_DIFFERS_FROM_ACCOUNTS, Why("currency", account=debit.id))
    return None


def imported_time(transfer: Transfer, newest: Micros, debit: Standing, credit: Standing) -> Refusal | None:
    """Refuse what is imported out of order, before its accounts, or with a time to run out."""
    time = transfer.happened_at
    if time < newest:
        why = Why("happened_at", limit=newest, current=newest, needed=time)
        return Refusal(Status.IMPORTED_TIME_RUNS_BACKWARDS, why)
    if time <= debit.opened_at:
        why = Why("happened_at", debit.id, debit.opened_at + 1, debit.opened_at, time)
        return Refusal(Status.IMPORTED_BEFORE_DEBIT_ACCOUNT, why)
    if time <= credit.opened_at:
        why = Why("happened_at", credit.id, credit.opened_at + 1, credit.opened_at, time)
        return Refusal(Status.IMPORTED_BEFORE_CREDIT_ACCOUNT, why)
    if transfer.timeout_us:
        why = Why("timeout_us", limit=0, current=0, needed=transfer.timeout_us)
        return Refusal(Status.IMPORTED_TIMEOUT_NOT_ALLOWED, why)
    return None


def both_open(debit: Standing, credit: Standing) -> Refusal | None:
    """Refuse a closed account."""
    if debit.flags & _CLOSED:
        return Refusal(Status.DEBIT_ACCOUNT_CLOSED, Why("debit_account", account=debit.id))
    if credit.flags & _CLOSED:
        return Refusal(Status.CREDIT_ACCOUNT_CLOSED, Why("credit_account", account=credit.id))
    return None


def timeout_fits(timeout_us: Micros, at: Micros) -> Refusal | None:
    """Refuse a hold that would run out after the last moment there is."""
    if at + timeout_us > MAX_TIME:
        why = Why("timeout_us", limit=MAX_TIME, current=at, needed=at + timeout_us)
        return Refusal(Status.OVERFLOWS_TIMEOUT, why)
    return None


def room(
    transfer: Transfer,
    amount: int,
    debit: Standing,
    credit: Standing,
    limits: tuple[int, int],
    *,
    at: Micros,
    max_amount: int,
) -> Refusal | None:
    """Refuse sums that pass the largest amount or an account's own limit.

    What is held counts against the owner; what is only held for an account is not there yet.
    `limits` are the credit limits in force of the debit and the credit account.
    """
    debits = debit.debits_pending + debit.debits_posted + amount
    credits_ = credit.credits_pending + credit.credits_posted + amount
    if debits > max_amount or credits_ > max_amount:
        return _overflow(transfer, amount, debit, credit, max_amount)
    if transfer.timeout_us:
        fault = timeout_fits(transfer.timeout_us, at)
        if fault is not None:
            return fault
    if debit.flags & _DEBITS_LIMITED and debits > debit.credits_posted + limits[0]:
        why = Why("amount", debit.id, debit.credits_posted + limits[0], debits - amount, debits)
        return Refusal(Status.EXCEEDS_CREDITS, why)
    if credit.flags & _CREDITS_LIMITED and credits_ > credit.debits_posted + limits[1]:
        why = Why("amount", credit.id, credit.debits_posted + limits[1], credits_ - amount, credits_)
        return Refusal(Status.EXCEEDS_DEBITS, why)
    return None


def _overflow(transfer: Transfer, amount: int, debit: Standing, credit: Standing, max_amount: int) -> Refusal:
    """Name the first sum that passes the largest amount; the caller knows that one does."""
    pending = (
        (Status.OVERFLOWS_DEBITS_PENDING, debit.id, debit.debits_pending),
        (Status.OVERFLOWS_CREDITS_PENDING, credit.id, credit.credits_pending),
    )
    posted = (
        (Status.OVERFLOWS_DEBITS_POSTED, debit.id, debit.debits_posted),
        (Status.OVERFLOWS_CREDITS_POSTED, credit.id, credit.credits_posted),
        (Status.OVERFLOWS_DEBITS, debit.id, debit.debits_pending + debit.debits_posted),
        (Status.OVERFLOWS_CREDITS, credit.id, credit.credits_pending + credit.credits_posted),
    )
    sums = pending + posted if transfer.kind == _HOLD else posted
    return next(
        Refusal(status, Why("amount", account, max_amount, current, current + amount))
        for status, account, current in sums
        if current + amount > max_amount
    )


def _negative(status: Status, field: str, value: int) -> Refusal:
    return Refusal(status, Why(field, limit=0, current=0, needed=value))
