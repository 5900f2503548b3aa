"""What the second revision makes of a database of the first, and that the history ends at the tables of today."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from ledger.storage.tables import metadata as ledger_metadata
from sandbox.db import engine_for
from sandbox.limits.models import USAGE
from sandbox.migrations import config_for

FILL = """
INSERT INTO bank_account VALUES ('sbx', 'acc', 'PK', 'n', 'SBXA', 'h', '9', 'active', NULL, 1);
INSERT INTO payment VALUES ('sbx', 'pay', 'raast', 'settled', NULL, 'acc', 'PK', 'x', 't', 5, 'tf',
  NULL, NULL, 1, 1, NULL, NULL);
INSERT INTO title_fetch VALUES ('sbx', 'tf', 'raast', 'matched', 'PK', 'x', 't', 5, NULL, 1, 2, 'pay');
"""
EVERYTHING = "SELECT * FROM payment, title_fetch, bank_account"


def test_accounts_of_before_are_full_and_nothing_else_changes(tmp_path: Path) -> None:
    database = tmp_path / "kasauti.db"
    command.upgrade(config_for(database), "0001")
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(FILL)
        before = connection.execute(EVERYTHING).fetchall()
    command.upgrade(config_for(database), "0002")
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT tier FROM bank_account").fetchall() == [("full",)]
        for table in ("payment", "title_fetch"):
            assert connection.execute(f"SELECT breach FROM {table}").fetchall() == [(None,)]
        assert connection.execute("SELECT * FROM limit_usage").fetchall() == []
    command.downgrade(config_for(database), "0001")
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute(EVERYTHING).fetchall() == before != []


def test_the_history_ends_at_the_tables_of_today(empty_database: Path) -> None:
    engine = engine_for(empty_database, read_only=True)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        # Alembic takes several collections of tables, though its annotation names one.
        both: Any = [SQLModel.metadata, ledger_metadata]
        differences = compare_metadata(context, both)
    engine.dispose()
    assert differences == []


def test_what_is_counted_belongs_to_a_sandbox() -> None:
    key = [column.name for column in USAGE.table.primary_key.columns]
    assert key == ["sandbox_id", "account_id", "direction", "per", "start"]
