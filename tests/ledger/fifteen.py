"""A store that speaks to a new PostgreSQL and refuses what version 15 does not know."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from psycopg import Cursor

from ledger.storage.postgres import PostgresStore

_SUBQUERY = re.compile(r"\b(?:FROM|JOIN|LATERAL)\s*(\(\s*(?:\(|SELECT|VALUES))", re.IGNORECASE)
_ALIAS = re.compile(
    r"\s*(?:AS\s+)?(?!(?:WHERE|ORDER|GROUP|UNION|JOIN|LEFT|CROSS|ON|LIMIT)\b)[a-z_]\w*", re.IGNORECASE
)


def without_alias(sql: str) -> Iterator[str]:
    """Find the subqueries that have no name; version 16 is the first that takes them."""
    for found in _SUBQUERY.finditer(sql):
        start = found.start(1)
        depths = accumulate((character == "(") - (character == ")") for character in sql[start:])
        end = start + next(place for place, depth in enumerate(depths) if depth == 0)
        if not _ALIAS.match(sql, end + 1):
            yield sql[start : end + 1]


class FifteenStore(PostgresStore):
    def _execute(self, sql: str, values: Sequence[object] | Mapping[str, object]) -> Cursor[Any]:
        assert list(without_alias(sql)) == []
        return super()._execute(sql, values)
