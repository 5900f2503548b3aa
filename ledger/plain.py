"""The short way of the most common transfer: one function that asks only whether any rule speaks against it."""

from typing import Final, Protocol

from ledger.clock import Micros
from ledger.model import (
    DEFAULT_CODE,
    DEFAULT_CURRENCY,
    EXPIRED_SUFFIX,
    MAX_CODE,
    MAX_ID_LENGTH,
    AccountFlag,
    Entry,
    Kind,
    Result,
    State,
    Transfer,
)
from ledger.standing import Standing
from ledger.status import Status

_TRANSFER: Final = Kind.TRANSFER
_CREATED: Final = Status.CREATED
_CLOSED: Final = int(AccountFlag.CLOSED)
_DEBITS_LIMITED: Final = int(AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS)
_CREDITS_LIMITED: Final = int(AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS)

# A named tuple's own constructor is a Python function; its base class does the same in C.
_make = tuple.__new__


class Working(Protocol):
    """What this has to know of a run."""

    state: State
    standings: dict[str, Standing]
    known: dict[str, Entry]
    spent: set[str]
    entries: list[Entry]
    seq: int
    at: Micros
    newest: Micros
    recorded_at: Micros
    max_amount: int
    importing: bool


def plainly(run: Working, transfer: Transfer) -> Result | None:
    """Write a TRANSFER without flags against which no rule speaks; None leaves it to `decide`.

    Most transfers are of this kind, and this does for them all that `decide` does in half the time:
    it need not find out which rule it is that speaks against one.
    """
    (
        name, debit_id, credit_id, amount, kind, target_id, timeout_us, currency, code, reference,
        _, flags, happened_at,
    ) = transfer  # fmt: skip
    if kind is not _TRANSFER or target_id or timeout_us or flags or happened_at or run.importing:
        return None
    known = run.known
    if (
        not 0 < len(name) <= MAX_ID_LENGTH
        or name.endswith(EXPIRED_SUFFIX)
        or name in known
        or name in run.state.spent
        or name in run.spent
    ):
        return None
    debit, credit = run.standings.get(debit_id), run.standings.get(credit_id)
    if currency is None:
        currency = DEFAULT_CURRENCY
    if code is None:
        code = DEFAULT_CODE
    if (
        debit is None
        or credit is None
        or debit is credit
        or amount is None
        or amount < 0
        or not debit.currency == currency == credit.currency
        or not 0 < code <= MAX_CODE
        or debit.limit_due_at
        or credit.limit_due_at
    ):
        return None
    debits, credits_ = debit.debits_posted + amount, credit.credits_posted + amount
    debit_pending, credit_pending = debit.debits_pending, credit.credits_pending
    debit_flags, credit_flags = debit.flags, credit.flags
    if (
        (debit_flags | credit_flags) & _CLOSED
        or debits + debit_pending > run.max_amount
        or credits_ + credit_pending > run.max_amount
        or (
            debit_flags & _DEBITS_LIMITED
            and debits + debit_pending > debit.credits_posted + debit.credit_limit
        )
        or (
            credit_flags & _CREDITS_LIMITED
            and credits_ + credit_pending > credit.debits_posted + credit.credit_limit
        )
    ):
        return None
    debit.debits_posted, credit.credits_posted = debits, credits_
    run.seq = seq = run.seq + 1
    run.newest = at = run.at
    known[name] = entry = _make(
        Entry,
        (
            seq, name, _TRANSFER, 0, debit_id, credit_id, amount, currency, code, "", 0, reference,
            0, at, run.recorded_at,
            debit_pending, debits, debit.credits_pending, debit.credits_posted,
            credit.debits_pending, credit.debits_posted, credit_pending, credits_,
        ),
    )  # fmt: skip
    run.entries.append(entry)
    return _make(Result, (name, _CREATED, entry, None))
