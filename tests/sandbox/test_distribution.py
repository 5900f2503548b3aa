"""Every table can be distributed by sandbox, or is shared by all."""

import pytest
from sqlalchemy import Table
from typer.testing import CliRunner

from ledger.storage.citus import faults
from sandbox.cli import app
from sandbox.migrations import all_tables
from sandbox.participants.models import SHARED_TABLES
from sandbox.portal.pages import PAGES

TABLES = [table for metadata in all_tables() for table in metadata.tables.values()]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_can_be_distributed(table: Table) -> None:
    assert faults([table], SHARED_TABLES) == []


def test_what_is_shared_is_there() -> None:
    assert set(SHARED_TABLES) <= {table.name for table in TABLES}


def test_the_command_prints_what_is_to_be_run_on_citus() -> None:
    result = CliRunner().invoke(app, ["migrate", "--citus-sql"])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    shared = [line for line in lines if line.startswith("SELECT create_reference_table")]
    assert shared == [f"SELECT create_reference_table('{name}');" for name in sorted(SHARED_TABLES)]
    distributed = [line for line in lines if line.startswith("SELECT create_distributed_table")]
    assert len(shared) + len(distributed) == len(TABLES)
    root = distributed[0].split("'")[1]
    assert distributed[0].endswith("colocate_with => 'none');")
    assert all(line.endswith(f"colocate_with => '{root}');") for line in distributed[1:])


def test_the_guide_shows_what_the_command_prints() -> None:
    printed = CliRunner().invoke(app, ["migrate", "--citus-sql"]).output
    assert f"```sh\nkasauti migrate --citus-sql\n```\n```text\n{printed}```" in PAGES["postgresql-and-citus"]
