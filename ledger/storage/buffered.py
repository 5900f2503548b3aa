"""Many small batches written as one: a store that keeps outcomes in memory until it is told to write.

Between two writes every `load` sees what was saved before, so decisions are the same as without it; the
storage then gets one outcome per book, sealed as one batch. What was saved since a mark can be taken
back without asking the storage. Accounts and the end of each log stay in memory from one write to the next,
which is right as long as nobody else writes; `forget` when somebody may have.

What was written stays visible until the next write, so that the next group can be decided, from another
connection's view of the storage, while the commit of the one before is still under way.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from ledger.chart import ChartRow
from ledger.clock import Micros
from ledger.model import Account, Entry, Head, HoldNow, Kind, OpenHold, Outcome, State, Transfer
from ledger.storage.store import Store

KEPT_ACCOUNTS: Final = 50_000
"""So many accounts at most stay in memory from one write to the next."""

_NOTHING: Final = State({}, {}, {}, set(), Head())
_POST: Final = Kind.POST
_CAPTURE: Final = Kind.CAPTURE
_EXTEND: Final = Kind.EXTEND
_REVERSAL: Final = Kind.REVERSAL
_HOLD: Final = Kind.HOLD


class _Layer:
    """What outcomes have changed in a book, as it is after them."""

    __slots__ = ("accounts", "entries", "holds", "reversals", "spent")

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.entries: dict[str, Entry] = {}
        self.holds: dict[str, HoldNow] = {}
        self.reversals: dict[str, str] = {}
        self.spent: set[str] = set()


class _Pages:
    """What is known of one book: as it was written last, what that changed, and what was saved since."""

    __slots__ = ("accounts", "head", "new", "seen", "written", "written_head")

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.written_head: Head | None = None
        self.written = _Layer()
        self.new = _Layer()
        self.head: Head | None = None
        # How holds stood that were loaded, so that what acts on them can be followed.
        self.seen: dict[str, HoldNow] = {}

    def take(self, outcome: Outcome) -> None:
        """See an outcome as if it had been written."""
        new = self.new
        new.accounts.update(outcome.accounts)
        new.spent |= outcome.spent
        for entry in outcome.entries:
            new.entries[entry.id] = entry
            if entry.kind is _HOLD:
                new.holds[entry.id] = HoldNow(entry.amount, entry.expires_at)
            elif entry.kind is _REVERSAL:
                new.reversals[entry.target_id] = entry.id
            elif entry.target_id:
                new.holds[entry.target_id] = _after(self.hold(entry.target_id), entry)
        if outcome.entries:
            newest = outcome.entries[-1]
            self.head = outcome.head._replace(
                last_seq=newest.seq, happened_at=newest.happened_at, recorded_at=newest.recorded_at
            )

    def hold(self, name: str) -> HoldNow:
        """Return how a hold stands that was loaded or saved before."""
        return self.new.holds.get(name) or self.written.holds.get(name) or self.seen[name]

    def entry(self, name: str) -> Entry | None:
        """Return an entry that the storage may not show yet."""
        return self.new.entries.get(name) or self.written.entries.get(name)

    def turn(self) -> None:
        """Let what was new be what was written last."""
        self.accounts |= self.new.accounts
        self.written_head = self.head
        self.written, self.new = self.new, _Layer()
        self.seen.clear()

    def take_back(self) -> None:
        """Forget what is new."""
        self.new = _Layer()
        self.head = self.written_head


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
        self._reader = inner
        self._settle = settle or self.write
        self._log: list[tuple[str, Outcome]] = []
        self._books: dict[str, _Pages] = {}

    def read_from(self, reader: Store | None) -> None:
        """Load from another view of the same storage, which may lack the last write; None: from `inner`."""
        self._reader = reader or self._inner

    def mark(self) -> int:
        """Return the place to which `take_back` can go back; a `write` makes it void."""
        return len(self._log)

    def take_back(self, mark: int) -> None:
        """Forget what was saved since `mark`."""
        touched = {sandbox_id for sandbox_id, _ in self._log[mark:]}
        del self._log[mark:]
        self._replay(touched)

    def write(self, until: int | None = None) -> None:
        """Write what was saved, all of it or the first `until` outcomes, one outcome per book."""
        ready, self._log = self._log[:until], self._log[len(self._log) if until is None else until :]
        if not ready:
            return
        ready.sort(key=itemgetter(0))
        touched = dict.fromkeys(sandbox_id for sandbox_id, _ in ready)
        heads = self._inner.heads(touched)
        self._inner.save_many(
            [
                (sandbox_id, _merged([outcome for _, outcome in of_book], heads[sandbox_id]))
                for sandbox_id, of_book in groupby(ready, key=itemgetter(0))
            ]
        )
        if self._log:
            for sandbox_id in touched:
                pages = self._books[sandbox_id]
                pages.take_back()
                for name, outcome in ready:
                    if name == sandbox_id:
                        pages.take(outcome)
        for sandbox_id in touched:
            self._books[sandbox_id].turn()
        self._replay(touched)
        kept = sum(len(pages.accounts) for pages in self._books.values())
        if not self._log and kept > self._kept_accounts:
            self._books = {name: pages for name, pages in self._books.items() if name in touched}

    def forget(self) -> None:
        """Forget everything, saved or known: after a rollback, or when others may have written."""
        self._log.clear()
        self._books.clear()

    def load(self, sandbox_id: str, batch: Sequence[Transfer]) -> State:
        """Read what `apply` needs: one statement as a rule, which finds that all ids are new."""
        pages = self._pages(sandbox_id)
        own = {transfer.id for transfer in batch}
        names: set[str] = set()
        entries: dict[str, Entry] = {}
        unknown: list[str] = []
        for transfer in batch:
            names.add(transfer.debit_account)
            names.add(transfer.credit_account)
            target = transfer.target_id
            for name in (transfer.id, target) if target and target not in own else (transfer.id,):
                known = pages.entry(name)
                if known is None:
                    unknown.append(name)
                else:
                    entries[name] = known
        if pages.head is None or (unknown and not self._reader.surely_new(sandbox_id, unknown)):
            found = self._reader.load(sandbox_id, [_without_accounts(transfer) for transfer in batch])
        else:
            found = _NOTHING
        if pages.head is None:
            pages.head = pages.written_head = found.head
        state = _joined(pages, entries, found)
        for entry in state.entries.values():
            names.add(entry.debit_account)
            names.add(entry.credit_account)
        accounts = self._known(sandbox_id, pages, names)
        if any(account.limit_due_at for account in accounts.values()):
            self._settle()
            return self._inner.load(sandbox_id, batch)
        return state._replace(accounts=accounts)

    def surely_new(self, sandbox_id: str, ids: Collection[str]) -> bool:
        """Say whether nothing is written or spent under any of these ids; False: it may be."""
        pages = self._pages(sandbox_id)
        spent = pages.written.spent | pages.new.spent
        if any(pages.entry(name) or name in spent for name in ids):
            return False
        return self._reader.surely_new(sandbox_id, ids)

    def load_due(self, sandbox_id: str, now: Micros, limit: int) -> tuple[State, list[Entry]]:
        """Read the first `limit` open holds due at `now`, by (expires_at, seq), and their facts."""
        self._settle()
        state, due = self._inner.load_due(sandbox_id, now, limit)
        self._pages(sandbox_id).seen |= state.holds
        return state, due

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

    def save_many(self, outcomes: Sequence[tuple[str, Outcome]]) -> None:
        """Keep outcomes of several books, as `save` does."""
        for sandbox_id, outcome in outcomes:
            self.save(sandbox_id, outcome)

    def heads(self, sandbox_ids: Collection[str]) -> dict[str, Head]:
        """Read the heads of books; one that is not there yet has the head of an empty one."""
        self._settle()
        return self._inner.heads(sandbox_ids)

    def accounts(self, sandbox_id: str, ids: Sequence[str]) -> dict[str, Account]:
        """Read accounts in the order asked for; unknown ids are left out."""
        return self._known(sandbox_id, self._pages(sandbox_id), ids)

    def entry(self, sandbox_id: str, entry_id: str) -> Entry | None:
        """Read one entry."""
        return self._pages(sandbox_id).entry(entry_id) or self._reader.entry(sandbox_id, entry_id)

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

    def chart(self, sandbox_id: str) -> list[ChartRow]:
        """Read the chart of accounts, by code; empty if the book has none."""
        self._settle()
        return self._inner.chart(sandbox_id)

    def save_chart(self, sandbox_id: str, rows: Sequence[ChartRow]) -> None:
        """Put a chart in the place of the one there is, at once."""
        self._settle()
        self._inner.save_chart(sandbox_id, rows)

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
        known, new = pages.accounts, pages.new.accounts
        missing = [name for name in ids if name and name not in known]
        if missing:
            known.update(self._reader.accounts(sandbox_id, missing))
        return {name: new.get(name) or known[name] for name in ids if name in known}

    def _replay(self, touched: Collection[str]) -> None:
        """See anew what the log says of these books, over what was written last."""
        for sandbox_id in touched:
            self._books[sandbox_id].take_back()
        for sandbox_id, outcome in self._log:
            if sandbox_id in touched:
                self._books[sandbox_id].take(outcome)


def _without_accounts(transfer: Transfer) -> Transfer:
    """Return what has to be asked of the storage about a transfer: its ids."""
    return Transfer(transfer.id, kind=transfer.kind, target_id=transfer.target_id)


def _joined(pages: _Pages, entries: dict[str, Entry], found: State) -> State:
    """Put what the storage has found under what it may not show yet; accounts are still left out."""
    head = pages.head or found.head
    new, written = pages.new, pages.written
    if not entries and found is _NOTHING:
        return State({}, entries, {}, written.spent | new.spent, head)
    entries = {**found.entries, **entries}
    pages.seen |= found.holds
    holds = {name: pages.hold(name) for name, entry in entries.items() if entry.kind is _HOLD}
    reversals = {**found.reversals, **written.reversals, **new.reversals}
    return State({}, entries, holds, found.spent | written.spent | new.spent, head, reversals)


def _after(hold: HoldNow, act: Entry) -> HoldNow:
    """Say how a hold stands after something acted on it."""
    if act.kind is _EXTEND:
        return hold._replace(expires_at=act.expires_at)
    if act.kind is not _CAPTURE:
        return hold._replace(ended_by=act.kind, ending_id=act.id)
    if act.amount < hold.remaining:
        return hold._replace(remaining=hold.remaining - act.amount)
    return hold._replace(ended_by=_POST, ending_id=act.id)


def _merged(outcomes: Sequence[Outcome], head: Head) -> Outcome:
    """Make one outcome of those that follow one another in a book, and its head as it was written last."""
    if len(outcomes) == 1:
        return outcomes[0]._replace(head=head)
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
    return Outcome([], head, entries, accounts, spent, [*opened.values()], [*changed.values()], ended)
