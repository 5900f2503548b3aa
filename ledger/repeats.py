"""The rules of an id that is known: the same request again, or another one. Pure."""

from typing import Final

from ledger.checks import Refusal
from ledger.model import DEFAULT_CODE, DEFAULT_CURRENCY, Entry, HoldNow, Kind, Transfer, TransferFlag, Why
from ledger.status import Status
from ledger.targets import accounts_of

_BALANCING: Final = int(TransferFlag.BALANCING_DEBIT | TransferFlag.BALANCING_CREDIT)
_ACTING: Final = frozenset({Kind.POST, Kind.VOID, Kind.CAPTURE, Kind.EXTEND, Kind.REVERSAL})

_ORDER: Final = (
    (Status.EXISTS_WITH_DIFFERENT_KIND, "kind"),
    (Status.EXISTS_WITH_DIFFERENT_FLAGS, "flags"),
    (Status.EXISTS_WITH_DIFFERENT_TARGET, "target_id"),
    (Status.EXISTS_WITH_DIFFERENT_TIMEOUT, "timeout_us"),
    (Status.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT, "debit_account"),
    (Status.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT, "credit_account"),
    (Status.EXISTS_WITH_DIFFERENT_AMOUNT, "amount"),
    (Status.EXISTS_WITH_DIFFERENT_REFERENCE, "reference"),
    (Status.EXISTS_WITH_DIFFERENT_CURRENCY, "currency"),
    (Status.EXISTS_WITH_DIFFERENT_CODE, "code"),
)


def repeat(transfer: Transfer, entry: Entry, target: Entry | None, hold: HoldNow | None) -> Refusal:
    """Say whether the request asks for what `entry`, with the same id, has done: `exists`, or what differs.

    `target` is what the request acts on, `hold` how it stands if it is a hold. What is left to the
    target is compared with the target's.
    """
    flags = int(transfer.flags)
    amount = transfer.amount
    if target is not None and transfer.kind in _ACTING:
        debit_account, credit_account = accounts_of(transfer.kind, target)
        asked: tuple[int | str | None, ...] = (
            transfer.kind,
            flags,
            transfer.target_id,
            transfer.timeout_us,
            transfer.debit_account or debit_account,
            transfer.credit_account or credit_account,
            _all_of(transfer, entry, target, hold) if amount is None else amount,
            transfer.reference or target.reference,
            transfer.currency or target.currency,
            transfer.code or target.code,
        )
    else:
        # A balancing transfer may have moved less than its amount.
        balanced = flags & _BALANCING and (amount is None or amount >= entry.amount)
        asked = (
            transfer.kind,
            flags,
            transfer.target_id,
            transfer.timeout_us,
            transfer.debit_account,
            transfer.credit_account,
            entry.amount if balanced else amount,
            transfer.reference,
            DEFAULT_CURRENCY if transfer.currency is None else transfer.currency,
            DEFAULT_CODE if transfer.code is None else transfer.code,
        )
    written: tuple[int | str, ...] = (
        entry.kind,
        entry.flags,
        entry.target_id,
        entry.timeout_us,
        entry.debit_account,
        entry.credit_account,
        entry.amount,
        entry.reference,
        entry.currency,
        entry.code,
    )
    for (status, field), new, old in zip(_ORDER, asked, written, strict=True):
        if new != old:
            return Refusal(status, Why(field, current=_figure(old), needed=_figure(new)))
    return Refusal(Status.EXISTS)


def _all_of(transfer: Transfer, entry: Entry, target: Entry, hold: HoldNow | None) -> int | None:
    """Return the amount that "all of it" meant when `entry` was written; None if it cannot have."""
    if transfer.kind == Kind.EXTEND:
        return 0
    if transfer.kind == Kind.REVERSAL:
        return target.amount
    if hold is None or hold.ending_id != entry.id:
        return None
    # What a POST or VOID found; a CAPTURE that ended its hold took the rest, whatever it was.
    return entry.amount if transfer.kind == Kind.CAPTURE else hold.remaining


def _figure(value: int | str | None) -> int | None:
    return value if isinstance(value, int) else None
