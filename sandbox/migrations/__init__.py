"""The schema's one linear history, run by Alembic."""

from importlib import import_module
from importlib.resources import as_file, files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData
from sqlmodel import SQLModel

from ledger.storage.tables import metadata as ledger_metadata

# Every module that declares tables.
MODELS = (
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
)


def all_tables() -> tuple[MetaData, MetaData]:
    """Return the tables of the ledger and those of the sandbox, all of them."""
    for module in MODELS:
        import_module(f"sandbox.{module}")
    return ledger_metadata, SQLModel.metadata


def config_for(database: Path) -> Config:
    """Return Alembic's settings for the SQLite file at `database`."""
    with as_file(files("sandbox").joinpath("migrations")) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{database}".replace("%", "%%"))
    return config


def upgrade(database: Path) -> None:
    """Bring the file at `database` to the newest schema, making it when it is missing."""
    command.upgrade(config_for(database), "head")


def newest(database: Path) -> str | None:
    """Return the name of the newest revision."""
    return ScriptDirectory.from_config(config_for(database)).get_current_head()
