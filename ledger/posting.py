"""The heart: decide a batch of transfers from facts alone. No I/O, no clock, nothing mutated."""

from collections.abc import Sequence
from typing import Final

from ledger import checks
from ledger.checks import Refusal
from ledger.clock import Micros
from ledger.model import (
    DEFAULT_CODE,
    DEFAULT_CURRENCY,
    EXPIRED_SUFFIX,
    Account,
    Entry,
    HoldNow,
    Kind,
    OpenHold,
    Outcome,
    Result,
    State,
    Transfer,
    Why,
)
from ledger.money import MAX_AMOUNT
from ledger.opening import checked_times
from ledger.status import TRANSIENT, Status

# Looking up an enum member costs as much as a dozen other steps of this file.
_HOLD: Final = Kind.HOLD
_POST: Final = Kind.POST
_ENDING: Final = (Kind.POST, Kind.VOID)
_CREATED: Final = Status.CREATED
_EXISTS: Final = Status.EXISTS


def apply(
    state: State,
    batch: Sequence[Transfer],
    now: Micros,
    *,
    recorded_at: Micros,
    max_amount: int = MAX_AMOUNT,
) -> Outcome:
    """Decide a batch: one result per transfer, in order, each seeing those before it.

    Transfers are independent unless chained by `linked`; a chain is written whole or not at all.
    `now` is the book's own time, by which holds run out; both times are written on every entry.
    No amount and no total of an account passes `max_amount`.
    """
    run = _Run(state, now, checked_times(state.head, now, recorded_at), max_amount)
    results: list[Result] = []
    start = 0
    for index, transfer in enumerate(batch):
        if transfer.linked:
            continue
        if start == index:
            results.append(run.decide(transfer))
        else:
            results += _apply_chain(run, batch[start : index + 1])
        start = index + 1
    if start < len(batch):
        results += _apply_chain(run, batch[start:])
    return run.outcome(results)


def expire(state: State, holds: Sequence[Entry], now: Micros, *, recorded_at: Micros) -> Outcome:
    """Release holds whose time has run out, in the given order; closed accounts do not matter.

    `state` has the holds and their accounts; that the holds are open and due is the caller's word.
    """
    run = _Run(state, now, checked_times(state.head, now, recorded_at), MAX_AMOUNT)
    for hold in holds:
        amount = state.holds[hold.id].remaining
        run.end(hold, hold.id + EXPIRED_SUFFIX, Kind.EXPIRE, amount, hold.reference)
    return run.outcome([])


def _apply_chain(run: "_Run", chain: Sequence[Transfer]) -> list[Result]:
    """Decide a chain. The transfer that breaks it keeps its own status, the others fail with it."""
    mark = run.mark()
    results: list[Result] = []
    broken_at: int | None = None
    for index, transfer in enumerate(chain):
        if transfer.linked and index == len(chain) - 1:
            result = Result(transfer.id, Status.CHAIN_OPEN, None, Why("linked"))
        elif broken_at is not None:
            result = Result(transfer.id, Status.CHAIN_FAILED)
        else:
            result = run.decide(transfer)
        results.append(result)
        if broken_at is None and result.status is not _CREATED:
            broken_at = index
    if broken_at is not None:
        run.undo(mark)
        results[:broken_at] = [Result(each.id, Status.CHAIN_FAILED) for each in chain[:broken_at]]
    return results


class _Run:
    """The working copy of one batch: the state as if everything decided so far were kept."""

    __slots__ = (
        "accounts",
        "before",
        "entries",
        "holds",
        "known",
        "max_amount",
        "now",
        "recorded_at",
        "seq",
        "spent",
        "state",
    )

    def __init__(self, state: State, now: Micros, recorded_at: Micros, max_amount: int) -> None:
        self.state = state
        self.accounts = dict(state.accounts)
        self.known = dict(state.entries)
        self.holds = dict(state.holds)
        self.spent: set[str] = set()
        self.seq = state.head.last_seq
        self.entries: list[Entry] = []
        # Both accounts as they were before each entry, so that a chain can be taken back.
        self.before: list[tuple[Account, Account]] = []
        self.now = now
        self.recorded_at = recorded_at
        self.max_amount = max_amount

    def decide(self, transfer: Transfer) -> Result:
        """Decide one transfer and keep its effect."""
        answer = self._answer(transfer)
        if isinstance(answer, Entry):
            return Result(transfer.id, _CREATED, answer)
        status, why = answer
        if status is _EXISTS:
            return Result(transfer.id, status, self.known[transfer.id])
        if status in TRANSIENT:
            self.spent.add(transfer.id)
        return Result(transfer.id, status, None, why)

    def mark(self) -> int:
        """Return the place to which `undo` can go back."""
        return len(self.entries)

    def undo(self, mark: int) -> None:
        """Take back the entries since `mark`. Spent ids stay spent."""
        while len(self.entries) > mark:
            entry = self.entries.pop()
            for account in self.before.pop():
                self.accounts[account.id] = account
            del self.known[entry.id]
            self.holds.pop(entry.id, None)
            hold = self.holds.get(entry.target_id)
            if hold is not None:
                self.holds[entry.target_id] = HoldNow(hold.remaining, hold.expires_at)
            self.seq -= 1

    def outcome(self, results: list[Result]) -> Outcome:
        """Sum up what has changed."""
        accounts: dict[str, Account] = {}
        opened: list[OpenHold] = []
        ended: list[str] = []
        for entry in self.entries:
            accounts[entry.debit_account] = self.accounts[entry.debit_account]
            accounts[entry.credit_account] = self.accounts[entry.credit_account]
            if entry.kind == _HOLD:
                hold = self.holds[entry.id]
                if hold.ended_by is None:
                    opened.append(OpenHold(entry.id, entry.seq, hold.remaining, hold.expires_at))
            elif entry.target_id in self.state.entries:
                ended.append(entry.target_id)
        return Outcome(results, self.state.head, self.entries, accounts, self.spent, opened, [], ended)

    def end(self, hold: Entry, name: str, kind: Kind, amount: int, reference: str) -> Entry:
        """End an open hold: release all of it and, with a POST, move `amount`."""
        now = self.holds[hold.id]
        self.holds[hold.id] = HoldNow(now.remaining, now.expires_at, kind, name)
        return self._write(
            name,
            kind,
            self.accounts[hold.debit_account],
            self.accounts[hold.credit_account],
            (amount, hold.currency, hold.code, hold.id, 0, reference, 0),
            pending=-now.remaining,
            posted=amount if kind == _POST else 0,
        )

    def _answer(self, transfer: Transfer) -> Entry | Refusal:
        fault = checks.identity(transfer)
        if fault is not None:
            return fault
        known = self.known.get(transfer.id)
        if known is not None:
            return checks.repeat(transfer, known, self.known.get(transfer.target_id))
        if transfer.id in self.state.spent or transfer.id in self.spent:
            return Refusal(Status.ID_ALREADY_FAILED, Why("id"))
        if transfer.kind in _ENDING:
            return self._post_or_void(transfer)
        return self._move(transfer)

    def _move(self, transfer: Transfer) -> Entry | Refusal:
        """Decide a TRANSFER or HOLD."""
        fault = checks.move_form(transfer)
        if fault is not None:
            return fault
        debit = self.accounts.get(transfer.debit_account)
        if debit is None:
            why = Why("debit_account", account=transfer.debit_account)
            return Refusal(Status.DEBIT_ACCOUNT_NOT_FOUND, why)
        credit = self.accounts.get(transfer.credit_account)
        if credit is None:
            why = Why("credit_account", account=transfer.credit_account)
            return Refusal(Status.CREDIT_ACCOUNT_NOT_FOUND, why)
        amount = transfer.amount or 0
        currency = DEFAULT_CURRENCY if transfer.currency is None else transfer.currency
        code = DEFAULT_CODE if transfer.code is None else transfer.code
        fault = (
            checks.currencies(currency, debit, credit)
            or checks.both_open(debit, credit)
            or checks.room(transfer, amount, debit, credit, now=self.now, max_amount=self.max_amount)
        )
        if fault is not None:
            return fault
        expires_at = self.now + transfer.timeout_us if transfer.timeout_us else 0
        pending, posted = (amount, 0) if transfer.kind == _HOLD else (0, amount)
        return self._write(
            transfer.id,
            transfer.kind,
            debit,
            credit,
            (amount, currency, code, "", expires_at, transfer.reference, 0),
            pending=pending,
            posted=posted,
        )

    def _post_or_void(self, transfer: Transfer) -> Entry | Refusal:
        fault = checks.end_form(transfer)
        if fault is not None:
            return fault
        hold = self.known.get(transfer.target_id)
        if hold is None:
            return Refusal(Status.TARGET_NOT_FOUND, Why("target_id"))
        fault = checks.agrees_with_hold(transfer, hold) or checks.hold_is_open(self.holds[hold.id], self.now)
        if fault is None and transfer.kind == _POST:
            # A void also works on a closed account: it only gives back.
            fault = checks.both_open(self.accounts[hold.debit_account], self.accounts[hold.credit_account])
        if fault is not None:
            return fault
        amount = hold.amount if transfer.amount is None else transfer.amount
        reference = transfer.reference or hold.reference
        return self.end(hold, transfer.id, transfer.kind, amount, reference)

    def _write(
        self,
        name: str,
        kind: Kind,
        debit: Account,
        credit: Account,
        terms: tuple[int, str, int, str, Micros, str, int],
        *,
        pending: int,
        posted: int,
    ) -> Entry:
        """Move `pending` and `posted` from debit to credit; `terms` are `amount` to `chain`."""
        self.before.append((debit, credit))
        debit_after = _moved(debit, debits_pending=pending, debits_posted=posted)
        credit_after = _moved(credit, credits_pending=pending, credits_posted=posted)
        self.accounts[debit.id] = debit_after
        self.accounts[credit.id] = credit_after
        self.seq += 1
        entry = Entry(
            self.seq,
            name,
            kind,
            0,
            debit.id,
            credit.id,
            *terms,
            self.now,
            self.recorded_at,
            *debit_after[4:8],
            *credit_after[4:8],
        )
        self.entries.append(entry)
        self.known[name] = entry
        if kind == _HOLD:
            self.holds[name] = HoldNow(entry.amount, entry.expires_at)
        return entry


def _moved(
    account: Account,
    *,
    debits_pending: int = 0,
    debits_posted: int = 0,
    credits_pending: int = 0,
    credits_posted: int = 0,
) -> Account:
    """Return the account with its totals moved by so much."""
    return Account(
        account.id,
        account.currency,
        account.code,
        account.flags,
        account.debits_pending + debits_pending,
        account.debits_posted + debits_posted,
        account.credits_pending + credits_pending,
        account.credits_posted + credits_posted,
        account.credit_limit,
        account.limit_due_at,
        account.opened_at,
    )
