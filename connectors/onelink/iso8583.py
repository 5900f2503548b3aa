"""ISO 8583 messages: typed values to bytes and back, strictly.

Text is ASCII, lengths are ASCII digits, bitmaps are eight bytes each, or sixteen hexadecimal characters by
another dialect (all weak: 1LINK's own layout is not public). A message is read only when writing it again
gives the same bytes, so there is exactly one way to write each.
"""

from typing import Any, Literal, NamedTuple

import iso8583

from connectors.onelink.fields import FIELDS, PROCESSING, TYPES, Code, Field, Iso8583Error, check

Bitmap = Literal["binary", "hex"]

TITLE_FIELD = 120
"""The private field that carries the account's title (invented: which one 1LINK uses is not public)."""

_ORIGINAL = 90
_AGENT_DIGITS = 11
_NO_AGENT = "0" * _AGENT_DIGITS


class OriginalElements(NamedTuple):
    """Field 90: which message is meant. Both agents have eleven digits, zeros on the left."""

    mti: str
    stan: str
    transmitted: str
    acquirer: str
    forwarder: str = _NO_AGENT


class Message(NamedTuple):
    """A message; None means that the field is left out.

    `amount_paisa` counts paisa; `transmitted` is MMDDhhmmss in UTC, the local date and time are MMDD and
    hhmmss in Pakistan; `private` holds fields 48 and 120 to 127 with their numbers, by rising number.
    """

    mti: str
    processing_code: str | None = None
    amount_paisa: int | None = None
    transmitted: str | None = None
    stan: str | None = None
    local_time: str | None = None
    local_date: str | None = None
    merchant_category: str | None = None
    acquirer: str | None = None
    rrn: str | None = None
    authorisation: str | None = None
    response: str | None = None
    terminal: str | None = None
    merchant: str | None = None
    currency: str | None = None
    network_code: str | None = None
    original: OriginalElements | None = None
    receiver: str | None = None
    from_account: str | None = None
    to_account: str | None = None
    private: tuple[tuple[int, str], ...] = ()


def _spec(bitmap: Bitmap) -> dict[str, dict[str, Any]]:
    """Describe the layout to the codec: `max_len` of a bitmap counts characters or bytes as written."""
    wide = {"data_enc": "ascii", "max_len": 16} if bitmap == "hex" else {"data_enc": "b", "max_len": 8}
    head = {"len_enc": "ascii", "len_type": 0}
    spec = {
        "h": head | {"data_enc": "ascii", "max_len": 0},
        "t": head | {"data_enc": "ascii", "max_len": 4},
        "p": head | wide,
        "1": head | wide,
    }
    for number, field in FIELDS.items():
        spec[str(number)] = {
            "data_enc": "ascii",
            "len_enc": "ascii",
            "len_type": field.digits_of_length,
            "max_len": field.length,
        }
    return spec


_SPECS: dict[Bitmap, dict[str, dict[str, Any]]] = {"binary": _spec("binary"), "hex": _spec("hex")}


def pack(message: Message, bitmap: Bitmap = "binary") -> bytes:
    """Write a message, or raise `Iso8583Error` naming the field that cannot be written."""
    _check_whole(message)
    texts = {"t": message.mti}
    for field, text in _texts(message):
        check(field, text)
        texts[str(field.number)] = text if field.digits_of_length else text.ljust(field.length)
    return bytes(iso8583.encode(texts, _SPECS[bitmap])[0])


def unpack(data: bytes, bitmap: Bitmap = "binary") -> Message:
    """Read a message, or raise `Iso8583Error` naming the first field that is wrong."""
    values: dict[str, Any] = {}
    private: list[tuple[int, str]] = []
    texts = _decode(data, _SPECS[bitmap])
    for number, field in FIELDS.items():
        text = texts.get(str(number))
        if text is None:
            continue
        text = text.rstrip(" ") if field.kind == "ans" and not field.digits_of_length else text
        check(field, text)
        if field.name == "private":
            private.append((number, text))
        else:
            values[field.name] = _value(field, text)
    message = Message(texts["t"], private=tuple(private), **values)
    _check_whole(message)
    return message


def operation_of(message: Message) -> str | None:
    """Say what is done, by the processing code: `title_fetch`, `ibft`, `transfer`, or None for another one."""
    return next((name for name, code in PROCESSING.items() if _processes(code, message)), None)


def title_of(message: Message) -> str | None:
    """Return the account's title that the message carries."""
    return dict(message.private).get(TITLE_FIELD)


def answer_to(
    request: Message, response: str, *, authorisation: str | None = None, title: str | None = None
) -> Message:
    """Answer a request: its own fields come back, the private ones and field 90 excepted, with the response.

    Raises `Iso8583Error` when the message is one that nobody answers, or is no message.
    """
    _check_whole(request)
    answer = TYPES[request.mti].answer
    if not answer:
        raise Iso8583Error("t", "an answer is not answered")
    private = () if title is None else ((TITLE_FIELD, title),)
    return request._replace(
        mti=answer, response=response, authorisation=authorisation, original=None, private=private
    )


def reversal_of(request: Message, *, stan: str, transmitted: str) -> Message:
    """Take a request or an advice back whose answer did not come: send this until it is answered.

    Raises `Iso8583Error` when the message moved no money, or is no message.
    """
    _check_whole(request)
    if request.mti not in ("0200", "0220"):
        raise Iso8583Error("t", "only a financial request or advice is reversed")
    original = OriginalElements(
        request.mti,
        request.stan or "",
        request.transmitted or "",
        (request.acquirer or "").rjust(_AGENT_DIGITS, "0"),
    )
    return request._replace(mti="0420", stan=stan, transmitted=transmitted, original=original)


def _decode(data: bytes, spec: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Take the fields apart, and refuse what is not written as we would write it.

    The second pass finds bitmaps that promise nothing, lower-case hexadecimals and lengths like `+5`.
    """
    try:
        texts, written = iso8583.decode(data, spec)
    except iso8583.DecodeError as error:
        raise Iso8583Error(error.field, error.msg) from None
    except KeyError as missing:
        raise Iso8583Error(str(missing.args[0]), "is not used on this rail") from None
    rewritten = iso8583.encode(dict(texts), spec)[1]
    for key, parts in written.items():
        if parts != rewritten.get(key):
            raise Iso8583Error(key, "is not written as this rail writes it")
    return texts


def _texts(message: Message) -> list[tuple[Field, str]]:
    """List the fields that are set, as text."""
    found = []
    for field in FIELDS.values():
        value = None if field.name == "private" else getattr(message, field.name)
        if value is not None:
            found.append((field, _text(field, value)))
    last = 0
    for number, text in message.private:
        private = FIELDS.get(number)
        if private is None or private.name != "private":
            raise Iso8583Error(number, "is no private field")
        if number <= last:
            raise Iso8583Error(number, "is out of order: the private fields go by rising number, each once")
        last = number
        found.append((private, text))
    return found


def _text(field: Field, value: str | int | OriginalElements) -> str:
    if isinstance(value, OriginalElements):
        _check_original(value)
        return "".join(value)
    return f"{value:0{field.length}}" if isinstance(value, int) else value


def _value(field: Field, text: str) -> str | int | OriginalElements:
    if field.name == "amount_paisa":
        return int(text)
    if field.number != _ORIGINAL:
        return text
    original = OriginalElements(text[:4], text[4:10], text[10:20], text[20:31], text[31:])
    _check_original(original)
    return original


def _check_original(original: OriginalElements) -> None:
    """Check the parts of field 90, each by its own rule."""
    if original.mti not in TYPES:
        raise Iso8583Error(_ORIGINAL, "the original message type is not known")
    if len(original.acquirer) != _AGENT_DIGITS or len(original.forwarder) != _AGENT_DIGITS:
        raise Iso8583Error(_ORIGINAL, f"each agent has {_AGENT_DIGITS} digits")
    for number, text in ((11, original.stan), (7, original.transmitted)):
        try:
            check(FIELDS[number], text)
        except Iso8583Error as error:
            raise Iso8583Error(_ORIGINAL, error.detail) from None


def _processes(code: Code, message: Message) -> bool:
    return message.processing_code is not None and message.processing_code.startswith(code.code)


def _check_whole(message: Message) -> None:
    """Check the message type, and that every field is there that it and the processing code need."""
    kind = TYPES.get(message.mti)
    if kind is None:
        raise Iso8583Error("t", "the message type is not known")
    operation = operation_of(message)
    needed = kind.mandatory + (PROCESSING[operation].mandatory if operation and kind.answer else ())
    for number in needed:
        if getattr(message, FIELDS[number].name) is None:
            raise Iso8583Error(number, f"a {message.mti} needs the {FIELDS[number].name}")
