"""The codes of Raast's face: reasons, what refusals become, rules of recalls, answers of the gateway."""

import tomllib
from enum import StrEnum
from importlib.resources import files
from typing import Final, NamedTuple

from connectors.contract import Reason
from connectors.registry import RAILS


class Outcome(StrEnum):
    """What becomes of a recall."""

    GIVEN_BACK = "given_back"
    WAITS = "waits"
    REFUSED = "refused"


class RecallRule(NamedTuple):
    """What becomes of a recall with this reason; `answer` is the reason of a refusal."""

    reason: str
    outcome: Outcome
    answer: str | None
    meaning: str


class GatewayCode(NamedTuple):
    """An answer of the JSON gateway, and the reasons that are told so."""

    code: str
    text: str
    reasons: tuple[str, ...]
    standing: str
    source: str


NARRATIVE: Final = "NARR"
NEVER_RECEIVED: Final = "NOOR"
DUPLICATE: Final = "AM05"

_DATA: Final = tomllib.loads(files("sandbox.rails.raast").joinpath("codes.toml").read_text("utf-8"))
OWN_REASONS: Final = {code: Reason(code=code, **row) for code, row in _DATA["reasons"].items()}
REASONS: Final = OWN_REASONS | RAILS["raast"].reasons
CODE_OF_PROBLEM: Final[dict[str, str]] = _DATA["problems"]
RECALL_RULES: Final = {
    reason: RecallRule(reason, Outcome(row["outcome"]), row.get("reason"), row["meaning"])
    for reason, row in _DATA["recalls"].items()
}
GATEWAY: Final = {
    code: GatewayCode(code, row["text"], tuple(row["reasons"]), row["standing"], row["source"])
    for code, row in _DATA["gateway"].items()
}
GATEWAY_OF_REASON: Final = {reason: row.code for row in GATEWAY.values() for reason in row.reasons}
