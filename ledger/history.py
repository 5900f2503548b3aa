"""What has happened in a book: by filter, as balances of an account, and as one row of events.

Every list is bounded and comes in the order of `seq`, so the next page begins after the last one seen.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from ledger.clock import Micros
from ledger.model import MAX_CODE, AccountChange, Change, Entry, Kind
from ledger.seek import last_seq
from ledger.storage.store import Store
from ledger.storage.tables import ONCE

_LAST: Final = 2**63 - 1
_COLUMNS: Final = ", ".join(Entry._fields)
_FULL: Final = ", ".join(f"e.{column}" for column in Entry._fields)
_CHANGE_COLUMNS: Final = ", ".join(AccountChange._fields)

# Both are numbered in one row without gaps: the next page is a range of numbers.
_ENTRIES: Final = f"""\
SELECT {_COLUMNS} FROM ledger_entry
WHERE sandbox_id = :sandbox_id AND seq > :after AND seq <= :upto"""
_CHANGES: Final = f"""\
SELECT {_CHANGE_COLUMNS} FROM ledger_account_change
WHERE sandbox_id = :sandbox_id AND seq > :after AND seq <= :upto"""
_REVERSAL: Final = f"""\
SELECT {_COLUMNS} FROM ledger_entry
WHERE sandbox_id = :sandbox_id AND target_id = :target_id AND {ONCE} AND kind = {Kind.REVERSAL:d}"""


class AccountFilter(NamedTuple):
    """Which entries of one account are wanted; what is left out does not matter."""

    account_id: str
    debits: bool = True
    """Those that debit the account."""
    credits: bool = True
    """Those that credit it."""
    kind: Kind | None = None
    code: int = 0
    reference: str = ""
    happened_min: Micros = 0
    """The earliest time; it counts too, as do the other ends."""
    happened_max: Micros = 0
    """The latest time; 0 for none."""
    seq_min: int = 0
    seq_max: int = 0
    """0 for none."""
    limit: int = 100
    """How many at most, 1 or more."""
    reversed: bool = False
    """Newest first."""


class QueryFilter(NamedTuple):
    """Which entries of a whole book are wanted; what is left out does not matter.

    What is narrowed by neither time nor `seq` is looked for in the whole book.
    """

    currency: str = ""
    kind: Kind | None = None
    code: int = 0
    reference: str = ""
    happened_min: Micros = 0
    """The earliest time; it counts too, as do the other ends."""
    happened_max: Micros = 0
    """The latest time; 0 for none."""
    seq_min: int = 0
    seq_max: int = 0
    """0 for none."""
    limit: int = 100
    """How many at most, 1 or more."""
    reversed: bool = False
    """Newest first."""


Filter: TypeAlias = AccountFilter | QueryFilter


class Balance(NamedTuple):
    """An account right after one of its entries."""

    seq: int
    entry_id: str
    kind: Kind
    happened_at: Micros
    debits_pending: int
    debits_posted: int
    credits_pending: int
    credits_posted: int


class Event(NamedTuple):
    """One row of a book's log: an entry or a change of an account."""

    seq: int
    name: str
    """The kind of the entry in small letters ("hold"), or the change ("account_open")."""
    happened_at: Micros
    recorded_at: Micros
    entry: Entry | None
    """With both accounts' totals after it."""
    account_change: AccountChange | None


def transfers(store: Store, sandbox_id: str, wanted: Filter) -> list[Entry]:
    """Return the entries that a filter lets through, in order of `seq`.

    An unknown account has none. Raises ValueError for a filter that can let nothing through or makes no
    sense, and says which field is wrong: an empty list would look like an answer.
    """
    sql, parameters = statement_of(store, sandbox_id, wanted)
    return [_entry(row) for row in store.query(sql, parameters)]


def balances(store: Store, sandbox_id: str, wanted: AccountFilter) -> list[Balance]:
    """Return how the account stood after each of the entries that the filter lets through.

    Every entry that moved or held something has its row, those that the ledger itself made when a hold
    ran out too. Raises ValueError as `transfers` does.
    """
    return [
        Balance(
            entry.seq,
            entry.id,
            entry.kind,
            entry.happened_at,
            *(entry[-8:-4] if entry.debit_account == wanted.account_id else entry[-4:]),
        )
        for entry in transfers(store, sandbox_id, wanted)
    ]


def changes(store: Store, sandbox_id: str, *, after_seq: int, limit: int) -> list[Event]:
    """Return the next events of a book after `after_seq`: entries and account changes in one order.

    Raises ValueError for a limit below 1.
    """
    if limit < 1:
        message = f"limit is 1 or more, not {limit}"
        raise ValueError(message)
    page = {"sandbox_id": sandbox_id, "after": after_seq, "upto": after_seq + limit}
    events = [_entry_event(_entry(row)) for row in store.query(_ENTRIES, page)]
    events += [
        _change_event(AccountChange(row[0], row[1], Change(row[2]), *row[3:]))
        for row in store.query(_CHANGES, page)
    ]
    return sorted(events, key=lambda event: event.seq)


def reversal_of(store: Store, sandbox_id: str, entry_id: str) -> Entry | None:
    """Return the REVERSAL that took an entry back, or None."""
    rows = store.query(_REVERSAL, {"sandbox_id": sandbox_id, "target_id": entry_id})
    return _entry(rows[0]) if rows else None


def statement_of(store: Store, sandbox_id: str, wanted: Filter) -> tuple[str, Mapping[str, object]]:
    """Return the statement for a filter, with its parameters. Raises ValueError as `transfers` does.

    Times become numbers first, since both rise together; a side of an account is then one range of its
    index. Each side stops after a page by itself, so that a page costs the same in a long history.
    """
    _check(wanted)
    low, high = wanted.seq_min, wanted.seq_max or _LAST
    if wanted.happened_min:
        low = max(low, last_seq(store, sandbox_id, wanted.happened_min - 1) + 1)
    if wanted.happened_max:
        high = min(high, last_seq(store, sandbox_id, wanted.happened_max))
    parameters: dict[str, object] = {
        "sandbox_id": sandbox_id,
        "low": low,
        "high": high,
        "limit": wanted.limit,
    }
    terms = ""
    for field in ("kind", "code", "reference", "currency"):
        value = getattr(wanted, field, None)
        if value:
            parameters[field] = int(value) if field == "kind" else value
            terms += f" AND e.{field} = :{field}"
    order = f"seq{' DESC' if wanted.reversed else ''} LIMIT :limit"
    if isinstance(wanted, QueryFilter):
        return f"SELECT {_FULL} FROM ledger_entry AS e WHERE {_of('e')}{terms} ORDER BY e.{order}", parameters
    parameters["account_id"] = wanted.account_id
    # The numbers of a side are read from its index alone: SQLite would else rather read the whole book.
    halves = [
        f"SELECT * FROM (SELECT {_FULL} FROM"
        f" (SELECT seq FROM ledger_entry AS i WHERE i.{side}_account = :account_id AND {_of('i')}) AS own"
        f" CROSS JOIN ledger_entry AS e WHERE e.sandbox_id = :sandbox_id AND e.seq = own.seq{terms}"
        f" ORDER BY own.{order}) AS {side}_side"
        for side in ("debit", "credit")
        if getattr(wanted, f"{side}s")
    ]
    return f"SELECT * FROM ({' UNION ALL '.join(halves)}) AS e ORDER BY e.{order}", parameters


def _of(name: str) -> str:
    return f"{name}.sandbox_id = :sandbox_id AND {name}.seq >= :low AND {name}.seq <= :high"


def _check(wanted: Filter) -> None:
    faults: list[tuple[bool, str]] = [
        (not 0 <= wanted.code <= MAX_CODE, f"code is 0 (any) to {MAX_CODE}, not {wanted.code}"),
        (wanted.limit < 1, f"limit is 1 or more, not {wanted.limit}"),
    ]
    for name in ("happened", "seq"):
        low, high = getattr(wanted, f"{name}_min"), getattr(wanted, f"{name}_max")
        faults += [
            (low < 0 or high < 0, f"{name}_min and {name}_max are 0 (none) or more, not {min(low, high)}"),
            (0 < high < low, f"{name}_min is {low}, after {name}_max, which is {high}"),
        ]
    if isinstance(wanted, AccountFilter):
        faults += [
            (not wanted.account_id, "account_id names no account"),
            (not (wanted.debits or wanted.credits), "debits and credits are both left out; nothing is left"),
        ]
    for wrong, message in faults:
        if wrong:
            raise ValueError(message)


def _entry_event(entry: Entry) -> Event:
    name = entry.kind.name.lower()
    return Event(entry.seq, name, entry.happened_at, entry.recorded_at, entry, None)


def _change_event(change: AccountChange) -> Event:
    name = f"account_{change.change.name.lower()}"
    return Event(change.seq, name, change.happened_at, change.recorded_at, None, change)


def _entry(row: Sequence[Any]) -> Entry:
    return Entry(row[0], row[1], Kind(row[2]), *row[3:])
