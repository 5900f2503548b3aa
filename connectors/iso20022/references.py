"""References of messages and payments: how they are made, and the codes of Raast-like messages, as data."""

import re
import tomllib
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Final, NamedTuple
from uuid import UUID

from ledger.clock import Micros

_EPOCH_IN_PKT: Final = datetime(1970, 1, 1, 5)  # noqa: DTZ001 - Pakistan's time, without an offset
_SERIAL_DIGITS: Final = 18
_SHORT_SERIAL_DIGITS: Final = 6


class Format(NamedTuple):
    """How a reference looks. `standing` is `documented`, `weak` or `invented`."""

    name: str
    elements: str
    pattern: str
    example: str
    meaning: str
    standing: str
    source: str

    def fits(self, reference: str) -> bool:
        """Tell whether a reference has this format."""
        return re.fullmatch(self.pattern, reference) is not None


class Code(NamedTuple):
    """A code of a Raast-like message and where it stands."""

    name: str
    element: str
    code: str
    meaning: str
    standing: str
    source: str


_ROWS: Final = tomllib.loads(files("connectors.iso20022").joinpath("references.toml").read_text("utf-8"))
FORMATS: Final = {name: Format(name=name, **row) for name, row in _ROWS["formats"].items()}
CODES: Final = {name: Code(name=name, **row) for name, row in _ROWS["codes"].items()}


def make_message_id(member_code: str, serial: int) -> str:
    """Make a `MsgId` from a member code of 8 characters and a number that never repeats."""
    return _checked("message_id", f"{member_code}{serial:0{_SERIAL_DIGITS}}")


def make_instruction_id(institution: str, now: Micros, serial: int) -> str:
    """Make an `InstrId` (and `TxId`) from a bank's four letters, the time, and a number below a million."""
    moment = _EPOCH_IN_PKT + timedelta(microseconds=now)
    return _checked("instruction_id", f"{institution}{moment:%y%m%d%H%M%S}{serial:0{_SHORT_SERIAL_DIGITS}}")


def make_end_to_end_id(uuid: UUID) -> str:
    """Make an `EndToEndId`: the UUID without its first hyphen, 35 characters."""
    return str(uuid).replace("-", "", 1)


def uuid_of(end_to_end_id: str) -> UUID | None:
    """Return the UUID in an `EndToEndId`, or None when it was made in another way."""
    return UUID(end_to_end_id) if FORMATS["end_to_end_id"].fits(end_to_end_id) else None


def _checked(name: str, reference: str) -> str:
    if not FORMATS[name].fits(reference):
        raise ValueError(f"{reference!r} is no {name}: {FORMATS[name].meaning}")
    return reference
