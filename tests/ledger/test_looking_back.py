"""Whatever has happened, what is asked of a book agrees with a plain look through all of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import AccountFilter, Book, Entry, Kind, QueryFilter, SqliteStore
from tests.ledger.lives import NAMES, Step, live, steps

MOVING = (Kind.TRANSFER, Kind.POST, Kind.CAPTURE, Kind.REVERSAL)
lives = st.lists(steps, max_size=40)


@contextmanager
def lived(life: list[Step]) -> Iterator[tuple[Book, list[Entry]]]:
    store = SqliteStore.open(":memory:")
    yield Book(store, "sbx_1"), live(store, life)
    store.close()


def matches(entry: Entry, wanted: AccountFilter | QueryFilter) -> bool:
    """Apply a filter by its words."""
    own = True
    if isinstance(wanted, AccountFilter):
        own = (wanted.debits and entry.debit_account == wanted.account_id) or (
            wanted.credits and entry.credit_account == wanted.account_id
        )
    return (
        own
        and wanted.kind in (None, entry.kind)
        and wanted.code in (0, entry.code)
        and wanted.reference in ("", entry.reference)
        and wanted.happened_min <= entry.happened_at
        and entry.happened_at <= (wanted.happened_max or entry.happened_at)
        and wanted.seq_min <= entry.seq
        and entry.seq <= (wanted.seq_max or entry.seq)
    )


def ranges(most: int) -> st.SearchStrategy[tuple[int, int]]:
    """Draw two ends in order; 0 is none."""
    return st.tuples(st.integers(0, most), st.integers(0, most)).map(lambda ends: (min(ends), max(ends)))


@st.composite
def filters(draw: st.DrawFn) -> AccountFilter | QueryFilter:
    happened_min, happened_max = draw(ranges(40))
    seq_min, seq_max = draw(ranges(50))
    wanted = QueryFilter(
        "",
        draw(st.sampled_from([None, None, *Kind])),
        draw(st.sampled_from([0, 0, 1, 2])),
        draw(st.sampled_from(["", "", "x", "xx"])),
        happened_min,
        happened_max,
        seq_min,
        seq_max,
        draw(st.integers(1, 20)),
        draw(st.booleans()),
    )
    account = draw(st.sampled_from([*NAMES, "nobody", None]))
    if account is None:
        return wanted
    debits, credits_ = draw(st.sampled_from([(True, True), (True, False), (False, True)]))
    return AccountFilter(account, debits, credits_, *wanted[1:])


@given(life=lives, chosen=st.lists(filters(), min_size=1, max_size=20))
@settings(deadline=None)
def test_a_filter_finds_what_a_look_at_everything_finds(
    life: list[Step], chosen: list[AccountFilter | QueryFilter]
) -> None:
    with lived(life) as (book, log):
        for wanted in chosen:
            expected = [entry for entry in log if matches(entry, wanted)]
            if wanted.reversed:
                expected.reverse()
            assert book.transfers(wanted) == expected[: wanted.limit]


@given(life=lives, periods=st.lists(ranges(60), min_size=1), limit=st.integers(1, 5))
@settings(deadline=None)
def test_a_statement_has_all_that_was_posted_in_its_period(
    life: list[Step], periods: list[tuple[int, int]], limit: int
) -> None:
    with lived(life) as (book, log):
        for (start, end), account in ((period, name) for period in periods for name in NAMES):
            own = [entry for entry in log if account in (entry.debit_account, entry.credit_account)]
            inside = [entry for entry in own if start <= entry.happened_at < end]
            pages = [book.statement_for(account, start, end, limit=limit)]
            while pages[-1].more:
                after = pages[-1].lines[-1].seq
                pages.append(book.statement_for(account, start, end, after_seq=after, limit=limit))
            assert [line.id for page in pages for line in page.lines] == [entry.id for entry in inside]
            moved = [entry for entry in inside if entry.kind in MOVING]
            debits = sum(entry.amount for entry in moved if entry.debit_account == account)
            assert {page.debits for page in pages} == {debits}
            assert {page.credits for page in pages} == {sum(entry.amount for entry in moved) - debits}
            assert pages[0].opening == pages[0].brought_forward
            assert pages[-1].closing == pages[-1].carried_forward
            for page, following in pairwise(pages):
                assert page.carried_forward == following.brought_forward


@given(life=lives)
@settings(deadline=None)
def test_what_is_unmatched_makes_up_the_balance(life: list[Step]) -> None:
    with lived(life) as (book, log):
        now = log[-1].happened_at
        found = {each.account.id: each for each in book.clearing(now=now)}
        accounts = book.accounts(["bank", "sara"])
        assert set(found) == {name for name, account in accounts.items() if account.balance}
        for name, each in found.items():
            assert sum(each.aged) == sum(item.amount for item in each.unmatched) == each.balance
            balance, since = 0, 0
            for entry in log:
                if (
                    entry.kind in MOVING
                    and entry.amount
                    and name in (entry.debit_account, entry.credit_account)
                ):
                    since = since if balance else entry.happened_at
                    balance += entry.amount if entry.credit_account == name else -entry.amount
            assert (each.balance, each.age_us) == (balance, now - since)
