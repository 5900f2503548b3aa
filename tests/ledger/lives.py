"""Random lives of a small book on SQLite, for what looks back on them."""

from typing import NamedTuple

from hypothesis import strategies as st

from ledger import Account, AccountFlag, Book, Entry, Kind, SqliteStore, Transfer


class Step(NamedTuple):
    """Something to do to a book; what makes no sense is refused and does no harm."""

    kind: Kind | None
    """None: sweep."""
    amount: int
    target: int
    timeout: int
    wait: int
    record: int


steps = st.builds(
    Step,
    st.sampled_from([Kind.HOLD, Kind.HOLD, Kind.HOLD, *(set(Kind) - {Kind.EXPIRE}), None]),
    st.integers(0, 9),
    st.integers(1, 6),
    st.integers(0, 6),
    st.integers(0, 2),
    st.integers(-2, 3),
)
NAMES = ("bank", "ali", "sara")


def live(store: SqliteStore, life: list[Step]) -> list[Entry]:
    """Live through the steps and return all entries."""
    book = Book(store, "sbx_1")
    limited = AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS
    accounts = [
        Account("bank", "PKR", 1, AccountFlag.EXPECTED_ZERO),
        Account("ali", "PKR", 2, limited),
        Account("sara", "PKR", 2, AccountFlag.EXPECTED_ZERO),
    ]
    book.open_accounts(accounts, now=0, recorded_at=0)
    book.post([Transfer("t0", "bank", "ali", 40)], now=0, recorded_at=0)
    now = recorded_at = 0
    holds = ["t0"]
    for number, step in enumerate(life, 1):
        now += step.wait
        recorded_at += step.record
        if step.kind is None:
            book.expire(now=now, recorded_at=recorded_at, limit=1)
            continue
        asked = Transfer(f"t{number}", kind=step.kind, target_id=holds[-step.target % len(holds)])
        if step.kind == Kind.EXTEND:
            asked = asked._replace(timeout_us=step.timeout)
        elif step.kind in (Kind.TRANSFER, Kind.HOLD):
            timeout_us = step.timeout if step.kind == Kind.HOLD else 0
            pair = [("ali", "sara"), ("sara", "ali"), ("bank", "ali")][step.target % 3]
            asked = Transfer(
                asked.id,
                *pair,
                step.amount,
                step.kind,
                timeout_us=timeout_us,
                code=step.target,
                reference="x" * (step.amount % 3),
            )
        elif step.kind == Kind.CAPTURE:
            asked = asked._replace(amount=step.amount)
        (result,) = book.post([asked], now=now, recorded_at=recorded_at)
        if result.entry and step.kind == Kind.HOLD:
            holds.append(asked.id)
    return [event.entry for event in book.changes(limit=1000) if event.entry]
