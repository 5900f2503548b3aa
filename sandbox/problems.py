"""Problems: what a caller did wrong, or what went wrong here, as data (RFC 9457).

A problem carries a code and a kind, never an HTTP status; `http.py` knows which status a kind has.
The catalogue `problems.toml` is the one list of codes: it also renders the documentation page.
"""

import tomllib
from enum import StrEnum
from importlib.resources import files
from typing import NamedTuple


class Kind(StrEnum):
    """What sort of failure a problem is."""

    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD = "method"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    LOST = "lost"
    INVALID = "invalid"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"


class Entry(NamedTuple):
    """One row of the catalogue."""

    code: str
    kind: Kind
    title: str
    help: str


def _read_catalogue() -> dict[str, Entry]:
    text = files("sandbox").joinpath("problems.toml").read_text("utf-8")
    return {
        code: Entry(code, Kind(row["kind"]), row["title"], row["help"])
        for code, row in tomllib.loads(text).items()
    }


CATALOGUE = _read_catalogue()


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """A refusal with a code of the catalogue.

    `detail` says what to do next; `field` names the offending field of the request, if there is one
    (dotted for nested fields); `rail_code` is what the rail itself calls the refusal.
    """

    def __init__(
        self, code: str, detail: str, *, field: str | None = None, rail_code: str | None = None
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.entry = CATALOGUE[code]
        self.detail = detail
        self.field = field
        self.rail_code = rail_code
