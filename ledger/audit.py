"""The invariants of a book, each as a query that must find nothing.

The statements are written for every storage. None adds up a history, which could pass 64 bits: the
running totals on each entry are compared with those on the entry before it.
"""

from typing import Final, NamedTuple

from ledger.clock import Micros
from ledger.model import AccountFlag, Kind, TrialBalance
from ledger.storage.store import Store


class Finding(NamedTuple):
    """One place where an invariant does not hold."""

    check: str
    """Which one: a key of `CHECKS`."""
    subject: str
    """The id of the account, entry or hold concerned, or a currency."""
    detail: str


class Check(NamedTuple):
    """An invariant, and the query whose rows (subject, detail) break it.

    The query may use `:sandbox_id` and `:now`.
    """

    rule: str
    sql: str


_HALVES: Final = ", ".join(
    f"coalesce(sum({total} >> 32), 0), coalesce(sum({total} & 4294967295), 0)"
    for total in ("debits_pending", "debits_posted", "credits_pending", "credits_posted")
)
# Both halves of a total are summed by themselves: the sum of large totals may pass 64 bits.
_SUMS: Final = f"count(*), {_HALVES} FROM ledger_account WHERE sandbox_id = :sandbox_id"

# Each entry as its two accounts see it; delta is what it should add to their own side.
_LEGS: Final = f"""\
WITH leg AS (
  SELECT e.seq, e.id, e.debit_account AS account,
    e.debit_debits_pending AS dp, e.debit_debits_posted AS d,
    e.debit_credits_pending AS cp, e.debit_credits_posted AS c,
    CASE WHEN e.kind = {Kind.HOLD:d} THEN e.amount ELSE -coalesce(h.amount, 0) END AS dp_delta,
    CASE WHEN e.kind IN ({Kind.TRANSFER:d}, {Kind.POST:d}) THEN e.amount ELSE 0 END AS d_delta,
    0 AS cp_delta, 0 AS c_delta
  FROM ledger_entry AS e LEFT JOIN ledger_entry AS h
    ON h.sandbox_id = e.sandbox_id AND h.id = e.target_id AND e.target_id <> ''
  WHERE e.sandbox_id = :sandbox_id
  UNION ALL
  SELECT e.seq, e.id, e.credit_account,
    e.credit_debits_pending, e.credit_debits_posted,
    e.credit_credits_pending, e.credit_credits_posted,
    0, 0,
    CASE WHEN e.kind = {Kind.HOLD:d} THEN e.amount ELSE -coalesce(h.amount, 0) END,
    CASE WHEN e.kind IN ({Kind.TRANSFER:d}, {Kind.POST:d}) THEN e.amount ELSE 0 END
  FROM ledger_entry AS e LEFT JOIN ledger_entry AS h
    ON h.sandbox_id = e.sandbox_id AND h.id = e.target_id AND e.target_id <> ''
  WHERE e.sandbox_id = :sandbox_id
)"""

CHECKS: Final[dict[str, Check]] = {
    "running_totals": Check(
        "Each entry leaves its accounts as they were, plus what it moved.",
        f"""{_LEGS}, step AS (
  SELECT *,
    lag(dp, 1, 0) OVER w AS dp_before, lag(d, 1, 0) OVER w AS d_before,
    lag(cp, 1, 0) OVER w AS cp_before, lag(c, 1, 0) OVER w AS c_before
  FROM leg WINDOW w AS (PARTITION BY account ORDER BY seq)
)
SELECT id, 'wrong totals of account ' || account FROM step
WHERE dp - dp_before <> dp_delta OR d - d_before <> d_delta
   OR cp - cp_before <> cp_delta OR c - c_before <> c_delta
ORDER BY seq""",
    ),
    "account_totals": Check(
        "An account stands where its last entry has left it, at 0 without one.",
        f"""{_LEGS}, newest AS (SELECT account, max(seq) AS seq FROM leg GROUP BY account)
SELECT a.id, 'totals differ from entry ' || coalesce(leg.id, '(none)')
FROM ledger_account AS a
LEFT JOIN newest ON newest.account = a.id
LEFT JOIN leg ON leg.account = a.id AND leg.seq = newest.seq
WHERE a.sandbox_id = :sandbox_id AND (
  a.debits_pending <> coalesce(leg.dp, 0) OR a.debits_posted <> coalesce(leg.d, 0)
  OR a.credits_pending <> coalesce(leg.cp, 0) OR a.credits_posted <> coalesce(leg.c, 0))
ORDER BY a.id""",
    ),
    "account_limits": Check(
        "No account passes its own limit, with held money counted against the owner.",
        f"""\
SELECT id, 'passes its limit' FROM ledger_account
WHERE sandbox_id = :sandbox_id AND (
  ((flags & {AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS:d}) <> 0
    AND debits_pending > credits_posted - debits_posted)
  OR ((flags & {AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS:d}) <> 0
    AND credits_pending > debits_posted - credits_posted))
ORDER BY id""",
    ),
    "entry_accounts": Check(
        "Both accounts of an entry exist and have its currency.",
        """\
SELECT e.id, 'an account is missing or has another currency' FROM ledger_entry AS e
LEFT JOIN ledger_account AS d ON d.sandbox_id = e.sandbox_id AND d.id = e.debit_account
LEFT JOIN ledger_account AS c ON c.sandbox_id = e.sandbox_id AND c.id = e.credit_account
WHERE e.sandbox_id = :sandbox_id
  AND (coalesce(d.currency, '') <> e.currency OR coalesce(c.currency, '') <> e.currency)
ORDER BY e.seq""",
    ),
    "numbers": Check(
        "Entries and account changes are numbered 1, 2, 3 … up to the number that the book has noted.",
        """\
WITH row (seq) AS (
  SELECT seq FROM ledger_entry WHERE sandbox_id = :sandbox_id
  UNION ALL SELECT seq FROM ledger_account_change WHERE sandbox_id = :sandbox_id
)
SELECT b.sandbox_id, 'numbers have a gap or do not reach ' || b.last_seq
FROM ledger_book AS b WHERE b.sandbox_id = :sandbox_id AND (
  (SELECT count(DISTINCT seq) FROM row) <> b.last_seq OR (SELECT count(*) FROM row) <> b.last_seq
  OR (SELECT coalesce(max(seq), 0) FROM row) <> b.last_seq)""",
    ),
    "holds_ended": Check(
        "What ends a hold names one and takes no more than it set aside.",
        f"""\
SELECT e.id, 'ends no hold, or more than it' FROM ledger_entry AS e
LEFT JOIN ledger_entry AS h
  ON h.sandbox_id = e.sandbox_id AND h.id = e.target_id AND h.kind = {Kind.HOLD:d} AND h.seq < e.seq
WHERE e.sandbox_id = :sandbox_id
  AND e.kind IN ({Kind.POST:d}, {Kind.VOID:d}, {Kind.EXPIRE:d}) AND coalesce(h.amount, -1) < e.amount
ORDER BY e.seq""",
    ),
    "holds_listed": Check(
        "The list of open holds has every hold that nothing has ended, and no other.",
        f"""\
SELECT h.id, 'is open but not listed' FROM ledger_entry AS h
WHERE h.sandbox_id = :sandbox_id AND h.kind = {Kind.HOLD:d}
  AND NOT EXISTS (SELECT 1 FROM ledger_entry AS e
    WHERE e.sandbox_id = h.sandbox_id AND e.target_id = h.id AND e.target_id <> '')
  AND NOT EXISTS (SELECT 1 FROM ledger_open_hold AS o
    WHERE o.sandbox_id = h.sandbox_id AND o.hold_id = h.id
      AND o.seq = h.seq AND o.expires_at = h.expires_at)
UNION ALL
SELECT o.hold_id, 'is listed but not open' FROM ledger_open_hold AS o
WHERE o.sandbox_id = :sandbox_id
  AND EXISTS (SELECT 1 FROM ledger_entry AS e
    WHERE e.sandbox_id = o.sandbox_id AND e.target_id = o.hold_id AND e.target_id <> '')
ORDER BY 1""",
    ),
    "holds_in_time": Check(
        "No hold is open past its expiry (true after a sweep).",
        """\
SELECT hold_id, 'should have expired at ' || expires_at FROM ledger_open_hold
WHERE sandbox_id = :sandbox_id AND expires_at > 0 AND expires_at <= :now
ORDER BY expires_at, seq""",
    ),
    "spent_ids": Check(
        "A spent id was never written.",
        """\
SELECT s.id, 'is spent and written' FROM ledger_spent_id AS s
JOIN ledger_entry AS e ON e.sandbox_id = s.sandbox_id AND e.id = s.id
WHERE s.sandbox_id = :sandbox_id ORDER BY s.id""",
    ),
}


def findings(store: Store, sandbox_id: str, check: str, now: Micros) -> list[Finding]:
    """Run one check, a key of `CHECKS`. A sound book gives an empty list."""
    parameters = {"sandbox_id": sandbox_id, "now": now}
    rows = store.query(CHECKS[check].sql, parameters)
    return [Finding(check, subject, detail) for subject, detail in rows]


def unbalanced(store: Store, sandbox_id: str) -> list[Finding]:
    """Compare debits with credits, pending and posted, in each currency."""
    rows = store.query(
        f"SELECT currency, {_SUMS} GROUP BY currency ORDER BY currency", {"sandbox_id": sandbox_id}
    )
    sums = {currency: _trial_balance(accounts, halves) for currency, accounts, *halves in rows}
    return [
        Finding("balanced", currency, f"debits and credits differ: {each}")
        for currency, each in sums.items()
        if not each.balanced
    ]


def examine(store: Store, sandbox_id: str, now: Micros) -> list[Finding]:
    """Run every check of a book. A sound one gives an empty list, if holds due by `now` are swept."""
    found = unbalanced(store, sandbox_id)
    for check in CHECKS:
        found += findings(store, sandbox_id, check, now)
    return found


def trial_balance(store: Store, sandbox_id: str) -> TrialBalance:
    """Return the four sums over all accounts of a book, exact however large they are."""
    ((accounts, *halves),) = store.query(f"SELECT {_SUMS}", {"sandbox_id": sandbox_id})
    return _trial_balance(accounts, halves)


def _trial_balance(accounts: int, halves: list[int]) -> TrialBalance:
    pairs = zip(halves[::2], halves[1::2], strict=True)
    return TrialBalance(accounts, *((int(high) << 32) + int(low) for high, low in pairs))
