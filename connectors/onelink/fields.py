"""The fields, message types and processing codes of `messages.toml`, and what a field may hold."""

import re
import tomllib
from importlib.resources import files
from typing import Any, NamedTuple


class Iso8583Error(ValueError):
    """The bytes or values are no message of this rail.

    `field` is the number of the field that is wrong, `t` for the message type, `p` and `1` for the two
    bitmaps, `length` for the header of a frame. The text never repeats what the field holds.
    """

    def __init__(self, field: int | str, detail: str) -> None:
        super().__init__(f"field {field}: {detail}")
        self.field = str(field)
        self.detail = detail


class Field(NamedTuple):
    """A field as `messages.toml` has it; `form` is a pattern of time, `only` the one value that it may have."""

    number: int
    name: str
    kind: str
    length: int
    digits_of_length: int = 0
    form: str = ""
    only: str = ""


class MessageType(NamedTuple):
    """A message type: what answers it ("" when nothing does) and the fields that it needs."""

    mti: str
    name: str
    mandatory: tuple[int, ...]
    answer: str = ""


class Code(NamedTuple):
    """A processing code (first two digits) or a network code, the fields that it needs, and how sure it is."""

    code: str
    standing: str
    source: str
    mandatory: tuple[int, ...] = ()


def _codes(rows: dict[str, dict[str, Any]]) -> dict[str, Code]:
    return {
        name: Code(row["code"], row["standing"], row["source"], tuple(row.get("mandatory", ())))
        for name, row in rows.items()
    }


_DATA = tomllib.loads(files("connectors.onelink").joinpath("messages.toml").read_text("utf-8"))
FIELDS = {int(key): Field(int(key), **row) for key, row in _DATA["fields"].items() if key.isdigit()}
TYPES = {
    key: MessageType(key, row["name"], tuple(row["mandatory"]), row.get("answer", ""))
    for key, row in _DATA["types"].items()
    if key.isdigit()
}
PROCESSING = _codes(_DATA["processing"])
NETWORK = _codes(_DATA["network"])
STANDINGS = {table: (_DATA[table]["standing"], _DATA[table]["source"]) for table in ("types", "fields")}

_KINDS = {
    "n": (re.compile(r"[0-9]+"), "digits"),
    "an": (re.compile(r"[0-9A-Za-z]+"), "letters and digits"),
    "ans": (re.compile(r"[ -~]+"), "printable ASCII characters"),
}
_MONTH_AND_DAY = (
    r"(?:(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)"
    r"|02(?:0[1-9]|[12][0-9]))"
)
_TIME = r"(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"
_FORMS = {
    "MMDDhhmmss": re.compile(_MONTH_AND_DAY + _TIME),
    "hhmmss": re.compile(_TIME),
    "MMDD": re.compile(_MONTH_AND_DAY),
}


def check(field: Field, text: str) -> None:
    """Raise `Iso8583Error` unless the field may hold this text (without the spaces that fill it)."""
    if not text:
        raise Iso8583Error(field.number, f"the {field.name} is empty")
    pattern, what = _KINDS[field.kind]
    if not pattern.fullmatch(text):
        raise Iso8583Error(field.number, f"the {field.name} is made of {what}")
    if text.endswith(" "):
        raise Iso8583Error(field.number, f"the {field.name} ends with a space")
    if len(text) > field.length:
        raise Iso8583Error(field.number, f"the {field.name} has at most {field.length} characters")
    if field.kind != "ans" and not field.digits_of_length and len(text) < field.length:
        raise Iso8583Error(field.number, f"the {field.name} has {field.length} characters")
    if field.form and not _FORMS[field.form].fullmatch(text):
        raise Iso8583Error(field.number, f"the {field.name} is no time of the form {field.form}")
    if field.only and text != field.only:
        raise Iso8583Error(field.number, f"the {field.name} is {field.only}, nothing else")
