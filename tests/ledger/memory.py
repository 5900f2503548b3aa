"""A store of plain dicts: the rules without a database, and with any largest amount."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NoReturn

from ledger import (
    Account,
    AccountChange,
    Change,
    Entry,
    Head,
    HoldNow,
    Kind,
    LimitChange,
    Outcome,
    State,
    Transfer,
)
from ledger.chart import ChartRow
from ledger.storage.store import ended_hold


class _Rows:
    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.entries: list[Entry] = []
        self.changes: list[AccountChange] = []
        self.spent: set[str] = set()
        self.head = Head()

    def acting_on(self, target_id: str) -> list[Entry]:
        return [entry for entry in self.entries if target_id and entry.target_id == target_id]

    def hold(self, hold: Entry) -> HoldNow:
        acts = [(each.id, each.kind, each.amount, each.expires_at) for each in self.acting_on(hold.id)]
        now = ended_hold(hold, acts)
        kinds = {kind for _, kind, _, _ in acts}
        captured = Kind.CAPTURE in kinds and now.remaining == 0
        if captured or kinds & {Kind.POST, Kind.VOID, Kind.EXPIRE}:
            return now
        return HoldNow(now.remaining, now.expires_at)

    def state(self) -> State:
        entries = {entry.id: entry for entry in self.entries}
        holds = {entry.id: self.hold(entry) for entry in self.entries if entry.kind == Kind.HOLD}
        reversals = {entry.target_id: entry.id for entry in self.entries if entry.kind == Kind.REVERSAL}
        limits = {
            account.id: [
                LimitChange(change.effective_at, change.value)
                for change in sorted(self.changes, key=lambda each: each.effective_at)
                if change.account_id == account.id
                and change.change == Change.LIMIT
                and change.effective_at >= account.limit_due_at
            ]
            for account in self.accounts.values()
            if account.limit_due_at
        }
        return State(self.accounts, entries, holds, self.spent, self.head, reversals, limits)


class MemoryStore:
    def __init__(self) -> None:
        self._charts: dict[str, list[ChartRow]] = {}
        self._books: defaultdict[str, _Rows] = defaultdict(_Rows)

    def load(self, sandbox_id: str, batch: Sequence[Transfer]) -> State:
        del batch
        return self._books[sandbox_id].state()

    def load_accounts(self, sandbox_id: str, ids: Collection[str]) -> State:
        del ids
        return self._books[sandbox_id].state()

    def surely_new(self, sandbox_id: str, ids: Collection[str]) -> bool:
        state = self._books[sandbox_id].state()
        return not any(name in state.entries or name in state.spent for name in ids)

    def load_due(self, sandbox_id: str, now: int, limit: int) -> tuple[State, list[Entry]]:
        state = self._books[sandbox_id].state()
        due = [
            (hold.expires_at, state.entries[name].seq, state.entries[name])
            for name, hold in state.holds.items()
            if hold.ended_by is None and 0 < hold.expires_at <= now
        ]
        return state, [entry for _, _, entry in sorted(due)][:limit]

    def save(self, sandbox_id: str, outcome: Outcome) -> None:
        rows = self._books[sandbox_id]
        assert outcome.head == rows.head
        rows.accounts |= {account.id: account for account in outcome.opened} | outcome.accounts
        rows.entries += outcome.entries
        rows.changes += outcome.changes
        rows.spent |= outcome.spent
        written: list[Entry | AccountChange] = [*outcome.entries, *outcome.changes]
        if written:
            newest, batch = written[-1], rows.head.last_batch + 1
            rows.head = Head(newest.seq, batch, newest.happened_at, newest.recorded_at)

    def save_many(self, outcomes: Sequence[tuple[str, Outcome]]) -> None:
        for sandbox_id, outcome in outcomes:
            self.save(sandbox_id, outcome)

    def heads(self, sandbox_ids: Collection[str]) -> dict[str, Head]:
        return {sandbox_id: self._books[sandbox_id].head for sandbox_id in sandbox_ids}

    def accounts(self, sandbox_id: str, ids: Sequence[str]) -> dict[str, Account]:
        known = self._books[sandbox_id].accounts
        return {each: known[each] for each in ids if each in known}

    def entry(self, sandbox_id: str, entry_id: str) -> Entry | None:
        return self._books[sandbox_id].state().entries.get(entry_id)

    def acting_on(self, sandbox_id: str, target_id: str) -> list[Entry]:
        return self._books[sandbox_id].acting_on(target_id)

    def chain(self, sandbox_id: str, chain: int) -> list[Entry]:
        return [entry for entry in self._books[sandbox_id].entries if entry.chain == chain]

    def statement(
        self, sandbox_id: str, account_id: str, after_seq: int, limit: int
    ) -> list[tuple[Entry, int]]:
        state = self._books[sandbox_id].state()
        own = [
            (entry, self._released(state, entry))
            for entry in state.entries.values()
            if account_id in (entry.debit_account, entry.credit_account) and entry.seq > after_seq
        ]
        return own[:limit]

    def _released(self, state: State, entry: Entry) -> int:
        if entry.kind == Kind.POST:
            return state.holds[entry.target_id].remaining
        return entry.amount if entry.kind in (Kind.VOID, Kind.EXPIRE, Kind.CAPTURE) else 0

    def chart(self, sandbox_id: str) -> list[ChartRow]:
        return self._charts.get(sandbox_id, [])

    def save_chart(self, sandbox_id: str, rows: Sequence[ChartRow]) -> None:
        self._charts[sandbox_id] = sorted(rows)

    def query(self, sql: str, parameters: Mapping[str, object]) -> NoReturn:
        raise NotImplementedError(sql, parameters)
