"""Accounts that stay in memory are right whatever happens to their book, and ids are found however they lie."""

from pathlib import Path

from psycopg import Connection

from ledger import Account, Book, Kind, SqliteStore, Status, Store, Transfer
from ledger.storage.kept import KeptAccounts
from ledger.storage.postgres import PostgresStore
from tests.ledger.town import LATER, NOW, close, end, hold, pay, post, reopen, settle, totals

ALI, SARA = Account("ali", "PKR", 1), Account("sara", "PKR", 1)
RICHER = ALI._replace(credits_posted=5)


def test_accounts_are_kept_under_one_digest() -> None:
    kept = KeptAccounts()
    kept.add("sbx_1", b"1", {"ali": ALI})
    kept.add("sbx_1", b"1", {"sara": SARA})
    kept.add("sbx_2", b"2", {"ali": RICHER})
    assert kept.under("sbx_1", b"1") == {"ali": ALI, "sara": SARA}
    assert kept.under("sbx_2", b"2") == {"ali": RICHER}
    assert kept.under("sbx_3", b"1") == {}


def test_another_digest_drops_them_for_good() -> None:
    kept = KeptAccounts()
    kept.add("sbx_1", b"1", {"ali": ALI})
    assert kept.under("sbx_1", b"2") == {}
    assert kept.under("sbx_1", b"1") == {}


def test_they_go_with_the_book() -> None:
    kept = KeptAccounts()
    kept.add("sbx_1", b"1", {"ali": ALI, "sara": SARA})
    kept.move("sbx_1", b"1", b"2", {"ali": RICHER})
    assert kept.under("sbx_1", b"2") == {"ali": RICHER, "sara": SARA}


def test_a_book_that_was_elsewhere_takes_only_what_changed() -> None:
    kept = KeptAccounts()
    kept.add("sbx_1", b"1", {"ali": ALI, "sara": SARA})
    kept.move("sbx_1", b"5", b"6", {"ali": RICHER})
    assert kept.under("sbx_1", b"6") == {"ali": RICHER}


def test_when_there_are_too_many_all_are_dropped() -> None:
    kept = KeptAccounts(most=2)
    kept.add("sbx_1", b"1", {"ali": ALI, "sara": SARA})
    kept.add("sbx_1", b"1", {"ali": ALI})
    assert len(kept.under("sbx_1", b"1")) == 2
    kept.add("sbx_2", b"2", {"ali": ALI})
    assert kept.under("sbx_1", b"1") == {}
    kept.add("sbx_2", b"2", {"ali": ALI, "sara": SARA})
    assert len(kept.under("sbx_2", b"2")) == 2


def test_a_rollback_is_noticed(store: SqliteStore) -> None:
    book = Book(store, "sbx_1")
    settle(book)
    post(book, pay("p1", 10))
    store._execute("BEGIN")  # noqa: SLF001 - a transaction that ends like this
    post(book, pay("p2", 90))
    store._execute("ROLLBACK")  # noqa: SLF001 - as above
    assert post(book, pay("p3", 90), pay("p4", 1)) == [Status.CREATED, Status.EXCEEDS_CREDITS]
    assert totals(book, "ali") == (0, 100, 0, 100)


def test_another_writer_is_noticed(tmp_path: Path) -> None:
    stores = [SqliteStore.open(tmp_path / "a.db") for _ in range(2)]
    first, second = (Book(store, "sbx_1") for store in stores)
    settle(first)
    assert post(first, pay("p1", 10)) == [Status.CREATED]
    assert post(second, pay("p2", 80)) == [Status.CREATED]
    close(second, "sara")
    assert post(first, pay("p3", 1)) == [Status.CREDIT_ACCOUNT_CLOSED]
    reopen(second, "sara")
    assert post(first, pay("p4", 11), pay("p5", 10)) == [Status.EXCEEDS_CREDITS, Status.CREATED]
    for store in stores:
        store.close()


def test_another_writer_is_noticed_on_postgresql_too(postgres_connection: Connection) -> None:
    first, second = (Book(PostgresStore(postgres_connection), "sbx_1") for _ in range(2))
    settle(first)
    assert post(first, pay("p1", 10)) == [Status.CREATED]
    assert post(second, pay("p2", 80), pay("p2b", 1)) == [Status.CREATED, Status.CREATED]
    assert post(first, pay("p3", 10), pay("p4", 9)) == [Status.EXCEEDS_CREDITS, Status.CREATED]
    assert post(second, end(Kind.REVERSAL, "r1", "p1")) == [Status.CREATED]
    assert post(second, hold("h1", 3)) == [Status.CREATED]
    close(second, "sara")
    assert post(first, pay("p5", 1), end(Kind.VOID, "v1", "h1")) == [
        Status.CREDIT_ACCOUNT_CLOSED,
        Status.CREATED,
    ]
    postgres_connection.rollback()


def test_ids_are_found_however_many_lie_between(any_store: Store) -> None:
    book = Book(any_store, "sbx_1")
    settle(book)
    # More lie between the first and the last of the next batch than are worth to be read.
    posted = [pay(f"p{number:03}", 0) for number in range(100, 150)]
    assert set(post(book, *posted)) == {Status.CREATED}
    assert post(book, pay("p1999", 101)) == [Status.EXCEEDS_CREDITS]
    batch = [pay("p0", 0), pay("p120", 0), pay("p1999", 1), pay("p9", 0)]
    wanted = [Status.CREATED, Status.EXISTS, Status.ID_ALREADY_FAILED, Status.CREATED]
    assert post(book, *batch) == wanted
    # And now only a few.
    assert post(book, pay("p149", 0), pay("p1999", 1), pay("p2", 0)) == [
        Status.EXISTS,
        Status.ID_ALREADY_FAILED,
        Status.CREATED,
    ]


def test_spent_ids_are_found_however_many_lie_between(any_store: Store) -> None:
    book = Book(any_store, "sbx_1")
    settle(book)
    spent = [pay(f"p{number:03}", 101) for number in range(100, 150)]
    assert set(post(book, *spent)) == {Status.EXCEEDS_CREDITS}
    assert post(book, pay("p0", 0), pay("p120", 0), pay("p9", 0), now=LATER) == [
        Status.CREATED,
        Status.ID_ALREADY_FAILED,
        Status.CREATED,
    ]


def test_an_empty_batch_asks_for_nothing(any_store: Store) -> None:
    book = Book(any_store, "sbx_1")
    settle(book)
    assert book.post([], now=NOW, recorded_at=NOW) == []


def test_ids_that_rise_take_one_look_up(store: SqliteStore) -> None:
    book = Book(store, "sbx_1")
    settle(book)
    asked: list[str] = []
    store._connection.set_trace_callback(asked.append)  # noqa: SLF001 - what is counted is what it is asked
    book.preview([Transfer(f"p{each}", "ali", "sara", 1) for each in range(50)], now=NOW, recorded_at=NOW)
    book.preview([Transfer(f"p{each}", "ali", "sara", 1) for each in range(50)], now=NOW, recorded_at=NOW)
    store._connection.set_trace_callback(None)  # noqa: SLF001 - as above
    # The head twice, the ids twice, and the accounts, which then stay.
    assert len(asked) == 5
