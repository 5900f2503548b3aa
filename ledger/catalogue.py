"""Every answer of the ledger with its explanation, as a page: STATUSES.md is what this writes.

`python -m ledger.catalogue > ledger/STATUSES.md` writes it anew.
"""

import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from ledger.status import ACCOUNT_STATUS_HELP, STATUS_HELP, TRANSIENT

Answer = TypeVar("Answer", bound=StrEnum)

_OPENING: Final = """\
# What the ledger answers

Each transfer and each new account gets one answer. When several rules refuse it, the answer is the one
that stands first here, so mending that one may bring up the next. `Result.detail` adds the figures: the
field at fault, the account, the limit, what stands there now and what would be needed.
"""
_TRANSFERS: Final = """\
## Transfers

A refusal that may pass with time spends the id: the same transfer sent again under it answers
`id_already_failed`, so that a late repeat cannot move money. All other refusals leave the id free.
"""
_ACCOUNTS: Final = """\
## Accounts

No refusal spends the id of an account.
"""


def markdown() -> str:
    """Return the page."""
    transfers = [
        (number, f"`{status.value}`", "spent" if status in TRANSIENT else "", text)
        for number, (status, text) in enumerate(_rows(STATUS_HELP), 1)
    ]
    accounts = [
        (number, f"`{status.value}`", text)
        for number, (status, text) in enumerate(_rows(ACCOUNT_STATUS_HELP), 1)
    ]
    parts = (
        _OPENING,
        _TRANSFERS,
        _table(("#", "answer", "id", "what it means, and what to do"), transfers),
        _ACCOUNTS,
        _table(("#", "answer", "what it means, and what to do"), accounts),
    )
    return "\n".join(parts)


def _rows(texts: Mapping[Answer, str]) -> list[tuple[Answer, str]]:
    """Return the answers in order of precedence: all the refusals, and what is left when none applies."""
    rows = list(texts.items())
    return [*rows[1:], rows[0]]


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(markdown())
