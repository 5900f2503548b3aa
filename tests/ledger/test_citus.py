"""The rules that let a table be distributed by sandbox see one that cannot be."""

import pytest
from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from ledger.storage.citus import distribution_sql, faults
from ledger.storage.tables import APPEND_ONLY, metadata


def a_table(
    *items: Column[object] | UniqueConstraint | Index | ForeignKeyConstraint, name: str = "t"
) -> Table:
    beside = MetaData()
    Table("book", beside, Column("sandbox_id", Text, primary_key=True), Column("id", Text))
    Table("shared", beside, Column("id", Text, primary_key=True))
    return Table(name, beside, *items)


def sandbox_id() -> Column[object]:
    return Column("sandbox_id", Text, primary_key=True)


FAULTS = [
    (a_table(Column("id", Text, primary_key=True)), ["t has no sandbox_id and is not shared"]),
    (
        a_table(Column("sandbox_id", Text), Column("id", Text, primary_key=True)),
        ["the primary key of t has no sandbox_id"],
    ),
    (
        a_table(sandbox_id(), Column("x", Text), UniqueConstraint("x", name="u")),
        ["the unique key u of t has no sandbox_id"],
    ),
    (
        a_table(sandbox_id(), Column("x", Text), Index("i", "x", unique=True)),
        ["the unique index i of t has no sandbox_id"],
    ),
    (a_table(sandbox_id(), Column("x", Text), Index("i", "x")), []),
    (
        a_table(sandbox_id(), Column("x", Text, ForeignKey("book.id"))),
        ["the foreign key of t to book has no sandbox_id"],
    ),
    (
        a_table(sandbox_id(), Column("x", Text), ForeignKeyConstraint(["x"], ["book.sandbox_id"])),
        ["the foreign key of t to book has no sandbox_id"],
    ),
    (a_table(sandbox_id(), ForeignKeyConstraint(["sandbox_id"], ["book.sandbox_id"])), []),
    (a_table(sandbox_id(), Column("x", Text, ForeignKey("shared.id"))), []),
    (
        a_table(sandbox_id(), Column("x", Integer, autoincrement=True)),
        ["t.x comes from a sequence"],
    ),
    (a_table(sandbox_id(), Column("x", Integer, Identity())), ["t.x comes from a sequence"]),
    (
        a_table(Column("id", Text, ForeignKey("book.sandbox_id"), primary_key=True), name="all"),
        ["all is shared and refers to book, which is a tenant's"],
    ),
    (a_table(Column("id", Text, ForeignKey("shared.id"), primary_key=True), name="all"), []),
]


@pytest.mark.parametrize(("table", "expected"), FAULTS)
def test_what_keeps_a_table_from_it_is_said(table: Table, expected: list[str]) -> None:
    assert faults([table], {"shared", "all"}) == expected


def test_tables_with_faults_are_not_distributed() -> None:
    other = MetaData()
    Table("t", other, Column("id", Text, primary_key=True))
    with pytest.raises(ValueError, match="t has no sandbox_id"):
        distribution_sql([other], ())


def test_the_ledger_by_itself() -> None:
    statements = distribution_sql([metadata], ())
    assert len(statements) == 2 * len(APPEND_ONLY) + len(metadata.tables)
    assert statements[0].startswith("DROP TRIGGER IF EXISTS ledger_")
    distributed = [each.split("'")[1] for each in statements if "create_distributed_table" in each]
    assert sorted(distributed) == sorted(metadata.tables)
    assert distributed.index("ledger_book") < distributed.index("ledger_account")
    assert distributed.index("ledger_entry") < distributed.index("ledger_open_hold")
