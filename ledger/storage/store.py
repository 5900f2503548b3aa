"""What a book needs of its storage."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ledger.clock import Micros
from ledger.model import Account, Entry, Outcome, State, Transfer


class Store(Protocol):
    """Reads facts and writes outcomes of many books, each named by its `sandbox_id`.

    A store never begins, commits or rolls back: the transaction is the caller's. Between a `load`
    and its `save` nobody else may write to the same book.
    """

    def load(self, sandbox_id: str, batch: Sequence[Transfer]) -> State:
        """Read what `apply` needs to decide the batch."""
        ...

    def load_due(self, sandbox_id: str, now: Micros, limit: int) -> tuple[State, list[Entry]]:
        """Read the first `limit` open holds due at `now`, by (expires_at, seq), and their facts."""
        ...

    def save(self, sandbox_id: str, outcome: Outcome) -> None:
        """Write an outcome.

        Raises StorageError when the book has moved on since it was read; then roll back.
        """
        ...

    def insert_accounts(self, sandbox_id: str, accounts: Sequence[Account]) -> None:
        """Write new accounts, and the book itself with its first ones."""
        ...

    def set_flags(self, sandbox_id: str, account_id: str, flags: int) -> None:
        """Replace the flags of an account."""
        ...

    def accounts(self, sandbox_id: str, ids: Sequence[str]) -> dict[str, Account]:
        """Read accounts in the order asked for; unknown ids are left out."""
        ...

    def entry(self, sandbox_id: str, entry_id: str) -> Entry | None:
        """Read one entry."""
        ...

    def statement(
        self, sandbox_id: str, account_id: str, after_seq: int, limit: int
    ) -> list[tuple[Entry, int]]:
        """Read an account's entries after `after_seq`, oldest first.

        Each comes with the full amount of the hold that it ended, 0 if it ended none.
        """
        ...

    def query(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run a reading statement, written for every storage, with `:named` parameters."""
        ...
