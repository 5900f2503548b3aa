"""What the JSON bodies of both gateways are made of. A body is read as a whole or not at all.

Integrations differ in what they write as a number and what as text, so both are taken; unknown fields are
left alone. No error repeats a value: it may be somebody's number.
"""

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from connectors.identifiers.cnic import parse_cnic
from connectors.identifiers.iban import parse_iban
from connectors.onelink.numbers import PAKISTAN
from ledger.clock import Micros, from_rfc3339

LARGEST_BODY = 64 * 1024
"""Bytes; ours."""

_RUPEES = re.compile(r"(?P<rupees>[0-9]{1,10})(?:\.(?P<paisa>[0-9]{1,2}))?", re.ASCII)
_PAISA = re.compile(r"[0-9]{1,12}", re.ASCII)
_PLAIN = r"^[^\x00-\x1f\x7f]*$"
_LOCAL_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", re.ASCII)


class GatewayError(ValueError):
    """The request is refused before anybody looks at what it wants.

    `kind` is `unauthorised` or `malformed`; `field` is the header, or the dotted place in the body, "" when
    the body is no JSON object at all.
    """

    def __init__(self, kind: Literal["unauthorised", "malformed"], field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}" if field else detail)
        self.kind = kind
        self.field = field
        self.detail = detail


class Body(BaseModel):
    """A part of a body: frozen, and deaf to fields that it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


AnyBody = TypeVar("AnyBody", bound=Body)


def parse_body(model: type[AnyBody], data: bytes, limit: int = LARGEST_BODY) -> AnyBody:
    """Read a body, or raise `GatewayError` naming the first field that is wrong."""
    if len(data) > limit:
        raise GatewayError("malformed", "", f"a body has at most {limit} bytes, this has {len(data)}")
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        detail = first["msg"].removeprefix("Value error, ")
        raise GatewayError("malformed", ".".join(map(str, first["loc"])), detail) from None


def _rupees(value: object) -> int:
    """Turn rupees, as a number or as text with up to two decimals, into paisa."""
    found = _RUPEES.fullmatch(str(value))
    if found is None:
        raise PydanticCustomError("rupees", "an amount is in rupees, with up to two decimals")
    return _positive(int(found["rupees"]) * 100 + int((found["paisa"] or "0").ljust(2, "0")))


def _paisa(value: object) -> int:
    """Take whole paisa, as a number or as text."""
    if not _PAISA.fullmatch(str(value)):
        raise PydanticCustomError("paisa", "an amount is in whole paisa")
    return _positive(int(str(value)))


def _positive(amount_paisa: int) -> int:
    if amount_paisa == 0:
        raise PydanticCustomError("zero", "an amount is more than nothing")
    return amount_paisa


def as_text(value: object) -> object:
    """Take a number where digits are meant: some clients drop the quotes."""
    return str(value) if type(value) is int else value


def _moment(text: str) -> Micros:
    """Read RFC 3339, or a time without an offset, which is then Pakistan's."""
    try:
        if _LOCAL_TIME.fullmatch(text):
            local = datetime.fromisoformat(text).replace(tzinfo=PAKISTAN)
            return (local - _EPOCH) // timedelta(microseconds=1)
        return from_rfc3339(text)
    except (ValueError, OverflowError):
        raise PydanticCustomError(
            "moment", "a time is YYYY-MM-DDThh:mm:ss, with or without an offset"
        ) from None


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _date(text: str) -> str:
    try:
        datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007 - only whether there is such a day
    except ValueError:
        raise PydanticCustomError("date", "a date is yyyymmdd") from None
    return text


Rupees = Annotated[int, BeforeValidator(_rupees)]
"""Paisa, once read; rupees with decimals on the wire."""

Paisa = Annotated[int, BeforeValidator(_paisa)]
Stan = Annotated[
    str,
    BeforeValidator(as_text),
    StringConstraints(pattern=r"^[0-9]{1,6}$"),
    AfterValidator(lambda text: text.rjust(6, "0")),
]
Rrn = Annotated[
    str,
    BeforeValidator(as_text),
    StringConstraints(pattern=r"^[0-9A-Za-z]{1,12}$"),
    AfterValidator(lambda text: text.rjust(12, "0")),
]
Cnic = Annotated[str, AfterValidator(parse_cnic)]
Iban = Annotated[str, AfterValidator(parse_iban)]
Moment = Annotated[int, BeforeValidator(lambda value: _moment(str(value)))]
TransactionDate = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$"), AfterValidator(_date)]
TransactionTime = Annotated[str, StringConstraints(pattern=r"^(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]$")]
Text8 = Annotated[str, StringConstraints(min_length=1, max_length=8, pattern=_PLAIN)]
Text35 = Annotated[str, StringConstraints(min_length=1, max_length=35, pattern=_PLAIN)]
Text40 = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=_PLAIN)]
Text70 = Annotated[str, StringConstraints(min_length=1, max_length=70, pattern=_PLAIN)]
Text140 = Annotated[str, StringConstraints(min_length=1, max_length=140, pattern=_PLAIN)]


class Trace(NamedTuple):
    """The numbers by which both sides find a message again; `rrn` is "" where a call has none."""

    stan: str
    rrn: str = ""
