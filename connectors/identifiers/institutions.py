"""The institutions that exist in every sandbox."""

import tomllib
from importlib.resources import files
from typing import NamedTuple


class Institution(NamedTuple):
    """A bank or a wallet; `member_code` is how a clearing system names it."""

    code: str
    name: str
    kind: str
    member_code: str


def _read() -> dict[str, Institution]:
    text = files("connectors.identifiers").joinpath("institutions.toml").read_text("utf-8")
    return {code: Institution(code=code, **row) for code, row in tomllib.loads(text).items()}


INSTITUTIONS = _read()
