"""What is SQLite's own: transactions, append only, tenants, large batches, a second writer."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from ledger import (
    Account,
    AccountChange,
    Batch,
    Book,
    Entry,
    Kind,
    SqliteStore,
    State,
    Status,
    StorageError,
    Transfer,
    TrialBalance,
    proof,
)
from ledger.money import MAX_AMOUNT
from tests.ledger.town import LATER, NOW, end, hold, pay, post, settle, totals


@pytest.fixture
def town(store: SqliteStore) -> Book:
    book = Book(store, "sbx_1")
    settle(book)
    return book


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def test_a_trial_balance_sums_all_accounts(town: Book) -> None:
    post(town, hold("h", 15), pay("p", 20))
    balance = town.trial_balance()
    assert balance == TrialBalance(5, 15, 120, 15, 120)
    assert balance.balanced
    assert not balance._replace(debits_pending=14).balanced
    assert not balance._replace(credits_posted=119).balanced


def test_a_trial_balance_is_exact_beyond_64_bits(town: Book) -> None:
    town.open_accounts([Account(name, "PKR", 1) for name in "abc"], now=NOW, recorded_at=NOW)
    post(town, Transfer("t1", "a", "b", MAX_AMOUNT), Transfer("t2", "c", "a", MAX_AMOUNT))
    assert town.trial_balance().debits_posted == 2 * MAX_AMOUNT + 100


def test_an_empty_book_balances(store: SqliteStore) -> None:
    assert Book(store, "sbx_new").trial_balance() == TrialBalance(0, 0, 0, 0, 0)
    assert Book(store, "sbx_new").expire(now=NOW, recorded_at=NOW) == []
    assert post(Book(store, "sbx_new"), pay("p", 1)) == [Status.DEBIT_ACCOUNT_NOT_FOUND]


def test_two_sandboxes_do_not_see_each_other(store: SqliteStore, town: Book) -> None:
    other = Book(store, "sbx_2")
    settle(other)
    post(town, pay("p", 60), hold("h", 10, 5), pay("poor", 1000))
    assert totals(other, "ali") == (0, 0, 0, 100)
    assert other.entry("p") is None
    assert [line.id for line in other.statement("ali")] == ["gift"]
    assert other.expire(now=LATER, recorded_at=LATER) == []
    assert post(other, pay("p", 61), pay("poor", 1), end(Kind.POST, "q", "h")) == [
        Status.CREATED,
        Status.CREATED,
        Status.TARGET_NOT_FOUND,
    ]
    assert [line.seq for line in other.statement("sara")] == [7, 8]


@pytest.mark.parametrize(
    "table", ["ledger_entry", "ledger_account_change", "ledger_batch", "ledger_spent_id"]
)
def test_what_is_written_stays(store: SqliteStore, town: Book, table: str) -> None:
    post(town, pay("poor", 1000))
    before = store.query(f"SELECT * FROM {table}", {})
    for attempt in (
        f"UPDATE {table} SET sandbox_id = 'other'",
        f"DELETE FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append only"):
            store.query(attempt, {})
    assert store.query(f"SELECT * FROM {table}", {}) == before


def test_a_whole_book_can_be_deleted_and_another_stays(store: SqliteStore, town: Book) -> None:
    other = Book(store, "sbx_2")
    settle(other)
    post(town, hold("h", 15), pay("poor", 1000))
    for table in ("open_hold", "account", "book", "entry", "account_change", "batch", "spent_id"):
        store.query(f"DELETE FROM ledger_{table} WHERE sandbox_id = 'sbx_1'", {})
    assert town.trial_balance().accounts == 0
    settle(town)
    assert totals(other, "ali") == (0, 0, 0, 100)


def test_a_transaction_that_fails_leaves_nothing(path: Path) -> None:
    store = SqliteStore.open(path)
    book = Book(store, "sbx_1")
    with store.transaction():
        settle(book)

    def fail() -> None:
        with store.transaction():
            post(book, pay("p", 5), hold("h", 5, 1), pay("poor", 1000))
            book.open_accounts([Account("new", "PKR", 1)], now=NOW, recorded_at=NOW)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    store.close()

    store = SqliteStore.open(path)
    book = Book(store, "sbx_1")
    assert totals(book, "ali") == (0, 0, 0, 100)
    assert (book.entry("p"), book.account("new")) == (None, None)
    assert book.expire(now=LATER, recorded_at=LATER) == []
    assert post(book, pay("poor", 1)) == [Status.CREATED]
    store.close()


def test_a_read_only_connection_can_read(path: Path) -> None:
    writer = SqliteStore.open(path)
    settle(Book(writer, "sbx_1"))
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    book = Book(SqliteStore(connection), "sbx_1")
    assert totals(book, "ali") == (0, 0, 0, 100)
    assert [line.id for line in book.statement("ali")] == ["gift"]
    assert book.trial_balance().balanced
    assert book.entry("gift") is not None
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        post(book, pay("p", 1))
    connection.close()
    writer.close()


def test_a_second_writer_is_noticed(store: SqliteStore, town: Book) -> None:
    class Sly(SqliteStore):
        def load(self, sandbox_id: str, batch: Sequence[Transfer]) -> State:
            state = super().load(sandbox_id, batch)
            post(town, pay("between", 1))
            return state

    sly = Sly(store._connection)  # noqa: SLF001 - the same database, as a careless program has it
    with pytest.raises(StorageError, match="sbx_1"):
        post(Book(sly, "sbx_1"), pay("p", 1))


def test_a_batch_of_thousands(store: SqliteStore, town: Book) -> None:
    town.open_accounts([Account(f"a{number}", "PKR", 1) for number in range(1500)], now=NOW, recorded_at=NOW)
    batch = [
        Transfer(f"t{number}", f"a{number % 1500}", f"a{(number + 1) % 1500}", number)
        for number in range(3000)
    ]
    assert set(post(town, *batch)) == {Status.CREATED}
    assert set(post(town, *batch)) == {Status.EXISTS}
    assert town.trial_balance().debits_posted == sum(range(3000)) + 100
    names = [f"a{number}" for number in range(1500)]
    assert list(town.accounts(names)) == names
    assert store.query("SELECT last_seq FROM ledger_book", {}) == [(4506,)]


def test_every_save_that_writes_rows_is_sealed_as_one_batch(store: SqliteStore, town: Book) -> None:
    """A second reader works out every digest from the rows alone."""
    post(town, hold("h", 5, 50), end(Kind.POST, "p", "h"), pay("poor", 1000))
    post(town, pay("poor again", 1000))
    town.close_account("ali", now=NOW, recorded_at=NOW)
    town.close_account("ali", now=NOW, recorded_at=NOW)
    town.set_credit_limit("sara", 5, LATER, now=NOW, recorded_at=NOW)
    columns = {"entry": Entry._fields, "account_change": AccountChange._fields}
    rows = {
        row[0]: row
        for table, names in columns.items()
        for row in store.query(f"SELECT {', '.join(names)} FROM ledger_{table}", {})
    }
    batches = [Batch(*row) for row in store.query(f"SELECT {', '.join(Batch._fields)} FROM ledger_batch", {})]
    digest, next_seq = bytes(32), 1
    for number, batch in enumerate(batches, 1):
        sealed = [rows[seq] for seq in range(batch.first_seq, batch.last_seq + 1)]
        header = proof.BatchHeader("sbx_1", *batch[:5])
        digest = proof.extend(digest, header, sealed)
        assert (batch.number, batch.first_seq, batch.digest) == (number, next_seq, digest)
        newest = (Entry if len(sealed[-1]) == len(Entry._fields) else AccountChange)(*sealed[-1])
        assert (batch.happened_at, batch.recorded_at) == (newest.happened_at, newest.recorded_at)
        next_seq = batch.last_seq + 1
    assert [(batch.first_seq, batch.last_seq) for batch in batches] == [
        (1, 5),
        (6, 6),
        (7, 8),
        (9, 9),
        (10, 10),
    ]
    assert store.query("SELECT last_seq, last_batch, digest FROM ledger_book", {}) == [(10, 5, digest)]


@pytest.mark.parametrize("size", [8189, 8190])
def test_the_largest_batches_of_other_ledgers_are_ordinary_ones(town: Book, size: int) -> None:
    chain = [pay(f"t{number}", 0, linked=number < size - 1) for number in range(size)]
    assert set(post(town, *chain)) == {Status.CREATED}
    assert set(post(town, *chain[:-1], chain[-1]._replace(amount=1000))) == {
        Status.CHAIN_FAILED,
        Status.EXISTS,
    }
    assert len(town.chain(7)) == size


def test_two_clients_never_interleave(path: Path) -> None:
    """The second waits for the first to end; here it does not want to wait."""
    first, second = (
        SqliteStore.open(path),
        SqliteStore(sqlite3.connect(path, isolation_level=None, timeout=0)),
    )
    settle(Book(first, "sbx_1"))
    with first.transaction():
        post(Book(first, "sbx_1"), pay("a1", 1), pay("a2", 1))
        with pytest.raises(sqlite3.OperationalError, match="locked"), second.transaction():
            post(Book(second, "sbx_1"), pay("b1", 1))
        post(Book(first, "sbx_1"), pay("a3", 1))
    with second.transaction():
        post(Book(second, "sbx_1"), pay("b1", 1), pay("b2", 1))
    lines = Book(first, "sbx_1").statement("sara")
    assert [line.id for line in lines] == ["a1", "a2", "a3", "b1", "b2"]
    first.close()
    second.close()
