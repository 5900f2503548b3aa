"""The small town in which the tests play.

The bank has no limit. Ali and Sara spend what they have; Ali has 100. The shop's till may not take
more than it gave. Nothing here knows a store.
"""

from ledger import Account, AccountFlag, Book, Kind, Status, Transfer

NOW = 1_000_000
LATER = 2_000_000


def settle(book: Book) -> None:
    """Open the town's accounts and give Ali 100."""
    spender = AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS
    book.open_accounts(
        [
            Account("bank", "PKR", 1),
            Account("ali", "PKR", 2, spender),
            Account("sara", "PKR", 2, spender),
            Account("till", "PKR", 3, AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS),
            Account("dollars", "USD", 1),
        ],
        now=NOW,
        recorded_at=NOW,
    )
    assert post(book, Transfer("gift", "bank", "ali", 100)) == [Status.CREATED]


def post(book: Book, *batch: Transfer, now: int = NOW) -> list[Status]:
    """Post a batch and return its statuses."""
    return [result.status for result in book.post(batch, now=now, recorded_at=now + 7)]


def pay(name: str, amount: int, *, linked: bool = False) -> Transfer:
    """Ali pays Sara."""
    return Transfer(name, "ali", "sara", amount, linked=linked)


def hold(name: str, amount: int, timeout_us: int = 0, *, linked: bool = False) -> Transfer:
    """Ali sets money aside for Sara."""
    return Transfer(name, "ali", "sara", amount, Kind.HOLD, timeout_us=timeout_us, linked=linked)


def end(
    kind: Kind, name: str, target_id: str, amount: int | None = None, *, linked: bool = False
) -> Transfer:
    """Post or void a hold."""
    return Transfer(name, kind=kind, target_id=target_id, amount=amount, linked=linked)


def totals(book: Book, account_id: str) -> tuple[int, int, int, int]:
    """Return debits pending, debits posted, credits pending, credits posted."""
    account = book.accounts([account_id])[account_id]
    return (
        account.debits_pending,
        account.debits_posted,
        account.credits_pending,
        account.credits_posted,
    )


def act(kind: Kind, name: str, target_id: str, amount: int | None = None, timeout_us: int = 0) -> Transfer:
    """Capture or extend a hold, or take a transfer back."""
    return Transfer(name, kind=kind, target_id=target_id, amount=amount, timeout_us=timeout_us)


def close(book: Book, account_id: str, now: int = NOW) -> None:
    book.close_account(account_id, now=now, recorded_at=now)


def reopen(book: Book, account_id: str, now: int = NOW) -> None:
    book.reopen_account(account_id, now=now, recorded_at=now)
