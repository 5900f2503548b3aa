"""What the migrations make for the ledger is what the ledger says it needs."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ledger import SqliteStore
from sandbox.migrations import upgrade

SCHEMA = "SELECT name, sql FROM sqlite_master WHERE name LIKE 'ledger_%' AND sql IS NOT NULL"


def schema(file: Path) -> dict[str, list[str]]:
    """Return what each table, index and trigger is made of, in any order."""
    with closing(sqlite3.connect(file)) as connection:
        return {
            name: sorted(line.strip().rstrip(",") for line in sql.split("\n") if line.strip())
            for name, sql in connection.execute(SCHEMA)
        }


def test_the_migrations_make_the_ledgers_own_schema(tmp_path: Path) -> None:
    upgrade(tmp_path / "migrated.db")
    SqliteStore.open(tmp_path / "own.db").close()
    own = schema(tmp_path / "own.db")
    assert schema(tmp_path / "migrated.db") == own
    assert {"ledger_entry", "ledger_chart", "ledger_account_clearing", "ledger_batch_no_update"} <= set(own)
