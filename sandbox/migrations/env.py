"""Alembic's entry: one connection, one transaction."""

from importlib import import_module
from pathlib import Path

from alembic import context
from sqlmodel import SQLModel

from ledger.storage.tables import metadata as ledger_metadata
from sandbox.db import engine_for

# Importing them fills the metadata that a new revision is compared with.
for module in (
    "accounts.models",
    "events",
    "idempotency",
    "jobs",
    "limits.models",
    "participants.models",
    "payments.models",
    "shelf",
    "webhooks.models",
    "world",
):
    import_module(f"sandbox.{module}")

TARGETS = [ledger_metadata, SQLModel.metadata]

url = context.config.get_main_option("sqlalchemy.url") or ""
engine = engine_for(Path(url.removeprefix("sqlite:///")))
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=TARGETS, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
