"""What real books wrote, exported and checked: the replay must agree with the ledger on every kind."""

from itertools import permutations
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import Book, Kind, SqliteStore, Status, Store, Transfer
from ledger.model import AccountChange, Entry, TransferFlag
from ledger.proof.export import export, prove_growth, prove_row, sign_head
from ledger.proof.heads import extends_head, includes_row
from ledger.proof.log import PAGE, head_of, rows_of
from ledger.proof.replay import Replay
from ledger.proof.verify import Summary, verify
from tests.ledger.town import LATER, NOW, end, hold, pay, post, settle

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SANDBOX = "sbx_1"
NAMES = ("bank", "ali", "sara", "till", "dollars")


@pytest.fixture(params=["sqlite", "postgres"])
def sql_store(request: pytest.FixtureRequest) -> Store:
    """An empty store of each kind that a log can be read from."""
    store: Store = request.getfixturevalue(f"{request.param}_store")
    return store


def checked(store: Store) -> Summary:
    return verify(export(store, SANDBOX, KEY, LATER), KEY.public_key())


def replayed(store: Store) -> Replay:
    replay = Replay()
    for row in rows_of(store, SANDBOX, 1, head_of(store, SANDBOX).last_seq):
        if len(row) == len(Entry._fields):
            replay.entry(Entry._make(row))
        else:
            replay.change(AccountChange._make(row))
    return replay


def agrees(store: Store, book: Book) -> bool:
    """Check the export, and that the replay ends where the ledger does."""
    summary, balance = checked(store), book.trial_balance()
    sums = [sum(each) for each in zip(*summary.sums.values(), strict=True)] or [0, 0, 0, 0]
    ours = {name: account[4:8] for name, account in book.accounts(NAMES).items()}
    return replayed(store).accounts == ours and list(balance[1:]) == sums


def test_every_kind_of_row(sql_store: Store) -> None:
    book = Book(sql_store, SANDBOX)
    settle(book)
    batch = [
        pay("p1", 10),
        hold("h1", 20),
        end(Kind.CAPTURE, "c1", "h1", 5),
        Transfer("x1", kind=Kind.EXTEND, target_id="h1", timeout_us=9),
        end(Kind.POST, "e1", "h1", 10),
        hold("h2", 8),
        end(Kind.VOID, "e2", "h2"),
        hold("h3", 7, timeout_us=5),
        hold("h4", 6),
        end(Kind.CAPTURE, "c4", "h4", 6),
        Transfer("r1", kind=Kind.REVERSAL, target_id="p1"),
        hold("h5", 4),
        pay("all", 1_000)._replace(flags=TransferFlag.BALANCING_DEBIT),
    ]
    assert set(post(book, *batch)) == {Status.CREATED}
    assert [entry.id for entry in book.expire(now=LATER, recorded_at=LATER)] == ["h3:expired"]
    book.set_credit_limit("ali", 50, effective_at=LATER + 5, now=LATER, recorded_at=LATER)
    book.close_account("till", now=LATER, recorded_at=LATER)
    book.reopen_account("till", now=LATER, recorded_at=LATER)
    kinds = {
        row[2] for row in rows_of(sql_store, SANDBOX, 1, head_of(sql_store, SANDBOX).last_seq) if len(row) > 9
    }
    assert kinds == set(Kind)
    assert agrees(sql_store, book)


def test_every_row_and_every_head_of_a_book_is_proved(sql_store: Store) -> None:
    book = Book(sql_store, SANDBOX)
    settle(book)
    heads = [sign_head(sql_store, SANDBOX, KEY, NOW)]
    for number in range(5):
        post(book, *(pay(f"p{number}.{each}", 1) for each in range(number)))
        heads.append(sign_head(sql_store, SANDBOX, KEY, NOW))
    newest = heads[-1]
    for older in heads:
        assert extends_head(older, newest, prove_growth(sql_store, older, newest))
    for row in rows_of(sql_store, SANDBOX, 1, newest.size):
        assert includes_row(newest, row, prove_row(sql_store, newest, row[0]))


def test_a_book_of_more_than_a_page(sql_store: Store) -> None:
    book = Book(sql_store, SANDBOX)
    settle(book)
    for batch in range(3):
        post(book, *(Transfer(f"p{batch}.{each}", "bank", "ali", 1) for each in range(PAGE - 300)))
    for batch in range(PAGE):
        post(book, Transfer(f"q{batch}", "bank", "ali", 1))
    assert checked(sql_store).head[1:4:2] == (3 * (PAGE - 300) + PAGE + 6, PAGE + 5)


flags = st.sampled_from([0, 0, 0, *TransferFlag])
moves = st.builds(
    lambda pair, rest: Transfer("", *pair, **rest),
    st.sampled_from([*permutations(NAMES[:4], 2)]),
    st.fixed_dictionaries(
        {
            "amount": st.none() | st.integers(0, 60),
            "kind": st.sampled_from([Kind.TRANSFER, Kind.HOLD, Kind.HOLD]),
            "timeout_us": st.sampled_from([0, 0, 2]),
            "flags": flags,
            "linked": st.sampled_from([False, False, True]),
        }
    ),
)
followers = st.builds(
    Transfer,
    st.just(""),
    amount=st.none() | st.integers(0, 60),
    kind=st.sampled_from([Kind.POST, Kind.VOID, Kind.CAPTURE, Kind.CAPTURE, Kind.EXTEND, Kind.REVERSAL]),
    timeout_us=st.sampled_from([0, 0, 2]),
    target_id=st.integers(0, 12).map(lambda number: f"t{number}"),
)
changes = st.tuples(st.sampled_from(["close", "reopen", "limit", "sweep"]), st.sampled_from(NAMES[:4]))


def do(book: Book, step: Any, names: list[str], now: int) -> None:
    """Take a step of a random life: a batch, or a change of an account."""
    times = {"now": now, "recorded_at": now}
    if isinstance(step, list):
        batch = []
        for transfer in step:
            names.append(f"t{len(names)}")
            batch.append(transfer._replace(id=names[-1]))
        book.post(batch, **times)
        return
    what, account = step
    if what == "close":
        book.close_account(account, **times)
    elif what == "reopen":
        book.reopen_account(account, **times)
    elif what == "limit":
        book.set_credit_limit(account, 40, effective_at=now + 1, **times)
    else:
        book.expire(**times)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(moves | followers, min_size=1, max_size=5) | changes, max_size=12))
def test_any_life_of_a_book_can_be_checked(life: list[Any]) -> None:
    store = SqliteStore.open(":memory:")
    book = Book(store, SANDBOX)
    settle(book)
    names: list[str] = []
    for now, step in enumerate(life, NOW + 1):
        do(book, step, names, now)
    assert agrees(store, book)
    store.close()
