"""Several processes write to the same few books at once, and offer some of the same ids."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import pytest

from ledger import Account, Book, SqliteStore
from ledger.audit import examine
from ledger.storage.postgres import PostgresStore
from tests.ledger.town import NOW
from tests.ledger.writers import OnPostgres, OnSqlite, Transactions, check_seals, told, writing

WRITERS, BATCHES = 4, 40
BOOKS = ["sbx_busy_1", "sbx_busy_2", "sbx_busy_3"]
SHARED = [f"shared{number}" for number in range(60)]
Opened = SqliteStore | PostgresStore


@pytest.fixture(params=["sqlite", "postgres"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path
) -> tuple[Callable[[], Opened], Callable[[], Transactions]]:
    """How to open a store that lasts, and how a writer does."""
    if request.param == "sqlite":
        path = str(tmp_path / "ledger.db")
        return partial(SqliteStore.open, path), partial(OnSqlite, path)
    uri: str = request.getfixturevalue("postgres_uri")
    return partial(PostgresStore.open, uri), partial(OnPostgres, uri)


def test_many_writers_lose_nothing_double_nothing_and_do_not_mix(
    place: tuple[Callable[[], Opened], Callable[[], Transactions]],
) -> None:
    open_store, on = place
    with closing(open_store()) as store:
        for sandbox_id in BOOKS:
            accounts = [Account(name, "PKR", 1) for name in ("bank", "ali", "sara")]
            with store.transaction():
                Book(store, sandbox_id).open_accounts(accounts, now=NOW, recorded_at=NOW)
    with ExitStack() as stack:
        writers = [
            stack.enter_context(writing(on, BOOKS, f"writer{number}", batches=BATCHES, shared=SHARED))
            for number in range(WRITERS)
        ]
        batches = [batch for _, acks in writers for batch in told(acks)]
    assert len(batches) == WRITERS * BATCHES
    with closing(open_store()) as store:
        for sandbox_id in BOOKS:
            own = [batch for batch in batches if batch.sandbox_id == sandbox_id]
            seqs = [[_seq(store, sandbox_id, name) for name in batch.written] for batch in own]
            # Nothing is lost or mixed: what was written lies together, batch for batch.
            written = sorted(each for each in seqs if each)
            assert [seq for each in written for seq in each] == list(range(4, 4 + sum(map(len, written))))
            # Nothing is doubled: an id was created once, and whoever came later was told so.
            names = [name for batch in own for name in batch.written]
            assert len(set(names)) == len(names)
            assert {name for batch in own for name in batch.repeated} <= set(names)
            assert check_seals(store, sandbox_id) == 3 + len(names)
            assert examine(store, sandbox_id, NOW) == []
    assert any(batch.repeated for batch in batches)


def _seq(store: Opened, sandbox_id: str, name: str) -> int:
    entry = store.entry(sandbox_id, name)
    assert entry is not None
    return entry.seq
