"""Random lives of a book on SQLite, beside a second model that was written in another way.

The second model keeps nothing but a list of what happened and works out everything else from it,
each time anew.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import permutations
from typing import Any, NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ledger import Account, AccountFlag, Book, Kind, SqliteStore, Transfer
from ledger.audit import examine
from ledger.status import TRANSIENT

MOST = 150
FLAGS = {
    "bank": AccountFlag(0),
    "ali": AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS,
    "till": AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS,
    "dollars": AccountFlag(0),
}
CURRENCY = {"bank": "PKR", "ali": "PKR", "till": "PKR", "dollars": "USD"}


class Fact(NamedTuple):
    """Something that happened; `left` is what it leaves held of itself."""

    id: str
    kind: Kind
    debit: str
    credit: str
    amount: int
    hold: str
    timeout: int
    due: int | None


class Naive:
    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.spent: set[str] = set()
        self.closed: set[str] = set()

    def find(self, name: str) -> Fact | None:
        return next((fact for fact in self.facts if fact.id == name), None)

    def ending(self, name: str) -> Fact | None:
        return next((fact for fact in self.facts if fact.hold == name), None)

    def held(self, side: str, account: str) -> int:
        return sum(
            fact.amount
            for fact in self.facts
            if fact.kind == Kind.HOLD and getattr(fact, side) == account and not self.ending(fact.id)
        )

    def moved(self, side: str, account: str) -> int:
        return sum(
            fact.amount
            for fact in self.facts
            if fact.kind in (Kind.TRANSFER, Kind.POST) and getattr(fact, side) == account
        )

    def totals(self, account: str) -> tuple[int, int, int, int]:
        return (
            self.held("debit", account),
            self.moved("debit", account),
            self.held("credit", account),
            self.moved("credit", account),
        )

    def batch(self, batch: list[Transfer], now: int) -> list[str]:
        statuses: list[str] = []
        while len(statuses) < len(batch):
            rest = batch[len(statuses) :]
            length = next((at + 1 for at, each in enumerate(rest) if not each.linked), len(rest))
            statuses += self.chain(rest[:length], now)
        return statuses

    def chain(self, chain: list[Transfer], now: int) -> list[str]:
        kept = list(self.facts)
        statuses: list[str] = []
        for at, transfer in enumerate(chain):
            if transfer.linked and at == len(chain) - 1:
                statuses.append("chain_open")
            elif set(statuses) - {"created"}:
                statuses.append("chain_failed")
            else:
                statuses.append(self.one(transfer, now))
        if set(statuses) != {"created"}:
            self.facts = kept
            statuses = ["chain_failed" if status == "created" else status for status in statuses]
        return statuses

    def one(self, t: Transfer, now: int) -> str:
        status = next(self.faults(t, now), "created")
        if status in TRANSIENT:
            self.spent.add(t.id)
        if status == "created":
            hold = self.find(t.target_id)
            if hold is not None:
                amount = hold.amount if t.amount is None else t.amount
                fact = Fact(t.id, t.kind, hold.debit, hold.credit, amount, hold.id, 0, None)
            else:
                due = now + t.timeout_us if t.timeout_us else None
                fact = Fact(
                    t.id, t.kind, t.debit_account, t.credit_account, t.amount or 0, "", t.timeout_us, due
                )
            self.facts.append(fact)
        return status

    def faults(self, t: Transfer, now: int) -> Iterator[str]:
        old = self.find(t.id)
        if old is not None:
            yield self.repeated(t, old)
        elif t.id in self.spent:
            yield "id_already_failed"
        elif t.kind in (Kind.POST, Kind.VOID):
            yield from self.faults_of_ending(t, now)
        else:
            yield from self.faults_of_move(t)

    def repeated(self, t: Transfer, old: Fact) -> str:
        hold = self.find(old.hold)
        same = {
            "kind": t.kind == old.kind,
            "hold": t.target_id == old.hold,
            "timeout": t.timeout_us == old.timeout,
            "debit_account": t.debit_account == old.debit or (hold is not None and not t.debit_account),
            "credit_account": t.credit_account == old.credit or (hold is not None and not t.credit_account),
            "amount": (hold.amount if hold and t.amount is None else t.amount) == old.amount,
        }
        different = [field for field, equal in same.items() if not equal]
        return f"exists_with_different_{different[0]}" if different else "exists"

    def faults_of_move(self, t: Transfer) -> Iterator[str]:  # noqa: C901, PLR0912 - a list of rules
        debit, credit, amount = t.debit_account, t.credit_account, t.amount
        if debit == credit:
            yield "accounts_must_differ"
        if t.target_id:
            yield "target_id_not_allowed"
        if t.timeout_us and t.kind == Kind.TRANSFER:
            yield "timeout_only_for_holds"
        if amount is None:
            yield "amount_missing"
            return
        for side, account in (("debit", debit), ("credit", credit)):
            if account not in FLAGS:
                yield f"{side}_account_not_found"
        if CURRENCY[debit] != CURRENCY[credit]:
            yield "accounts_have_different_currencies"
        if CURRENCY[debit] != "PKR":
            yield "currency_differs_from_accounts"
        for side, account in (("debit", debit), ("credit", credit)):
            if account in self.closed:
                yield f"{side}_account_closed"
        pending, posted, _, income = self.totals(debit)
        _, spent, pending_in, posted_in = self.totals(credit)
        sums = {
            "debits_pending": pending * (t.kind == Kind.HOLD),
            "credits_pending": pending_in * (t.kind == Kind.HOLD),
            "debits_posted": posted,
            "credits_posted": posted_in,
            "debits": pending + posted,
            "credits": pending_in + posted_in,
        }
        for name, value in sums.items():
            if value + amount > MOST:
                yield f"overflows_{name}"
        if debit == "ali" and pending + posted + amount > income:
            yield "exceeds_credits"
        if credit == "till" and pending_in + posted_in + amount > spent:
            yield "exceeds_debits"

    def faults_of_ending(self, t: Transfer, now: int) -> Iterator[str]:  # noqa: C901, PLR0912 - a list of rules
        hold = self.find(t.target_id)
        if not t.target_id:
            yield "target_id_missing"
        if t.target_id == t.id:
            yield "target_id_is_own_id"
        if t.timeout_us:
            yield "timeout_only_for_holds"
        if hold is None:
            yield "target_not_found"
            return
        if hold.kind != Kind.HOLD:
            yield "not_a_hold"
        if t.debit_account not in ("", hold.debit):
            yield "target_has_different_debit_account"
        if t.credit_account not in ("", hold.credit):
            yield "target_has_different_credit_account"
        if t.amount is not None and t.amount > hold.amount:
            yield "exceeds_hold_amount"
        if t.amount is not None and t.amount != hold.amount and t.kind == Kind.VOID:
            yield "target_has_different_amount"
        end = self.ending(hold.id)
        if end is not None:
            yield {
                Kind.POST: "hold_already_posted",
                Kind.VOID: "hold_already_voided",
                Kind.EXPIRE: "hold_expired",
            }[end.kind]
        if hold.due is not None and hold.due <= now:
            yield "hold_expired"
        for side, account in (("debit", hold.debit), ("credit", hold.credit)):
            if account in self.closed and t.kind == Kind.POST:
                yield f"{side}_account_closed"

    def sweep(self, now: int) -> list[str]:
        due = [
            fact
            for fact in self.facts
            if fact.kind == Kind.HOLD
            and fact.due is not None
            and fact.due <= now
            and not self.ending(fact.id)
        ]
        due.sort(key=lambda fact: fact.due or 0)
        for fact in due:
            self.facts.append(
                fact._replace(id=f"{fact.id}:expired", kind=Kind.EXPIRE, hold=fact.id, timeout=0, due=None)
            )
        return [fact.id for fact in due]


def mostly(usual: list[Any], *odd: Any) -> st.SearchStrategy[Any]:
    """Draw something usual nine times out of ten."""
    return st.sampled_from([each for each in usual for _ in range(9 * len(odd))] + [*odd] * len(usual))


def fields(pair: st.SearchStrategy[Any], **strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[Transfer]:
    """Draw a transfer; its id, and the hold that it ends, are chosen later among those there are."""
    linked = st.sampled_from([False, False, False, True])
    rest = st.fixed_dictionaries(strategies | {"linked": linked})
    return st.builds(lambda pair, rest: Transfer("", *pair, **rest), pair, rest)


pairs = mostly(
    list(permutations(["bank", "ali", "till"], 2)),
    ("ali", "ali"),
    ("bank", "dollars"),
    ("dollars", "bank"),
    ("bank", "nobody"),
    ("nobody", "ali"),
)
again = st.integers(0, 9).map(lambda number: number == 0)
moves = fields(
    pairs,
    amount=mostly([st.integers(0, 60)], st.none(), st.integers(0, MOST)).flatmap(lambda amount: amount),
    kind=st.sampled_from([Kind.TRANSFER, Kind.HOLD, Kind.HOLD]),
    target_id=mostly([""], "t1"),
    timeout_us=mostly([0, 1, 3], 1),
)
endings = fields(
    mostly([("", "")], ("bank", ""), ("", "ali")),
    amount=st.none() | st.integers(0, 60),
    kind=st.sampled_from([Kind.POST, Kind.VOID]),
    timeout_us=mostly([0], 1),
)


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.store = SqliteStore.open(":memory:")
        self.book = Book(self.store, "sbx_1", max_amount=MOST)
        self.naive = Naive()
        self.names: list[str] = []
        self.now = 10

    @initialize()
    def open(self) -> None:
        self.book.open_accounts(
            [Account(name, CURRENCY[name], 1, FLAGS[name]) for name in FLAGS], now=self.now, recorded_at=0
        )

    @rule(data=st.data(), drawn=st.lists(moves | endings, max_size=6))
    def post(self, data: st.DataObject, drawn: list[Transfer]) -> None:
        batch = self.named(data, drawn)
        expected = self.naive.batch(batch, self.now)
        results = self.book.post(batch, now=self.now, recorded_at=0)
        assert [result.status.value for result in results] == expected

    @rule(data=st.data(), drawn=st.lists(moves | endings, min_size=1, max_size=6))
    def post_and_think_better_of_it(self, data: st.DataObject, drawn: list[Transfer]) -> None:
        with suppress(InterruptedError), self.store.transaction():
            self.book.post(self.named(data, drawn), now=self.now, recorded_at=0)
            raise InterruptedError

    def named(self, data: st.DataObject, drawn: list[Transfer]) -> list[Transfer]:
        """Give each transfer an id, mostly a new one, and each ending a hold, mostly one that is there."""
        holds = [fact.id for fact in self.naive.facts if fact.kind == Kind.HOLD]
        batch: list[Transfer] = []
        for transfer in drawn:
            name = f"t{len(self.names) + 1}"
            if data.draw(again) and self.names:
                name = data.draw(st.sampled_from(self.names))
                old = self.naive.find(name)
                if old is not None and data.draw(st.booleans()):
                    batch.append(self.repeat(old)._replace(linked=transfer.linked))
                    continue
            self.names.append(name)
            target_id = transfer.target_id
            if transfer.kind in (Kind.POST, Kind.VOID):
                target_id = data.draw(mostly(holds or ["t1"], "", name, *self.names[:2]))
            elif transfer.kind == Kind.HOLD:
                holds.append(name)
            batch.append(transfer._replace(id=name, target_id=target_id))
        return batch

    def repeat(self, fact: Fact) -> Transfer:
        """Ask again for what has happened."""
        return Transfer(fact.id, fact.debit, fact.credit, fact.amount, fact.kind, fact.hold, fact.timeout)

    @rule()
    def wait(self) -> None:
        self.now += 1

    @rule(limit=st.integers(1, 3))
    def sweep(self, limit: int) -> None:
        swept: list[str] = []
        while page := self.book.expire(now=self.now, recorded_at=0, limit=limit):
            swept += [entry.target_id for entry in page]
        assert swept == self.naive.sweep(self.now)

    @rule(account=st.sampled_from(list(FLAGS)), closed=st.booleans())
    def close_or_reopen(self, account: str, closed: bool) -> None:
        if closed:
            self.book.close_account(account, now=self.now, recorded_at=0)
            self.naive.closed.add(account)
        else:
            self.book.reopen_account(account, now=self.now, recorded_at=0)
            self.naive.closed.discard(account)

    @invariant()
    def balances_are_those_of_the_second_model(self) -> None:
        for name, account in self.book.accounts(list(FLAGS)).items():
            assert account[4:8] == self.naive.totals(name)
            lines = self.book.statement(name, limit=1000)
            own = [fact.id for fact in self.naive.facts if name in (fact.debit, fact.credit)]
            assert [line.id for line in lines] == own
            assert sum(line.credit - line.debit for line in lines) == account.balance
            if lines:
                assert lines[-1].balance_after == account.balance
                assert lines[-1].available_after == account.available

    @invariant()
    def no_invariant_is_broken(self) -> None:
        assert [
            found for found in examine(self.store, "sbx_1", self.now) if found.check != "holds_in_time"
        ] == []

    def teardown(self) -> None:
        self.store.close()


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
