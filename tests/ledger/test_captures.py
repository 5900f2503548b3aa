"""Holds that are moved in parts, and holds whose time is moved."""

import pytest

from ledger import Book, Kind, Status, Transfer
from ledger.clock import MAX_TIME
from tests.ledger.town import LATER, NOW, act, end, hold, pay, post, totals

CREATED = Status.CREATED
POST, VOID, CAPTURE, EXTEND = Kind.POST, Kind.VOID, Kind.CAPTURE, Kind.EXTEND


def test_a_capture_moves_a_part_and_leaves_the_rest_held(book: Book) -> None:
    post(book, hold("h", 15))
    assert post(book, act(CAPTURE, "c1", "h", 4)) == [CREATED]
    assert totals(book, "ali") == (11, 4, 0, 100)
    assert totals(book, "sara") == (0, 0, 11, 4)
    assert post(book, act(CAPTURE, "c2", "h", 12), act(CAPTURE, "c3", "h", 5)) == [
        Status.EXCEEDS_HOLD_AMOUNT,
        CREATED,
    ]
    assert totals(book, "ali") == (6, 9, 0, 100)


@pytest.mark.parametrize("last", [None, 11])
def test_the_capture_of_the_last_bit_ends_the_hold_as_posted(book: Book, last: int | None) -> None:
    post(book, hold("h", 15, 50), act(CAPTURE, "c1", "h", 4), act(CAPTURE, "c2", "h", last))
    assert totals(book, "ali") == (0, 15, 0, 100)
    batch = [act(CAPTURE, "c3", "h", 0), end(POST, "p", "h"), end(VOID, "v", "h"), act(EXTEND, "x", "h")]
    assert post(book, *batch) == [Status.HOLD_ALREADY_POSTED] * 4
    assert book.expire(now=LATER, recorded_at=LATER) == []


@pytest.mark.parametrize(
    ("ending", "status", "after"),
    [
        (end(POST, "e", "h"), CREATED, (0, 15, 0, 100)),
        (end(POST, "e", "h", 11), CREATED, (0, 15, 0, 100)),
        (end(POST, "e", "h", 3), CREATED, (0, 7, 0, 100)),
        (end(POST, "e", "h", 0), CREATED, (0, 4, 0, 100)),
        (end(POST, "e", "h", 12), Status.EXCEEDS_HOLD_AMOUNT, (11, 4, 0, 100)),
        (end(VOID, "e", "h"), CREATED, (0, 4, 0, 100)),
        (end(VOID, "e", "h", 11), CREATED, (0, 4, 0, 100)),
        (end(VOID, "e", "h", 15), Status.EXCEEDS_HOLD_AMOUNT, (11, 4, 0, 100)),
        (end(VOID, "e", "h", 4), Status.TARGET_HAS_DIFFERENT_AMOUNT, (11, 4, 0, 100)),
    ],
)
def test_after_a_capture_post_and_void_speak_of_what_remains(
    book: Book, ending: Transfer, status: Status, after: tuple[int, int, int, int]
) -> None:
    post(book, hold("h", 15), act(CAPTURE, "c", "h", 4))
    assert post(book, ending) == [status]
    assert totals(book, "ali") == after
    if status == CREATED:
        assert post(book, ending) == [Status.EXISTS]


def test_what_is_not_captured_in_time_runs_out(book: Book) -> None:
    post(book, hold("h", 15, 50), act(CAPTURE, "c", "h", 4))
    assert post(book, act(CAPTURE, "late", "h", 1), now=NOW + 50) == [Status.HOLD_EXPIRED]
    (entry,) = book.expire(now=NOW + 50, recorded_at=NOW + 50)
    assert (entry.amount, totals(book, "ali")) == (11, (0, 4, 0, 100))
    assert post(book, act(CAPTURE, "later", "h", 1), now=NOW + 50) == [Status.HOLD_EXPIRED]


def test_capturing_nothing_leaves_a_hold_open_unless_it_holds_nothing(book: Book) -> None:
    post(book, hold("h", 15), hold("empty", 0))
    assert post(book, act(CAPTURE, "c", "h", 0), act(CAPTURE, "c2", "empty", 0)) == [CREATED, CREATED]
    assert post(book, end(POST, "p", "h", 1), end(POST, "p2", "empty")) == [
        CREATED,
        Status.HOLD_ALREADY_POSTED,
    ]


REPEATS = [
    (act(CAPTURE, "c1", "h", 4), Status.EXISTS),
    (act(CAPTURE, "c1", "h", 5), Status.EXISTS_WITH_DIFFERENT_AMOUNT),
    # "All that remains" was not 4, and never is what an earlier capture took.
    (act(CAPTURE, "c1", "h"), Status.EXISTS_WITH_DIFFERENT_AMOUNT),
    (act(CAPTURE, "c2", "h"), Status.EXISTS),
    (act(CAPTURE, "c2", "h", 11), Status.EXISTS),
    (act(CAPTURE, "c2", "h", 15), Status.EXISTS_WITH_DIFFERENT_AMOUNT),
    (act(CAPTURE, "c2", "other"), Status.EXISTS_WITH_DIFFERENT_TARGET),
    (end(POST, "c2", "h"), Status.EXISTS_WITH_DIFFERENT_KIND),
    (act(EXTEND, "x", "other", timeout_us=9), Status.EXISTS),
    (act(EXTEND, "x", "other", 0, 9), Status.EXISTS),
    (act(EXTEND, "x", "other", 0, 8), Status.EXISTS_WITH_DIFFERENT_TIMEOUT),
    (act(EXTEND, "x", "other", 1, 9), Status.EXISTS_WITH_DIFFERENT_AMOUNT),
    (act(EXTEND, "x", "h", 0, 9), Status.EXISTS_WITH_DIFFERENT_TARGET),
    (act(EXTEND, "x2", "other"), Status.EXISTS),
    (hold("other", 5), Status.EXISTS),
]


@pytest.mark.parametrize(("again", "status"), REPEATS)
def test_a_repeat_is_compared_with_what_was_asked_then(book: Book, again: Transfer, status: Status) -> None:
    batch = [hold("h", 15), act(CAPTURE, "c1", "h", 4), act(CAPTURE, "c2", "h"), hold("other", 5)]
    batch += [act(EXTEND, "x", "other", timeout_us=9), act(EXTEND, "x2", "other")]
    assert post(book, *batch) == [CREATED] * 6
    assert post(book, again, now=NOW + 5) == [status]


def test_an_undone_capture_has_left_the_hold_as_it_was(book: Book) -> None:
    post(book, hold("h", 15, 50), act(CAPTURE, "c", "h", 5))
    chain = [
        act(CAPTURE, "c1", "h", 4)._replace(linked=True),
        act(EXTEND, "x", "h", timeout_us=900)._replace(linked=True),
        act(CAPTURE, "c2", "h")._replace(linked=True),
        pay("p", 1000),
    ]
    assert post(book, *chain) == [Status.CHAIN_FAILED] * 3 + [Status.EXCEEDS_CREDITS]
    assert totals(book, "ali") == (10, 5, 0, 100)
    assert post(book, act(CAPTURE, "c1", "h", 11), act(CAPTURE, "c1", "h", 3)) == [
        Status.EXCEEDS_HOLD_AMOUNT,
        CREATED,
    ]
    assert len(book.expire(now=NOW + 50, recorded_at=NOW + 50)) == 1


def test_an_extension_moves_the_expiry_from_now(book: Book) -> None:
    post(book, hold("h", 15, 50), hold("h2", 1, 50))
    assert post(book, act(EXTEND, "x", "h", timeout_us=50), now=NOW + 49) == [CREATED]
    entry = book.entry("x")
    assert entry is not None
    assert (entry.amount, entry.expires_at, entry.timeout_us) == (0, NOW + 99, 50)
    assert [each.target_id for each in book.expire(now=NOW + 98, recorded_at=NOW + 98)] == ["h2"]
    assert post(book, end(POST, "p", "h", 5), now=NOW + 98) == [CREATED]


@pytest.mark.parametrize(
    ("timeout_us", "due"), [(1, NOW + 11), (0, None), (MAX_TIME - NOW - 10, MAX_TIME)], ids=str
)
def test_an_extension_may_shorten_or_take_away_the_expiry(
    book: Book, timeout_us: int, due: int | None
) -> None:
    post(book, hold("h", 15, 50))
    post(book, act(EXTEND, "x", "h", timeout_us=timeout_us), now=NOW + 10)
    if due is None:
        assert book.expire(now=MAX_TIME, recorded_at=NOW) == []
    else:
        assert book.expire(now=due - 1, recorded_at=NOW) == []
        assert len(book.expire(now=due, recorded_at=NOW)) == 1


def test_a_hold_that_has_run_out_cannot_be_extended(book: Book) -> None:
    post(book, hold("h", 15, 50))
    assert post(book, act(EXTEND, "x", "h", timeout_us=50), now=NOW + 50) == [Status.HOLD_EXPIRED]


def test_hold_capture_and_extend_in_one_batch(book: Book) -> None:
    assert (
        post(
            book,
            hold("h", 15, 5),
            act(EXTEND, "x", "h", timeout_us=40),
            act(CAPTURE, "c", "h", 4),
        )
        == [CREATED] * 3
    )
    assert book.expire(now=NOW + 39, recorded_at=NOW + 39) == []
    assert [each.amount for each in book.expire(now=NOW + 40, recorded_at=NOW + 40)] == [11]


def test_a_statement_shows_what_each_capture_released_and_what_the_post_did(book: Book) -> None:
    post(book, hold("h", 15, 5), act(EXTEND, "x", "h"), act(CAPTURE, "c", "h", 4), end(POST, "p", "h", 10))
    lines = book.statement("ali", after_seq=6)
    assert [(line.id, line.debit, line.held, line.available_after) for line in lines] == [
        ("h", 0, 15, 85),
        ("x", 0, 0, 85),
        ("c", 4, -4, 85),
        ("p", 10, -11, 86),
    ]
    assert [entry.id for entry in book.acting_on("h")] == ["x", "c", "p"]
