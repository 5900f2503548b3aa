"""What the directory of Raast ids refuses, what may happen to an alias, and why money is sent back: data."""

import tomllib
from importlib.resources import files
from typing import Any, NamedTuple

from ledger.clock import SECOND_US


class DirectoryError(NamedTuple):
    """A code of the family 03xx; `problem` is the kind of refusal it is here."""

    code: str
    name: str
    meaning: str
    problem: str
    standing: str
    source: str


class ReturnReason(NamedTuple):
    """Why money is sent back (`return`), asked back (`recall`), or not given back (`answer`)."""

    code: str
    meaning: str
    use: tuple[str, ...]
    standing: str
    source: str


_DATA: dict[str, Any] = tomllib.loads(files("connectors.raast").joinpath("directory.toml").read_text("utf-8"))
ERRORS = {code: DirectoryError(code, **row, **_DATA["fact"]) for code, row in _DATA["errors"].items()}
MOVES: dict[str, dict[str, str]] = _DATA["moves"]
"""Status of an alias -> what may be done -> the status after it."""

RETURNS = {
    code: ReturnReason(code, **{**row, "use": tuple(row["use"])}) for code, row in _DATA["returns"].items()
}
CREDITED_WITHIN_US: int = _DATA["twenty_seconds"]["most_s"] * SECOND_US
"""How soon the receiver's institution credits what it was advised of."""
