"""Rows say what a message holds; its reader and its writer come from the same rows.

A row joins a path of elements to a field of a value. `types.toml` tells which elements ISO 20022 knows in
each type, and in which order: what it knows and no row names is passed over, what it does not know is
refused. Everything is worked out once, when the module is imported; reading and writing only follow it.
"""

import tomllib
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any, Final, Generic, Literal, NamedTuple, TypeAlias, TypeVar
from xml.etree.ElementTree import Element

from connectors.iso20022.errors import MessageError, RefusedError, quoted
from connectors.iso20022.leaves import Leaf, one_of
from connectors.iso20022.tree import XML_SPACE, local_name, refuse_attributes, refuse_depth

T = TypeVar("T", bound=NamedTuple)
Need: TypeAlias = Literal["1", "?", "*"]
NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:"
_INDEX: Final = "[]"


def _read_types() -> dict[str, tuple[tuple[str, str], ...]]:
    """Read the elements of each type as (name, type or "") in the order of the schema."""
    rows = tomllib.loads(files("connectors.iso20022").joinpath("types.toml").read_text("utf-8"))
    pairs = {name: [word.partition(":") for word in row.split()] for name, row in rows["types"].items()}
    return {name: tuple((element, of) for element, _, of in row) for name, row in pairs.items()}


TYPES: Final = _read_types()


class Record(NamedTuple):
    """A value made of rows; `rule` returns what is wrong with a value as a whole, or nothing."""

    shape: Callable[..., Any]
    rows: tuple["Row", ...]
    rule: Callable[[Any], str] | None = None


class Row(NamedTuple):
    """One field: where it stands, of which kind, and whether once (1), at most once (?) or often (*).

    A row without a field stands for a text that is always the same.
    """

    path: str
    field: str
    kind: Leaf | Record
    need: Need = "1"


def fixed(path: str, text: str) -> Row:
    """Make the row of a text that is always the same."""
    return Row(path, "", _Constant(text))


class _Constant:
    """A leaf that can only be one text."""

    attributes = ""
    allowed: tuple[str, ...] = ()

    def __init__(self, text: str) -> None:
        self.text = text
        self.read = one_of((text,)).read

    def write(self, _value: None) -> str:
        return self.text


class _Node:
    """An element in its place: `order` counts its place in the parent, `many` says it may be repeated."""

    def __init__(self, place: "_Place", *, many: bool) -> None:
        self.name = place.name
        self.path = place.path
        self.order = place.order
        self.many = many

    def take(self, element: Element, values: list[Any]) -> None:
        """Read an element into the values of its record."""

    def put(self, values: Sequence[Any], out: list[str]) -> None:
        """Write the element from the values of its record."""


class _PassedOver(_Node):
    """An element that ISO knows and no row names: not looked into but for its depth, and never written."""

    def take(self, element: Element, _values: list[Any]) -> None:
        refuse_depth(element, self.path)


class _Leaf(_Node):
    """An element with text."""

    def __init__(self, place: "_Place", kind: Leaf, row: Row, slot: int) -> None:
        super().__init__(place, many=row.need == "*")
        self.kind = kind
        self.slot = slot
        self.required = row.need == "1"
        self.constant = not row.field
        self.open = f"<{self.name}{kind.attributes}>"
        self.close = f"</{self.name}>"

    def take(self, element: Element, values: list[Any]) -> None:
        if element.keys():
            refuse_attributes(element, self.path, *self.kind.allowed)
        if len(element):
            raise MessageError(
                "text", self.path, f"text belongs here, not {quoted(local_name(element[0].tag))}"
            )
        try:
            value = self.kind.read(element.text or "", element)
        except RefusedError as refused:
            raise self._placed(refused, len(values[self.slot]) + 1 if self.many else 0) from None
        if self.many:
            values[self.slot].append(value)
        else:
            values[self.slot] = value

    def put(self, values: Sequence[Any], out: list[str]) -> None:
        if self.many:
            for index, one in enumerate(values[self.slot], 1):
                self._put(one, out, index)
        elif self.constant:
            self._put(None, out, 0)
        elif values[self.slot] is not None:
            self._put(values[self.slot], out, 0)
        elif self.required:
            raise MessageError("missing", self.path, "nothing to write")

    def _put(self, value: Any, out: list[str], index: int) -> None:
        try:
            out.append(f"{self.open}{self.kind.write(value)}{self.close}")
        except RefusedError as refused:
            raise self._placed(refused, index) from None

    def _placed(self, refused: RefusedError, index: int) -> MessageError:
        path = f"{self.path}[{index}]" if self.many else self.path
        return MessageError(refused.code, path, refused.detail)


class _Branch(_Node):
    """An element with elements: `type_name` tells which, `rows` which of them carry something."""

    def __init__(self, place: "_Place", rows: Sequence[tuple[str, Row, int]]) -> None:
        super().__init__(place, many=False)
        self.type_name = place.type_name
        self.namespace = place.namespace
        self.open = f"<{self.name}>"
        self.close = f"</{self.name}>"
        self.nodes: list[_Node] = []
        self.children: dict[str, _Node] = {}
        left = {path.partition("/")[0] for path, _, _ in rows}
        choice = self.type_name.endswith("Choice")
        for order, (name, of) in enumerate(TYPES[self.type_name]):
            below = [
                (path.partition("/")[2], row, slot) for path, row, slot in rows if path.split("/")[0] == name
            ]
            inner = _Place(name, f"{self.path}/{name}", 0 if choice else order, of, self.namespace)
            node = _node(inner, below, choice=choice)
            self.children[f"{{{self.namespace}}}{name}"] = node
            if below:
                self.nodes.append(node)
            left.discard(name)
        assert not left, (self.path, left)  # noqa: S101 - a row that no type knows is a bug of ours

    def take(self, element: Element, values: list[Any]) -> None:
        if element.keys():
            refuse_attributes(element, self.path)
        children = self.children
        last = -1
        stray = element.text
        if stray is not None and stray.strip(XML_SPACE):
            raise self._stray(stray)
        for child in element:
            node = children.get(child.tag)
            if node is None:
                raise self._unexpected(child)
            order = node.order
            if order <= last and not (node.many and order == last):
                raise self._misplaced(node, last)
            last = order
            node.take(child, values)
            stray = child.tail
            if stray is not None and stray.strip(XML_SPACE):
                raise self._stray(stray)

    def put(self, values: Sequence[Any], out: list[str]) -> None:
        start = len(out)
        out.append(self.open)
        for node in self.nodes:
            node.put(values, out)
        if len(out) == start + 1:
            out.pop()
        else:
            out.append(self.close)

    def _stray(self, text: str) -> MessageError:
        return MessageError("text", self.path, f"elements belong here, not {quoted(text.strip(XML_SPACE))}")

    def _unexpected(self, child: Element) -> MessageError:
        name = local_name(child.tag)
        place = f"{self.path}/{name[:40]}"
        if f"{{{self.namespace}}}{name}" in self.children:
            return MessageError("namespace", place, f"the namespace here is {self.namespace}")
        return MessageError("unexpected", place, f"ISO 20022 has no such element in {self.type_name}")

    def _misplaced(self, node: _Node, last: int) -> MessageError:
        if node.order == last:
            detail = "once only, and not beside an alternative; one message carries one payment"
            return MessageError("duplicate", node.path, detail)
        before = TYPES[self.type_name][last][0]
        return MessageError("order", node.path, f"must stand before {before}, and once only")


class _Group(_Node):
    """An element that is a record of its own."""

    def __init__(self, place: "_Place", record: Record, row: Row, slot: int) -> None:
        super().__init__(place, many=row.need == "*")
        self.reader = RecordReader(place, record)
        self.slot = slot
        self.required = row.need == "1"

    def take(self, element: Element, values: list[Any]) -> None:
        if not self.many:
            values[self.slot] = self.reader.read(element)
            return
        found = values[self.slot]
        try:
            found.append(self.reader.read(element))
        except MessageError as error:
            raise _counted(error, len(found) + 1) from None

    def put(self, values: Sequence[Any], out: list[str]) -> None:
        value = values[self.slot]
        if self.many:
            for index, one in enumerate(value, 1):
                try:
                    self.reader.write(one, out)
                except MessageError as error:
                    raise _counted(error, index) from None
        elif value is not None:
            self.reader.write(value, out)
        elif self.required:
            raise MessageError("missing", self.path, "nothing to write")


def _counted(error: MessageError, index: int) -> MessageError:
    """Put a number where the path of an error inside of a repeated element has none yet."""
    return MessageError(error.code, f"[{index}]".join(error.path.rsplit(_INDEX, 1)), error.detail)


class _Place(NamedTuple):
    """Where an element stands and which type it has there."""

    name: str
    path: str
    order: int
    type_name: str
    namespace: str


def _node(place: _Place, below: Sequence[tuple[str, Row, int]], *, choice: bool) -> _Node:
    """Make the node of an element from the rows that end in it or go through it."""
    if not below:
        return _PassedOver(place, many=not choice)
    path, row, slot = below[0]
    if path:
        return _Branch(place, below)
    if not isinstance(row.kind, Record):
        return _Leaf(place, row.kind, row, slot)
    if row.need == "*":
        place = place._replace(path=place.path + _INDEX)
    return _Group(place, row.kind, row, slot)


class RecordReader:
    """A record in its place, ready to be read and written."""

    def __init__(self, place: _Place, record: Record) -> None:
        self.record = record
        names: tuple[str, ...] = getattr(record.shape, "_fields")  # noqa: B009 - of a NamedTuple
        defaults: dict[str, Any] = getattr(record.shape, "_field_defaults")  # noqa: B009 - likewise
        self.width = len(names)
        slots = [
            (row.path, row, names.index(row.field) if row.field else self.width + index)
            for index, row in enumerate(record.rows)
        ]
        self.branch = _Branch(place, slots)
        self.required = [(slot, f"{place.path}/{path}") for path, row, slot in slots if row.need == "1"]
        self.many = [slot for _, row, slot in slots if row.need == "*"]
        self.blank: list[Any] = [defaults.get(name) for name in names] + [None] * len(slots)

    def read(self, element: Element) -> Any:
        """Return the record's value, or raise `MessageError`."""
        values = self.blank.copy()
        for slot in self.many:
            values[slot] = []
        self.branch.take(element, values)
        for slot, path in self.required:
            if values[slot] is None:
                raise MessageError("missing", path, "required here")
        for slot in self.many:
            values[slot] = tuple(values[slot])
        value = self.record.shape(*values[: self.width])
        self._check(value)
        return value

    def write(self, value: Any, out: list[str]) -> None:
        """Append the pieces of the value's XML, or raise `MessageError`."""
        self._check(value)
        start = len(out)
        self.branch.put(value, out)
        if len(out) == start:
            out.append(f"<{self.branch.name}/>")

    def _check(self, value: Any) -> None:
        if self.record.rule:
            wrong = self.record.rule(value)
            if wrong:
                raise MessageError("choice", self.branch.path, wrong)


class Codec(Generic[T]):
    """A message: its name and version (`pacs.008.001.08`), the class of its values, both ways.

    The rows' paths start below `base`, which starts below the root element.
    """

    def __init__(
        self,
        name: str,
        shape: type[T],
        base: str,
        rows: Sequence[Row],
        *,
        root: str = "Document",
        rule: Callable[[T], str] | None = None,
    ) -> None:
        self.name = name
        self.shape = shape
        self.tag = f"{{{NAMESPACE}{name}}}{root}"
        place = _Place(root, f"/{root}", 0, name, NAMESPACE + name)
        rows = [row._replace(path=base + row.path) for row in rows]
        self.reader = RecordReader(place, Record(shape, tuple(rows), rule))
        self.reader.branch.open = f'<{root} xmlns="{NAMESPACE}{name}">'

    def read(self, element: Element) -> T:
        """Return the value of the root element, or raise `MessageError`."""
        value: T = self.reader.read(element)
        return value

    def write(self, value: T) -> str:
        """Return the XML of the value, or raise `MessageError`."""
        out: list[str] = []
        self.reader.write(value, out)
        return "".join(out)
