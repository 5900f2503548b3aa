"""Clearing accounts: what passes through them should leave nothing behind, and here is what has.

An account with the flag EXPECTED_ZERO stands at 0 when all is well. Of one that does not, this tells since
when, and what has come in and not gone out again, or the other way round.
"""

from bisect import bisect_right
from typing import Final, NamedTuple

from ledger.clock import SECOND_US, Micros
from ledger.model import Account, AccountFlag, Entry, Kind
from ledger.storage.store import Store

DAY_US: Final = 24 * 60 * 60 * SECOND_US
"""A day in microseconds."""

_BOUNDS: Final = (DAY_US, 3 * DAY_US, 7 * DAY_US)
"""Where one age ends and the next one begins."""

_MOVING: Final = f"{Kind.TRANSFER:d}, {Kind.POST:d}, {Kind.CAPTURE:d}, {Kind.REVERSAL:d}"

# In each statement the inner list is read from its index alone, which SQLite then prefers.
_ACCOUNTS: Final = f"""\
SELECT {", ".join(f"a.{column}" for column in Account._fields)}
FROM (SELECT id FROM ledger_account AS i
  WHERE i.sandbox_id = :sandbox_id AND (i.flags & {AccountFlag.EXPECTED_ZERO:d}) <> 0) AS own
CROSS JOIN ledger_account AS a
WHERE a.sandbox_id = :sandbox_id AND a.id = own.id AND a.credits_posted <> a.debits_posted
ORDER BY a.id"""
_ZERO: Final = {
    side: f"""\
SELECT e.seq FROM (SELECT seq FROM ledger_entry AS i
  WHERE i.sandbox_id = :sandbox_id AND i.{side}_account = :account_id AND i.seq > :after) AS own
CROSS JOIN ledger_entry AS e
WHERE e.sandbox_id = :sandbox_id AND e.seq = own.seq AND e.{side}_credits_posted = e.{side}_debits_posted
ORDER BY own.seq DESC LIMIT 1"""
    for side in ("debit", "credit")
}
_HALVES: Final = " UNION ALL ".join(
    f"""\
SELECT * FROM (SELECT {", ".join(f"e.{column}" for column in Entry._fields)}
FROM (SELECT seq FROM ledger_entry AS i
  WHERE i.sandbox_id = :sandbox_id AND i.{side}_account = :account_id AND i.seq > :after) AS own
CROSS JOIN ledger_entry AS e
WHERE e.sandbox_id = :sandbox_id AND e.seq = own.seq AND e.kind IN ({_MOVING})
ORDER BY own.seq LIMIT :limit) AS {side}_side"""
    for side in ("debit", "credit")
)
_SINCE: Final = f"SELECT * FROM ({_HALVES}) AS e ORDER BY e.seq LIMIT :limit"


class ClearingItem(NamedTuple):
    """What belongs together and has not come out even."""

    key: str
    """The reference that its entries share; without one the id of the entry, or of what it takes back."""
    amount: int
    """Credits less debits."""
    since: Micros
    """When its first entry happened."""
    entries: list[Entry]


class Aged(NamedTuple):
    """How much of a balance is how old, each item by its first entry. The age of an end is in the older."""

    under_1_day: int = 0
    under_3_days: int = 0
    under_7_days: int = 0
    older: int = 0


class ClearingAccount(NamedTuple):
    """A clearing account that is not at 0."""

    account: Account
    since: Micros
    """When it was last at 0, or rather when the next entry after that happened."""
    age_us: Micros
    """How long ago that was."""
    unmatched: list[ClearingItem]
    """Oldest first. What has come out even is left out."""
    aged: Aged
    """The sums of the items: together the balance, if they are complete."""
    complete: bool
    """Whether all entries since the account was at 0 were looked at."""

    @property
    def balance(self) -> int:
        """Posted credits less posted debits."""
        return self.account.balance


def clearing(store: Store, sandbox_id: str, now: Micros, *, limit: int) -> list[ClearingAccount]:
    """Return the clearing accounts that are not at 0, those first that have not been for longest.

    Entries that share a reference and add up to 0 are matched, as is an entry with what takes it back. Of
    each account the first `limit` entries since it was last at 0 are looked at. Raises ValueError for a
    limit below 1.
    """
    if limit < 1:
        message = f"limit is 1 or more, not {limit}"
        raise ValueError(message)
    rows = store.query(_ACCOUNTS, {"sandbox_id": sandbox_id})
    found = [_stuck(store, sandbox_id, Account._make(row), now, limit) for row in rows]
    return sorted(found, key=lambda each: each.since)


def _stuck(store: Store, sandbox_id: str, account: Account, now: Micros, limit: int) -> ClearingAccount:
    place = {"sandbox_id": sandbox_id, "account_id": account.id, "after": 0}
    for sql in _ZERO.values():
        place["after"] = max([place["after"], *(seq for (seq,) in store.query(sql, place))])
    rows = store.query(_SINCE, {**place, "limit": limit + 1})
    entries = [Entry(row[0], row[1], Kind(row[2]), *row[3:]) for row in rows]
    items = _items(account.id, entries[:limit])
    sums = [0, 0, 0, 0]
    for item in items:
        sums[bisect_right(_BOUNDS, now - item.since)] += item.amount
    since = entries[0].happened_at
    return ClearingAccount(account, since, now - since, items, Aged(*sums), complete=len(entries) <= limit)


def _items(account_id: str, entries: list[Entry]) -> list[ClearingItem]:
    """Put together what belongs together, and leave out what has come out even."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        taken_back = entry.target_id if entry.kind == Kind.REVERSAL else ""
        groups.setdefault(entry.reference or taken_back or entry.id, []).append(entry)
    items = [
        ClearingItem(key, sum(_signed(account_id, each) for each in group), group[0].happened_at, group)
        for key, group in groups.items()
    ]
    return [item for item in items if item.amount]


def _signed(account_id: str, entry: Entry) -> int:
    return entry.amount if entry.credit_account == account_id else -entry.amount
