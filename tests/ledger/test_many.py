"""Batches of several callers at once, previews, and the holds of a whole chain."""

import pytest

from ledger import AccountFlag, Book, Kind, Result, Status, Transfer, TransferFlag
from tests.ledger.town import LATER, NOW, act, close, end, hold, pay, post, totals

S = Status
CREATED = S.CREATED


def statuses(results: list[Result]) -> list[Status]:
    return [result.status for result in results]


def post_many(book: Book, *batches: list[Transfer]) -> list[list[Status]]:
    return [statuses(results) for results in book.post_many(batches, now=LATER, recorded_at=LATER)]


def test_each_caller_is_answered_as_if_alone(book: Book) -> None:
    assert post_many(
        book,
        [pay("a1", 60), pay("a2", 50)],
        [],
        [pay("b1", 40), pay("a1", 60)],
        [hold("c1", 1)],
    ) == [[CREATED, S.EXCEEDS_CREDITS], [], [CREATED, S.EXISTS], [S.EXCEEDS_CREDITS]]
    assert totals(book, "sara") == (0, 0, 0, 100)


def test_a_chain_never_reaches_into_the_next_callers_batch(book: Book) -> None:
    assert post_many(
        book,
        [pay("a1", 1), pay("a2", 1, linked=True)],
        [pay("b1", 1), pay("b2", 1, linked=True), pay("b3", 1)],
        [pay("c1", 1, linked=True), pay("c2", 1000)],
        [pay("d1", 1)],
    ) == [
        [CREATED, S.CHAIN_OPEN],
        [CREATED, CREATED, CREATED],
        [S.CHAIN_FAILED, S.EXCEEDS_CREDITS],
        [CREATED],
    ]
    entries = {name: book.entry(name) for name in ("a1", "b1", "b2", "b3", "d1")}
    seqs = {name: (entry.seq, entry.chain) for name, entry in entries.items() if entry}
    assert seqs == {"a1": (7, 0), "b1": (8, 0), "b2": (9, 9), "b3": (10, 9), "d1": (11, 0)}


def test_callers_may_import_each_in_a_batch_of_their_own(book: Book) -> None:
    past = pay("p", 1)._replace(flags=TransferFlag.IMPORTED, happened_at=NOW + 5)
    assert post_many(book, [past], [past._replace(id="p2", happened_at=NOW + 4)], [pay("q", 1)]) == [
        [CREATED],
        [S.IMPORTED_TIME_RUNS_BACKWARDS],
        [CREATED],
    ]
    assert [line.happened_at for line in book.statement("sara")] == [NOW + 5, LATER]


def test_a_preview_answers_like_a_post_and_writes_nothing(book: Book) -> None:
    post(book, hold("h", 10))
    batch = [
        pay("p", 30),
        pay("poor", 1000),
        end(Kind.POST, "e", "h"),
        act(Kind.REVERSAL, "r", "p"),
        hold("c", 5)._replace(flags=TransferFlag.CLOSING_CREDIT),
        Transfer("none", "ali", "nobody", 1),
    ]
    before = book.accounts(["ali", "sara"])
    preview = book.preview(batch, now=NOW, recorded_at=NOW + 7)
    assert {"ali", "sara"} <= set(preview.accounts)
    assert book.accounts(["ali", "sara"]) == before
    assert [book.entry(transfer.id) for transfer in batch] == [None] * 6
    assert book.post(batch, now=NOW, recorded_at=NOW + 7) == preview.results
    assert book.accounts(list(preview.accounts)) == preview.accounts
    assert preview.accounts["sara"].flags & AccountFlag.CLOSED


@pytest.fixture
def chained(book: Book) -> tuple[Book, int]:
    """Two holds and a payment in one chain, another hold before and after it."""
    chain = [hold("h1", 10, linked=True), pay("p", 1, linked=True), hold("h2", 20, 50)]
    assert post(book, hold("before", 1), *chain, hold("after", 2)) == [CREATED] * 5
    entry = book.entry("h2")
    assert entry is not None
    return book, entry.chain


def end_chain(book: Book, kind: Kind, name: str, chain: int, now: int = NOW) -> list[Status]:
    run = book.post_chain if kind == Kind.POST else book.void_chain
    return statuses(run(name, chain, now=now, recorded_at=now))


def test_a_chain_is_marked_by_its_first_entry(chained: tuple[Book, int]) -> None:
    book, chain = chained
    assert [(entry.id, entry.seq) for entry in book.chain(chain)] == [
        ("h1", chain),
        ("p", chain + 1),
        ("h2", chain + 2),
    ]
    assert [entry.chain for name in ("before", "after") if (entry := book.entry(name))] == [0, 0]


@pytest.mark.parametrize(
    ("kind", "after", "other"),
    [
        (Kind.POST, (3, 31, 0, 100), S.HOLD_ALREADY_POSTED),
        (Kind.VOID, (3, 1, 0, 100), S.HOLD_ALREADY_VOIDED),
    ],
)
def test_all_holds_of_a_chain_end_at_once(
    chained: tuple[Book, int], kind: Kind, after: tuple[int, int, int, int], other: Status
) -> None:
    book, chain = chained
    assert end_chain(book, kind, "end", chain) == [CREATED, CREATED]
    assert totals(book, "ali") == after
    assert [entry.id for entry in book.acting_on("h1")] == [f"end:{chain}"]
    assert end_chain(book, kind, "end", chain) == [S.EXISTS, S.EXISTS]
    assert end_chain(book, kind, "other", chain) == []
    assert post(book, end(Kind.POST, "x", "h1")) == [other]


def test_one_that_cannot_end_keeps_all_of_them(chained: tuple[Book, int]) -> None:
    book, chain = chained
    assert end_chain(book, Kind.POST, "late", chain, NOW + 50) == [S.CHAIN_FAILED, S.HOLD_EXPIRED]
    assert totals(book, "ali") == (33, 1, 0, 100)
    close(book, "ali", NOW + 50)
    assert end_chain(book, Kind.POST, "late", chain, NOW + 50) == [S.DEBIT_ACCOUNT_CLOSED, S.CHAIN_FAILED]


def test_only_those_that_are_still_open(chained: tuple[Book, int]) -> None:
    book, chain = chained
    post(book, end(Kind.VOID, "v", "h1"), act(Kind.CAPTURE, "c", "h2", 5))
    assert end_chain(book, Kind.POST, "end", chain) == [CREATED]
    assert totals(book, "ali") == (3, 21, 0, 100)


@pytest.mark.parametrize("chain", [0, 3, 999])
def test_no_chain_has_no_holds(chained: tuple[Book, int], chain: int) -> None:
    book, _ = chained
    assert book.chain(chain) == []
    assert end_chain(book, Kind.POST, "end", chain) == []
