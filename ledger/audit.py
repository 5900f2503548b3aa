"""The invariants of a book, each as a query that must find nothing.

The statements are written for every storage. None adds up a history, which could pass 64 bits: the
running totals on each entry are compared with those on the entry before it.
"""

from typing import Final, NamedTuple

from ledger.clock import Micros
from ledger.model import AccountFlag, Change, Kind, TransferFlag, TrialBalance
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

_POSTING: Final = f"({Kind.TRANSFER:d}, {Kind.POST:d}, {Kind.CAPTURE:d}, {Kind.REVERSAL:d})"
_ENDING: Final = f"({Kind.POST:d}, {Kind.VOID:d}, {Kind.EXPIRE:d})"

# The entries, each told with what it acts on: `rest` is what a hold still held before it, `holds`,
# `captures` and `endings` count what came before. Windows, since look-ups of each entry's target would
# lean on statistics that a database may not have.
_STORY: Final = f"""\
WITH story AS (
  SELECT e.*, CASE WHEN target_id = '' THEN id ELSE target_id END AS subject
  FROM ledger_entry AS e WHERE sandbox_id = :sandbox_id
), told AS (
  SELECT story.*,
    coalesce(sum(CASE kind WHEN {Kind.HOLD:d} THEN amount WHEN {Kind.CAPTURE:d} THEN -amount ELSE 0 END)
      OVER earlier, 0) AS rest,
    coalesce(sum(CASE WHEN kind = {Kind.HOLD:d} THEN 1 ELSE 0 END) OVER earlier, 0) AS holds,
    coalesce(sum(CASE WHEN kind = {Kind.CAPTURE:d} THEN 1 ELSE 0 END) OVER earlier, 0) AS captures,
    coalesce(sum(CASE WHEN kind IN {_ENDING} THEN 1 ELSE 0 END) OVER earlier, 0) AS endings
  FROM story
  WINDOW earlier AS (PARTITION BY subject ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)"""

# Each entry as its two accounts see it; a delta is what it should add to their own side.
_LEGS: Final = f"""{_STORY}, moved AS (
  SELECT told.*,
    CASE WHEN kind = {Kind.HOLD:d} THEN amount WHEN kind = {Kind.CAPTURE:d} THEN -amount
      WHEN kind IN {_ENDING} THEN -rest ELSE 0 END AS held,
    CASE WHEN kind IN {_POSTING} THEN amount ELSE 0 END AS posted
  FROM told
), leg AS (
  SELECT seq, id, debit_account AS account,
    debit_debits_pending AS dp, debit_debits_posted AS d,
    debit_credits_pending AS cp, debit_credits_posted AS c,
    held AS dp_delta, posted AS d_delta, 0 AS cp_delta, 0 AS c_delta
  FROM moved
  UNION ALL
  SELECT seq, id, credit_account,
    credit_debits_pending, credit_debits_posted, credit_credits_pending, credit_credits_posted,
    0, 0, held, posted
  FROM moved
)"""

# The credit limits that were set, small enough to be kept aside.
_LIMITS: Final = f"""\
WITH limits AS MATERIALIZED (
  SELECT account_id, value, effective_at, seq FROM ledger_account_change
  WHERE sandbox_id = :sandbox_id AND change = {Change.LIMIT:d}
)"""

# Entries and account changes as the one log that they are.
_LOG: Final = """\
WITH log AS (
  SELECT seq, happened_at, recorded_at FROM ledger_entry WHERE sandbox_id = :sandbox_id
  UNION ALL
  SELECT seq, happened_at, recorded_at FROM ledger_account_change WHERE sandbox_id = :sandbox_id
)"""


def _past_limit(side: str, flag: AccountFlag) -> str:
    """Find the entries that took an account past its limit, as it was in force at the entry."""
    other = "credit" if side == "debit" else "debit"
    return f"""\
SELECT e.id, 'takes {side} account ' || a.id || ' past its limit' FROM ledger_entry AS e
JOIN ledger_account AS a ON a.sandbox_id = e.sandbox_id AND a.id = e.{side}_account
  AND (a.flags & {flag:d}) <> 0
WHERE e.sandbox_id = :sandbox_id AND e.kind IN ({Kind.TRANSFER:d}, {Kind.HOLD:d}, {Kind.REVERSAL:d})
  AND e.{side}_{side}s_pending - coalesce((SELECT l.value FROM limits AS l
    WHERE l.account_id = a.id AND l.seq < e.seq AND l.effective_at <= e.happened_at
    ORDER BY l.effective_at DESC, l.seq DESC LIMIT 1), 0)
  > e.{side}_{other}s_posted - e.{side}_{side}s_posted"""


# Whether an account is closed, each time that something has decided it: 1 for closed.
_CLOSINGS: Final = (
    f"""\
WITH said AS (
  SELECT account_id, seq, CASE change WHEN {Change.CLOSE:d} THEN 1 WHEN {Change.OPEN:d}
    THEN (value & {AccountFlag.CLOSED:d}) / {AccountFlag.CLOSED:d} ELSE 0 END AS closed
  FROM ledger_account_change WHERE sandbox_id = :sandbox_id AND change <> {Change.LIMIT:d}
"""
    + "".join(
        f"""\
  UNION ALL
  SELECT {side}_account, seq, 1 FROM ledger_entry
  WHERE sandbox_id = :sandbox_id AND (flags & {flag:d}) <> 0
  UNION ALL
  SELECT e.{side}_account, e.seq, 0 FROM ledger_entry AS e JOIN ledger_entry AS h
    ON h.sandbox_id = e.sandbox_id AND h.id = e.target_id AND (h.flags & {flag:d}) <> 0
  WHERE e.sandbox_id = :sandbox_id AND e.kind IN ({Kind.VOID:d}, {Kind.EXPIRE:d})
"""
        for side, flag in (("debit", TransferFlag.CLOSING_DEBIT), ("credit", TransferFlag.CLOSING_CREDIT))
    )
    + ")"
)

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
        "No entry takes an account past its own limit of then, with held money counted against the owner.",
        f"{_LIMITS}\n"
        + _past_limit("debit", AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS)
        + "\nUNION ALL\n"
        + _past_limit("credit", AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS),
    ),
    "account_closed": Check(
        "An account is closed if the last that has closed or opened it says so.",
        f"""{_CLOSINGS}
SELECT a.id, 'closed differs from its history' FROM ledger_account AS a
WHERE a.sandbox_id = :sandbox_id AND (a.flags & {AccountFlag.CLOSED:d}) / {AccountFlag.CLOSED:d} <>
  coalesce((SELECT closed FROM said WHERE account_id = a.id ORDER BY seq DESC LIMIT 1), -1)
ORDER BY a.id""",
    ),
    "credit_limits": Check(
        "An account has the last credit limit before the one that it says is due.",
        f"""{_LIMITS}
SELECT a.id, 'credit limit differs from its history' FROM ledger_account AS a
WHERE a.sandbox_id = :sandbox_id AND (a.credit_limit <>
  coalesce((SELECT l.value FROM limits AS l
    WHERE l.account_id = a.id AND (a.limit_due_at = 0 OR l.effective_at < a.limit_due_at)
    ORDER BY l.effective_at DESC, l.seq DESC LIMIT 1), 0)
  OR (a.limit_due_at <> 0 AND NOT EXISTS
    (SELECT 1 FROM limits AS l WHERE l.account_id = a.id AND l.effective_at = a.limit_due_at)))
ORDER BY a.id""",
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
        f"""{_LOG}
SELECT b.sandbox_id, 'numbers have a gap or do not reach ' || b.last_seq
FROM ledger_book AS b WHERE b.sandbox_id = :sandbox_id AND (
  (SELECT count(DISTINCT seq) FROM log) <> b.last_seq OR (SELECT count(*) FROM log) <> b.last_seq
  OR (SELECT coalesce(max(seq), 0) FROM log) <> b.last_seq)""",
    ),
    "times": Check(
        "Neither time runs backwards along the numbers.",
        f"""{_LOG}, step AS (
  SELECT seq, happened_at - lag(happened_at, 1, 0) OVER w AS happened,
    recorded_at - lag(recorded_at, 1, 0) OVER w AS recorded
  FROM log WINDOW w AS (ORDER BY seq)
)
SELECT '#' || seq, 'is dated before the one before it' FROM step
WHERE happened < 0 OR recorded < 0 ORDER BY seq""",
    ),
    "chains": Check(
        "What belongs to a chain follows its first entry without a gap.",
        """\
SELECT e.id, 'is in a chain that does not lead to it' FROM ledger_entry AS e
LEFT JOIN ledger_entry AS p ON p.sandbox_id = e.sandbox_id AND p.seq = e.seq - 1
WHERE e.sandbox_id = :sandbox_id AND e.chain <> 0 AND e.chain <> e.seq
  AND coalesce(p.chain, 0) <> e.chain
ORDER BY e.seq""",
    ),
    "batches": Check(
        "Batches follow one another without a gap up to the book's head, which bears the last digest.",
        """\
WITH step AS (
  SELECT number, first_seq, last_seq, lag(number, 1, 0) OVER w AS number_before,
    lag(last_seq, 1, 0) OVER w AS seq_before
  FROM ledger_batch WHERE sandbox_id = :sandbox_id WINDOW w AS (ORDER BY number)
)
SELECT 'batch ' || number, 'does not follow the one before it' FROM step
WHERE number <> number_before + 1 OR first_seq <> seq_before + 1 OR last_seq < first_seq
UNION ALL
SELECT b.sandbox_id, 'its head is not its last batch' FROM ledger_book AS b
WHERE b.sandbox_id = :sandbox_id AND b.last_seq > 0 AND NOT EXISTS (
  SELECT 1 FROM ledger_batch AS n WHERE n.sandbox_id = b.sandbox_id AND n.number = b.last_batch
    AND n.last_seq = b.last_seq AND n.digest = b.digest AND n.happened_at = b.happened_at
    AND n.recorded_at = b.recorded_at AND n.number = (SELECT max(number) FROM ledger_batch AS m
      WHERE m.sandbox_id = b.sandbox_id))""",
    ),
    "holds_acted_on": Check(
        "What acts on a hold comes after it and before its end, and takes no more than remains.",
        f"""{_STORY}
SELECT id, 'acts on no hold, on one that has ended, or takes another amount than it may' FROM told
WHERE (kind IN {_ENDING} OR kind IN ({Kind.CAPTURE:d}, {Kind.EXTEND:d}))
  AND (holds <> 1 OR endings > 0 OR (captures > 0 AND rest = 0) OR amount > rest
    OR (kind IN ({Kind.VOID:d}, {Kind.EXPIRE:d}) AND amount <> rest))
ORDER BY seq""",
    ),
    "reversals": Check(
        "A reversal moves back all that a transfer, post or capture before it has moved.",
        f"""\
SELECT e.id, 'takes back something else than its target' FROM ledger_entry AS e
LEFT JOIN ledger_entry AS t ON t.sandbox_id = e.sandbox_id AND t.id = e.target_id AND t.seq < e.seq
  AND t.kind IN ({Kind.TRANSFER:d}, {Kind.POST:d}, {Kind.CAPTURE:d}) AND t.amount = e.amount
  AND t.debit_account = e.credit_account AND t.credit_account = e.debit_account
WHERE e.sandbox_id = :sandbox_id AND e.kind = {Kind.REVERSAL:d} AND t.id IS NULL
ORDER BY e.seq""",
    ),
    "holds_listed": Check(
        "The list of open holds has every hold that nothing has ended, as it is now, and no other.",
        f"""{_STORY}, standing AS (
  SELECT subject, max(CASE WHEN kind = {Kind.HOLD:d} THEN seq ELSE 0 END) AS seq,
    max(CASE WHEN kind IN ({Kind.HOLD:d}, {Kind.EXTEND:d}) THEN seq ELSE 0 END) AS timed,
    sum(CASE kind WHEN {Kind.HOLD:d} THEN amount WHEN {Kind.CAPTURE:d} THEN -amount ELSE 0 END) AS remaining,
    sum(CASE WHEN kind = {Kind.CAPTURE:d} THEN 1 ELSE 0 END) AS captures,
    sum(CASE WHEN kind IN {_ENDING} THEN 1 ELSE 0 END) AS endings
  FROM story GROUP BY subject
), still_open AS (
  SELECT s.subject, s.seq, s.remaining, t.expires_at FROM standing AS s
  JOIN ledger_entry AS t ON t.sandbox_id = :sandbox_id AND t.seq = s.timed
  WHERE s.seq > 0 AND s.endings = 0 AND (s.captures = 0 OR s.remaining > 0)
)
SELECT s.subject, 'is open but not listed as it is' FROM still_open AS s
LEFT JOIN ledger_open_hold AS o ON o.sandbox_id = :sandbox_id AND o.hold_id = s.subject
  AND o.seq = s.seq AND o.remaining = s.remaining AND o.expires_at = s.expires_at
WHERE o.hold_id IS NULL
UNION ALL
SELECT o.hold_id, 'is listed but not open' FROM ledger_open_hold AS o
LEFT JOIN still_open AS s ON s.subject = o.hold_id
WHERE o.sandbox_id = :sandbox_id AND s.subject IS NULL
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
