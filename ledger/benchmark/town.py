"""What is posted: accounts with money, and transfers between them in three distributions."""

import random
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from ledger.book import Book
from ledger.clock import Micros
from ledger.ids import IdSource
from ledger.model import Account, AccountFlag, Entry, Result, Transfer
from ledger.status import Status

SANDBOX: Final = "sbx_1"
START: Final[Micros] = 1_700_000_000_000_000
UNIFORM: Final = "uniform"
ZIPF: Final = "zipf"
HOT: Final = "hot"

_SPENDER: Final = AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS
_GRANT: Final = 10**12
_BITE: Final = 5_000


class Town:
    """Accounts by name, and an endless supply of transfers, the same for the same seed."""

    def __init__(self, accounts: int, seed: int = 7) -> None:
        """Name so many accounts."""
        self.ids = IdSource(seed)
        self.now = START
        self.names = [self.ids.next("acc", START) for _ in range(accounts)]
        self._random = random.Random(seed)
        # The n-th account is drawn 1/n as often as the first.
        self._weights = list(accumulate(1 / rank for rank in range(1, accounts + 1)))

    def settle(self, book: Book) -> None:
        """Open the accounts, none of which may spend more than it has, and give each enough."""
        opened = [Account("bank", "PKR", 1), *(Account(name, "PKR", 2, _SPENDER) for name in self.names)]
        book.open_accounts(opened, now=START, recorded_at=START)
        for start in range(0, len(self.names), _BITE):
            names = self.names[start : start + _BITE]
            grants = [Transfer(f"grant_{name}", "bank", name, _GRANT) for name in names]
            written(book.post(grants, now=START, recorded_at=START))

    def batches(self, count: int, size: int, distribution: str = UNIFORM) -> Iterator[list[Transfer]]:
        """Make batches of small payments, a millisecond after one another."""
        for _ in range(count):
            self.now += 1_000
            payers = self._drawn(size, UNIFORM if distribution == HOT else distribution)
            payees = [self.names[0]] * size if distribution == HOT else self._drawn(size, distribution)
            yield [
                Transfer(self.ids.next("trf", self.now), payer, payee, 1 + place % 100)
                for place, (payer, payee) in enumerate(
                    (payer, payee if payer != payee else self._other(payer))
                    for payer, payee in zip(payers, payees, strict=True)
                )
            ]

    def _drawn(self, count: int, distribution: str) -> list[str]:
        if distribution == ZIPF:
            return self._random.choices(self.names, cum_weights=self._weights, k=count)
        return self._random.choices(self.names, k=count)

    def _other(self, name: str) -> str:
        return self.names[1] if name == self.names[0] else self.names[0]


def written(results: list[Result]) -> list[Entry]:
    """Return the entries of a batch; a benchmark whose transfers are refused measures nothing."""
    entries = [result.entry for result in results if result.status is Status.CREATED and result.entry]
    if len(entries) < len(results):
        first = next(result for result in results if result.status is not Status.CREATED)
        message = f"{first.id} was refused: {first.status}"
        raise RuntimeError(message)
    return entries
