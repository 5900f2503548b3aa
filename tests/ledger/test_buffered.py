"""A store that keeps outcomes in memory answers as one that writes each of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ledger import Book, Kind, SqliteStore, Status, Transfer
from ledger.storage.buffered import BufferedStore
from tests.ledger.town import LATER, NOW, act, close, end, hold, pay, post, reopen, settle, totals

TABLES = ["entry", "account", "account_change", "open_hold", "spent_id"]


def rows(store: SqliteStore) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that was written, but for how it was cut into batches."""
    return {table: store.query(f"SELECT * FROM ledger_{table} ORDER BY 1, 2", {}) for table in TABLES}


@pytest.fixture
def buffer(store: SqliteStore) -> BufferedStore:
    settle(Book(store, "sbx_1"))
    settle(Book(store, "sbx_2"))
    return BufferedStore(store)


def test_nothing_is_written_before_it_is_told_to(store: SqliteStore, buffer: BufferedStore) -> None:
    book, below = Book(buffer, "sbx_1"), Book(store, "sbx_1")
    post(book, pay("p1", 60))
    assert post(book, pay("p2", 41), pay("p3", 40)) == [Status.EXCEEDS_CREDITS, Status.CREATED]
    assert totals(book, "sara") == (0, 0, 0, 100)
    assert totals(below, "sara") == (0, 0, 0, 0)
    assert book.entry("p1") is not None
    assert below.entry("p1") is None
    buffer.write()
    assert totals(below, "sara") == (0, 0, 0, 100)
    # The accounts, the gift, and both as one.
    assert below.entry("p3") == book.entry("p3")
    assert store.load_accounts("sbx_1", ()).head.last_batch == 3
    assert post(below, pay("p2", 0)) == [Status.ID_ALREADY_FAILED]


def test_what_was_saved_since_a_mark_can_be_taken_back(store: SqliteStore, buffer: BufferedStore) -> None:
    book = Book(buffer, "sbx_1")
    post(book, pay("p1", 60))
    mark = buffer.mark()
    post(book, pay("p2", 30), hold("h1", 10), pay("p3", 1))
    buffer.take_back(mark)
    buffer.take_back(buffer.mark())
    assert totals(book, "ali") == (0, 60, 0, 100)
    assert post(book, pay("p2", 39), pay("p3", 1)) == [Status.CREATED, Status.CREATED]
    buffer.write()
    assert Book(store, "sbx_1").entry("h1") is None


def test_a_part_can_be_written(store: SqliteStore, buffer: BufferedStore) -> None:
    book, other, below = Book(buffer, "sbx_1"), Book(buffer, "sbx_2"), Book(store, "sbx_1")
    post(book, pay("p1", 10))
    post(other, pay("p1", 10))
    until = buffer.mark()
    post(book, pay("p2", 10))
    post(other, pay("p2", 10))
    buffer.write(until)
    assert below.entry("p1") is not None
    assert below.entry("p2") is None
    for each in (book, other):
        assert totals(each, "sara") == (0, 0, 0, 20)
        assert post(each, pay("p3", 81), pay("p2", 10)) == [Status.EXCEEDS_CREDITS, Status.EXISTS]
    buffer.write()
    assert totals(below, "sara") == (0, 0, 0, 20)
    assert buffer.mark() == 0


def test_forget_is_for_after_a_rollback(store: SqliteStore, buffer: BufferedStore) -> None:
    book = Book(buffer, "sbx_1")
    post(book, pay("p1", 10))
    post(Book(store, "sbx_1"), pay("p0", 100))
    buffer.forget()
    assert post(book, pay("p1", 10)) == [Status.EXCEEDS_CREDITS]
    assert totals(book, "sara") == (0, 0, 0, 100)


def test_settle_is_asked_before_what_only_the_storage_answers(store: SqliteStore) -> None:
    settle(Book(store, "sbx_1"))
    asked: list[int] = []

    def ask() -> None:
        asked.append(behind.mark())
        behind.write()

    behind = BufferedStore(store, ask)
    book = Book(behind, "sbx_1")
    post(book, hold("h1", 10, 5))
    assert [line.id for line in book.statement("ali")] == ["gift", "h1"]
    post(book, end(Kind.POST, "t1", "h1"))
    assert [entry.id for entry in book.acting_on("h1")] == ["t1"]
    post(book, pay("p1", 1, linked=True), hold("h2", 1, 1))
    assert [entry.id for entry in book.chain(9)] == ["p1", "h2"]
    assert [entry.id for entry in book.expire(now=LATER, recorded_at=LATER)] == ["h2:expired"]
    assert book.trial_balance().balanced
    assert asked == [1, 1, 1, 0, 1]


def test_changes_of_accounts_are_written_at_once(store: SqliteStore, buffer: BufferedStore) -> None:
    book = Book(buffer, "sbx_1")
    post(book, pay("p1", 10))
    close(book, "sara")
    assert Book(store, "sbx_1").entry("p1") is not None
    assert post(book, pay("p2", 10)) == [Status.CREDIT_ACCOUNT_CLOSED]
    reopen(book, "sara")
    assert post(book, pay("p3", 10)) == [Status.CREATED]


def test_an_account_with_a_limit_to_come_is_decided_over_what_is_written(buffer: BufferedStore) -> None:
    book = Book(buffer, "sbx_1")
    book.set_credit_limit("ali", 50, LATER, now=NOW, recorded_at=NOW)
    assert post(book, pay("p1", 100), pay("p2", 50)) == [Status.CREATED, Status.EXCEEDS_CREDITS]
    assert post(book, pay("p3", 50), now=LATER) == [Status.CREATED]


def test_accounts_do_not_stay_without_end(store: SqliteStore) -> None:
    behind = BufferedStore(store, kept_accounts=1)
    first, second = Book(behind, "sbx_1"), Book(behind, "sbx_2")
    for book in (first, second):
        settle(book)
        post(book, pay("p1", 10))
        behind.write()
    for sandbox_id in ("sbx_1", "sbx_2"):
        close(Book(store, sandbox_id), "sara")
    # Those of the book that was not written last were dropped, so what another has done is seen.
    assert post(first, pay("p2", 10)) == [Status.CREDIT_ACCOUNT_CLOSED]
    assert post(second, pay("p2", 10)) == [Status.CREATED]


def test_another_view_that_lacks_the_last_write_will_do(tmp_path: Path) -> None:
    store, reader = (SqliteStore.open(tmp_path / "a.db") for _ in range(2))
    with store.transaction():
        settle(Book(store, "sbx_1"))
    behind = BufferedStore(store)
    book = Book(behind, "sbx_1")
    with store.transaction():
        post(book, hold("h1", 60), pay("p1", 30))
        behind.write()
        behind.read_from(reader)
        assert post(book, pay("p1", 30), pay("p2", 11)) == [Status.EXISTS, Status.EXCEEDS_CREDITS]
        assert post(book, end(Kind.POST, "t1", "h1")) == [Status.CREATED]
        assert book.entry("p1") != Book(reader, "sbx_1").entry("p1")
    behind.read_from(None)
    with store.transaction():
        behind.write()
    assert totals(Book(reader, "sbx_1"), "sara") == (0, 0, 0, 90)
    for each in (store, reader):
        each.close()


def test_a_hold_that_ends_before_it_is_written_never_is_open(
    store: SqliteStore, buffer: BufferedStore
) -> None:
    book = Book(buffer, "sbx_1")
    post(book, hold("h1", 20), hold("h2", 20), hold("h3", 20))
    buffer.write()
    post(book, act(Kind.CAPTURE, "c1", "h1", 5), hold("h4", 10), hold("h5", 10))
    post(book, act(Kind.EXTEND, "e1", "h1", timeout_us=9), act(Kind.CAPTURE, "c4", "h4", 1))
    post(book, end(Kind.VOID, "v5", "h5"), end(Kind.POST, "t2", "h2"), act(Kind.CAPTURE, "c3", "h3", 1))
    post(book, act(Kind.CAPTURE, "c3b", "h3", 19), act(Kind.REVERSAL, "r1", "c1"))
    assert post(book, act(Kind.REVERSAL, "r2", "c1")) == [Status.ALREADY_REVERSED]
    # All of this is known without asking the storage: it has only the first of the batches.
    again = [act(Kind.CAPTURE, f"again_{name}", name, 1) for name in ("h1", "h2", "h3", "h4", "h5")]
    assert [result.status for result in book.preview(again, now=NOW, recorded_at=NOW).results] == [
        Status.CREATED,
        Status.HOLD_ALREADY_POSTED,
        Status.HOLD_ALREADY_POSTED,
        Status.CREATED,
        Status.HOLD_ALREADY_VOIDED,
    ]
    buffer.write()
    found = store.query("SELECT hold_id, remaining, expires_at FROM ledger_open_hold ORDER BY hold_id", {})
    assert found == [("h1", 15, NOW + 9), ("h4", 9, 0)]


PEOPLE = ["bank", "ali", "sara", "till"]
HOLDS = [f"h{number}" for number in range(4)]
NAMES = [f"t{number}" for number in range(12)] + HOLDS


@st.composite
def transfers(draw: st.DrawFn) -> Transfer:
    kind = draw(st.sampled_from([Kind.TRANSFER, Kind.TRANSFER, *(set(Kind) - {Kind.EXPIRE})]))
    name = draw(st.sampled_from(HOLDS if kind == Kind.HOLD else NAMES))
    linked = draw(st.sampled_from([False, False, True]))
    if kind in (Kind.TRANSFER, Kind.HOLD):
        debit, credit = draw(st.permutations(PEOPLE))[:2]
        timeout = draw(st.integers(0, 9)) if kind == Kind.HOLD else 0
        return Transfer(
            name, debit, credit, draw(st.integers(0, 60)), kind, timeout_us=timeout, linked=linked
        )
    target = draw(st.sampled_from(NAMES if kind == Kind.REVERSAL else HOLDS))
    amount = None if kind == Kind.EXTEND else draw(st.none() | st.integers(0, 40))
    timeout = draw(st.integers(0, 9)) if kind == Kind.EXTEND else 0
    return Transfer(name, "", "", amount, kind, target, timeout, linked=linked)


batches = st.lists(transfers(), max_size=5)
sandboxes = st.sampled_from(["sbx_1", "sbx_2"])


class Comparison(RuleBasedStateMachine):
    """The same life in two databases, one of them behind a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.plain, self.below = SqliteStore.open(":memory:"), SqliteStore.open(":memory:")
        self.buffer = BufferedStore(self.below)
        self.now = NOW
        for store in (self.plain, self.below):
            for sandbox_id in ("sbx_1", "sbx_2"):
                settle(Book(store, sandbox_id))

    def both(self, sandbox_id: str) -> tuple[Book, Book]:
        return Book(self.plain, sandbox_id), Book(self.buffer, sandbox_id)

    @rule(sandbox_id=sandboxes, batch=batches)
    def post(self, sandbox_id: str, batch: Sequence[Transfer]) -> None:
        plain, behind = (book.post(batch, now=self.now, recorded_at=9) for book in self.both(sandbox_id))
        assert plain == behind

    @rule(life=st.lists(st.tuples(sandboxes, batches), max_size=3))
    def try_and_take_back(self, life: Sequence[tuple[str, Sequence[Transfer]]]) -> None:
        self.plain.query("SAVEPOINT attempt", {})
        mark = self.buffer.mark()
        for sandbox_id, batch in life:
            self.post(sandbox_id, batch)
        self.plain.query("ROLLBACK TO attempt", {})
        self.plain.query("RELEASE attempt", {})
        self.buffer.take_back(mark)

    @rule(data=st.data())
    def write_a_part(self, data: st.DataObject) -> None:
        self.buffer.write(data.draw(st.integers(0, self.buffer.mark())))

    @rule()
    def write(self) -> None:
        self.buffer.write()
        assert rows(self.plain) == rows(self.below)

    @rule()
    def forget_what_is_written(self) -> None:
        self.buffer.write()
        self.buffer.forget()

    @rule(sandbox_id=sandboxes, account=st.sampled_from(PEOPLE), closing=st.booleans())
    def close_or_reopen(self, sandbox_id: str, account: str, closing: bool) -> None:
        for book in self.both(sandbox_id):
            (close if closing else reopen)(book, account, self.now)

    @rule(sandbox_id=sandboxes)
    def let_time_pass(self, sandbox_id: str) -> None:
        self.now += 2
        plain, behind = (book.expire(now=self.now, recorded_at=9) for book in self.both(sandbox_id))
        assert plain == behind

    @invariant()
    def everyone_reads_the_same(self) -> None:
        for sandbox_id in ("sbx_1", "sbx_2"):
            plain, behind = self.both(sandbox_id)
            assert plain.accounts(PEOPLE) == behind.accounts(PEOPLE)
            assert [plain.entry(name) for name in NAMES] == [behind.entry(name) for name in NAMES]

    def teardown(self) -> None:
        self.write()
        for store in (self.plain, self.below):
            store.close()


TestComparison = Comparison.TestCase
TestComparison.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
