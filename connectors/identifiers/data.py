"""Reads the data files of this package, and refuses a row that does not say how sure it is."""

import tomllib
from importlib.resources import files
from typing import Any, NamedTuple

STANDINGS = ("documented", "weak", "invented")


class DataError(ValueError):
    """A data file of ours is wrong; the message names the file and the row."""


class Standing(NamedTuple):
    """How sure a fact is (`documented`, `weak` or `invented`) and where it comes from."""

    standing: str
    source: str


def read(name: str) -> dict[str, Any]:
    """Read one of this package's data files as a table of tables."""
    return tomllib.loads(files("connectors.identifiers").joinpath(name).read_text("utf-8"))


def standing_of(row: dict[str, Any], where: str) -> Standing:
    """Take `standing` and `source` out of a row; raises `DataError` when one is missing or unknown."""
    standing, source = row.pop("standing", None), row.pop("source", None)
    if standing not in STANDINGS:
        raise DataError(f"{where}: standing is one of {', '.join(STANDINGS)}, not {standing!r}")
    if not isinstance(source, str) or not source:
        raise DataError(f"{where}: every fact names its source")
    return Standing(standing, source)
