"""A second model of the ledger, written in another way and for nothing but to be believed.

It keeps a list of what happened and works out everything else from it, each time anew. Nothing of it
is shared with the rules under test but the words.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ledger import AccountFlag, Kind, Transfer, TransferFlag
from ledger.status import TRANSIENT

MOST = 150
FLAGS = {
    "bank": AccountFlag(0),
    "ali": AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS,
    "till": AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS,
    "dollars": AccountFlag(0),
}
CURRENCY = {"bank": "PKR", "ali": "PKR", "till": "PKR", "dollars": "USD"}
MOVING = (Kind.TRANSFER, Kind.POST, Kind.CAPTURE, Kind.REVERSAL)
ACTING = (Kind.POST, Kind.VOID, Kind.CAPTURE, Kind.EXTEND, Kind.REVERSAL)
SIDES = {
    "debit": (TransferFlag.CLOSING_DEBIT, TransferFlag.BALANCING_DEBIT),
    "credit": (TransferFlag.CLOSING_CREDIT, TransferFlag.BALANCING_CREDIT),
}


class Fact(NamedTuple):
    """A transfer that happened."""

    at: int
    id: str
    kind: Kind
    debit: str
    credit: str
    amount: int
    target: str
    timeout: int
    flags: int


class Said(NamedTuple):
    """What was said of an account: that it is closed, or its limit from some time on."""

    at: int
    account: str
    closed: bool | None = None
    limit: int | None = None
    since: int = 0


class Naive:
    def __init__(self) -> None:
        self.log: list[Fact | Said] = []
        self.spent: set[str] = set()

    @property
    def facts(self) -> list[Fact]:
        return [each for each in self.log if isinstance(each, Fact)]

    def newest(self) -> int:
        return self.log[-1].at if self.log else 10

    def find(self, name: str) -> Fact | None:
        return next((fact for fact in self.facts if name and fact.id == name), None)

    def acts(self, name: str) -> list[Fact]:
        return [fact for fact in self.facts if fact.target == name]

    def rest(self, hold: Fact, *, before: str = "") -> int:
        """Say what a hold still has, or what it had before another fact."""
        rest = hold.amount
        for act in self.acts(hold.id):
            if act.id == before:
                break
            rest -= act.amount if act.kind == Kind.CAPTURE else 0
        return rest

    def end_of(self, hold: Fact) -> Kind | None:
        acts = {act.kind for act in self.acts(hold.id)}
        for kind in (Kind.POST, Kind.VOID, Kind.EXPIRE):
            if kind in acts:
                return kind
        return Kind.POST if Kind.CAPTURE in acts and self.rest(hold) == 0 else None

    def due(self, hold: Fact) -> int | None:
        timed = [hold, *(act for act in self.acts(hold.id) if act.kind == Kind.EXTEND)][-1]
        return timed.at + timed.timeout if timed.timeout else None

    def held(self, side: str, account: str) -> int:
        holds = [fact for fact in self.facts if fact.kind == Kind.HOLD and getattr(fact, side) == account]
        return sum(self.rest(hold) for hold in holds if self.end_of(hold) is None)

    def moved(self, side: str, account: str) -> int:
        return sum(
            fact.amount for fact in self.facts if fact.kind in MOVING and getattr(fact, side) == account
        )

    def totals(self, account: str) -> tuple[int, int, int, int]:
        return (
            self.held("debit", account),
            self.moved("debit", account),
            self.held("credit", account),
            self.moved("credit", account),
        )

    def closed(self, account: str) -> bool:
        closed = False
        for each in self.log:
            if isinstance(each, Said):
                if each.account == account and each.closed is not None:
                    closed = each.closed
                continue
            hold = self.find(each.target)
            for side, (closing, _) in SIDES.items():
                if each.flags & closing and getattr(each, side) == account:
                    closed = True
                if hold and each.kind in (Kind.VOID, Kind.EXPIRE) and hold.flags & closing:
                    closed = closed and getattr(hold, side) != account
        return closed

    def limit(self, account: str, at: int) -> int:
        limits = [each for each in self.log if isinstance(each, Said) and each.account == account]
        due = [each for each in limits if each.limit is not None and each.since <= at]
        return max(due, key=lambda each: each.since * 10_000 + self.log.index(each)).limit or 0 if due else 0

    def batch(self, batch: list[Transfer], now: int) -> list[str]:
        statuses: list[str] = []
        importing = bool(batch) and bool(batch[0].flags & TransferFlag.IMPORTED)
        while len(statuses) < len(batch):
            rest = batch[len(statuses) :]
            length = next((at + 1 for at, each in enumerate(rest) if not each.linked), len(rest))
            statuses += self.chain(rest[:length], now, importing=importing)
        return statuses

    def chain(self, chain: list[Transfer], now: int, *, importing: bool) -> list[str]:
        kept = list(self.log)
        statuses: list[str] = []
        for at, transfer in enumerate(chain):
            if transfer.linked and at == len(chain) - 1:
                statuses.append("chain_open")
            elif set(statuses) - {"created"}:
                statuses.append("chain_failed")
            else:
                statuses.append(self.one(transfer, now, importing=importing))
        if set(statuses) != {"created"}:
            self.log = kept
            statuses = ["chain_failed" if status == "created" else status for status in statuses]
        return statuses

    def one(self, t: Transfer, now: int, *, importing: bool) -> str:
        at = t.happened_at if importing else now
        status = next(self.faults(t, now, at, importing=importing), "created")
        if status in TRANSIENT:
            self.spent.add(t.id)
        if status == "created":
            target = self.find(t.target_id)
            debit, credit, amount = t.debit_account, t.credit_account, t.amount
            if target is not None:
                back = t.kind == Kind.REVERSAL
                debit, credit = (target.credit, target.debit) if back else (target.debit, target.credit)
                if amount is None:
                    amount = target.amount if back else 0 if t.kind == Kind.EXTEND else self.rest(target)
            else:
                amount = self.balanced(t)
            self.log.append(Fact(at, t.id, t.kind, debit, credit, amount, t.target_id, t.timeout_us, t.flags))
        return status

    def balanced(self, t: Transfer) -> int:
        amount = MOST if t.amount is None else t.amount
        for side, other in (("debit", "credit"), ("credit", "debit")):
            account = getattr(t, f"{side}_account")
            if t.flags & SIDES[side][1]:
                left = self.moved(other, account) - self.moved(side, account) - self.held(side, account)
                amount = max(0, min(amount, left))
        return amount

    def faults(self, t: Transfer, now: int, at: int, *, importing: bool) -> Iterator[str]:
        imported = bool(t.flags & TransferFlag.IMPORTED)
        if imported != importing:
            yield "imported_not_expected" if imported else "imported_expected"
        if imported and t.happened_at < 1:
            yield "imported_time_out_of_range"
        if imported and t.happened_at >= now:
            yield "imported_time_not_past"
        if t.happened_at and not imported:
            yield "happened_at_not_allowed"
        old = self.find(t.id)
        if old is not None:
            yield self.repeated(t, old)
        elif t.id in self.spent:
            yield "id_already_failed"
        elif t.kind in ACTING:
            yield from self.faults_of_act(t, at, imported=imported)
        else:
            yield from self.faults_of_move(t, at, imported=imported)

    def repeated(self, t: Transfer, old: Fact) -> str:
        target = self.find(old.target)
        amount = t.amount
        debit, credit = old.debit, old.credit
        if target is None:
            debit, credit = t.debit_account, t.credit_account
            if t.flags & 3 and (amount is None or amount > old.amount):
                amount = old.amount
        elif amount is None:
            before = self.rest(target, before=old.id)
            amount = {Kind.REVERSAL: target.amount, Kind.EXTEND: 0}.get(t.kind, before)
        same = {
            "kind": t.kind == old.kind,
            "flags": t.flags == old.flags,
            "target": t.target_id == old.target,
            "timeout": t.timeout_us == old.timeout,
            "debit_account": (t.debit_account or debit) == old.debit,
            "credit_account": (t.credit_account or credit) == old.credit,
            "amount": amount == old.amount,
        }
        different = [field for field, equal in same.items() if not equal]
        return f"exists_with_different_{different[0]}" if different else "exists"

    def faults_of_move(self, t: Transfer, at: int, *, imported: bool) -> Iterator[str]:
        debit, credit = t.debit_account, t.credit_account
        if debit == credit:
            yield "accounts_must_differ"
        if t.target_id:
            yield "target_id_not_allowed"
        if t.timeout_us and t.kind == Kind.TRANSFER:
            yield "timeout_only_for_holds"
        if t.flags & 12 and t.kind == Kind.TRANSFER:
            yield "closing_only_for_holds"
        if t.amount is None and not t.flags & 3:
            yield "amount_missing"
        for side, account in (("debit", debit), ("credit", credit)):
            if account not in FLAGS:
                yield f"{side}_account_not_found"
        if CURRENCY[debit] != CURRENCY[credit]:
            yield "accounts_have_different_currencies"
        if CURRENCY[debit] != "PKR":
            yield "currency_differs_from_accounts"
        yield from self.faults_of_room(t, debit, credit, self.balanced(t), at, imported=imported)

    def faults_of_time(self, t: Transfer) -> Iterator[str]:
        if t.happened_at < self.newest():
            yield "imported_time_runs_backwards"
        if t.happened_at <= 10:
            yield "imported_before_debit_account"
        if t.timeout_us:
            yield "imported_timeout_not_allowed"

    def faults_of_room(
        self, t: Transfer, debit: str, credit: str, amount: int, at: int, *, imported: bool
    ) -> Iterator[str]:
        if imported:
            yield from self.faults_of_time(t)
        yield from self.closed_accounts(debit, credit)
        pending, posted, _, income = self.totals(debit)
        _, spent, pending_in, posted_in = self.totals(credit)
        held = t.kind == Kind.HOLD
        sums = {
            "debits_pending": pending * held,
            "credits_pending": pending_in * held,
            "debits_posted": posted,
            "credits_posted": posted_in,
            "debits": pending + posted,
            "credits": pending_in + posted_in,
        }
        for name, value in sums.items():
            if value + amount > MOST:
                yield f"overflows_{name}"
        if debit == "ali" and pending + posted + amount > income + self.limit("ali", at):
            yield "exceeds_credits"
        if credit == "till" and pending_in + posted_in + amount > spent + self.limit("till", at):
            yield "exceeds_debits"

    def closed_accounts(self, debit: str, credit: str) -> Iterator[str]:
        for side, account in (("debit", debit), ("credit", credit)):
            if self.closed(account):
                yield f"{side}_account_closed"

    def faults_of_act(self, t: Transfer, at: int, *, imported: bool) -> Iterator[str]:
        target = self.find(t.target_id)
        if t.flags & 15:
            yield "flags_not_allowed"
        if not t.target_id:
            yield "target_id_missing"
        if t.target_id == t.id:
            yield "target_id_is_own_id"
        if t.timeout_us and t.kind != Kind.EXTEND:
            yield "timeout_only_for_holds"
        if t.kind == Kind.EXTEND and t.amount:
            yield "amount_not_allowed"
        if target is None:
            yield "target_not_found"
        elif t.kind == Kind.REVERSAL:
            yield from self.faults_of_reversal(t, target, at, imported=imported)
        else:
            yield from self.faults_of_ending(t, target, at, imported=imported)

    def different(self, t: Transfer, debit: str, credit: str) -> Iterator[str]:
        if t.debit_account not in ("", debit):
            yield "target_has_different_debit_account"
        if t.credit_account not in ("", credit):
            yield "target_has_different_credit_account"

    def faults_of_reversal(self, t: Transfer, target: Fact, at: int, *, imported: bool) -> Iterator[str]:
        if target.kind not in (Kind.TRANSFER, Kind.POST, Kind.CAPTURE):
            yield "not_reversible"
        yield from self.different(t, target.credit, target.debit)
        if t.amount not in (None, target.amount):
            yield "target_has_different_amount"
        if any(act.kind == Kind.REVERSAL for act in self.acts(target.id)):
            yield "already_reversed"
        yield from self.faults_of_room(t, target.credit, target.debit, target.amount, at, imported=imported)

    def faults_of_ending(self, t: Transfer, hold: Fact, at: int, *, imported: bool) -> Iterator[str]:
        if hold.kind != Kind.HOLD:
            yield "not_a_hold"
        yield from self.different(t, hold.debit, hold.credit)
        end = self.end_of(hold)
        # What its end has found is what a late request is compared with.
        endings = [act.id for act in self.acts(hold.id) if act.kind in (Kind.POST, Kind.VOID, Kind.EXPIRE)]
        rest = self.rest(hold, before=endings[0] if endings else "")
        if t.amount is not None and t.amount > rest:
            yield "exceeds_hold_amount"
        if t.amount is not None and t.amount != rest and t.kind == Kind.VOID:
            yield "target_has_different_amount"
        if end is not None:
            yield {
                Kind.POST: "hold_already_posted",
                Kind.VOID: "hold_already_voided",
                Kind.EXPIRE: "hold_expired",
            }[end]
        due = self.due(hold)
        if due is not None and due <= at:
            yield "hold_expired"
        if imported:
            yield from self.faults_of_time(t)
        if t.kind != Kind.VOID:
            yield from self.closed_accounts(hold.debit, hold.credit)

    def sweep(self, now: int) -> list[str]:
        holds = [fact for fact in self.facts if fact.kind == Kind.HOLD and self.end_of(fact) is None]
        due = sorted(
            ((self.due(hold) or 0, place, hold) for place, hold in enumerate(holds) if self.due(hold)),
        )
        swept = [hold for moment, _, hold in due if moment <= now]
        for hold in swept:
            name, amount = f"{hold.id}:expired", self.rest(hold)
            self.log.append(Fact(now, name, Kind.EXPIRE, hold.debit, hold.credit, amount, hold.id, 0, 0))
        return [hold.id for hold in swept]
