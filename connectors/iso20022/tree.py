"""Bytes to a tree of elements, safely.

The parser is the standard library's (expat under ElementTree's C tree builder): it is alive, typed, needs
no dependency, never opens a file or a socket, and does not recurse. What XML has in danger comes from the
document type declaration, and a body in which `<!DOCTYPE` does not occur has none: it is looked for in the
decoded text before the parser sees a byte, so no entity but the five of XML itself can exist. (defusedxml
is asleep; lxml would be a second C parser to keep in check, to gain some 25 µs of a payment.)
"""

import re
from typing import Final
from xml.etree.ElementTree import Element, ParseError, XMLParser

from connectors.iso20022.errors import MessageError, quoted

MAX_BYTES: Final = 1 << 20
"""The default limit of a body: 1 MiB, some thousand entries of a statement."""

MAX_TAGS: Final = 100_000
"""The most `<` in a body, which bounds the number and the depth of elements whatever the limit in bytes."""

MAX_EQUALS: Final = 20_000
"""The most `=` in a body, which bounds the number of attributes likewise."""

MAX_DEPTH: Final = 32
"""The deepest nesting inside of elements that are passed over."""

XML_SPACE: Final = " \t\r\n"

_DECLARED: Final = re.compile(r"<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([^\"'>]*)")
_DECLARATION_LENGTH: Final = 256  # what a longer one says is not heeded: the parser is told that it is UTF-8
_AFTER_THE_ROOT: Final = 9  # XML_ERROR_JUNK_AFTER_DOC_ELEMENT


def parse(body: bytes, max_bytes: int = MAX_BYTES) -> Element:
    """Return the root element of a body, or raise `MessageError`."""
    if len(body) > max_bytes:
        raise MessageError("too_large", "/", f"{len(body)} bytes; the most is {max_bytes}")
    text = _decoded(body)
    if text.count("<") > MAX_TAGS:
        raise MessageError("too_large", "/", f"more than {MAX_TAGS} tags")
    if text.count("=") > MAX_EQUALS:
        raise MessageError("too_large", "/", f"more than {MAX_EQUALS} signs of equality")
    if "<!DOCTYPE" in text:
        raise MessageError("doctype", "/", "a message has no document type declaration")
    parser = XMLParser(encoding="utf-8")  # noqa: S314 - no DTD, no entities: see the module's text
    try:
        parser.feed(text)
        root: Element = parser.close()
    except ParseError as error:
        line, column = error.position
        what = str(error).partition(":")[0]
        if error.code == _AFTER_THE_ROOT:
            what = "something follows the root element; a body carries one message"
        raise MessageError("syntax", "/", f"line {line}, column {column + 1}: {what}") from None
    return root


def _decoded(body: bytes) -> str:
    """Decode UTF-8, with or without its byte order mark; everything else is refused."""
    if b"\0" in body:
        raise MessageError("encoding", "/", "zero bytes; a message is UTF-8, not UTF-16 or UTF-32")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MessageError("encoding", "/", f"byte {error.start} is not UTF-8") from None
    declared = _DECLARED.match(text[:_DECLARATION_LENGTH])
    if declared and declared[1].upper() not in {"UTF-8", "UTF8"}:
        raise MessageError("encoding", "/", f"a message is UTF-8, this says {quoted(declared[1])}")
    return text


def local_name(tag: str) -> str:
    """Return a tag's name without its namespace."""
    return tag.rpartition("}")[2]


def refuse_text(element: Element, path: str) -> None:
    """Refuse text between the children of an element."""
    for text in (element.text, *(child.tail for child in element)):
        if text and text.strip(XML_SPACE):
            raise MessageError("text", path, f"elements belong here, not {quoted(text.strip(XML_SPACE))}")


def refuse_attributes(element: Element, path: str, *but: str) -> None:
    """Refuse attributes other than those named and those of a foreign namespace (`xsi:…`)."""
    for name in element.keys():  # noqa: SIM118 - an element is no mapping
        if name not in but and not name.startswith("{"):
            raise MessageError("unexpected", f"{path}/@{name[:40]}", "no such attribute here")


def refuse_depth(element: Element, path: str) -> None:
    """Refuse an element, passed over otherwise, that nests deeper than `MAX_DEPTH`."""
    level = list(element)
    for _ in range(MAX_DEPTH):
        if not level:
            return
        level = [child for parent in level for child in parent]
    if level:
        raise MessageError("too_deep", path, f"more than {MAX_DEPTH} levels of elements")
