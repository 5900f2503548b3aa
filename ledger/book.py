"""The public face of the ledger: one sandbox's book in a store."""

from collections.abc import Sequence

from ledger import audit, chart, history, opening, posting, statements, trial
from ledger.asof import BalanceAsOf, balance_as_of
from ledger.chart import ChartRow
from ledger.clearing import ClearingAccount, clearing
from ledger.clock import Micros
from ledger.errors import AccountNotFoundError
from ledger.model import (
    Account,
    AccountResult,
    Change,
    Entry,
    Kind,
    Preview,
    Result,
    StatementLine,
    Transfer,
    TrialBalance,
)
from ledger.money import MAX_AMOUNT
from ledger.storage.store import Store


class Book:
    """The accounts and entries of one sandbox.

    Every method works inside the caller's transaction and never commits. Amounts are ints in minor
    units, times are microseconds since the epoch; `now` is the sandbox's own time.
    """

    __slots__ = ("_max_amount", "_sandbox_id", "_store")

    def __init__(self, store: Store, sandbox_id: str, *, max_amount: int = MAX_AMOUNT) -> None:
        """Face one sandbox's book. It need not exist yet: its first account makes it."""
        self._store = store
        self._sandbox_id = sandbox_id
        self._max_amount = max_amount

    def open_accounts(
        self, accounts: Sequence[Account], *, now: Micros, recorded_at: Micros
    ) -> list[AccountResult]:
        """Open accounts, one result each, in order; their totals must be 0.

        Repeating one is `exists`. Accounts may be born closed. A refused id stays free. If the book
        has a chart, it has the code of every new account.
        """
        state = self._store.load_accounts(self._sandbox_id, {account.id for account in accounts})
        codes = {row.code for row in self._store.chart(self._sandbox_id)}
        results, outcome = opening.open_accounts(state, accounts, now, recorded_at=recorded_at, codes=codes)
        self._store.save(self._sandbox_id, outcome)
        return results

    def close_account(self, account_id: str, *, now: Micros, recorded_at: Micros) -> Account:
        """Close an account: only voids and expiry of its holds still work.

        Closing a closed one is fine. Raises AccountNotFoundError.
        """
        return self._change(Change.CLOSE, account_id, 0, now, now=now, recorded_at=recorded_at)

    def reopen_account(self, account_id: str, *, now: Micros, recorded_at: Micros) -> Account:
        """Open a closed account again; an open one is left as it is.

        Raises AccountNotFoundError.
        """
        return self._change(Change.REOPEN, account_id, 0, now, now=now, recorded_at=recorded_at)

    def set_credit_limit(
        self, account_id: str, limit: int, effective_at: Micros, *, now: Micros, recorded_at: Micros
    ) -> Account:
        """Set how far debits may exceed credits (or the mirror) from `effective_at` on.

        A time that has passed means at once; what is already beyond a lower limit stays. Raises
        AccountNotFoundError, and ValueError for a limit below 0 or above the largest amount.
        """
        if not 0 <= limit <= self._max_amount:
            message = f"a credit limit is 0 to {self._max_amount}, not {limit}"
            raise ValueError(message)
        return self._change(Change.LIMIT, account_id, limit, effective_at, now=now, recorded_at=recorded_at)

    def post(self, batch: Sequence[Transfer], *, now: Micros, recorded_at: Micros) -> list[Result]:
        """Decide and write a batch: one result per transfer, in order (see `Status`).

        A hold that is due by `now` is refused as expired even if it still counts as pending:
        this method does not sweep, `expire` does. Raises StorageError when a second writer is at
        work; the caller must then roll back.
        """
        state = self._store.load(self._sandbox_id, batch)
        outcome = posting.apply(state, batch, now, recorded_at=recorded_at, max_amount=self._max_amount)
        self._store.save(self._sandbox_id, outcome)
        return outcome.results

    def post_many(
        self, batches: Sequence[Sequence[Transfer]], *, now: Micros, recorded_at: Micros
    ) -> list[list[Result]]:
        """Decide and write the batches of several callers in one go, each answered as if it came alone.

        Raises as `post` does.
        """
        state = self._store.load(self._sandbox_id, [transfer for batch in batches for transfer in batch])
        answers, outcome = posting.apply_many(
            state, batches, now, recorded_at=recorded_at, max_amount=self._max_amount
        )
        self._store.save(self._sandbox_id, outcome)
        return answers

    def preview(self, batch: Sequence[Transfer], *, now: Micros, recorded_at: Micros) -> Preview:
        """Decide a batch as `post` would, and write nothing: no entry, no spent id."""
        state = self._store.load(self._sandbox_id, batch)
        outcome = posting.apply(state, batch, now, recorded_at=recorded_at, max_amount=self._max_amount)
        return Preview(outcome.results, dict(sorted({**state.accounts, **outcome.accounts}.items())))

    def post_chain(self, name: str, chain: int, *, now: Micros, recorded_at: Micros) -> list[Result]:
        """Post all open holds of a chain, or none: `chain` is the `Entry.chain` of each of them.

        The transfers are called after `name`, with `:` and the hold's `seq`; the same call again
        answers `exists` for each. A chain without open holds gives an empty list.
        """
        return self._end_chain(Kind.POST, name, chain, now, recorded_at)

    def void_chain(self, name: str, chain: int, *, now: Micros, recorded_at: Micros) -> list[Result]:
        """Void all open holds of a chain, or none; otherwise like `post_chain`."""
        return self._end_chain(Kind.VOID, name, chain, now, recorded_at)

    def expire(self, *, now: Micros, recorded_at: Micros, limit: int = 1000) -> list[Entry]:
        """Release up to `limit` holds due by `now`, by time of expiry, then `seq`.

        Returns the entries written. When there are `limit` of them, more may be due: call again.
        """
        state, holds = self._store.load_due(self._sandbox_id, now, limit)
        outcome = posting.expire(state, holds, now, recorded_at=recorded_at)
        self._store.save(self._sandbox_id, outcome)
        return outcome.entries

    def account(self, account_id: str) -> Account | None:
        """Return an account as it is now, or None."""
        return self.accounts([account_id]).get(account_id)

    def accounts(self, ids: Sequence[str]) -> dict[str, Account]:
        """Return accounts as they are now, by id, in the order asked for; unknown ones are left out."""
        return self._store.accounts(self._sandbox_id, ids)

    def entry(self, entry_id: str) -> Entry | None:
        """Return what was written under an id, or None."""
        return self._store.entry(self._sandbox_id, entry_id)

    def acting_on(self, entry_id: str) -> list[Entry]:
        """Return what ended or changed a hold, or took a transfer back, oldest first.

        The other way, from what acts to its target, is `Entry.target_id`.
        """
        return self._store.acting_on(self._sandbox_id, entry_id)

    def chain(self, chain: int) -> list[Entry]:
        """Return the entries of a chain, named by the `seq` of its first, in order; 0 is no chain."""
        return self._store.chain(self._sandbox_id, chain) if chain else []

    def statement(self, account_id: str, *, after_seq: int = 0, limit: int = 100) -> list[StatementLine]:
        """Return a page of an account's lines, oldest first; the next one follows the last `seq`.

        An unknown account has none.
        """
        rows = self._store.statement(self._sandbox_id, account_id, after_seq, limit)
        return [statements.line(account_id, entry, released) for entry, released in rows]

    def statement_for(
        self, account_id: str, start: Micros, end: Micros, *, after_seq: int = 0, limit: int = 100
    ) -> statements.PeriodStatement:
        """Return a page of an account's lines from `start` up to before `end`, with both balances.

        Raises AccountNotFoundError, ValueError for a period that ends before it starts, and StorageError
        where the lines do not lead from one balance to the next.
        """
        return statements.for_period(
            self._store, self._sandbox_id, account_id, start, end, after_seq=after_seq, limit=limit
        )

    def balance_as_of(
        self, account_id: str, at: Micros, known_at: Micros | None = None
    ) -> BalanceAsOf | None:
        """Return how an account stood at `at`, as far as it was recorded by `known_at` (None: now).

        A hold whose time had run out by then no longer counts, swept or not. None if the account was
        not open by then.
        """
        return balance_as_of(self._store, self._sandbox_id, account_id, at, known_at)

    def transfers(self, wanted: history.Filter) -> list[Entry]:
        """Return the entries of an account (AccountFilter) or of the book (QueryFilter), by `seq`.

        An unknown account has none. Raises ValueError for a filter that makes no sense.
        """
        return history.transfers(self._store, self._sandbox_id, wanted)

    def balances(self, wanted: history.AccountFilter) -> list[history.Balance]:
        """Return how an account stood after each of the entries that the filter lets through.

        Raises ValueError as `transfers` does.
        """
        return history.balances(self._store, self._sandbox_id, wanted)

    def changes(self, *, after_seq: int = 0, limit: int = 100) -> list[history.Event]:
        """Return the next events after `after_seq`: entries and account changes, all in one order."""
        return history.changes(self._store, self._sandbox_id, after_seq=after_seq, limit=limit)

    def reversal_of(self, entry_id: str) -> Entry | None:
        """Return the REVERSAL that took an entry back, or None. Its `target_id` leads the other way."""
        return history.reversal_of(self._store, self._sandbox_id, entry_id)

    def trial_balance(self) -> TrialBalance:
        """Return the four sums over all accounts, whatever their currency."""
        return audit.trial_balance(self._store, self._sandbox_id)

    def set_chart(self, rows: Sequence[ChartRow]) -> None:
        """Give the book a chart of accounts in place of the one it has; no rows take it away.

        From then on an account with another code is refused. Raises ValueError for a chart that is not
        sound or leaves out the code of an account that is there.
        """
        # Loading makes a second writer wait, so that it opens no account meanwhile.
        self._store.load_accounts(self._sandbox_id, ())
        chart.check(rows, trial.codes_in_use(self._store, self._sandbox_id))
        self._store.save_chart(self._sandbox_id, rows)

    def chart(self) -> list[ChartRow]:
        """Return the chart of accounts, by code; empty if the book has none."""
        return self._store.chart(self._sandbox_id)

    def trial_balance_by_chart(self) -> trial.ChartBalance:
        """Return the trial balance by code and class, in each currency.

        Raises ValueError where the book has no chart.
        """
        return trial.by_chart(self._store, self._sandbox_id)

    def clearing(self, *, now: Micros, limit: int = 1000) -> list[ClearingAccount]:
        """Return the clearing accounts that are not at 0 and what is unmatched on them, oldest first.

        Of each account, `limit` entries since it was last at 0 are looked at.
        """
        return clearing(self._store, self._sandbox_id, now, limit=limit)

    def _end_chain(self, kind: Kind, name: str, chain: int, now: Micros, recorded_at: Micros) -> list[Result]:
        holds = [entry for entry in self.chain(chain) if entry.kind == Kind.HOLD]
        wanted = [Transfer(f"{name}:{hold.seq}", kind=kind, target_id=hold.id) for hold in holds]
        state = self._store.load(self._sandbox_id, wanted)
        batch = [each for each in wanted if state.holds[each.target_id].ended_by is None]
        if batch:
            batch = [*(each._replace(linked=True) for each in batch[:-1]), batch[-1]]
        else:
            batch = [each for each in wanted if state.holds[each.target_id].ending_id == each.id]
        return self.post(batch, now=now, recorded_at=recorded_at)

    def _change(
        self,
        change: Change,
        account_id: str,
        value: int,
        effective_at: Micros,
        *,
        now: Micros,
        recorded_at: Micros,
    ) -> Account:
        state = self._store.load_accounts(self._sandbox_id, [account_id])
        if account_id not in state.accounts:
            message = f"no account {account_id!r} in the book of {self._sandbox_id}"
            raise AccountNotFoundError(message)
        account, outcome = opening.change(
            state, account_id, change, value, effective_at, now=now, recorded_at=recorded_at
        )
        self._store.save(self._sandbox_id, outcome)
        return account
