"""The institutions that exist in every sandbox. They are invented; real ones are in `banks`, for validation."""

import re
from typing import Any, NamedTuple

from connectors.identifiers.data import DataError, Standing, read, standing_of


class Capabilities(NamedTuple):
    """What an institution takes part in, as a gateway's bank list flags it (OpenConnect: `isAvailable...`).

    1LINK's interbank transfer; on Raast: transfers between persons, title fetch, bulk, payments to
    merchants, requests to pay, payments that a third party initiates.
    """

    ibft: bool
    raast_p2p: bool
    raast_title_fetch: bool
    raast_bulk: bool
    raast_p2m: bool
    raast_rtp: bool
    raast_pisp: bool


class Institution(NamedTuple):
    """A bank or a wallet; `member_code` is how a clearing system names it, `imd` how 1LINK does.

    `account_pattern` is what the institution's own account numbers look like, `account_help` says it in words.
    """

    code: str
    name: str
    kind: str
    member_code: str
    imd: str
    account_pattern: re.Pattern[str]
    account_help: str
    capabilities: Capabilities
    fact: Standing


_TEXTS = {"name", "kind", "member_code", "imd", "account_pattern", "account_help"}


def institutions_of(rows: dict[str, dict[str, Any]]) -> dict[str, Institution]:
    """Turn the rows of `institutions.toml` into institutions; raises `DataError` naming a row that is wrong."""
    return {code: _institution_of(code, dict(row)) for code, row in rows.items()}


def _institution_of(code: str, row: dict[str, Any]) -> Institution:
    where = f"institutions.toml [{code}]"
    fact = standing_of(row, where)
    flags = row.pop("capabilities", None)
    if not isinstance(flags, dict) or flags.keys() != set(Capabilities._fields):
        raise DataError(f"{where}: capabilities are {', '.join(Capabilities._fields)}, each true or false")
    if not all(isinstance(flag, bool) for flag in flags.values()):
        raise DataError(f"{where}: a capability is true or false")
    if row.keys() != _TEXTS or not all(isinstance(value, str) for value in row.values()):
        raise DataError(f"{where}: {', '.join(sorted(_TEXTS))} are text, and nothing else is there")
    try:
        pattern = re.compile(row.pop("account_pattern"))
    except re.error as wrong:
        raise DataError(f"{where}: account_pattern is no pattern: {wrong}") from wrong
    return Institution(code, account_pattern=pattern, capabilities=Capabilities(**flags), fact=fact, **row)


INSTITUTIONS = institutions_of(read("institutions.toml"))
