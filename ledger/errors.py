"""What the ledger raises. A refused transfer is not an error: it is a `Result` with a status.

LedgerError
├── AccountNotFoundError   an operation on one account named an account that does not exist
├── TimeOrderError         `now` lies before what the book has already seen (a ValueError, too)
└── StorageError           the storage does not hold what its single writer left there
    └── CommitUnknownError the storage went away during a COMMIT and did not come back
"""


class LedgerError(Exception):
    """The root of everything the ledger raises by itself."""


class AccountNotFoundError(LedgerError):
    """No account of this book has that id."""


class TimeOrderError(LedgerError, ValueError):
    """The caller's `now` lies before the newest row of the book, whose time never runs backwards."""


class StorageError(LedgerError):
    """The stored book is not as it was read: a second writer works on it. Nothing may be kept."""


class CommitUnknownError(StorageError):
    """Whether a transaction took effect cannot be learnt now.

    Ask for its ids later, or repeat it: what was written then answers `exists`.
    """
