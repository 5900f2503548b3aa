"""Tag, length, value: two digits, two digits, and that many printable ASCII characters.

Both kinds of Pakistani QR code are written so; templates hold the same inside a value. The reader is strict:
a field that could be read in two ways (twice there, empty, cut, left over) is refused, never guessed at.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

MAX_CHARACTERS = 512
"""No code is longer (EMVCo's limit for merchant-presented codes; we hold persons' codes to it too)."""

MAX_VALUE = 99
_HEADER = re.compile(r"[0-9]{4}")
_TAG = re.compile(r"[0-9]{2}")
_PRINTABLE = re.compile(r"[ -~]*")


class QrError(ValueError):
    """A code that must not be paid, or cannot be made.

    `code` is one of `not_text`, `structure`, `size`, `characters`, `duplicate`, `missing`, `unexpected`,
    `value`, `crc`, `check_digits` and `expired`. `tag` names the field: `28.02` is 02 inside template 28.
    The message never repeats a value.
    """

    def __init__(self, code: str, tag: str, detail: str) -> None:
        super().__init__(f"Tag {tag}: {detail}")
        self.code = code
        self.tag = tag


class Field(NamedTuple):
    """One tag and its value."""

    tag: str
    value: str


def path(within: str, tag: str) -> str:
    """Name a tag inside a template as errors do."""
    return f"{within}.{tag}" if within else tag


def read(text: object, within: str = "") -> tuple[Field, ...]:
    """Read a whole code, or the template of tag `within`; raises `QrError` naming the tag.

    No tag is repeated or empty, no length runs past the end, nothing is left over, and the size is held
    while reading, so a long text costs no more than a short one.
    """
    last = path(within, "00")
    if not isinstance(text, str):
        raise QrError("not_text", last, f"a code is text, not {type(text).__name__}")
    fields: dict[str, Field] = {}
    start = 0
    while start < len(text) or not fields:
        header = text[start : start + 4]
        if not _HEADER.fullmatch(header):
            raise QrError(
                "structure", last, "here, or right after it, two digits of a tag and two of a length are due"
            )
        tag, length = header[:2], int(header[2:])
        last, end = path(within, tag), start + 4 + length
        if end > MAX_CHARACTERS:
            raise QrError("size", last, f"the code passes {MAX_CHARACTERS} characters")
        if end > len(text):
            raise QrError(
                "structure", last, f"the length says {length}, only {len(text) - start - 4} characters follow"
            )
        if tag in fields:
            raise QrError("duplicate", last, "the tag is there twice")
        fields[tag] = _checked(Field(tag, text[start + 4 : end]), last)
        start = end
    return tuple(fields.values())


def write(fields: Iterable[Field], within: str = "") -> str:
    """Write fields in their order; raises `QrError` for what `read` would refuse."""
    parts: dict[str, str] = {}
    for field in fields:
        where = path(within, field.tag)
        if not _TAG.fullmatch(field.tag):
            raise QrError("structure", where, "a tag is two digits")
        if field.tag in parts:
            raise QrError("duplicate", where, "the tag is there twice")
        if len(field.value) > MAX_VALUE:
            raise QrError("size", where, f"a value has at most {MAX_VALUE} characters")
        parts[field.tag] = f"{field.tag}{len(_checked(field, where).value):02}{field.value}"
        if sum(map(len, parts.values())) > MAX_CHARACTERS:
            raise QrError("size", where, f"the code passes {MAX_CHARACTERS} characters")
    return "".join(parts.values())


def _checked(field: Field, where: str) -> Field:
    if not field.value:
        raise QrError("structure", where, "a value has at least one character")
    if not _PRINTABLE.fullmatch(field.value):
        raise QrError("characters", where, "a value holds printable ASCII characters only")
    return field


class Shape(NamedTuple):
    """What the value of a tag looks like, as a pattern and in words."""

    pattern: re.Pattern[str]
    words: str

    def held(self, value: str, where: str) -> str:
        """Return the value; raises `QrError` naming `where` when it has another shape."""
        if not self.pattern.fullmatch(value):
            raise QrError("value", where, f"the value is {self.words}")
        return value


def shape(pattern: str, words: str) -> Shape:
    """Make a shape of the text of a pattern."""
    return Shape(re.compile(pattern), words)


class Fields:
    """The fields of a code or a template, taken one by one; what nobody takes is the `rest`."""

    def __init__(self, text: object, within: str = "") -> None:
        self._within = within
        self._left = dict(read(text, within))

    def take(self, tag: str, expected: Shape) -> str | None:
        """Take a value that may be missing."""
        value = self._left.pop(tag, None)
        return None if value is None else expected.held(value, path(self._within, tag))

    def need(self, tag: str, expected: Shape) -> str:
        """Take a value that must be there."""
        value = self.take(tag, expected)
        if value is None:
            raise QrError("missing", path(self._within, tag), f"it must be there: {expected.words}")
        return value

    def first(self, tag: str, expected: Shape) -> str:
        """Take a value that must be the first of all."""
        if next(iter(self._left)) != tag:
            raise QrError("structure", path(self._within, tag), "it must be the first field")
        return self.need(tag, expected)

    def template(self, tag: str) -> "Fields | None":
        """Take a value that is a template itself."""
        value = self._left.pop(tag, None)
        return None if value is None else Fields(value, path(self._within, tag))

    def refuse(self, tag: str, why: str) -> None:
        """Raise `QrError` when the tag is there."""
        if tag in self._left:
            raise QrError("unexpected", path(self._within, tag), why)

    def rest(self) -> tuple[Field, ...]:
        """Return what was not taken, by rising tag."""
        return tuple(Field(tag, self._left[tag]) for tag in sorted(self._left))
