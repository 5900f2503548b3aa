"""The heart: decide batches of transfers from facts alone. No I/O, no clock, nothing mutated."""

from collections.abc import Sequence

from ledger.clock import Micros
from ledger.model import EXPIRED_SUFFIX, Entry, Kind, Outcome, Result, State, Transfer
from ledger.money import MAX_AMOUNT
from ledger.run import Run


def apply(
    state: State,
    batch: Sequence[Transfer],
    now: Micros,
    *,
    recorded_at: Micros,
    max_amount: int = MAX_AMOUNT,
) -> Outcome:
    """Decide a batch: one result per transfer, in order, each seeing those before it.

    Transfers are independent unless chained by `linked`; a chain is written whole or not at all.
    `now` is the book's own time, by which holds run out; both times are written on every entry.
    No amount and no total of an account passes `max_amount`. Raises TimeOrderError when `now` lies
    before the newest row of the book.
    """
    run = Run(state, now, recorded_at, max_amount)
    return run.outcome(run.batch(batch))


def apply_many(
    state: State,
    batches: Sequence[Sequence[Transfer]],
    now: Micros,
    *,
    recorded_at: Micros,
    max_amount: int = MAX_AMOUNT,
) -> tuple[list[list[Result]], Outcome]:
    """Decide the batches of several callers at once, one after the other, as one outcome.

    Each batch is as if it came by itself: a chain left open fails in its own batch and never takes
    in the next caller's transfers. Raises as `apply` does.
    """
    run = Run(state, now, recorded_at, max_amount)
    answers = [run.batch(batch) for batch in batches]
    return answers, run.outcome([result for results in answers for result in results])


def expire(state: State, holds: Sequence[Entry], now: Micros, *, recorded_at: Micros) -> Outcome:
    """Release holds whose time has run out, in the given order; closed accounts do not matter.

    `state` has the holds and their accounts; that the holds are open and due is the caller's word.
    Raises TimeOrderError as `apply` does.
    """
    run = Run(state, now, recorded_at, MAX_AMOUNT)
    for hold in holds:
        run.end(hold, hold.id + EXPIRED_SUFFIX, Kind.EXPIRE, 0, state.holds[hold.id].remaining)
    return run.outcome([])
