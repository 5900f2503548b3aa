"""Whether ids are surely new: a store may doubt it in vain, but it is never wrong when it is sure."""

import pytest

from ledger import Book, Store, Transfer

NOW = 1_000_000_000


@pytest.fixture
def used(book: Book, any_store: Store) -> Store:
    """A book in which tr_5 is written and tr_7 is spent."""
    written = Transfer("tr_5", "bank", "ali", 1)
    refused = Transfer("tr_7", "ali", "nobody", 1)
    book.post([written, refused], now=NOW, recorded_at=NOW)
    return any_store


@pytest.mark.parametrize("ids", [["tr_5"], ["tr_7"], ["tr_4", "tr_5"], ["tr_5", "tr_6", "tr_7"]])
def test_what_is_written_or_spent_is_not_new(used: Store, ids: list[str]) -> None:
    assert not used.surely_new("sbx_1", ids)


@pytest.mark.parametrize("ids", [["tr_4"], ["tr_6"], ["tr_8", "tr_9"]])
def test_what_lies_beside_all_others_is_new(used: Store, ids: list[str]) -> None:
    assert used.surely_new("sbx_1", ids)
    assert used.surely_new("sbx_2", ["tr_5"])
