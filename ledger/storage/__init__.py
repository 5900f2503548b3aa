"""Where books are kept. A `Store` reads facts and writes outcomes; it decides nothing."""

from ledger.storage.sqlite import SQLITE_PRAGMAS, SqliteStore
from ledger.storage.store import Store

__all__ = ["SQLITE_PRAGMAS", "SqliteStore", "Store"]
