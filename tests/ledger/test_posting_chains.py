import pytest

from ledger import Book, Kind, Status, Transfer
from tests.ledger.town import end, hold, pay, post, totals

CREATED, FAILED, OPEN = Status.CREATED, Status.CHAIN_FAILED, Status.CHAIN_OPEN
MISSING = Status.AMOUNT_MISSING


def chain(*amounts: int | None, name: str = "c", open_end: bool = False) -> list[Transfer]:
    """Ali pays Sara in linked steps; None is a fault."""
    last = len(amounts) - 1
    return [
        Transfer(f"{name}{index}", "ali", "sara", amount, linked=index < last or open_end)
        for index, amount in enumerate(amounts)
    ]


def test_a_chain_moves_all_of_it(book: Book) -> None:
    assert post(book, *chain(1, 2, 3, 4)) == [CREATED] * 4
    assert totals(book, "sara") == (0, 0, 0, 10)


@pytest.mark.parametrize("faulty", range(4))
def test_one_fault_anywhere_undoes_all_of_its_chain_and_no_other(book: Book, faulty: int) -> None:
    amounts: list[int | None] = [1, 2, 3, 4]
    amounts[faulty] = None
    statuses = post(book, pay("before", 20), *chain(*amounts), *chain(5, 6, name="d"), pay("after", 30))
    expected = [FAILED] * 4
    expected[faulty] = MISSING
    assert statuses == [CREATED, *expected, CREATED, CREATED, CREATED]
    assert totals(book, "sara") == (0, 0, 0, 20 + 5 + 6 + 30)
    assert [line.id for line in book.statement("sara")] == ["before", "d0", "d1", "after"]


def test_later_faults_of_a_broken_chain_do_not_show(book: Book) -> None:
    assert post(book, *chain(1, None, None, 4)) == [FAILED, MISSING, FAILED, FAILED]


def test_a_chain_of_one_is_an_ordinary_transfer(book: Book) -> None:
    assert post(book, *chain(1)) == [CREATED]


def test_an_open_chain_fails_whole(book: Book) -> None:
    assert post(book, pay("before", 1), *chain(1, 2, open_end=True)) == [CREATED, FAILED, OPEN]
    assert post(book, *chain(1, open_end=True)) == [OPEN]
    assert totals(book, "sara") == (0, 0, 0, 1)


def test_an_open_end_is_named_even_after_another_fault(book: Book) -> None:
    assert post(book, *chain(1, None, 3, open_end=True)) == [FAILED, MISSING, OPEN]


def test_each_link_sees_the_links_before_it(book: Book) -> None:
    there, back = pay("there", 100, linked=True), Transfer("back", "sara", "ali", 100)
    assert post(book, there, back) == [CREATED, CREATED]
    assert totals(book, "ali") == (0, 100, 0, 200)


def test_a_repeat_breaks_a_chain(book: Book) -> None:
    post(book, pay("paid", 5))
    assert post(book, pay("new", 1, linked=True), pay("paid", 5)) == [FAILED, Status.EXISTS]
    assert book.entry("new") is None


def test_ids_of_an_undone_chain_stay_free(book: Book) -> None:
    post(book, *chain(1, None, 3))
    assert post(book, *chain(1, 2, 3)) == [CREATED] * 3


def test_an_undone_id_can_be_used_again_in_the_same_batch(book: Book) -> None:
    assert post(book, *chain(1, None), pay("c0", 7)) == [FAILED, MISSING, CREATED]


def test_an_undone_hold_is_gone_and_an_undone_post_leaves_its_hold_open(book: Book) -> None:
    post(book, hold("old", 10))
    batch = [
        hold("new", 5, linked=True),
        end(Kind.POST, "post_new", "new", linked=True),
        end(Kind.POST, "post_old", "old", linked=True),
        pay("too much", 1000),
        end(Kind.POST, "post_new_again", "new"),
        end(Kind.VOID, "void_old", "old"),
    ]
    undone = [FAILED, FAILED, FAILED, Status.EXCEEDS_CREDITS]
    assert post(book, *batch) == [*undone, Status.TARGET_NOT_FOUND, CREATED]
    assert totals(book, "ali") == (0, 0, 0, 100)


def test_numbers_have_no_gap_after_an_undone_chain(book: Book) -> None:
    post(book, *chain(1, 2, None), pay("next", 1))
    assert [line.seq for line in book.statement("sara")] == [7]
