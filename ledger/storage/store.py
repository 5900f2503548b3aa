"""What a book needs of its storage."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from ledger.chart import ChartRow
from ledger.clock import Micros
from ledger.model import Account, Entry, Head, HoldNow, Kind, Outcome, State, Transfer

_REVERSAL: Final = Kind.REVERSAL


class Store(Protocol):
    """Reads facts and writes outcomes of many books, each named by its `sandbox_id`.

    A store never begins, commits or rolls back: the transaction is the caller's. Between a `load`
    and its `save` nobody else may write to the same book.
    """

    def load(self, sandbox_id: str, batch: Sequence[Transfer]) -> State:
        """Read what `apply` needs to decide the batch."""
        ...

    def surely_new(self, sandbox_id: str, ids: Collection[str]) -> bool:
        """Say whether nothing is written or spent under any of these ids; False: it may be."""
        ...

    def load_due(self, sandbox_id: str, now: Micros, limit: int) -> tuple[State, list[Entry]]:
        """Read the first `limit` open holds due at `now`, by (expires_at, seq), and their facts."""
        ...

    def load_accounts(self, sandbox_id: str, ids: Collection[str]) -> State:
        """Read what the opening or change of these accounts needs: a state without entries."""
        ...

    def save(self, sandbox_id: str, outcome: Outcome) -> None:
        """Write an outcome and seal its rows, if it has any, as the book's next batch.

        Raises StorageError when the book has moved on since it was read; then roll back.
        """
        ...

    def save_many(self, outcomes: Sequence[tuple[str, Outcome]]) -> None:
        """Write outcomes of several books, one for each, as `save` does."""
        ...

    def heads(self, sandbox_ids: Collection[str]) -> dict[str, Head]:
        """Read the heads of books; one that is not there yet has the head of an empty one."""
        ...

    def accounts(self, sandbox_id: str, ids: Sequence[str]) -> dict[str, Account]:
        """Read accounts in the order asked for; unknown ids are left out."""
        ...

    def entry(self, sandbox_id: str, entry_id: str) -> Entry | None:
        """Read one entry."""
        ...

    def acting_on(self, sandbox_id: str, target_id: str) -> list[Entry]:
        """Read what ends or changes a hold, or takes a transfer back, oldest first."""
        ...

    def chain(self, sandbox_id: str, chain: int) -> list[Entry]:
        """Read the entries of one chain, named by the `seq` of its first, in order."""
        ...

    def statement(
        self, sandbox_id: str, account_id: str, after_seq: int, limit: int
    ) -> list[tuple[Entry, int]]:
        """Read an account's entries after `after_seq`, oldest first.

        Each comes with what it released of a hold, 0 if nothing.
        """
        ...

    def chart(self, sandbox_id: str) -> list[ChartRow]:
        """Read the chart of accounts, by code; empty if the book has none."""
        ...

    def save_chart(self, sandbox_id: str, rows: Sequence[ChartRow]) -> None:
        """Put a chart in the place of the one there is."""
        ...

    def query(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run a reading statement, written for every storage, with `:named` parameters."""
        ...


class Named(NamedTuple):
    """What a batch names, and so what has to be looked up."""

    ids: set[str]
    """Its own ids."""
    targets: set[str]
    """The ids it acts on that are not its own."""
    accounts: set[str]
    reversed_ids: set[str]
    """What it wants to take back."""


def named(batch: Iterable[Transfer]) -> Named:
    """Collect what a batch names."""
    ids: set[str] = set()
    targets: set[str] = set()
    accounts: set[str] = set()
    reversed_ids: set[str] = set()
    for transfer in batch:
        ids.add(transfer.id)
        if transfer.target_id:
            targets.add(transfer.target_id)
            if transfer.kind == _REVERSAL:
                reversed_ids.add(transfer.target_id)
        accounts.add(transfer.debit_account)
        accounts.add(transfer.credit_account)
    accounts.discard("")
    return Named(ids, targets - ids, accounts, reversed_ids)


def told_by_acts(
    ended: Iterable[Entry], rows: Iterable[tuple[str, str, int, int, Micros]]
) -> tuple[dict[str, HoldNow], dict[str, str]]:
    """Say how ended holds stand, and what reverses what, from what acts on them.

    `rows` are the target_id, id, kind, amount and expires_at, those of one target oldest first.
    """
    acts: dict[str, list[tuple[str, Kind, int, Micros]]] = {hold.id: [] for hold in ended}
    reversals: dict[str, str] = {}
    for target_id, name, kind, amount, expires_at in rows:
        if kind == _REVERSAL:
            reversals[target_id] = name
        elif target_id in acts:
            acts[target_id].append((name, Kind(kind), amount, expires_at))
    return {hold.id: ended_hold(hold, acts[hold.id]) for hold in ended}, reversals


def ended_hold(hold: Entry, acts: Iterable[tuple[str, Kind, int, Micros]]) -> HoldNow:
    """Say how a hold stands that is open no more.

    `acts` are the id, kind, amount and expires_at of all that acts on it, oldest first.
    """
    remaining, expires_at = hold.amount, hold.expires_at
    ended_by, ending_id = Kind.POST, ""
    for name, kind, amount, moved_to in acts:
        if kind == Kind.EXTEND:
            expires_at = moved_to
            continue
        ending_id = name
        if kind == Kind.CAPTURE:
            remaining -= amount
        else:
            ended_by = kind
    return HoldNow(remaining, expires_at, ended_by, ending_id)
