"""What is PostgreSQL's own: locks, statements, append only, tenants, large batches, a second writer."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Thread
from typing import Any

import pytest
from psycopg import Connection
from psycopg.errors import LockNotAvailable, RaiseException

from ledger import Account, Book, Kind, State, Status, StorageError, Store, Transfer
from ledger.model import Outcome
from ledger.storage.postgres import LOAD_STATEMENTS, SAVE_STATEMENTS, PostgresStore
from ledger.storage.postgres_sql import numbers, texts, translated
from tests.ledger.fifteen import without_alias
from tests.ledger.town import LATER, NOW, end, hold, pay, post, settle, totals


@pytest.fixture
def town(postgres_store: PostgresStore) -> Book:
    book = Book(postgres_store, "sbx_1")
    settle(book)
    return book


@pytest.fixture
def stores(postgres_uri: str) -> Iterator[tuple[PostgresStore, PostgresStore]]:
    """Two connections that commit; the second does not wait for long."""
    with (
        closing(PostgresStore.open(postgres_uri)) as first,
        closing(PostgresStore.open(postgres_uri)) as second,
    ):
        second.query("SET lock_timeout = '20ms'", {})
        yield first, second


# --- locks ---------------------------------------------------------------------------------------


def test_two_books_do_not_wait_for_one_another(stores: tuple[PostgresStore, PostgresStore]) -> None:
    first, second = stores
    for sandbox_id in ("sbx_apart_1", "sbx_apart_2"):
        with first.transaction():
            settle(Book(first, sandbox_id))
    with first.transaction():
        assert post(Book(first, "sbx_apart_1"), pay("p", 1)) == [Status.CREATED]
        with second.transaction():
            assert post(Book(second, "sbx_apart_2"), pay("p", 1)) == [Status.CREATED]


READS: list[Callable[[Store], object]] = [
    lambda store: store.load("sbx_shared", []),
    lambda store: store.load_due("sbx_shared", NOW, 1),
    lambda store: store.load_accounts("sbx_shared", []),
]


@pytest.mark.parametrize("load", READS, ids=["load", "load_due", "load_accounts"])
def test_whoever_is_about_to_write_locks_the_book(
    stores: tuple[PostgresStore, PostgresStore], load: Callable[[Store], object]
) -> None:
    first, second = stores
    with first.transaction():
        load(first)
        with pytest.raises(LockNotAvailable), second.transaction():
            load(second)


def test_readers_wait_for_nobody(stores: tuple[PostgresStore, PostgresStore]) -> None:
    first, second = stores
    with first.transaction():
        settle(Book(first, "sbx_read"))
    with first.transaction():
        post(Book(first, "sbx_read"), pay("p", 1))
        assert totals(Book(second, "sbx_read"), "ali") == (0, 0, 0, 100)
        assert [line.id for line in Book(second, "sbx_read").statement("ali")] == ["gift"]


@pytest.mark.parametrize("new", [True, False], ids=["new book", "known book"])
def test_two_writers_of_one_book_follow_one_another(postgres_uri: str, *, new: bool) -> None:
    sandbox_id = f"sbx_queue_{new}"
    answers: list[Any] = []

    def wait_for_it() -> None:
        with closing(PostgresStore.open(postgres_uri)) as second, second.transaction():
            answers.extend(
                Book(second, sandbox_id).open_accounts([Account("ali", "PKR", 2)], now=NOW, recorded_at=NOW)
            )
            answers.append(second.load(sandbox_id, []).head.last_batch)

    with closing(PostgresStore.open(postgres_uri)) as first:
        if not new:
            with first.transaction():
                Book(first, sandbox_id).open_accounts([Account("bank", "PKR", 1)], now=NOW, recorded_at=NOW)
        waiting = Thread(target=wait_for_it)
        with first.transaction():
            Book(first, sandbox_id).open_accounts([Account("ali", "PKR", 1)], now=NOW, recorded_at=NOW)
            waiting.start()
            while first.query("SELECT 1 FROM pg_locks WHERE NOT granted", {}) == []:
                pass
        waiting.join()
    assert [answers[0].status.value, answers[1]] == ["exists_with_different_code", 1 if new else 2]


def test_a_second_writer_is_noticed_all_the_same(postgres_store: PostgresStore, town: Book) -> None:
    state = postgres_store.load("sbx_1", [])
    post(town, pay("between", 1))

    class Sly(PostgresStore):
        def load(self, _sandbox_id: str, _batch: object) -> State:
            return state._replace(accounts=postgres_store.accounts("sbx_1", ["ali", "sara"]))

    with pytest.raises(StorageError, match="sbx_1"):
        post(Book(Sly(postgres_store._connection), "sbx_1"), pay("p", 1))  # noqa: SLF001 - a careless program


def test_a_book_that_was_deleted_meanwhile_is_noticed(postgres_store: PostgresStore, town: Book) -> None:
    del town

    class Sly(PostgresStore):
        def save(self, sandbox_id: str, outcome: Outcome) -> None:
            delete(postgres_store, "sbx_1")
            super().save(sandbox_id, outcome)

    with pytest.raises(StorageError, match="sbx_1"):
        post(Book(Sly(postgres_store._connection), "sbx_1"), pay("p", 1))  # noqa: SLF001 - a careless program


def test_a_head_that_has_moved_alone_is_noticed(postgres_store: PostgresStore, town: Book) -> None:
    del town

    class Sly(PostgresStore):
        def save(self, sandbox_id: str, outcome: Outcome) -> None:
            self._connection.execute("UPDATE ledger_book SET last_seq = last_seq + 100")
            super().save(sandbox_id, outcome)

    with pytest.raises(StorageError, match="sbx_1"):
        post(Book(Sly(postgres_store._connection), "sbx_1"), pay("p", 1))  # noqa: SLF001 - a careless program


# --- statements ----------------------------------------------------------------------------------


class Counted(Connection[Any]):
    """Counts what it executes, and how often it waits for an answer."""

    statements = 0
    waits = 0
    inside = False

    def execute(self, *args: Any, **options: Any) -> Any:
        self.statements += 1
        self.waits += not self.inside
        return super().execute(*args, **options)

    @contextmanager
    def pipeline(self) -> Iterator[Any]:
        self.waits, self.inside = self.waits + 1, True
        with super().pipeline() as pipeline:
            yield pipeline
        self.inside = False


def of_everything(count: int) -> list[Transfer]:
    """A batch that touches each list that a save may have, `count` times."""
    return [
        transfer
        for n in range(count)
        for transfer in (
            Transfer(f"t{n}", "bank", "ali", 1),
            hold(f"new{n}", 1),
            end(Kind.POST, f"post{n}", f"old{n}"),
            end(Kind.CAPTURE, f"capture{n}", f"part{n}", 1),
            end(Kind.REVERSAL, f"back{n}", f"in{n}"),
            pay(f"poor{n}", 10**6),
            pay(f"in{n}", 1),
        )
    ]


@pytest.mark.parametrize("count", [1, 30, 600])
def test_a_batch_takes_so_many_statements_and_round_trips_however_large(
    postgres_uri: str, count: int
) -> None:
    with Counted.connect(postgres_uri) as connection:
        store = PostgresStore(connection)
        book = Book(store, "sbx_1")
        settle(book)
        post(
            book,
            Transfer("much", "bank", "ali", 10**5),
            *(hold(f"old{n}", 1) for n in range(count)),
            *(hold(f"part{n}", 2) for n in range(count)),
            *(Transfer(f"in{n}", "till", "ali", 1) for n in range(count)),
        )
        book.set_credit_limit("ali", 5, LATER, now=NOW, recorded_at=NOW)
        connection.statements = connection.waits = 0
        # Accounts that are kept from the batches before need not be read.
        warm = [Transfer(f"warm{n}", "bank", "sara", 1) for n in range(count)]
        assert set(post(book, *warm)) == {Status.CREATED}
        assert (connection.statements, connection.waits) == (2 + 4, 1 + 1)
        connection.statements = connection.waits = 0
        book = Book(PostgresStore(connection), "sbx_1")
        plain = [Transfer(f"plain{n}", "bank", "sara", 1) for n in range(count)]
        assert set(post(book, *plain)) == {Status.CREATED}
        assert (connection.statements, connection.waits) == (3 + 4, 1 + 1)
        connection.statements = connection.waits = 0
        book = Book(PostgresStore(connection), "sbx_1")
        assert len(set(post(book, *of_everything(count)))) == 3
        assert (connection.statements, connection.waits) == (LOAD_STATEMENTS + SAVE_STATEMENTS, 3 + 1)
        connection.rollback()


def test_a_batch_of_thousands(postgres_store: PostgresStore, town: Book) -> None:
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
    assert postgres_store.query("SELECT last_seq FROM ledger_book WHERE sandbox_id = 'sbx_1'", {}) == [
        (4506,)
    ]


ODD = [
    '"',
    "\\",
    "\\\\",
    '\\"',
    ",",
    "{}",
    "NULL",
    "null",
    " ",
    "a b",
    "'",
    "%s",
    "%(x)s",
    ":x",
    "€",
    "ب",
    "🙂",
    "\n",
]


def test_any_text_comes_back_as_it_was(town: Book) -> None:
    town.open_accounts([Account(name, "PKR", 1) for name in ODD], now=NOW, recorded_at=NOW)
    assert list(town.accounts(ODD)) == ODD
    batch = [Transfer(name, name, "ali", 1, reference=name) for name in ODD]
    assert [
        (each.id, each.entry and each.entry.reference) for each in town.post(batch, now=NOW, recorded_at=NOW)
    ] == [(name, name) for name in ODD]
    assert set(post(town, *batch)) == {Status.EXISTS}
    assert [line.counterparty for line in town.statement("ali")][1:] == ODD


@pytest.mark.parametrize(("values", "literal"), [([], "{}"), ([""], '{""}'), (["a", 'b"'], '{"a","b\\""}')])
def test_arrays_of_text(values: list[str], literal: str) -> None:
    assert texts(values) == literal


def test_arrays_of_numbers_know_no_enums() -> None:
    assert numbers([Kind.HOLD, 2**63 - 1, 0]) == "{2,9223372036854775807,0}"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("SELECT :a, :b_c", "SELECT %(a)s, %(b_c)s"),
        ("SELECT :a::bigint % 2", "SELECT %(a)s::bigint %% 2"),
        ("SELECT ':a', 'it''s :b', :c", "SELECT ':a', 'it''s :b', %(c)s"),
    ],
)
def test_named_parameters_are_those_of_psycopg(ours: str, theirs: str) -> None:
    assert translated(ours) == theirs


@pytest.mark.parametrize(
    ("sql", "nameless"),
    [
        ("SELECT * FROM (SELECT 1)", ["(SELECT 1)"]),
        ("SELECT * FROM (SELECT (1)) WHERE true", ["(SELECT (1))"]),
        ("SELECT * FROM (SELECT 1) AS one JOIN (VALUES (1)) two ON true", []),
    ],
)
def test_what_version_15_does_not_know_is_noticed_by_the_tests(sql: str, nameless: list[str]) -> None:
    assert list(without_alias(sql)) == nameless


# --- rows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "table", ["ledger_entry", "ledger_account_change", "ledger_batch", "ledger_spent_id"]
)
@pytest.mark.parametrize(
    "attempt", ["UPDATE {} SET sandbox_id = 'other'", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_what_is_written_stays(postgres_store: PostgresStore, town: Book, table: str, attempt: str) -> None:
    post(town, pay("poor", 1000))
    with pytest.raises(RaiseException, match=f"{table} is append only"):
        postgres_store.query(attempt.format(table) + "", {})


def delete(store: PostgresStore, sandbox_id: str) -> None:
    for table in ("open_hold", "account", "book", "entry", "account_change", "batch", "spent_id"):
        store.query(f"DELETE FROM ledger_{table} WHERE sandbox_id = :id", {"id": sandbox_id})


def test_a_whole_book_can_be_deleted_and_another_stays(postgres_store: PostgresStore, town: Book) -> None:
    other = Book(postgres_store, "sbx_2")
    settle(other)
    post(town, hold("h", 15), pay("poor", 1000))
    delete(postgres_store, "sbx_1")
    assert town.trial_balance().accounts == 0
    settle(town)
    assert totals(other, "ali") == (0, 0, 0, 100)


def test_two_sandboxes_do_not_see_each_other(postgres_store: PostgresStore, town: Book) -> None:
    other = Book(postgres_store, "sbx_2")
    settle(other)
    post(town, pay("p", 60), hold("h", 10, 5), pay("poor", 1000))
    assert totals(other, "ali") == (0, 0, 0, 100)
    assert other.entry("p") is None
    assert [line.id for line in other.statement("ali")] == ["gift"]
    assert other.expire(now=LATER, recorded_at=LATER) == []
    assert post(other, pay("p", 61), pay("poor", 1), end(Kind.POST, "q", "h"), now=LATER) == [
        Status.CREATED,
        Status.CREATED,
        Status.TARGET_NOT_FOUND,
    ]


def test_a_transaction_that_fails_leaves_nothing(postgres_uri: str) -> None:
    with closing(PostgresStore.open(postgres_uri)) as store:
        book = Book(store, "sbx_failing")
        with store.transaction():
            settle(book)

        def fail() -> None:
            with store.transaction():
                post(book, pay("p", 5), hold("h", 5, 1), pay("poor", 1000))
                raise InterruptedError

        with pytest.raises(InterruptedError):
            fail()
        assert totals(book, "ali") == (0, 0, 0, 100)
        assert book.entry("p") is None
        with store.transaction():
            assert book.expire(now=LATER, recorded_at=LATER) == []
            assert post(book, pay("poor", 1), now=LATER) == [Status.CREATED]
