"""What an account stood at: at a time of the book's clock, as known at a time of the system's.

An entry carries both accounts' totals, so the last one before the place in the log tells nearly all. What
it does not tell is which of the holds had run out by then and were not swept yet: those are looked for.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ledger.clock import Micros
from ledger.errors import StorageError
from ledger.model import Change, Kind
from ledger.seek import Totals, last_seq, totals_at
from ledger.storage.store import Store

PAGE: Final = 100
"""How many entries of an account are looked through at once."""

_CHANGES: Final = """\
SELECT seq, change, value, effective_at FROM ledger_account_change
WHERE sandbox_id = :sandbox_id AND account_id = :account_id AND seq <= :seq ORDER BY seq"""

# A page of the account's entries, newest first, and those of them that are holds.
_HOLDS: Final = f"""\
SELECT own.seq, h.id, h.debit_account, h.amount, h.expires_at
FROM (
  SELECT seq FROM (SELECT seq FROM ledger_entry
    WHERE sandbox_id = :sandbox_id AND debit_account = :account_id AND seq < :before
    ORDER BY seq DESC LIMIT {PAGE}) AS debits
  UNION ALL
  SELECT seq FROM (SELECT seq FROM ledger_entry
    WHERE sandbox_id = :sandbox_id AND credit_account = :account_id AND seq < :before
    ORDER BY seq DESC LIMIT {PAGE}) AS credits
  ORDER BY seq DESC LIMIT {PAGE}
) AS own
LEFT JOIN ledger_entry AS h ON h.sandbox_id = :sandbox_id AND h.seq = own.seq AND h.kind = {Kind.HOLD:d}
ORDER BY own.seq DESC"""

# What acted on holds by then. The inner list is read from its index alone, which SQLite then prefers.
_ACTS: Final = """\
SELECT e.target_id, e.kind, e.amount, e.expires_at
FROM (SELECT seq FROM ledger_entry
  WHERE sandbox_id = :sandbox_id AND target_id IN ({}) AND target_id <> '' AND seq <= :seq) AS act
CROSS JOIN ledger_entry AS e WHERE e.sandbox_id = :sandbox_id AND e.seq = act.seq ORDER BY e.seq"""


class BalanceAsOf(NamedTuple):
    """How an account stood at one time, as known at another."""

    account_id: str
    seq: int
    """That of the last entry that counts; 0 where there was none yet."""
    debits_pending: int
    """Without the holds whose time had run out, swept or not; so `credits_pending`."""
    debits_posted: int
    credits_pending: int
    credits_posted: int
    credit_limit: int
    """The one in force."""

    @property
    def balance(self) -> int:
        """Posted credits less posted debits."""
        return self.credits_posted - self.debits_posted

    @property
    def available(self) -> int:
        """What a credit-normal owner could spend: the balance less what was held."""
        return self.credits_posted - self.debits_posted - self.debits_pending


def balance_as_of(
    store: Store, sandbox_id: str, account_id: str, at: Micros, known_at: Micros | None = None
) -> BalanceAsOf | None:
    """Return an account as it stood at `at`, as known at `known_at`; None if it was not open by then.

    Without `known_at`, all that is recorded now is known. Costs a search by `seq`, and a look through the
    account's entries back to the oldest hold that was open, if any was.
    """
    seq = last_seq(store, sandbox_id, at, known_at)
    place = {"sandbox_id": sandbox_id, "account_id": account_id, "seq": seq}
    changes = store.query(_CHANGES, place)
    if not changes:
        return None
    due = [
        (effective_at, number, value)
        for number, change, value, effective_at in changes
        if change == Change.LIMIT and effective_at <= at
    ]
    # Of two changes at one time the later one counts.
    limit = max(due)[2] if due else 0
    totals = totals_at(store, sandbox_id, account_id, seq)
    debits, credits_ = _run_out(store, sandbox_id, account_id, totals, seq, at)
    return BalanceAsOf(
        account_id,
        totals.seq,
        totals.debits_pending - debits,
        totals.debits_posted,
        totals.credits_pending - credits_,
        totals.credits_posted,
        limit,
    )


def _run_out(
    store: Store, sandbox_id: str, account_id: str, totals: Totals, seq: int, at: Micros
) -> tuple[int, int]:
    """Sum up what the totals count as held, of the account and for it, though its time had run out by `at`.

    Going back from `seq`, all open holds are found when they add up to what is pending.
    """
    missing = [totals.debits_pending, totals.credits_pending]
    run_out = [0, 0]
    before = seq + 1
    while missing != [0, 0]:
        page = {"sandbox_id": sandbox_id, "account_id": account_id, "before": before}
        rows = store.query(_HOLDS, page)
        if not rows:
            message = f"what is pending on {account_id!r} of {sandbox_id} is not what its holds add up to"
            raise StorageError(message)
        before = rows[-1][0]
        holds = [row[1:] for row in rows if row[1] is not None]
        acts = _acts_on(store, sandbox_id, [hold[0] for hold in holds], seq)
        for hold_id, payer, amount, expires_at in holds:
            remaining, runs_out_at = _stood(amount, expires_at, acts.get(hold_id, ()))
            side = int(payer != account_id)
            missing[side] -= remaining
            if 0 < runs_out_at <= at:
                run_out[side] += remaining
    return run_out[0], run_out[1]


def _acts_on(
    store: Store, sandbox_id: str, holds: Sequence[str], seq: int
) -> dict[str, list[tuple[int, int, Micros]]]:
    """Return what acted on each hold up to `seq`, oldest first: kind, amount, expires_at."""
    acts: dict[str, list[tuple[int, int, Micros]]] = {}
    if holds:
        names = {f"hold_{number}": hold for number, hold in enumerate(holds)}
        sql = acts_statement(len(holds))
        rows = store.query(sql, {"sandbox_id": sandbox_id, "seq": seq, **names})
        for target_id, kind, amount, expires_at in rows:
            acts.setdefault(target_id, []).append((kind, amount, expires_at))
    return acts


def acts_statement(count: int) -> str:
    """Return the statement for what acted on so many holds, named `:hold_0`, `:hold_1` and so on."""
    return _ACTS.format(", ".join(f":hold_{number}" for number in range(count)))


def _stood(remaining: int, expires_at: Micros, acts: Iterable[tuple[int, int, Micros]]) -> tuple[int, Micros]:
    """Say what remained of a hold, and when it ran out, after what acted on it (kind, amount, expires_at)."""
    for kind, amount, moved_to in acts:
        if kind == Kind.EXTEND:
            expires_at = moved_to
        elif kind == Kind.CAPTURE:
            remaining -= amount
        else:
            remaining = 0
    return remaining, expires_at
