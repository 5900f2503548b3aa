"""The schema keeps what sharding by tenant needs, and fits the values."""

from typing import NamedTuple

import pytest
from sqlalchemy import Table, UniqueConstraint

from ledger.chart import ChartRow
from ledger.model import Account, AccountChange, Batch, Entry, Head, OpenHold
from ledger.storage import tables
from ledger.storage.tables import APPEND_ONLY, append_only_ddl, metadata

EVERY = list(metadata.tables.values())


@pytest.mark.parametrize("table", EVERY, ids=lambda table: table.name)
def test_the_sandbox_comes_first_in_every_key(table: Table) -> None:
    keys = [
        list(table.primary_key.columns),
        *(list(each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)),
        *(list(index.columns) for index in table.indexes),
        *(list(each.columns) for each in table.foreign_key_constraints),
    ]
    assert {key[0].name for key in keys} == {"sandbox_id"}


@pytest.mark.parametrize(
    ("table", "value"),
    [
        (tables.book, Head),
        (tables.account, Account),
        (tables.entry, Entry),
        (tables.account_change, AccountChange),
        (tables.open_hold, OpenHold),
        (tables.batch, Batch),
        (tables.chart, ChartRow),
    ],
)
def test_columns_follow_the_fields(table: Table, value: type[NamedTuple]) -> None:
    assert tuple(table.columns.keys()) == ("sandbox_id", *value._fields)


def test_no_column_may_be_null_and_no_number_comes_from_a_sequence() -> None:
    columns = [column for table in EVERY for column in table.columns]
    assert not any(column.nullable or column.autoincrement is True for column in columns)


def test_append_only_on_postgresql() -> None:
    function, *triggers = append_only_ddl("postgresql")
    assert "RAISE EXCEPTION" in function
    assert [trigger.split()[4] for trigger in triggers] == [
        f"{table}_{name}" for table in APPEND_ONLY for name in ("append_only", "no_truncate")
    ]


def test_no_triggers_are_known_for_other_databases() -> None:
    with pytest.raises(ValueError, match="oracle"):
        append_only_ddl("oracle")
