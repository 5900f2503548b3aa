"""The rules of what acts on another transfer: POST, VOID, CAPTURE, EXTEND and REVERSAL. Pure."""

from typing import Final

from ledger.checks import Refusal
from ledger.clock import Micros
from ledger.model import Entry, HoldNow, Kind, Transfer, Why
from ledger.status import Status

_VOID: Final = Kind.VOID
_REVERSAL: Final = Kind.REVERSAL
_REVERSIBLE: Final = frozenset({Kind.TRANSFER, Kind.POST, Kind.CAPTURE})

_ENDED_BY: Final = {
    Kind.POST: Status.HOLD_ALREADY_POSTED,
    Kind.VOID: Status.HOLD_ALREADY_VOIDED,
    Kind.EXPIRE: Status.HOLD_EXPIRED,
}


def accounts_of(kind: Kind, target: Entry) -> tuple[str, str]:
    """Return the debit and the credit account of what acts on the target: swapped by a REVERSAL."""
    if kind == _REVERSAL:
        return target.credit_account, target.debit_account
    return target.debit_account, target.credit_account


def agrees_with_hold(transfer: Transfer, hold: Entry, now: HoldNow) -> Refusal | None:
    """Refuse a request that contradicts its hold or asks for more than remains of it."""
    fault = _terms(transfer, hold)
    amount = transfer.amount
    if fault is not None or amount is None or amount == now.remaining:
        return fault
    why = Why("amount", limit=now.remaining, current=0, needed=amount)
    if amount > now.remaining:
        return Refusal(Status.EXCEEDS_HOLD_AMOUNT, why)
    if transfer.kind == _VOID:
        return Refusal(Status.TARGET_HAS_DIFFERENT_AMOUNT, why)
    return None


def hold_is_open(now: HoldNow, at: Micros) -> Refusal | None:
    """Refuse a hold that has ended, be it only that its time has run out."""
    if now.ended_by is not None:
        return Refusal(_ENDED_BY[now.ended_by], Why("target_id"))
    if 0 < now.expires_at <= at:
        return Refusal(Status.HOLD_EXPIRED, Why("target_id", limit=now.expires_at, current=at))
    return None


def reversible(transfer: Transfer, target: Entry, reversed_by: str | None) -> Refusal | None:
    """Refuse to take back what moved nothing, was taken back before, or was not so."""
    if target.kind not in _REVERSIBLE:
        return Refusal(Status.NOT_REVERSIBLE, Why("target_id"))
    fault = _terms(transfer, target)
    if fault is not None:
        return fault
    if transfer.amount is not None and transfer.amount != target.amount:
        why = Why("amount", limit=target.amount, current=target.amount, needed=transfer.amount)
        return Refusal(Status.TARGET_HAS_DIFFERENT_AMOUNT, why)
    if reversed_by is not None:
        return Refusal(Status.ALREADY_REVERSED, Why("target_id"))
    return None


def _terms(transfer: Transfer, target: Entry) -> Refusal | None:
    """Refuse accounts, a currency or a code that are not the target's; what is left out agrees."""
    debit_account, credit_account = accounts_of(transfer.kind, target)
    if transfer.debit_account and transfer.debit_account != debit_account:
        return Refusal(Status.TARGET_HAS_DIFFERENT_DEBIT_ACCOUNT, Why("debit_account", debit_account))
    if transfer.credit_account and transfer.credit_account != credit_account:
        return Refusal(Status.TARGET_HAS_DIFFERENT_CREDIT_ACCOUNT, Why("credit_account", credit_account))
    if transfer.currency and transfer.currency != target.currency:
        return Refusal(Status.TARGET_HAS_DIFFERENT_CURRENCY, Why("currency"))
    if transfer.code and transfer.code != target.code:
        why = Why("code", current=target.code, needed=transfer.code)
        return Refusal(Status.TARGET_HAS_DIFFERENT_CODE, why)
    return None
