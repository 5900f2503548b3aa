"""What happened elsewhere and is taken over: in batches of its own, in the order of time."""

import pytest

from ledger import Account, AccountFlag, AccountStatus, Book, Kind, Status, Store, Transfer, TransferFlag
from ledger.errors import TimeOrderError
from tests.ledger.town import NOW, act, end, hold, post

S = Status
CREATED = S.CREATED
IMPORTED = TransferFlag.IMPORTED
BEFORE_ALL = 100


@pytest.fixture
def old(any_store: Store) -> Book:
    """A book with two accounts that were opened long ago, at 100, and nothing else."""
    book = Book(any_store, "sbx_old")
    accounts = [Account(name, "PKR", 1, AccountFlag.IMPORTED, opened_at=BEFORE_ALL) for name in "ab"]
    results = book.open_accounts(accounts, now=NOW, recorded_at=NOW)
    assert [result.status for result in results] == [AccountStatus.CREATED] * 2
    return book


def then(name: str, happened_at: int, *, linked: bool = False, kind: Kind = Kind.TRANSFER) -> Transfer:
    return Transfer(name, "a", "b", 5, kind, flags=IMPORTED, happened_at=happened_at, linked=linked)


def test_imported_transfers_keep_their_own_time(old: Book) -> None:
    assert post(old, then("t1", 101), then("t2", 101), then("t3", 250)) == [CREATED] * 3
    assert [line.happened_at for line in old.statement("a")] == [101, 101, 250]
    entry = old.entry("t3")
    assert entry is not None
    assert (entry.flags, entry.happened_at, entry.recorded_at) == (IMPORTED, 250, NOW + 7)
    assert post(old, Transfer("now", "a", "b", 1)) == [CREATED]


@pytest.mark.parametrize(
    ("times", "statuses"),
    [
        ([200, 199], [CREATED, S.IMPORTED_TIME_RUNS_BACKWARDS]),
        ([200, 200], [CREATED, CREATED]),
        ([BEFORE_ALL], [S.IMPORTED_BEFORE_DEBIT_ACCOUNT]),
        ([BEFORE_ALL - 1], [S.IMPORTED_TIME_RUNS_BACKWARDS]),
        ([0], [S.IMPORTED_TIME_OUT_OF_RANGE]),
        ([NOW], [S.IMPORTED_TIME_NOT_PAST]),
        ([NOW - 1], [CREATED]),
    ],
)
def test_times_rise_and_are_past(old: Book, times: list[int], statuses: list[Status]) -> None:
    assert post(old, *(then(f"t{number}", time) for number, time in enumerate(times))) == statuses


def test_nothing_is_imported_behind_the_back_of_what_is_there(old: Book) -> None:
    post(old, Transfer("t", "a", "b", 1))
    assert post(old, then("t2", NOW - 1), now=NOW + 50) == [S.IMPORTED_TIME_RUNS_BACKWARDS]
    assert post(old, then("t2", NOW), now=NOW + 50) == [CREATED]


def test_imported_and_other_transfers_do_not_mix(old: Book) -> None:
    plain = Transfer("p", "a", "b", 1)
    assert post(old, then("t1", 200), plain, then("t2", 200)) == [CREATED, S.IMPORTED_EXPECTED, CREATED]
    assert post(old, plain, then("t3", 300), plain) == [CREATED, S.IMPORTED_NOT_EXPECTED, S.EXISTS]
    assert post(old, plain._replace(id="q", happened_at=5)) == [S.HAPPENED_AT_NOT_ALLOWED]


def test_imported_and_other_accounts_do_not_mix(old: Book) -> None:
    plain = Account("c", "PKR", 1)
    past = Account("d", "PKR", 1, AccountFlag.IMPORTED, opened_at=BEFORE_ALL)

    def opened(*accounts: Account) -> list[AccountStatus]:
        return [result.status for result in old.open_accounts(accounts, now=NOW, recorded_at=NOW)]

    assert opened(past, plain) == [AccountStatus.CREATED, AccountStatus.IMPORTED_EXPECTED]
    assert opened(plain, past) == [AccountStatus.CREATED, AccountStatus.IMPORTED_NOT_EXPECTED]


def test_an_imported_hold_never_runs_out_and_may_be_ended_in_the_past(old: Book) -> None:
    held = then("h", 200, kind=Kind.HOLD)
    assert post(
        old,
        held._replace(timeout_us=5),
        held,
        act(Kind.EXTEND, "x", "h", timeout_us=5)._replace(flags=IMPORTED, happened_at=201),
        act(Kind.CAPTURE, "c", "h", 2)._replace(flags=IMPORTED, happened_at=202),
        end(Kind.POST, "p", "h")._replace(flags=IMPORTED, happened_at=203),
        act(Kind.REVERSAL, "r", "c")._replace(flags=IMPORTED, happened_at=204),
    ) == [S.IMPORTED_TIMEOUT_NOT_ALLOWED, CREATED, S.IMPORTED_TIMEOUT_NOT_ALLOWED, *[CREATED] * 3]
    assert [line.happened_at for line in old.statement("b")] == [200, 202, 203, 204]


def test_an_undone_chain_leaves_the_time_where_it_was(old: Book) -> None:
    chain = [then("c1", 400, linked=True), then("c2", 500, linked=True), then("c3", 450)]
    assert post(old, then("t1", 200), *chain, then("t2", 300)) == [
        CREATED,
        S.CHAIN_FAILED,
        S.CHAIN_FAILED,
        S.IMPORTED_TIME_RUNS_BACKWARDS,
        CREATED,
    ]
    assert post(old, *chain[:2], chain[2]._replace(happened_at=500)) == [CREATED] * 3


def test_an_undone_chain_at_the_very_beginning_leaves_the_time_where_it_was(old: Book) -> None:
    chain = [then("c1", 400, linked=True), then("c2", 300)]
    assert post(old, *chain, then("t", 200)) == [S.CHAIN_FAILED, S.IMPORTED_TIME_RUNS_BACKWARDS, CREATED]


def test_a_broken_or_open_chain_comes_before_a_mixed_batch(old: Book) -> None:
    plain = Transfer("", "a", "b", 1, linked=True)
    assert post(old, then("t", 200), plain, plain, plain) == [
        CREATED,
        S.IMPORTED_EXPECTED,
        S.CHAIN_FAILED,
        S.CHAIN_OPEN,
    ]


def test_a_repeat_of_an_import_is_known_by_its_id(old: Book) -> None:
    post(old, then("t", 200))
    assert post(old, then("t", 200)) == [S.EXISTS]
    assert post(old, Transfer("t", "a", "b", 5)) == [S.EXISTS_WITH_DIFFERENT_FLAGS]


def test_now_never_lies_before_what_the_book_has_seen(book: Book) -> None:
    early = {"now": NOW - 1, "recorded_at": NOW}
    for attempt in (
        lambda: book.post([], **early),
        lambda: book.post([Transfer("t", "bank", "ali", 1)], **early),
        lambda: book.expire(**early),
        lambda: book.open_accounts([], **early),
        lambda: book.close_account("ali", **early),
        lambda: book.preview([], **early),
        lambda: book.post_many([[]], **early),
    ):
        with pytest.raises(TimeOrderError, match=f"now is {NOW - 1}, but .* {NOW}"):
            attempt()
    with pytest.raises(ValueError, match="newest row"):
        book.post([], **early)


def test_a_system_clock_that_is_set_back_stands_still_in_the_book(book: Book) -> None:
    post(book, hold("h", 1))
    (result,) = book.post([hold("h2", 1)], now=NOW, recorded_at=3)
    assert result.entry is not None
    assert result.entry.recorded_at == NOW + 7
