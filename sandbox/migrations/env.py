"""Alembic's entry: one connection, one transaction."""

from pathlib import Path

from alembic import context
from sqlmodel import SQLModel

import sandbox.app  # noqa: F401 - wires everything, so it brings the model of every table
from ledger.storage.tables import metadata as ledger_metadata
from sandbox.db import engine_for

TARGETS = [ledger_metadata, SQLModel.metadata]

url = context.config.get_main_option("sqlalchemy.url") or ""
engine = engine_for(Path(url.removeprefix("sqlite:///")))
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=TARGETS, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
