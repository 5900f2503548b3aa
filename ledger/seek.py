"""Find a place in a book's log: by time, and by account.

Along `seq` neither `happened_at` nor `recorded_at` runs backwards, so all that had happened by a time, as
far as it was known at another, is the log up to one `seq`. Finding it takes a look at one row per
doubling of the log, and no index on a time.
"""

from bisect import bisect_right
from typing import Final, NamedTuple

from ledger.clock import Micros
from ledger.storage.store import Store

_HEAD: Final = "SELECT last_seq, happened_at, recorded_at FROM ledger_book WHERE sandbox_id = :sandbox_id"
_ROW: Final = " UNION ALL ".join(
    f"SELECT happened_at, recorded_at FROM {table} WHERE sandbox_id = :sandbox_id AND seq = :seq"
    for table in ("ledger_entry", "ledger_account_change")
)
# The newest entry of each side, and the newer one of both.
_TOTALS: Final = "\nUNION ALL\n".join(
    f"""\
SELECT * FROM (
  SELECT seq, {side}_debits_pending, {side}_debits_posted, {side}_credits_pending, {side}_credits_posted
  FROM ledger_entry WHERE sandbox_id = :sandbox_id AND {side}_account = :account_id AND seq <= :seq
  ORDER BY seq DESC LIMIT 1) AS {side}_side"""
    for side in ("debit", "credit")
)


class Totals(NamedTuple):
    """The four totals that an entry has left an account with."""

    seq: int = 0
    """That of the entry; 0 where there was none yet."""
    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0

    @property
    def balance(self) -> int:
        """Posted credits less posted debits."""
        return self.credits_posted - self.debits_posted


def last_seq(store: Store, sandbox_id: str, at: Micros, known_at: Micros | None = None) -> int:
    """Return the `seq` of the last row that happened by `at` and was recorded by `known_at`, 0 for none.

    Without `known_at`, all that is recorded is known.
    """
    rows = store.query(_HEAD, {"sandbox_id": sandbox_id})
    newest, happened_at, recorded_at = rows[0] if rows else (0, 0, 0)
    if happened_at <= at and (known_at is None or recorded_at <= known_at):
        return int(newest)

    def beyond(seq: int) -> int:
        ((happened_at, recorded_at),) = store.query(_ROW, {"sandbox_id": sandbox_id, "seq": seq})
        return int(happened_at > at or (known_at is not None and recorded_at > known_at))

    # The newest row itself is known to lie beyond.
    return bisect_right(range(1, newest), 0, key=beyond)


def totals_at(store: Store, sandbox_id: str, account_id: str, seq: int) -> Totals:
    """Return an account's totals after its last entry up to `seq`."""
    place = {"sandbox_id": sandbox_id, "account_id": account_id, "seq": seq}
    return Totals._make(max(store.query(_TOTALS, place), default=Totals()))
