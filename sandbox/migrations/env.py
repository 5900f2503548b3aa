"""Alembic's entry: one connection, one transaction."""

from pathlib import Path

from alembic import context

from sandbox.db import engine_for
from sandbox.migrations import all_tables

url = context.config.get_main_option("sqlalchemy.url") or ""
engine = engine_for(Path(url.removeprefix("sqlite:///")))
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=[*all_tables()], transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
