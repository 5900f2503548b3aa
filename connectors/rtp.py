"""The life of a request to pay, on every rail that has them: which status follows which, and when it is over."""

import tomllib
from importlib.resources import files
from typing import Literal, NamedTuple

from ledger.clock import SECOND_US, Micros

Mode = Literal["now", "later"]

SENT = "ACTC"
"""Where every request begins."""


class RtpStatus(NamedTuple):
    """A status, what it means, how sure that is, and the statuses to which events move it."""

    code: str
    meaning: str
    standing: str
    source: str
    moves: dict[str, str]

    @property
    def final(self) -> bool:
        """Nothing follows."""
        return not self.moves


class RtpMoveError(ValueError):
    """The event may not happen to a request in this status."""


_DATA = tomllib.loads(files("connectors").joinpath("rtp.toml").read_text("utf-8"))
STATUSES = {
    code: RtpStatus(code, moves=_DATA["moves"][code], **row) for code, row in _DATA["statuses"].items()
}
EXPIRY_US = {mode: row["minutes"] * 60 * SECOND_US for mode, row in _DATA["expiry"].items()}
"""How long a request of each mode waits when it does not say."""


def move(status: str, event: str) -> str:
    """Return the status after the event, or raise `RtpMoveError`; `status` is one of `STATUSES`."""
    current = STATUSES[status]
    following = current.moves.get(event)
    if following is None:
        allowed = ", ".join(current.moves) or "nothing, it is final"
        raise RtpMoveError(f"a request to pay in {status} cannot {event}; it can: {allowed}")
    return following


def expires_at(mode: Mode, asked: Micros | None, now: Micros) -> Micros:
    """Return when a request that arrives now is over: when it says so, else after the default of its mode."""
    return now + EXPIRY_US[mode] if asked is None else asked


def is_over(expires: Micros, now: Micros) -> bool:
    """Tell whether the request has expired: at its very moment it has."""
    return now >= expires
