"""Random lives of a book, beside the second model of `naive.py`."""

from contextlib import suppress
from itertools import permutations
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from psycopg import Connection

from ledger import Account, Book, Kind, SqliteStore, Transfer, TransferFlag
from ledger.audit import examine
from ledger.storage.postgres import PostgresStore
from tests.ledger.naive import ACTING, CURRENCY, FLAGS, MOST, Fact, Naive, Said

IMPORTED = TransferFlag.IMPORTED


def mostly(usual: list[Any], *odd: Any) -> st.SearchStrategy[Any]:
    """Draw something usual nine times out of ten."""
    return st.sampled_from([each for each in usual for _ in range(9 * len(odd))] + [*odd] * len(usual))


def fields(pair: st.SearchStrategy[Any], **strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[Transfer]:
    """Draw a transfer; its id, and what it acts on, are chosen later among those there are."""
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
    kind=st.sampled_from([Kind.TRANSFER, Kind.TRANSFER, Kind.HOLD, Kind.HOLD]),
    target_id=mostly([""], "t1"),
    timeout_us=mostly([0, 1, 3], 1),
    flags=mostly([0, 0, 0, 1, 2, 3], 4, 8, 12, 5),
)
acts = fields(
    mostly([("", "")], ("bank", ""), ("", "ali")),
    amount=st.none() | st.integers(0, 40),
    kind=st.sampled_from([*ACTING, Kind.CAPTURE]),
    timeout_us=mostly([0], 4),
    flags=mostly([0], 1),
)
batches = st.lists(st.one_of(moves, moves, acts), max_size=6)


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.store = self.begun()
        self.book = Book(self.store, "sbx_1", max_amount=MOST)
        self.naive = Naive()
        self.names: list[str] = []
        self.now = 10

    def begun(self) -> SqliteStore | PostgresStore:
        """Return an empty store, which is closed in the end."""
        return SqliteStore.open(":memory:")

    @initialize()
    def open(self) -> None:
        accounts = [Account(name, CURRENCY[name], 1, FLAGS[name]) for name in FLAGS]
        self.book.open_accounts(accounts, now=self.now, recorded_at=0)

    @rule(data=st.data(), drawn=batches)
    def post(self, data: st.DataObject, drawn: list[Transfer]) -> None:
        self.compare(self.named(data, drawn))

    @rule(data=st.data(), drawn=batches)
    @precondition(lambda self: self.now > self.naive.newest())
    def bring_in(self, data: st.DataObject, drawn: list[Transfer]) -> None:
        """Import a batch, most of it in order of time."""
        newest, batch = self.naive.newest(), self.named(data, drawn)
        for at, transfer in enumerate(batch):
            if not data.draw(again):
                time = data.draw(mostly(list(range(newest, self.now)), newest - 1, self.now, 0))
                kept = transfer.timeout_us if data.draw(again) else 0
                flags = transfer.flags | IMPORTED
                batch[at] = transfer._replace(flags=flags, happened_at=time, timeout_us=kept)
        self.compare(batch)

    def compare(self, batch: list[Transfer]) -> None:
        preview = self.book.preview(batch, now=self.now, recorded_at=0)
        expected = self.naive.batch(batch, self.now)
        results = self.book.post(batch, now=self.now, recorded_at=0)
        assert [result.status.value for result in results] == expected
        assert results == preview.results

    @rule(data=st.data(), drawn=st.lists(moves | acts, min_size=1, max_size=6))
    def post_and_think_better_of_it(self, data: st.DataObject, drawn: list[Transfer]) -> None:
        with suppress(InterruptedError), self.store.transaction():
            self.book.post(self.named(data, drawn), now=self.now, recorded_at=0)
            raise InterruptedError

    def named(self, data: st.DataObject, drawn: list[Transfer]) -> list[Transfer]:
        """Give each transfer an id, mostly a new one, and each act a target, mostly one that is there."""
        holds = [fact.id for fact in self.naive.facts if fact.kind == Kind.HOLD]
        moved = [fact.id for fact in self.naive.facts if fact.kind not in (Kind.HOLD, Kind.EXPIRE)]
        batch: list[Transfer] = []
        for transfer in drawn:
            name = f"t{len(self.names) + 1}"
            if data.draw(again) and self.names:
                name = data.draw(st.sampled_from(self.names))
                old = self.naive.find(name)
                if old is not None and data.draw(st.booleans()):
                    batch.append(self.repeat(old)._replace(linked=transfer.linked))
                    continue
            if transfer.kind == Kind.TRANSFER and not data.draw(again):
                transfer = transfer._replace(timeout_us=0)  # noqa: PLW2901 - mostly a fitting one
            target_id = transfer.target_id
            if transfer.kind in ACTING:
                usual = moved if transfer.kind == Kind.REVERSAL else holds
                if not usual and not data.draw(again):
                    continue
                target_id = data.draw(mostly(usual or ["t1"], "", name, *self.names[:2]))
            self.names.append(name)
            (holds if transfer.kind == Kind.HOLD else moved).append(name)
            batch.append(transfer._replace(id=name, target_id=target_id))
        return batch

    def repeat(self, fact: Fact) -> Transfer:
        """Ask again for what has happened."""
        happened_at = fact.at if fact.flags & IMPORTED else 0
        terms = (fact.debit, fact.credit, fact.amount, fact.kind, fact.target, fact.timeout)
        return Transfer(fact.id, *terms, flags=fact.flags, happened_at=happened_at)

    @rule(steps=st.integers(1, 3))
    def wait(self, steps: int) -> None:
        self.now += steps

    @rule(limit=st.integers(1, 3))
    def sweep(self, limit: int) -> None:
        swept: list[str] = []
        while page := self.book.expire(now=self.now, recorded_at=0, limit=limit):
            swept += [entry.target_id for entry in page]
        assert swept == self.naive.sweep(self.now)

    @rule(account=st.sampled_from(list(FLAGS)), closed=st.sampled_from([True, False, False]))
    def close_or_reopen(self, account: str, closed: bool) -> None:
        run = self.book.close_account if closed else self.book.reopen_account
        run(account, now=self.now, recorded_at=0)
        if self.naive.closed(account) != closed:
            self.naive.log.append(Said(self.now, account, closed))

    @rule(account=st.sampled_from(["ali", "till"]), limit=st.integers(0, 60), later=st.integers(-1, 4))
    def set_credit_limit(self, account: str, limit: int, later: int) -> None:
        self.book.set_credit_limit(account, limit, self.now + later, now=self.now, recorded_at=0)
        since = self.now + max(later, 0)
        self.naive.log.append(Said(self.now, account, limit=limit, since=since))

    @invariant()
    def accounts_are_those_of_the_second_model(self) -> None:
        for name, account in self.book.accounts(list(FLAGS)).items():
            assert account[4:8] == self.naive.totals(name)
            assert bool(account.flags & 4) == self.naive.closed(name)
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


def test_fewer_lives_on_postgresql(postgres_uri: str) -> None:
    class OnPostgres(Life):
        def begun(self) -> PostgresStore:
            """Begin a transaction that ends with its connection."""
            return PostgresStore(Connection.connect(postgres_uri))

    fewer = settings(TestLife.settings, max_examples=15, stateful_step_count=20)
    run_state_machine_as_test(OnPostgres, settings=fewer)
