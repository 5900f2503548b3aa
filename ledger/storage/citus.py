"""Tables on Citus: PostgreSQL that keeps each tenant's rows together on one of many servers.

A table belongs to a tenant, and is distributed by `COLUMN`, or it is shared, and then every server has
a copy. A transaction on one book so stays on one server, as if there were no others.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from sqlalchemy import MetaData, Table, UniqueConstraint

from ledger.storage.tables import APPEND_ONLY

COLUMN: Final = "sandbox_id"


def faults(tables: Iterable[Table], shared: Collection[str]) -> list[str]:
    """Say in sentences what keeps tables from being distributed; `shared` names those that are not to be.

    Every primary key, unique key and foreign key of a tenant's table must have `COLUMN`: a server can vouch
    only for what it has. A number that a sequence gives would need all servers.
    """
    return [
        fault
        for table in tables
        for fault in (_ties(table, shared) if table.name in shared else _faults(table, shared))
    ]


def distribution_sql(metadatas: Iterable[MetaData], shared: Collection[str]) -> list[str]:
    """Return what is to be run once, on the coordinator, after the schema was made and before it has rows.

    Raises ValueError with the faults of the tables, if they have any.
    """
    tables = [table for metadata in metadatas for table in metadata.sorted_tables]
    found = faults(tables, shared)
    if found:
        raise ValueError("; ".join(found))
    tenant = [table.name for table in tables if table.name not in shared]
    # Citus has no triggers on distributed tables. The digests of the batches still show what was changed.
    statements = [
        f"DROP TRIGGER IF EXISTS {name}_{trigger} ON {name};"
        for name in tenant
        if name in APPEND_ONLY
        for trigger in ("append_only", "no_truncate")
    ]
    statements += [
        f"SELECT create_reference_table('{table.name}');" for table in tables if table.name in shared
    ]
    # What a foreign key points to comes before what has it, as `sorted_tables` gives them.
    for name in tenant:
        beside = "none" if name == tenant[0] else tenant[0]
        statements.append(
            f"SELECT create_distributed_table('{name}', '{COLUMN}', colocate_with => '{beside}');"
        )
    return statements


def _ties(table: Table, shared: Collection[str]) -> Iterator[str]:
    """Say what ties a shared table to one server."""
    for key in table.foreign_key_constraints:
        if key.referred_table.name not in shared:
            yield f"{table.name} is shared and refers to {key.referred_table.name}, which is a tenant's"


def _faults(table: Table, shared: Collection[str]) -> Iterator[str]:
    """Say what keeps a tenant's table from being distributed."""
    if COLUMN not in table.columns:
        yield f"{table.name} has no {COLUMN} and is not shared"
        return
    for name, columns in _keys(table):
        if COLUMN not in columns:
            yield f"the {name} of {table.name} has no {COLUMN}"
    for key in table.foreign_key_constraints:
        pairs = [(each.parent.name, each.column.name) for each in key.elements]
        if key.referred_table.name not in shared and (COLUMN, COLUMN) not in pairs:
            yield f"the foreign key of {table.name} to {key.referred_table.name} has no {COLUMN}"
    for column in table.columns:
        if column.autoincrement is True or column.identity is not None:
            yield f"{table.name}.{column.name} comes from a sequence"


def _keys(table: Table) -> Iterator[tuple[str, list[str]]]:
    """Name what is unique in a table, and the columns of it."""
    yield "primary key", [column.name for column in table.primary_key]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield f"unique key {constraint.name}", [column.name for column in constraint.columns]
    for index in table.indexes:
        if index.unique:
            yield f"unique index {index.name}", [column.name for column in index.columns]
