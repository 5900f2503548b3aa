import pytest

from ledger import Book, Kind, Result, Status, Transfer
from tests.ledger.town import NOW, end, hold, pay, post, totals

CREATED = Status.CREATED
POST, VOID = Kind.POST, Kind.VOID


def test_held_money_counts_against_the_payer_and_not_for_the_receiver(book: Book) -> None:
    assert post(book, hold("h", 60)) == [CREATED]
    ali, sara = book.accounts(["ali", "sara"]).values()
    assert (ali.balance, ali.available) == (100, 40)
    assert (sara.balance, sara.available, sara.credits_pending) == (0, 0, 60)
    assert post(book, pay("p", 41), Transfer("q", "sara", "ali", 1)) == [Status.EXCEEDS_CREDITS] * 2
    assert post(book, pay("p2", 40)) == [CREATED]


def test_one_post_ends_a_hold_and_releases_the_rest(book: Book) -> None:
    post(book, hold("h", 15))
    assert post(book, end(POST, "p", "h", 13)) == [CREATED]
    assert totals(book, "ali") == (0, 13, 0, 100)
    assert totals(book, "sara") == (0, 0, 0, 13)
    assert post(book, end(POST, "p2", "h", 2)) == [Status.HOLD_ALREADY_POSTED]
    assert post(book, end(VOID, "v", "h")) == [Status.HOLD_ALREADY_POSTED]
    assert post(book, end(POST, "p", "h", 13)) == [Status.EXISTS]
    assert post(book, end(POST, "p", "h")) == [Status.EXISTS_WITH_DIFFERENT_AMOUNT]


@pytest.mark.parametrize("amount", [None, 15])
def test_a_full_post_may_be_repeated_either_way(book: Book, amount: int | None) -> None:
    post(book, hold("h", 15), end(POST, "p", "h", amount))
    assert post(book, end(POST, "p", "h"), end(POST, "p", "h", 15)) == [Status.EXISTS] * 2


@pytest.mark.parametrize(
    ("amount", "status"),
    [
        (None, CREATED),
        (15, CREATED),
        (14, Status.TARGET_HAS_DIFFERENT_AMOUNT),
        (0, Status.TARGET_HAS_DIFFERENT_AMOUNT),
        (16, Status.EXCEEDS_HOLD_AMOUNT),
    ],
)
def test_a_void_releases_all_or_is_refused(book: Book, amount: int | None, status: Status) -> None:
    post(book, hold("h", 15))
    assert post(book, end(VOID, "v", "h", amount)) == [status]
    assert totals(book, "ali") == (0 if status == CREATED else 15, 0, 0, 100)


def test_a_voided_hold_has_ended(book: Book) -> None:
    post(book, hold("h", 15), end(VOID, "v", "h"))
    assert post(book, end(POST, "p", "h"), end(VOID, "v2", "h")) == [Status.HOLD_ALREADY_VOIDED] * 2
    assert post(book, end(VOID, "v", "h"), end(VOID, "v", "h", 15)) == [Status.EXISTS] * 2


def test_what_ends_a_hold_inherits_from_it(book: Book) -> None:
    held = hold("h", 15)._replace(code=7, reference="pay_1")
    results: list[Result] = book.post([held, end(POST, "p", "h")], now=NOW, recorded_at=NOW)
    entry = results[1].entry
    assert entry is not None
    assert (entry.debit_account, entry.credit_account, entry.currency) == ("ali", "sara", "PKR")
    assert (entry.code, entry.reference, entry.target_id, entry.expires_at) == (7, "pay_1", "h", 0)


def test_a_post_may_have_a_reference_of_its_own(book: Book) -> None:
    own = end(POST, "p", "h")._replace(reference="mine")
    post(book, hold("h", 15)._replace(reference="pay_1"), own)
    assert post(book, own) == [Status.EXISTS]
    assert post(book, end(POST, "p", "h")) == [Status.EXISTS_WITH_DIFFERENT_REFERENCE]


def test_hold_and_post_in_one_batch(book: Book) -> None:
    assert post(book, hold("h", 15), end(POST, "p", "h"), end(POST, "p2", "h")) == [
        CREATED,
        CREATED,
        Status.HOLD_ALREADY_POSTED,
    ]


def test_a_hold_runs_out_at_its_very_microsecond_swept_or_not(book: Book) -> None:
    post(book, *(hold(f"h{seconds}", 10, seconds * 1_000_000) for seconds in (1, 2, 3)))
    due = NOW + 2_000_000
    assert post(book, end(POST, "early", "h2"), now=due - 1) == [CREATED]
    batch = [end(POST, "p1", "h1"), end(VOID, "v1", "h1"), end(POST, "p3", "h3")]
    assert post(book, *batch, now=due) == [Status.HOLD_EXPIRED, Status.HOLD_EXPIRED, CREATED]
    assert totals(book, "ali") == (10, 20, 0, 100)
    book.expire(now=due, recorded_at=due)
    assert totals(book, "ali") == (0, 20, 0, 100)
    assert post(book, end(POST, "p1", "h1"), now=due) == [Status.HOLD_EXPIRED]


def test_the_sweep_releases_by_time_then_by_number(book: Book) -> None:
    post(book, hold("never", 1), hold("b", 1, 20), hold("a", 2, 10), hold("c", 3, 20), hold("z", 4, 21))
    swept = book.expire(now=NOW + 20, recorded_at=NOW + 50)
    assert [(entry.id, entry.target_id, entry.amount) for entry in swept] == [
        ("a:expired", "a", 2),
        ("b:expired", "b", 1),
        ("c:expired", "c", 3),
    ]
    assert {(entry.kind, entry.happened_at, entry.recorded_at) for entry in swept} == {
        (Kind.EXPIRE, NOW + 20, NOW + 50)
    }
    assert totals(book, "ali") == (5, 0, 0, 100)
    assert totals(book, "sara") == (0, 0, 5, 0)
    assert book.expire(now=NOW + 20, recorded_at=5) == []


def test_the_sweep_goes_on_where_its_limit_stopped_it(book: Book) -> None:
    post(book, *(hold(f"h{number}", 1, 10) for number in range(5)))
    sizes = [len(book.expire(now=NOW + 10, recorded_at=5, limit=2)) for _ in range(4)]
    assert sizes == [2, 2, 1, 0]


def test_ended_holds_do_not_expire(book: Book) -> None:
    post(book, hold("a", 1, 10), hold("b", 1, 10), hold("c", 1, 10), end(POST, "p", "a"))
    post(book, end(VOID, "v", "b"))
    assert [entry.target_id for entry in book.expire(now=NOW + 10, recorded_at=5)] == ["c"]


def test_on_a_closed_account_a_hold_can_be_voided_and_expire_but_not_be_posted(book: Book) -> None:
    post(book, hold("a", 1), hold("b", 2, 10))
    book.close_account("ali", now=NOW, recorded_at=NOW)
    assert post(book, end(POST, "p", "a"), end(VOID, "v", "a")) == [Status.DEBIT_ACCOUNT_CLOSED, CREATED]
    assert len(book.expire(now=NOW + 10, recorded_at=5)) == 1
    assert totals(book, "ali") == (0, 0, 0, 100)


def test_nothing_is_a_fine_amount(book: Book) -> None:
    batch = [
        Transfer("t", "sara", "bank", 0),
        hold("h", 0),
        end(POST, "p", "h", 0),
        hold("h2", 0),
        end(VOID, "v", "h2", 0),
        hold("h3", 5),
        end(POST, "p3", "h3", 0),
    ]
    assert post(book, *batch) == [CREATED] * 7
    assert totals(book, "ali") == (0, 0, 0, 100)
    assert totals(book, "sara") == (0, 0, 0, 0)


def test_an_empty_batch_is_fine(book: Book) -> None:
    assert post(book) == []
