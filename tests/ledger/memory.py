"""A store of plain dicts: the rules without a database, and with any largest amount."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NoReturn

from ledger import Account, Entry, Kind, Outcome, State, Transfer


class _Rows:
    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.entries: list[Entry] = []
        self.spent: set[str] = set()

    def state(self) -> State:
        closings = {entry.hold_id: entry.kind for entry in self.entries if entry.hold_id}
        entries = {entry.id: entry for entry in self.entries}
        return State(self.accounts, entries, closings, self.spent, len(self.entries))


class MemoryStore:
    def __init__(self) -> None:
        self._books: defaultdict[str, _Rows] = defaultdict(_Rows)

    def load(self, sandbox_id: str, batch: Sequence[Transfer]) -> State:
        del batch
        return self._books[sandbox_id].state()

    def load_due(self, sandbox_id: str, now: int, limit: int) -> tuple[State, list[Entry]]:
        state = self._books[sandbox_id].state()
        due = [
            entry
            for entry in state.entries.values()
            if entry.kind == Kind.HOLD and entry.id not in state.closings and 0 < entry.expires_at <= now
        ]
        return state, sorted(due, key=lambda hold: (hold.expires_at, hold.seq))[:limit]

    def save(self, sandbox_id: str, outcome: Outcome) -> None:
        rows = self._books[sandbox_id]
        rows.accounts |= outcome.accounts
        rows.entries += outcome.entries
        rows.spent |= outcome.spent

    def insert_accounts(self, sandbox_id: str, accounts: Sequence[Account]) -> None:
        self._books[sandbox_id].accounts |= {account.id: account for account in accounts}

    def set_flags(self, sandbox_id: str, account_id: str, flags: int) -> None:
        accounts = self._books[sandbox_id].accounts
        accounts[account_id] = accounts[account_id]._replace(flags=flags)

    def accounts(self, sandbox_id: str, ids: Sequence[str]) -> dict[str, Account]:
        known = self._books[sandbox_id].accounts
        return {each: known[each] for each in ids if each in known}

    def entry(self, sandbox_id: str, entry_id: str) -> Entry | None:
        return self._books[sandbox_id].state().entries.get(entry_id)

    def statement(
        self, sandbox_id: str, account_id: str, after_seq: int, limit: int
    ) -> list[tuple[Entry, int]]:
        entries = self._books[sandbox_id].state().entries
        own = [
            (entry, entries[entry.hold_id].amount if entry.hold_id else 0)
            for entry in entries.values()
            if account_id in (entry.debit_account, entry.credit_account) and entry.seq > after_seq
        ]
        return own[:limit]

    def query(self, sql: str, parameters: Mapping[str, object]) -> NoReturn:
        raise NotImplementedError(sql, parameters)
