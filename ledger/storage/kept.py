"""Accounts that stay in memory from one batch to the next, as long as their book stands where it was left.

Every change of an account moves the head of its book, and the digest of a head stands for all that ever
happened in the book. So what is kept is right exactly as long as the digest is the same: after a rollback,
or when another process has written, it is another one, and what was kept is dropped.
"""

from collections.abc import Collection, Mapping
from typing import Final

from ledger.model import Account

MOST_KEPT: Final = 50_000
"""So many accounts at most stay in memory, about 20 MB."""


class KeptAccounts:
    """The accounts of many books, those of each under the digest of the head for which they are right.

    Whoever adds accounts has read them after that head.
    """

    __slots__ = ("_books", "_count", "_most")

    def __init__(self, most: int = MOST_KEPT) -> None:
        """Keep so many accounts at most; when there are more, all are dropped."""
        self._books: dict[str, tuple[bytes, dict[str, Account]]] = {}
        self._count = 0
        self._most = most

    def guess(self, sandbox_id: str) -> Collection[str]:
        """Name the accounts that are kept of a book, if its head is still the one they are right for."""
        return self._books[sandbox_id][1].keys() if sandbox_id in self._books else ()

    def under(self, sandbox_id: str, digest: bytes) -> Mapping[str, Account]:
        """Return what is kept of a book whose head has this digest."""
        kept = self._books.get(sandbox_id)
        if kept is None:
            return {}
        if kept[0] != digest:
            del self._books[sandbox_id]
            self._count -= len(kept[1])
            return {}
        return kept[1]

    def add(self, sandbox_id: str, digest: bytes, accounts: Mapping[str, Account]) -> None:
        """Keep accounts too that were read; those under another digest are dropped."""
        if not self.under(sandbox_id, digest):
            self._books[sandbox_id] = digest, {}
        _, kept = self._books[sandbox_id]
        self._count -= len(kept)
        kept.update(accounts)
        self._count += len(kept)
        if self._count > self._most:
            self._books.clear()
            self._count = 0

    def move(self, sandbox_id: str, before: bytes, after: bytes, changed: Mapping[str, Account]) -> None:
        """Go with a book from one head to the next, which has changed these accounts."""
        if self.under(sandbox_id, before):
            self._books[sandbox_id] = after, self._books[sandbox_id][1]
        self.add(sandbox_id, after, changed)
