"""Records: the rows of a table, in and out.

A *record* is one row as a named tuple; the SQLModel table is made of the same class, so that a row is
described once. Single rows go through SQL text that is built once per table and run by the driver itself,
since that costs a tenth of a statement built anew; everything else is SQLAlchemy Core.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from operator import attrgetter
from types import new_class
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, get_type_hints

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Index,
    Integer,
    SmallInteger,
    Text,
    inspect,
    select,
)
from sqlalchemy.sql.expression import ColumnCollection
from sqlmodel import Field, SQLModel

from sandbox.db import Snapshot, UnitOfWork, Write

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

R = TypeVar("R", bound=tuple[Any, ...])

_ASK = object()
"""In place of a row: the database knows."""


class Records(Generic[R]):
    """The rows of one table, in and out as records, which are named tuples.

    Keys are given in the order of the primary key; tenant tables have `sandbox_id` first. Rows of a
    `cached` table are kept by the unit of work, see there.
    """

    def __init__(
        self,
        record: type[R],
        name: str,
        *indexes: Index,
        key: tuple[str, ...] = ("sandbox_id", "id"),
        cached: bool = False,
    ) -> None:
        self.table = _table(record, name, indexes, key)
        self._make: Callable[[Iterable[Any]], R] = cast("Any", record)._make
        self._cached = cached
        self._name = name
        self._key = key
        names = [column.name for column in self.table.columns]
        columns, holes = ", ".join(names), ", ".join("?" * len(names))
        self._where = " AND ".join(f"{part} = ?" for part in key)
        self._insert = f"INSERT INTO {name} ({columns}) VALUES ({holes})"
        self._select = f"SELECT {columns} FROM {name}"
        self._get = f"{self._select} WHERE {self._where}"
        self._key_of: Callable[[R], tuple[Any, ...]] = _key_getter(key)
        self._delete = f"DELETE FROM {name} WHERE {self._where}"

    @property
    def c(self) -> "ColumnCollection[str, Column[Any]]":
        """The table's columns, for conditions."""
        return self.table.c

    def get(self, snapshot: Snapshot, *key: str) -> R | None:
        """Return the row with this primary key, or None."""
        if isinstance(snapshot, UnitOfWork):
            found = snapshot.find_unwritten(self._name, key, _ASK)
            if found is not _ASK:
                return cast("R | None", found)
        return self._find(snapshot, self._get, key)

    def get_by(self, snapshot: Snapshot, sandbox_id: str, column: str, value: str) -> R | None:
        """Return a sandbox's row with this value in a column that is unique within the sandbox."""
        if isinstance(snapshot, UnitOfWork) and snapshot.unwritten(self._name):
            snapshot.settle()
        return self._find(
            snapshot, f"{self._select} WHERE sandbox_id = ? AND {column} = ?", (sandbox_id, value)
        )

    def _find(self, snapshot: Snapshot, sql: str, values: tuple[str, ...]) -> R | None:
        cache = snapshot.cache if self._cached and isinstance(snapshot, UnitOfWork) else None
        if cache is not None and (found := cache.get((sql, values))) is not None:
            return cast("R", found)
        row = snapshot.ask(sql, values).fetchone()
        if row is None:
            return None
        record = self._make(row)
        if cache is not None:
            cache[sql, values] = record
        return record

    def unwritten(self, uow: UnitOfWork) -> Iterator[R]:
        """Yield the rows that the database may not show yet, as they are."""
        return (row for row in uow.unwritten(self._name).values() if row is not None)

    def is_unwritten(self, uow: UnitOfWork, *key: str) -> bool:
        """Say whether the database may show this row as it was before."""
        return uow.find_unwritten(self._name, key, _ASK) is not _ASK

    def last_key(self, record: R) -> str:
        """Return the last part of a row's primary key: what sets it apart within its sandbox."""
        return str(getattr(record, self._key[-1]))

    def insert(self, uow: UnitOfWork, record: R) -> R:
        """Add a row. A key that is taken is a defect: the use case fails when the group is written."""
        self._touch(uow)
        uow.put(Write(self._name, self._key_of(record), record, self._insert, record))
        return record

    def update(self, uow: UnitOfWork, record: R, **changes: object) -> R:
        """Change the named columns of the row and return it as it is now."""
        self._touch(uow)
        key = self._key_of(record)
        changed: R = cast("Any", record)._replace(**changes)
        sql = _update_sql(self._name, tuple(changes), self._where)
        uow.put(Write(self._name, key, changed, sql, (*changes.values(), *key)))
        return changed

    def delete(self, uow: UnitOfWork, *key: str) -> None:
        """Remove the row with this primary key, if it is there."""
        self._touch(uow)
        uow.put(Write(self._name, key, None, self._delete, key))

    def _touch(self, uow: UnitOfWork) -> None:
        if self._cached:
            uow.cache.clear()

    def select(
        self,
        snapshot: Snapshot,
        *where: ColumnElement[bool],
        order: Iterable[Any] = (),
        limit: int | None = None,
    ) -> list[R]:
        """Return the rows that meet all conditions."""
        rows = snapshot.connection.execute(select(self.table).where(*where).order_by(*order).limit(limit))
        return [self._make(row) for row in rows]


def _key_getter(key: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(key) > 1:
        return attrgetter(*key)
    only = attrgetter(*key)
    return lambda record: (only(record),)


@cache
def _update_sql(table: str, columns: tuple[str, ...], where: str) -> str:
    return f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in columns)} WHERE {where}"


def _table(record: type[Any], name: str, indexes: Sequence[Index], key: Sequence[str]) -> "Table":
    """Make the SQLModel table whose columns are the record's fields, in their order.

    Columns get the few types that SQLite's STRICT tables know; PostgreSQL gets its own words for them.
    Rows lie in the primary key itself: one tree less to write at each commit.
    """
    namespace: dict[str, Any] = {
        "__tablename__": name,
        "__table_args__": tuple(indexes),
        "__module__": record.__module__,
        "__annotations__": get_type_hints(record),
    }
    namespace |= {part: Field(primary_key=True) for part in key}
    model = new_class(
        f"{record.__name__}Table", (SQLModel,), {"table": True}, lambda body: body.update(namespace)
    )
    table = cast("Table", inspect(model).local_table)
    table.dialect_options["sqlite"]["strict"] = True
    table.dialect_options["sqlite"]["with_rowid"] = False
    for column in table.columns:
        if isinstance(column.type, Boolean):
            column.type = SmallInteger().with_variant(Integer(), "sqlite")
        elif isinstance(column.type, Integer):
            column.type = BigInteger().with_variant(Integer(), "sqlite")
        else:
            column.type = Text()
    return table
