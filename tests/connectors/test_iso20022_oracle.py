"""The schemas' word: what we write is read by classes made from ISO's schemas, and the other way round.

The oracle is pyiso20022, whose classes xsdata derives from the published schemas. Its reader does not mind
the order of elements; the order is what `types.toml` has, compared here line by line, and our reader minds.
"""

import dataclasses
import re
import typing
from decimal import Decimal
from enum import Enum
from importlib import import_module
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.models.datatype import XmlDate, XmlDateTime

from connectors.iso20022.header import HEADERS, Header
from connectors.iso20022.leaves import AMOUNT, Text
from connectors.iso20022.schema import TYPES, Codec, Record
from connectors.iso20022.wire import MESSAGES, Envelope, read, write
from tests.connectors.test_iso20022_values import NOW, A, B, messages, values_of

CODECS: dict[str, Codec[Any]] = {**MESSAGES, **{codec.name: codec for codec in HEADERS}}
EVERY_CODEC = pytest.mark.parametrize("codec", CODECS.values(), ids=list(CODECS))
EVERY_MESSAGE = pytest.mark.parametrize("codec", MESSAGES.values(), ids=list(MESSAGES))
RANDOM = settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
# xsdata takes texts as they are, but for spaces around them in elements that are no plain strings.
LETTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "S"))
PARSER = XmlParser(config=ParserConfig(fail_on_unknown_properties=True, fail_on_unknown_attributes=True))


def root_of(name: str) -> type[Any]:
    """Return the oracle's class of a message's root element."""
    module = name.replace(".", "_")
    found: type[Any] = getattr(
        import_module(f"pyiso20022.{name.partition('.')[0]}.{module}.{module}"),
        "AppHdr" if name.startswith("head") else "Document",
    )
    return found


class Child(typing.NamedTuple):
    """An element of one of the oracle's classes: the class of its value, its facets, its list of codes."""

    name: str
    type: Any
    facets: Any
    codes: set[str]


def children(of: type[Any]) -> dict[str, Child]:
    """Return the elements of an oracle's class, in the order of the schema."""
    hints = typing.get_type_hints(of, vars(import_module(of.__module__)))
    found = {}
    for field in dataclasses.fields(of):
        if field.metadata.get("type") == "Element":
            kinds = flat(hints[field.name])
            codes = {str(code.value) for kind in kinds if issubclass(kind, Enum) for code in kind}
            inner = [kind for kind in kinds if dataclasses.is_dataclass(kind)]
            name = field.metadata["name"]
            found[name] = Child(name, inner[0] if inner else None, field.metadata, codes)
    return found


def flat(hint: Any) -> list[Any]:
    inner = typing.get_args(hint)
    return [one for part in inner for one in flat(part)] if inner else [hint]


def leaf_rows(record: Record, base: str = "") -> list[tuple[str, Any]]:
    """Return every path of a record down to its leaves, with the kind of the leaf."""
    found: list[tuple[str, Any]] = []
    for row in record.rows:
        if isinstance(row.kind, Record):
            found += leaf_rows(row.kind, f"{base}{row.path}/")
        else:
            found.append((base + row.path, row.kind))
    return found


def test_each_type_has_the_elements_of_the_schema_in_its_order() -> None:
    reached = set()

    def compare(key: str, of: type[Any]) -> None:
        reached.add(key)
        theirs = children(of)
        assert [name for name, _ in TYPES[key]] == list(theirs), key
        for name, inner in TYPES[key]:
            if inner and theirs[name].type:
                assert inner == theirs[name].type.__name__
                compare(inner, theirs[name].type)

    for name in CODECS:
        compare(name, root_of(name))
    assert reached == set(TYPES)


# Where a pattern of ours is another than the schema's: one currency only; the older header, which is only
# read, has a narrower BIC than every other message.
EXAMPLES = {"Ccy": "PKR", "BICFI": "SBXAPKKA"}


@EVERY_CODEC
def test_each_leaf_has_the_limits_of_the_schema(codec: Codec[Any]) -> None:
    for path, kind in leaf_rows(codec.reader.record):
        child, below = None, root_of(codec.name)
        for name in path.split("/"):
            child = children(below)[name]
            below = child.type or below
        assert child is not None
        limits = child.facets.get("min_length"), child.facets.get("max_length")
        pattern = child.facets.get("pattern")
        if kind is AMOUNT:
            value = next(field for field in dataclasses.fields(below) if field.name == "value")
            assert (value.metadata["total_digits"], value.metadata["min_inclusive"]) == (18, Decimal(0)), path
        elif not isinstance(kind, Text):
            assert child.type in {None, XmlDate, XmlDateTime}, path
        elif kind.pattern and pattern:
            example = EXAMPLES.get(child.name)
            assert pattern == kind.pattern or (example and re.fullmatch(pattern, example)), (path, pattern)
        elif not kind.pattern:
            assert limits == (1, kind.longest), path
        elif child.codes:
            assert set(kind.pattern.split("|")) <= child.codes, path
        else:
            assert kind.longest <= limits[1], path


def leaf_faults(one: Any, facets: Any) -> list[str]:
    """Return what a text, a number or a time has against it."""
    match one:
        case str():
            fits = facets.get("min_length", 0) <= len(one) <= facets.get("max_length", 10**9)
            matches = re.fullmatch(facets.get("pattern", "(?s:.*)"), one)
            return [] if fits and matches else [f"{one!r}"]
        case Decimal():
            fits = len(one.as_tuple().digits) <= facets.get("total_digits", 10**9)
            return [] if fits and one >= facets.get("min_inclusive", one) else [f"{one}"]
        case XmlDateTime():
            return [] if one.offset is not None else [f"{one} has no offset"]
    return []


def faults(value: Any, place: str = "") -> list[str]:
    """Return what the schema's facets, as the oracle's classes keep them, find wrong with a value."""
    found = []
    given = []
    for field in dataclasses.fields(value):
        facets, held = field.metadata, getattr(value, field.name)
        here = f"{place}/{facets.get('name', field.name)}"
        many = held if isinstance(held, list) else [] if held is None else [held]
        if many:
            given.append(here)
        if not bool(facets.get("required")) <= len(many) <= facets.get("max_occurs", 10**9):
            found.append(f"{here} stands {len(many)} times")
        for one in many:
            inner = dataclasses.is_dataclass(one)
            found += faults(one, here) if inner else [f"{here}: {it}" for it in leaf_faults(one, facets)]
    if type(value).__name__.endswith("Choice") and len(given) != 1:
        found.append(f"{place} takes {given}")
    return found


@EVERY_MESSAGE
@RANDOM
@given(st.data())
def test_the_oracle_reads_what_we_write_and_we_read_what_it_writes(
    codec: Codec[Any], data: st.DataObject
) -> None:
    message = data.draw(messages(codec, LETTERS))
    document = PARSER.from_bytes(write(message), root_of(codec.name))
    assert faults(document) == []
    assert read(XmlSerializer().render(document).encode()) == Envelope(message)


@RANDOM
@given(values_of(HEADERS[0].reader.record, LETTERS))
def test_so_it_is_with_the_header_that_is_written(header: Header) -> None:
    text = HEADERS[0].write(header)
    theirs = PARSER.from_string(text, root_of(HEADERS[0].name))
    assert faults(theirs) == []
    assert HEADERS[0].read(fromstring(XmlSerializer().render(theirs))) == header  # noqa: S314 - our own text


def test_the_older_header_is_read_as_the_oracle_writes_it() -> None:
    older = root_of("head.001.001.01")
    text = (
        '<AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.01">'
        "<Fr><FIId><FinInstnId><ClrSysMmbId><MmbId>SBXAPKKA</MmbId></ClrSysMmbId></FinInstnId></FIId></Fr>"
        "<To><FIId><FinInstnId><ClrSysMmbId><MmbId>SBXBPKKA</MmbId></ClrSysMmbId></FinInstnId></FIId></To>"
        "<BizMsgIdr>1</BizMsgIdr><MsgDefIdr>pacs.008.001.08</MsgDefIdr><BizSvc>IPS</BizSvc>"
        "<CreDt>2026-11-24T07:42:38.123Z</CreDt></AppHdr>"
    )
    theirs = PARSER.from_string(text, older)
    assert faults(theirs) == []
    header = HEADERS[1].read(fromstring(XmlSerializer().render(theirs)))  # noqa: S314 - our own text
    assert header == Header(A, B, "1", "pacs.008.001.08", NOW, "IPS")
