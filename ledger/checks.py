"""The rules as pure functions: each gives the first refusal in order of precedence, or None."""

from typing import Final, NamedTuple

from ledger.clock import MAX_TIME, Micros
from ledger.model import (
    DEFAULT_CODE,
    DEFAULT_CURRENCY,
    EXPIRED_SUFFIX,
    MAX_CODE,
    MAX_ID_LENGTH,
    Account,
    AccountFlag,
    AccountResult,
    Entry,
    HoldNow,
    Kind,
    Transfer,
    Why,
)
from ledger.status import AccountStatus, Status

# Looking up an enum member, and any arithmetic on a flag, costs more than the rest of a check.
_HOLD: Final = Kind.HOLD
_VOID: Final = Kind.VOID
_ASKABLE: Final = frozenset({Kind.TRANSFER, Kind.HOLD, Kind.POST, Kind.VOID})
_ENDING: Final = frozenset({Kind.POST, Kind.VOID})
_DEBITS_LIMITED: Final = int(AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS)
_CREDITS_LIMITED: Final = int(AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS)
_CLOSED: Final = int(AccountFlag.CLOSED)
_BOTH_LIMITS: Final = _DEBITS_LIMITED | _CREDITS_LIMITED
_ALL_FLAGS: Final = _BOTH_LIMITS | _CLOSED


class Refusal(NamedTuple):
    """The first rule that speaks against a transfer."""

    status: Status
    why: Why | None = None


_REPEAT_ORDER: Final = (
    (Status.EXISTS_WITH_DIFFERENT_KIND, "kind"),
    (Status.EXISTS_WITH_DIFFERENT_TARGET, "target_id"),
    (Status.EXISTS_WITH_DIFFERENT_TIMEOUT, "timeout_us"),
    (Status.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT, "debit_account"),
    (Status.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT, "credit_account"),
    (Status.EXISTS_WITH_DIFFERENT_AMOUNT, "amount"),
    (Status.EXISTS_WITH_DIFFERENT_REFERENCE, "reference"),
    (Status.EXISTS_WITH_DIFFERENT_CURRENCY, "currency"),
    (Status.EXISTS_WITH_DIFFERENT_CODE, "code"),
)

_ENDED_BY: Final = {
    Kind.POST: Status.HOLD_ALREADY_POSTED,
    Kind.VOID: Status.HOLD_ALREADY_VOIDED,
    Kind.EXPIRE: Status.HOLD_EXPIRED,
}


def identity(transfer: Transfer) -> Refusal | None:
    """Refuse an id that no caller may use and a kind that no caller may ask for."""
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


def repeat(transfer: Transfer, entry: Entry, hold: Entry | None) -> Refusal:
    """Say whether the request asks for what `entry`, with the same id, has done: `exists`, or what differs.

    `hold` is the hold that the request names. A part left to the hold is compared with the hold's,
    so a partial post that is repeated with "all of it" differs.
    """
    asked: tuple[int | str | None, ...]
    if hold is not None and transfer.kind in _ENDING:
        asked = (
            transfer.kind,
            transfer.target_id,
            transfer.timeout_us,
            transfer.debit_account or hold.debit_account,
            transfer.credit_account or hold.credit_account,
            hold.amount if transfer.amount is None else transfer.amount,
            transfer.reference or hold.reference,
            transfer.currency or hold.currency,
            transfer.code or hold.code,
        )
    else:
        asked = (
            transfer.kind,
            transfer.target_id,
            transfer.timeout_us,
            transfer.debit_account,
            transfer.credit_account,
            transfer.amount,
            transfer.reference,
            DEFAULT_CURRENCY if transfer.currency is None else transfer.currency,
            DEFAULT_CODE if transfer.code is None else transfer.code,
        )
    written: tuple[int | str, ...] = (
        entry.kind,
        entry.target_id,
        entry.timeout_us,
        entry.debit_account,
        entry.credit_account,
        entry.amount,
        entry.reference,
        entry.currency,
        entry.code,
    )
    for (status, field), new, old in zip(_REPEAT_ORDER, asked, written, strict=True):
        if new != old:
            return Refusal(status, Why(field, current=_figure(old), needed=_figure(new)))
    return Refusal(Status.EXISTS)


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
            return Refusal(Status.TIMEOUT_NEGATIVE, Why("timeout_us"))
    if transfer.currency == "":
        return Refusal(Status.CURRENCY_MISSING, Why("currency"))
    if transfer.code is not None:
        if transfer.code < 1:
            return Refusal(Status.CODE_MISSING, Why("code"))
        if transfer.code > MAX_CODE:
            return Refusal(
                Status.CODE_TOO_LARGE, Why("code", limit=MAX_CODE, current=0, needed=transfer.code)
            )
    if transfer.amount is None:
        return Refusal(Status.AMOUNT_MISSING, Why("amount"))
    if transfer.amount < 0:
        return Refusal(Status.AMOUNT_NEGATIVE, Why("amount"))
    return None


def end_form(transfer: Transfer) -> Refusal | None:
    """Refuse a POST or VOID that names no hold, or has what it cannot have."""
    if not transfer.target_id:
        return Refusal(Status.TARGET_ID_MISSING, Why("target_id"))
    if transfer.target_id == transfer.id:
        return Refusal(Status.TARGET_ID_IS_OWN_ID, Why("target_id"))
    if transfer.timeout_us:
        return Refusal(Status.TIMEOUT_ONLY_FOR_HOLDS, Why("timeout_us"))
    if transfer.amount is not None and transfer.amount < 0:
        return Refusal(Status.AMOUNT_NEGATIVE, Why("amount"))
    return None


def currencies(currency: str, debit: Account, credit: Account) -> Refusal | None:
    """Refuse to mix currencies."""
    if debit.currency != credit.currency:
        return Refusal(Status.ACCOUNTS_HAVE_DIFFERENT_CURRENCIES, Why("credit_account", account=credit.id))
    if currency != debit.currency:
        return Refusal(Status.CURRENCY_DIFFERS_FROM_ACCOUNTS, Why("currency", account=debit.id))
    return None


def agrees_with_hold(transfer: Transfer, hold: Entry) -> Refusal | None:  # noqa: PLR0911 - a list of rules
    """Refuse what is no hold, and a POST or VOID that contradicts its hold."""
    if hold.kind != _HOLD:
        return Refusal(Status.NOT_A_HOLD, Why("target_id"))
    if transfer.debit_account and transfer.debit_account != hold.debit_account:
        return Refusal(
            Status.TARGET_HAS_DIFFERENT_DEBIT_ACCOUNT,
            Why("debit_account", account=hold.debit_account),
        )
    if transfer.credit_account and transfer.credit_account != hold.credit_account:
        return Refusal(
            Status.TARGET_HAS_DIFFERENT_CREDIT_ACCOUNT,
            Why("credit_account", account=hold.credit_account),
        )
    if transfer.currency and transfer.currency != hold.currency:
        return Refusal(Status.TARGET_HAS_DIFFERENT_CURRENCY, Why("currency"))
    if transfer.code and transfer.code != hold.code:
        return Refusal(Status.TARGET_HAS_DIFFERENT_CODE, Why("code", current=hold.code, needed=transfer.code))
    amount = transfer.amount
    if amount is not None and amount != hold.amount:
        why = Why("amount", limit=hold.amount, current=0, needed=amount)
        if amount > hold.amount:
            return Refusal(Status.EXCEEDS_HOLD_AMOUNT, why)
        if transfer.kind == _VOID:
            return Refusal(Status.TARGET_HAS_DIFFERENT_AMOUNT, why)
    return None


def hold_is_open(hold: HoldNow, now: Micros) -> Refusal | None:
    """Refuse a hold that has ended, be it only that its time has run out."""
    if hold.ended_by is not None:
        return Refusal(_ENDED_BY[hold.ended_by], Why("target_id"))
    if 0 < hold.expires_at <= now:
        return Refusal(Status.HOLD_EXPIRED, Why("target_id", limit=hold.expires_at, current=now))
    return None


def both_open(debit: Account, credit: Account) -> Refusal | None:
    """Refuse a closed account."""
    if debit.flags & _CLOSED:
        return Refusal(Status.DEBIT_ACCOUNT_CLOSED, Why("debit_account", account=debit.id))
    if credit.flags & _CLOSED:
        return Refusal(Status.CREDIT_ACCOUNT_CLOSED, Why("credit_account", account=credit.id))
    return None


def room(
    transfer: Transfer,
    amount: int,
    debit: Account,
    credit: Account,
    *,
    now: Micros,
    max_amount: int,
) -> Refusal | None:
    """Refuse sums that pass the largest amount or an account's own limit.

    What is held counts against the owner; what is only held for an account is not there yet.
    """
    debits = debit.debits_pending + debit.debits_posted
    credits_ = credit.credits_pending + credit.credits_posted
    if debits + amount > max_amount or credits_ + amount > max_amount:
        return _overflow(transfer, amount, debit, credit, max_amount)
    if now + transfer.timeout_us > MAX_TIME:
        why = Why("timeout_us", limit=MAX_TIME, current=now, needed=now + transfer.timeout_us)
        return Refusal(Status.OVERFLOWS_TIMEOUT, why)
    if debit.flags & _DEBITS_LIMITED and debits + amount > debit.credits_posted:
        why = Why("amount", debit.id, debit.credits_posted, debits, debits + amount)
        return Refusal(Status.EXCEEDS_CREDITS, why)
    if credit.flags & _CREDITS_LIMITED and credits_ + amount > credit.debits_posted:
        why = Why("amount", credit.id, credit.debits_posted, credits_, credits_ + amount)
        return Refusal(Status.EXCEEDS_DEBITS, why)
    return None


def opening(account: Account, existing: Account | None) -> AccountResult:
    """Decide the opening of an account: `created`, `exists` or a refusal.

    A repeat is compared in what does not change: closing an account later does not spoil it.
    """
    status = _opening_status(account, existing)
    return AccountResult(account.id, status, existing if status is AccountStatus.EXISTS else None)


def _opening_status(account: Account, existing: Account | None) -> AccountStatus:  # noqa: C901, PLR0911, PLR0912 - a list of rules
    if account.flags & ~_ALL_FLAGS:
        return AccountStatus.FLAGS_UNKNOWN
    if not account.id:
        return AccountStatus.ID_MISSING
    if len(account.id) > MAX_ID_LENGTH:
        return AccountStatus.ID_TOO_LONG
    if existing is not None:
        if (account.flags ^ existing.flags) & _BOTH_LIMITS:
            return AccountStatus.EXISTS_WITH_DIFFERENT_FLAGS
        if account.currency != existing.currency:
            return AccountStatus.EXISTS_WITH_DIFFERENT_CURRENCY
        if account.code != existing.code:
            return AccountStatus.EXISTS_WITH_DIFFERENT_CODE
        return AccountStatus.EXISTS
    if account.flags & _BOTH_LIMITS == _BOTH_LIMITS:
        return AccountStatus.LIMITS_EXCLUDE_EACH_OTHER
    if account.debits_pending:
        return AccountStatus.DEBITS_PENDING_MUST_BE_ZERO
    if account.debits_posted:
        return AccountStatus.DEBITS_POSTED_MUST_BE_ZERO
    if account.credits_pending:
        return AccountStatus.CREDITS_PENDING_MUST_BE_ZERO
    if account.credits_posted:
        return AccountStatus.CREDITS_POSTED_MUST_BE_ZERO
    if not account.currency:
        return AccountStatus.CURRENCY_MISSING
    if account.code < 1:
        return AccountStatus.CODE_MISSING
    if account.code > MAX_CODE:
        return AccountStatus.CODE_TOO_LARGE
    return AccountStatus.CREATED


def _overflow(transfer: Transfer, amount: int, debit: Account, credit: Account, max_amount: int) -> Refusal:
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


def _figure(value: int | str | None) -> int | None:
    return value if isinstance(value, int) else None
