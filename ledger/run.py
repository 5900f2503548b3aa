"""The working copy of one batch, on which every decision is made and from which its outcome is read."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from ledger import checks, targets
from ledger.checks import Refusal
from ledger.clock import Micros
from ledger.model import (
    DEFAULT_CODE,
    DEFAULT_CURRENCY,
    AccountFlag,
    Entry,
    HoldNow,
    Kind,
    OpenHold,
    Outcome,
    Result,
    State,
    Transfer,
    TransferFlag,
    Why,
)
from ledger.opening import checked_times
from ledger.plain import plainly
from ledger.repeats import repeat
from ledger.standing import Mark, Standing, balanced, limit_at
from ledger.status import TRANSIENT, Status

# Looking up an enum member costs as much as a dozen other steps of this file.
_HOLD: Final = Kind.HOLD
_POST: Final = Kind.POST
_VOID: Final = Kind.VOID
_CAPTURE: Final = Kind.CAPTURE
_EXTEND: Final = Kind.EXTEND
_MOVING: Final = (Kind.TRANSFER, Kind.HOLD)
_REVERSAL: Final = Kind.REVERSAL
_CREATED: Final = Status.CREATED
_EXISTS: Final = Status.EXISTS
_CLOSED: Final = int(AccountFlag.CLOSED)
_CLOSING_DEBIT: Final = int(TransferFlag.CLOSING_DEBIT)
_CLOSING_CREDIT: Final = int(TransferFlag.CLOSING_CREDIT)
_IMPORTED: Final = int(TransferFlag.IMPORTED)

# A named tuple's own constructor is a Python function; its base class does the same in C.
_make = tuple.__new__

_Terms: TypeAlias = tuple[int, str, int, str, Micros, str]
"""Of an entry, from `amount` to `reference`."""


class Run:
    """The working copy of one batch: the state as if everything decided so far were kept."""

    __slots__ = (
        "at",
        "chain",
        "entries",
        "held",
        "holds",
        "importing",
        "known",
        "marks",
        "max_amount",
        "newest",
        "now",
        "recorded_at",
        "reversals",
        "seq",
        "spent",
        "standings",
        "state",
    )

    def __init__(self, state: State, now: Micros, recorded_at: Micros, max_amount: int) -> None:
        self.state = state
        self.standings = {name: Standing(account) for name, account in state.accounts.items()}
        self.known = dict(state.entries)
        self.holds = dict(state.holds)
        self.reversals = dict(state.reversals)
        self.spent: set[str] = set()
        self.seq = state.head.last_seq
        self.entries: list[Entry] = []
        self.now = now
        self.recorded_at = checked_times(state.head, now, recorded_at)
        self.max_amount = max_amount
        # The time of the newest entry, and of the one at hand: they differ from `now` in imports only.
        self.newest = state.head.happened_at
        self.at = now
        self.importing = False
        # The number of the first entry of the chain at hand, 0 outside of chains; and how accounts
        # and holds stood before its first change of them, so that it can be taken back.
        self.chain = 0
        self.marks: dict[str, Mark] = {}
        self.held: dict[str, HoldNow | None] = {}

    def batch(self, batch: Sequence[Transfer]) -> list[Result]:
        """Decide one caller's batch."""
        self.importing = bool(batch) and bool(int(batch[0].flags) & _IMPORTED)
        self.at = self.now
        results: list[Result] = []
        start = 0
        for index, transfer in enumerate(batch):
            if transfer.linked:
                continue
            if start == index:
                results.append(plainly(self, transfer) or self.decide(transfer))
            else:
                results += self.decide_chain(batch[start : index + 1])
            start = index + 1
        if start < len(batch):
            results += self.decide_chain(batch[start:])
        return results

    def decide_chain(self, chain: Sequence[Transfer]) -> list[Result]:
        """Decide a chain. The transfer that breaks it keeps its own status, the others fail with it."""
        mark = len(self.entries)
        self.chain = self.seq + 1
        results: list[Result] = []
        broken_at: int | None = None
        for index, transfer in enumerate(chain):
            if transfer.linked and index == len(chain) - 1:
                result = Result(transfer.id, Status.CHAIN_OPEN, None, Why("linked"))
            elif broken_at is not None:
                result = Result(transfer.id, Status.CHAIN_FAILED)
            else:
                result = self.decide(transfer)
            results.append(result)
            if broken_at is None and result.status is not _CREATED:
                broken_at = index
        if broken_at is not None:
            self.undo(mark)
            results[:broken_at] = [Result(each.id, Status.CHAIN_FAILED) for each in chain[:broken_at]]
        self.chain = 0
        self.marks.clear()
        self.held.clear()
        return results

    def decide(self, transfer: Transfer) -> Result:
        """Decide one transfer and keep its effect."""
        answer = self._answer(transfer)
        if isinstance(answer, Entry):
            return _make(Result, (transfer.id, _CREATED, answer, None))
        status, why = answer
        if status is _EXISTS:
            return Result(transfer.id, status, self.known[transfer.id])
        if status in TRANSIENT:
            self.spent.add(transfer.id)
        return Result(transfer.id, status, None, why)

    def undo(self, mark: int) -> None:
        """Take back the entries of the chain at hand since `mark`. Spent ids stay spent."""
        for name, stood in self.marks.items():
            self.standings[name].go_back(stood)
        for name, hold in self.held.items():
            if hold is None:
                del self.holds[name]
            else:
                self.holds[name] = hold
        for entry in self.entries[mark:]:
            del self.known[entry.id]
            if entry.kind == _REVERSAL:
                del self.reversals[entry.target_id]
        del self.entries[mark:]
        self.seq = self.chain - 1
        self.newest = self.entries[-1].happened_at if self.entries else self.state.head.happened_at

    def outcome(self, results: list[Result]) -> Outcome:
        """Sum up what has changed."""
        touched = {entry.debit_account for entry in self.entries}
        touched.update([entry.credit_account for entry in self.entries])
        opened: list[OpenHold] = []
        changed: list[OpenHold] = []
        ended: list[str] = []
        for name, now in self.holds.items():
            before = self.state.holds.get(name)
            if now is before:
                continue
            if now.ended_by is None:
                row = OpenHold(name, self.known[name].seq, now.remaining, now.expires_at)
                (opened if before is None else changed).append(row)
            elif before is not None:
                ended.append(name)
        return Outcome(
            results,
            self.state.head,
            self.entries,
            {name: self.standings[name].account() for name in sorted(touched)},
            self.spent,
            opened,
            changed,
            ended,
        )

    def end(
        self, hold: Entry, name: str, kind: Kind, flags: int, amount: int, reference: str | None = None
    ) -> Entry:
        """End an open hold: release all that remains and, with a POST, move `amount`."""
        now = self.holds[hold.id]
        debit, credit = self.standings[hold.debit_account], self.standings[hold.credit_account]
        terms = (amount, hold.currency, hold.code, hold.id, 0, reference or hold.reference)
        posted = amount if kind == _POST else 0
        entry = self._write(name, kind, flags, debit, credit, terms, -now.remaining, posted)
        self._set_hold(hold.id, (now.remaining, now.expires_at, kind, name))
        # A POST finds both accounts open, so there is nothing to open then.
        if hold.flags:
            if hold.flags & _CLOSING_DEBIT:
                debit.flags &= ~_CLOSED
            if hold.flags & _CLOSING_CREDIT:
                credit.flags &= ~_CLOSED
        return entry

    def _answer(self, transfer: Transfer) -> Entry | Refusal:  # noqa: C901, PLR0911 - the order of precedence
        if transfer.flags or transfer.happened_at or self.importing:
            fault = checks.origin(transfer, importing=self.importing, now=self.now)
            if fault is not None:
                return fault
            if self.importing:
                self.at = transfer.happened_at
        fault = checks.identity(transfer)
        if fault is not None:
            return fault
        name, kind = transfer.id, transfer.kind
        known = self.known.get(name)
        if known is not None:
            target = transfer.target_id
            return repeat(transfer, known, self.known.get(target), self.holds.get(target))
        if name in self.state.spent or name in self.spent:
            return Refusal(Status.ID_ALREADY_FAILED, Why("id"))
        if kind in _MOVING:
            return self._move(transfer)
        fault = checks.act_form(transfer)
        if fault is not None:
            return fault
        target_entry = self.known.get(transfer.target_id)
        if target_entry is None:
            return Refusal(Status.TARGET_NOT_FOUND, Why("target_id"))
        if kind == _REVERSAL:
            return self._reverse(transfer, target_entry)
        return self._act_on_hold(transfer, target_entry)

    def _move(self, transfer: Transfer) -> Entry | Refusal:
        """Decide a TRANSFER or HOLD."""
        fault = checks.move_form(transfer)
        if fault is not None:
            return fault
        debit = self.standings.get(transfer.debit_account)
        if debit is None:
            why = Why("debit_account", account=transfer.debit_account)
            return Refusal(Status.DEBIT_ACCOUNT_NOT_FOUND, why)
        credit = self.standings.get(transfer.credit_account)
        if credit is None:
            why = Why("credit_account", account=transfer.credit_account)
            return Refusal(Status.CREDIT_ACCOUNT_NOT_FOUND, why)
        currency = DEFAULT_CURRENCY if transfer.currency is None else transfer.currency
        fault = checks.currencies(currency, debit, credit)
        if fault is not None:
            return fault
        amount = self.max_amount if transfer.amount is None else transfer.amount
        flags = 0
        if transfer.flags:
            flags = int(transfer.flags)
            amount = balanced(flags, amount, debit, credit)
        fault = self._room(transfer, amount, debit, credit)
        if fault is not None:
            return fault
        code = DEFAULT_CODE if transfer.code is None else transfer.code
        held = transfer.kind == _HOLD
        expires_at = self.at + transfer.timeout_us if transfer.timeout_us else 0
        terms = (amount, currency, code, "", expires_at, transfer.reference)
        entry = self._write(
            transfer.id,
            transfer.kind,
            flags,
            debit,
            credit,
            terms,
            amount if held else 0,
            0 if held else amount,
        )
        if held:
            self._set_hold(transfer.id, (amount, expires_at, None, ""))
            if flags & _CLOSING_DEBIT:
                debit.flags |= _CLOSED
            if flags & _CLOSING_CREDIT:
                credit.flags |= _CLOSED
        return entry

    def _reverse(self, transfer: Transfer, target: Entry) -> Entry | Refusal:
        """Decide a REVERSAL."""
        fault = targets.reversible(transfer, target, self.reversals.get(target.id))
        if fault is not None:
            return fault
        debit, credit = self.standings[target.credit_account], self.standings[target.debit_account]
        amount = target.amount
        fault = self._room(transfer, amount, debit, credit)
        if fault is not None:
            return fault
        terms = (amount, target.currency, target.code, target.id, 0, transfer.reference or target.reference)
        flags = int(transfer.flags)
        entry = self._write(transfer.id, transfer.kind, flags, debit, credit, terms, 0, amount)
        self.reversals[target.id] = transfer.id
        return entry

    def _act_on_hold(self, transfer: Transfer, hold: Entry) -> Entry | Refusal:
        """Decide a POST, VOID, CAPTURE or EXTEND."""
        now = self.holds.get(hold.id)
        if now is None:
            return Refusal(Status.NOT_A_HOLD, Why("target_id"))
        debit, credit = self.standings[hold.debit_account], self.standings[hold.credit_account]
        kind = transfer.kind
        fault = targets.agrees_with_hold(transfer, hold, now) or targets.hold_is_open(now, self.at)
        if fault is None and self.importing:
            fault = checks.imported_time(transfer, self.newest, debit, credit)
        if fault is None and kind != _VOID:
            # A void also works on a closed account: it only gives back.
            fault = checks.both_open(debit, credit)
        if fault is None and kind == _EXTEND:
            fault = checks.timeout_fits(transfer.timeout_us, self.at)
        if fault is not None:
            return fault
        name, flags = transfer.id, int(transfer.flags)
        reference = transfer.reference or hold.reference
        if kind == _EXTEND:
            expires_at = self.at + transfer.timeout_us if transfer.timeout_us else 0
            terms = (0, hold.currency, hold.code, hold.id, expires_at, reference)
            entry = self._write(name, kind, flags, debit, credit, terms, 0, 0)
            self._set_hold(hold.id, (now.remaining, expires_at, None, ""))
            return entry
        amount = now.remaining if transfer.amount is None else transfer.amount
        if kind != _CAPTURE:
            return self.end(hold, name, kind, flags, amount, reference)
        terms = (amount, hold.currency, hold.code, hold.id, 0, reference)
        entry = self._write(name, kind, flags, debit, credit, terms, -amount, amount)
        rest = now.remaining - amount
        ending = (None, "") if rest else (_POST, name)
        self._set_hold(hold.id, (rest, now.expires_at, *ending))
        return entry

    def _set_hold(self, name: str, now: tuple[int, Micros, Kind | None, str]) -> None:
        """Let a hold stand like this from now on."""
        if self.chain and name not in self.held:
            self.held[name] = self.holds.get(name)
        self.holds[name] = _make(HoldNow, now)

    def _room(self, transfer: Transfer, amount: int, debit: Standing, credit: Standing) -> Refusal | None:
        """Check what the time, the accounts and their limits allow."""
        if self.importing:
            fault = checks.imported_time(transfer, self.newest, debit, credit)
            if fault is not None:
                return fault
        limits = (
            self._limit(debit)[0] if debit.limit_due_at else debit.credit_limit,
            self._limit(credit)[0] if credit.limit_due_at else credit.credit_limit,
        )
        return checks.both_open(debit, credit) or checks.room(
            transfer, amount, debit, credit, limits, at=self.at, max_amount=self.max_amount
        )

    def _limit(self, standing: Standing) -> tuple[int, Micros]:
        """Return the credit limit in force at the event, and when the next one is due."""
        return limit_at(standing.credit_limit, self.state.limits[standing.id], self.at)

    def _write(
        self,
        name: str,
        kind: Kind,
        flags: int,
        debit: Standing,
        credit: Standing,
        terms: _Terms,
        pending: int,
        posted: int,
    ) -> Entry:
        """Move `pending` and `posted` from debit to credit, and write it down."""
        if self.chain:
            if debit.id not in self.marks:
                self.marks[debit.id] = debit.mark()
            if credit.id not in self.marks:
                self.marks[credit.id] = credit.mark()
        if debit.limit_due_at:
            debit.credit_limit, debit.limit_due_at = self._limit(debit)
        if credit.limit_due_at:
            credit.credit_limit, credit.limit_due_at = self._limit(credit)
        debit.debits_pending += pending
        debit.debits_posted += posted
        credit.credits_pending += pending
        credit.credits_posted += posted
        self.seq += 1
        self.newest = self.at
        entry = _make(
            Entry,
            (
                self.seq,
                name,
                kind,
                flags,
                debit.id,
                credit.id,
                *terms,
                self.chain,
                self.at,
                self.recorded_at,
                debit.debits_pending,
                debit.debits_posted,
                debit.credits_pending,
                debit.credits_posted,
                credit.debits_pending,
                credit.debits_posted,
                credit.credits_pending,
                credit.credits_posted,
            ),
        )
        self.entries.append(entry)
        self.known[name] = entry
        return entry
