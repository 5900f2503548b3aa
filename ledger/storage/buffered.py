"""Many small batches written as one: a store that keeps outcomes in memory until it is told to write.

Between two writes every `load` sees what was saved before, so decisions are the same as without it; the
storage then gets one outcome per book, sealed as one batch. What was saved since a mark can be taken
back without asking the storage. Accounts stay in memory from one write to the next, which is right as
long as nobody else writes; `forget` when somebody may have.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from ledger.clock import Micros
from ledger.model import (
    Account,
    Entry,
    Head,
    HoldNow,
    Kind,
    OpenHold,
    Outcome,
    State,
    Transfer,
)
from ledger.storage.store import Store

KEPT_ACCOUNTS: Final = 50_000
"""So many accounts at most stay in memory from one write to the next."""

_POST: Final = Kind.POST
_CAPTURE: Final = Kind.CAPTURE
_EXTEND: Final = Kind.EXTEND
_REVERSAL: Final = Kind.REVERSAL
_HOLD: Final = Kind.HOLD


class _Pages:
    """What is known of one book: its accounts, and what is saved but not yet written."""

    __slots__ = ("accounts", "acts", "entries", "head", "spent")

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.head: Head | None = None
        self.entries: dict[str, Entry] = {}
        self.acts: dict[str, list[Entry]] = {}
        self.spent: set[str] = set()

    def take(self, outcome: Outcome) -> None:
        """See an outcome as if it had been written."""
        self.accounts.update(outcome.accounts)
        self.spent |= outcome.spent
        if not outcome.entries:
            return
        for entry in outcome.entries:
            self.entries[entry.id] = entry
            if entry.target_id:
                self.acts.setdefault(entry.target_id, []).append(entry)
        newest = outcome.entries[-1]
        self.head = outcome.head._replace(
            last_seq=newest.seq, happened_at=newest.happened_at, recorded_at=newest.recorded_at
        )

    def settle(self) -> None:
        """Forget what is now in the storage; accounts stay."""
        self.head = None
        self.entries.clear()
        self.acts.clear()
        self.spent.clear()


class BufferedStore:
    """A `Store` before another one. Nothing is written before `write`, which the caller calls.

    `settle` is called before anything is read that only the storage can answer; it must call `write`.
    """

    def __init__(
        self,
        inner: Store,
        settle: Callable[[], None] | None = None,
        *,
        kept_accounts: int = KEPT_ACCOUNTS,
    ) -> None:
        """Stand before `inner`, whose transactions belong to the caller."""
        self._kept_accounts = kept_accounts
        self._inner = inner
        self._settle = settle or self.write
        self._log: list[tuple[str, Outcome]] = []
        self._books: dict[str, _Pages] = {}

    def mark(self) -> int:
        """Return the place to which `take_back` can go back; a `write` makes it void."""
        return len(self._log)

    def take_back(self, mark: int) -> None:
        """Forget what was saved since `mark`."""
        if mark < len(self._log):
            del self._log[mark:]
            self._replay()

    def write(self, until: int | None = None) -> None:
        """Write what was saved, all of it or the first `until` outcomes, one outcome per book."""
        ready, self._log = self._log[:until], self._log[len(self._log) if until is None else until :]
        ready.sort(key=itemgetter(0))
        for sandbox_id, of_book in groupby(ready, key=itemgetter(0)):
            merged = _merged([outcome for _, outcome in of_book])
            self._inner.save(sandbox_id, merged._replace(head=self._inner.load_accounts(sandbox_id, ()).head))
        if self._log:
            self._replay()
            return
        for sandbox_id in {sandbox_id for sandbox_id, _ in ready}:
            self._books[sandbox_id].settle()
        if sum(len(pages.accounts) for pages in self._books.values()) > self._kept_accounts:
            self._books.clear()

    def forget(self) -> None:
        """Forget everything, saved or known: after a rollback, or when others may have written."""
        self._log.clear()
        self._books.clear()

    def load(self, sandbox_id: str, batch: Sequence[Transfer]) -> State:
        """Read what `apply` needs: one statement as a rule."""
        pages = self._pages(sandbox_id)
        asked = [one for transfer in batch for one in _unknown(transfer, pages.entries)]
        found = self._inner.load(sandbox_id, asked)
        head = pages.head = pages.head or found.head
        entries, holds = {**found.entries}, {**found.holds}
        reversals = {**found.reversals}
        names: set[str] = set()
        for transfer in batch:
            for name in (transfer.id, transfer.target_id):
                if name in pages.entries:
                    entries[name] = pages.entries[name]
            names.add(transfer.debit_account)
            names.add(transfer.credit_account)
        for name, entry in entries.items():
            names.add(entry.debit_account)
            names.add(entry.credit_account)
            acts = pages.acts.get(name, ())
            if entry.kind is _HOLD:
                holds[name] = _stands(holds.get(name) or HoldNow(entry.amount, entry.expires_at), acts)
            for act in acts:
                if act.kind is _REVERSAL:
                    reversals[name] = act.id
        accounts = self._known(sandbox_id, pages, names)
        if any(account.limit_due_at for account in accounts.values()):
            self._settle()
            return self._inner.load(sandbox_id, batch)
        return State(accounts, entries, holds, found.spent | pages.spent, head, reversals)

    def load_due(self, sandbox_id: str, now: Micros, limit: int) -> tuple[State, list[Entry]]:
        """Read the first `limit` open holds due at `now`, by (expires_at, seq), and their facts."""
        self._settle()
        return self._inner.load_due(sandbox_id, now, limit)

    def load_accounts(self, sandbox_id: str, ids: Collection[str]) -> State:
        """Read what the opening or change of these accounts needs: a state without entries."""
        self._settle()
        return self._inner.load_accounts(sandbox_id, ids)

    def save(self, sandbox_id: str, outcome: Outcome) -> None:
        """Keep an outcome to be written later; changes of accounts are written at once."""
        if outcome.changes:
            self._settle()
            self._inner.save(sandbox_id, outcome)
            self._books.pop(sandbox_id, None)
        elif outcome.entries or outcome.spent:
            self._log.append((sandbox_id, outcome))
            self._pages(sandbox_id).take(outcome)

    def accounts(self, sandbox_id: str, ids: Sequence[str]) -> dict[str, Account]:
        """Read accounts in the order asked for; unknown ids are left out."""
        known = self._known(sandbox_id, self._pages(sandbox_id), ids)
        return {name: known[name] for name in ids if name in known}

    def entry(self, sandbox_id: str, entry_id: str) -> Entry | None:
        """Read one entry."""
        return self._pages(sandbox_id).entries.get(entry_id) or self._inner.entry(sandbox_id, entry_id)

    def acting_on(self, sandbox_id: str, target_id: str) -> list[Entry]:
        """Read what ends or changes a hold, or takes a transfer back, oldest first."""
        self._settle()
        return self._inner.acting_on(sandbox_id, target_id)

    def chain(self, sandbox_id: str, chain: int) -> list[Entry]:
        """Read the entries of one chain, named by the `seq` of its first, in order."""
        self._settle()
        return self._inner.chain(sandbox_id, chain)

    def statement(
        self, sandbox_id: str, account_id: str, after_seq: int, limit: int
    ) -> list[tuple[Entry, int]]:
        """Read an account's entries after `after_seq`, oldest first, each with what it released of a hold."""
        self._settle()
        return self._inner.statement(sandbox_id, account_id, after_seq, limit)

    def query(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run a reading statement, written for every storage, with `:named` parameters."""
        self._settle()
        return self._inner.query(sql, parameters)

    def _pages(self, sandbox_id: str) -> _Pages:
        pages = self._books.get(sandbox_id)
        if pages is None:
            pages = self._books[sandbox_id] = _Pages()
        return pages

    def _known(self, sandbox_id: str, pages: _Pages, ids: Collection[str]) -> dict[str, Account]:
        known = pages.accounts
        missing = [name for name in ids if name and name not in known]
        if missing:
            known.update(self._inner.accounts(sandbox_id, missing))
        return {name: known[name] for name in ids if name in known}

    def _replay(self) -> None:
        """See the log anew, over what the storage has."""
        self._books.clear()
        for sandbox_id, outcome in self._log:
            self._pages(sandbox_id).take(outcome)


def _unknown(transfer: Transfer, entries: Mapping[str, Entry]) -> list[Transfer]:
    """Return what has to be asked of the storage about a transfer: its ids, without its accounts."""
    target = transfer.target_id if transfer.target_id not in entries else ""
    if transfer.id not in entries:
        return [Transfer(transfer.id, kind=transfer.kind, target_id=target)]
    return [Transfer(target, kind=transfer.kind, target_id=target)] if target else []


def _stands(hold: HoldNow, acts: Sequence[Entry]) -> HoldNow:
    """Say how a hold stands after `acts`, oldest first."""
    for act in acts:
        if act.kind is _EXTEND:
            hold = hold._replace(expires_at=act.expires_at)
        elif act.kind is not _CAPTURE:
            hold = hold._replace(ended_by=act.kind, ending_id=act.id)
        elif act.amount < hold.remaining:
            hold = hold._replace(remaining=hold.remaining - act.amount)
        else:
            hold = hold._replace(ended_by=_POST, ending_id=act.id)
    return hold


def _merged(outcomes: Sequence[Outcome]) -> Outcome:
    """Make one outcome of those that follow one another in a book."""
    if len(outcomes) == 1:
        return outcomes[0]
    entries: list[Entry] = []
    accounts: dict[str, Account] = {}
    spent: set[str] = set()
    opened: dict[str, OpenHold] = {}
    changed: dict[str, OpenHold] = {}
    ended: list[str] = []
    for outcome in outcomes:
        entries += outcome.entries
        accounts |= outcome.accounts
        spent |= outcome.spent
        opened |= {hold.hold_id: hold for hold in outcome.holds_opened}
        for hold in outcome.holds_changed:
            (opened if hold.hold_id in opened else changed)[hold.hold_id] = hold
        for name in outcome.holds_ended:
            if opened.pop(name, None) is None:
                changed.pop(name, None)
                ended.append(name)
    return Outcome(
        [], outcomes[0].head, entries, accounts, spent, [*opened.values()], [*changed.values()], ended
    )
