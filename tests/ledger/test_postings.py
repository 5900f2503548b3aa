"""Many legs become a chain: whole or not at all, and each account gets just what its leg says."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import Account, AccountFlag, Book, SqliteStore, Status, Transfer
from ledger.postings import MAX_LEGS, Leg, gather, multi_leg
from tests.ledger.town import NOW, post, settle, totals


def salary() -> list[Transfer]:
    """The bank pays Ali, Sara and the tax office at once."""
    return multi_leg(
        "salary",
        [Leg("bank", 100)],
        [Leg("ali", 70), Leg("sara", 20), Leg("tax", 10)],
        code=7,
        reference="june",
    )


def test_one_pays_many() -> None:
    assert salary() == [
        Transfer("salary:1", "bank", "ali", 70, code=7, reference="june", linked=True),
        Transfer("salary:2", "bank", "sara", 20, code=7, reference="june", linked=True),
        Transfer("salary:3", "bank", "tax", 10, code=7, reference="june"),
    ]


@pytest.mark.parametrize(
    ("debits", "credits_", "moved"),
    [
        ([("a", 5)], [("x", 5)], [("a", "x", 5)]),
        ([("a", 5), ("b", 5)], [("x", 5), ("y", 5)], [("a", "x", 5), ("b", "y", 5)]),
        ([("a", 5), ("b", 5)], [("x", 3), ("y", 7)], [("a", "x", 3), ("a", "y", 2), ("b", "y", 5)]),
        ([("a", 5), ("b", 5)], [("x", 7), ("y", 3)], [("a", "x", 5), ("b", "x", 2), ("b", "y", 3)]),
        ([("a", 2), ("a", 1)], [("x", 3)], [("a", "x", 2), ("a", "x", 1)]),
    ],
)
def test_legs_are_cut_where_either_side_ends(
    debits: list[tuple[str, int]], credits_: list[tuple[str, int]], moved: list[tuple[str, str, int]]
) -> None:
    chain = multi_leg("p", [Leg(*leg) for leg in debits], [Leg(*leg) for leg in credits_])
    assert [(each.debit_account, each.credit_account, each.amount) for each in chain] == moved
    assert {each.reference for each in chain} == {"p"}


@given(st.lists(st.integers(1, 30), min_size=1), st.lists(st.integers(1, 30), min_size=1))
def test_every_account_gets_what_its_leg_says(given: list[int], taken: list[int]) -> None:
    short, long_ = sorted((given, taken), key=sum)
    short = [*short, sum(long_) - sum(short)] if sum(short) < sum(long_) else short
    debits = [Leg(f"d{number}", amount) for number, amount in enumerate(short)]
    credits_ = [Leg(f"c{number}", amount) for number, amount in enumerate(long_)]
    chain = multi_leg("p", debits, credits_)
    out: Counter[str] = Counter()
    into: Counter[str] = Counter()
    for each in chain:
        out[each.debit_account] += each.amount or 0
        into[each.credit_account] += each.amount or 0
    assert [Leg(*leg) for leg in out.items()] == debits
    assert [Leg(*leg) for leg in into.items()] == credits_
    assert len(chain) < len(debits) + len(credits_)
    assert all(each.amount for each in chain)
    assert [each.linked for each in chain] == [True] * (len(chain) - 1) + [False]


ONE = [Leg("a", 1)]
MANY = [Leg(f"c{number}", 1) for number in range(MAX_LEGS)]


@pytest.mark.parametrize(
    ("name", "debits", "credits_", "says"),
    [
        ("p", [], [Leg("x", 1)], "needs a debit leg"),
        ("p", ONE, [], "needs a credit leg"),
        ("p", ONE, [Leg("", 1)], "credit leg names no account"),
        ("p", [Leg("a", 0)], [Leg("x", 0)], "more than 0, not 0 .debit of 'a'"),
        ("p", ONE, [Leg("x", 2), Leg("y", -1)], "more than 0, not -1 .credit of 'y'"),
        ("p", [Leg("a", MAX_LEGS)], MANY, "at most 1000 legs, not 1001"),
        ("p", [Leg("a", 3), Leg("b", 1)], [Leg("a", 1), Leg("x", 3)], "'a' is on both sides"),
        ("p", ONE, [Leg("x", 2)], "debits are 1 and the credits 2"),
        ("", ONE, [Leg("x", 1)], "needs an id"),
        ("p" * 63, ONE, [Leg("x", 1)], "has 65 characters, but 64"),
    ],
)
def test_what_is_wrong_is_said(name: str, debits: list[Leg], credits_: list[Leg], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        multi_leg(name, debits, credits_)


def test_all_legs_or_none(book: Book) -> None:
    """The town has no tax account, so the salary fails as a whole."""
    assert post(book, *salary()) == [
        Status.CHAIN_FAILED,
        Status.CHAIN_FAILED,
        Status.CREDIT_ACCOUNT_NOT_FOUND,
    ]
    assert totals(book, "sara") == (0, 0, 0, 0)
    rest = multi_leg("pay", [Leg("bank", 90)], [Leg("ali", 70), Leg("sara", 20)])
    assert post(book, *rest) == [Status.CREATED] * 2
    assert post(book, *rest) == [Status.EXISTS, Status.CHAIN_FAILED]
    first = book.entry("pay:1")
    assert first is not None
    assert [entry.id for entry in book.chain(first.chain)] == ["pay:1", "pay:2"]
    assert totals(book, "ali") == (0, 0, 0, 170)
    assert totals(book, "sara") == (0, 0, 0, 20)


@pytest.fixture
def purse(store: SqliteStore) -> Book:
    """A town in which Ali has 100, Sara 30 and Omar 5, with the two accounts for gathering."""
    book = Book(store, "sbx_1")
    settle(book)
    spender, clearing = AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS, AccountFlag.EXPECTED_ZERO
    book.open_accounts(
        [
            Account("omar", "PKR", 2, spender),
            Account("shop", "PKR", 3),
            Account("control", "PKR", 9, clearing),
            Account("limit", "PKR", 9, spender | clearing),
        ],
        now=NOW,
        recorded_at=NOW,
    )
    assert (
        post(book, Transfer("g2", "bank", "sara", 30), Transfer("g3", "bank", "omar", 5))
        == [Status.CREATED] * 2
    )
    return book


SOURCES = ["omar", "sara", "ali"]


@pytest.mark.parametrize(
    ("amount", "left"),
    [
        (3, (2, 30, 100)),
        (5, (0, 30, 100)),
        (36, (0, 0, 99)),
        (135, (0, 0, 0)),
    ],
)
def test_gathering_empties_one_source_after_the_other(
    purse: Book, amount: int, left: tuple[int, int, int]
) -> None:
    chain = gather("g", SOURCES, "shop", amount, control="control", limit="limit")
    assert set(post(purse, *chain)) == {Status.CREATED}
    balances = {name: account.balance for name, account in purse.accounts([*SOURCES, "shop"]).items()}
    assert tuple(balances.values()) == (*left, amount)
    assert [account.balance for account in purse.accounts(["control", "limit"]).values()] == [0, 0]


def test_gathering_one_too_many_moves_nothing_and_says_how_much_there_was(purse: Book) -> None:
    chain = gather("g", SOURCES, "shop", 136, control="control", limit="limit")
    results = purse.post(chain, now=NOW, recorded_at=NOW)
    assert [each.status for each in results[-2:]] == [Status.CHAIN_FAILED, Status.EXCEEDS_CREDITS]
    why = results[-1].detail
    assert why is not None
    assert (why.account, why.limit, why.current) == ("limit", 136, 1)
    assert [account.balance for account in purse.accounts([*SOURCES, "shop"]).values()] == [5, 30, 100, 0]


@pytest.mark.parametrize(
    ("sources", "amount", "says"),
    [
        ([], 5, "at least one source"),
        ([f"s{number}" for number in range(MAX_LEGS)], 5, "at most 1000 accounts"),
        (["ali", "ali"], 5, "must all differ"),
        (["ali", "shop"], 5, "must all differ"),
        (["ali"], 0, "more than 0, not 0"),
    ],
)
def test_what_cannot_be_gathered_is_said(sources: list[str], amount: int, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        gather("g", sources, "shop", amount, control="control", limit="limit")
