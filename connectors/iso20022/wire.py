"""The front door: a body of bytes to an envelope, and back.

A body is a `Document`, or a `DataPDU` whose `Body` holds the header `AppHdr` and the `Document`.
"""

from typing import Any, Final, NamedTuple, TypeAlias
from xml.etree.ElementTree import Element

from connectors.iso20022.errors import MessageError, quoted
from connectors.iso20022.header import HEADERS, Header
from connectors.iso20022.payments import (
    CREDIT_TRANSFER,
    PAYMENT_RETURN,
    STATUS_REPORT,
    STATUS_REQUEST,
    CreditTransfer,
    PaymentReturn,
    StatusReport,
    StatusRequest,
)
from connectors.iso20022.recalls import RECALL, RECALL_ANSWER, Recall, RecallAnswer
from connectors.iso20022.reports import (
    INTRADAY_REPORT,
    NOTIFICATION,
    STATEMENT,
    IntradayReport,
    Notification,
    Statement,
)
from connectors.iso20022.requests import REQUEST_ANSWER, REQUEST_TO_PAY, RequestAnswer, RequestToPay
from connectors.iso20022.schema import NAMESPACE, Codec
from connectors.iso20022.tree import MAX_BYTES, local_name, parse, refuse_depth, refuse_text

Message: TypeAlias = (
    CreditTransfer
    | StatusReport
    | PaymentReturn
    | StatusRequest
    | RequestToPay
    | RequestAnswer
    | Recall
    | RecallAnswer
    | IntradayReport
    | Statement
    | Notification
)

MESSAGES: Final[dict[str, Codec[Any]]] = {
    codec.name: codec
    for codec in (
        CREDIT_TRANSFER,
        STATUS_REPORT,
        PAYMENT_RETURN,
        STATUS_REQUEST,
        REQUEST_TO_PAY,
        REQUEST_ANSWER,
        RECALL,
        RECALL_ANSWER,
        INTRADAY_REPORT,
        STATEMENT,
        NOTIFICATION,
    )
}
"""Every message by its name and version."""

ENVELOPE_NAMESPACES: Final = ("urn:cma:stp:xsd:stp.1.0", "urn:swift:saa:xsd:saa.2.0", "")
"""Namespaces in which `DataPDU` is read; the first is written. None is documented for Raast: they are those
of public samples of other instant payment systems with the same envelope, and no namespace at all."""

_BY_TAG: Final = {codec.tag: codec for codec in MESSAGES.values()}
_BY_SHAPE: Final[dict[type, Codec[Any]]] = {codec.shape: codec for codec in MESSAGES.values()}
_HEADER_BY_TAG: Final = {codec.tag: codec for codec in HEADERS}
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_OPEN: Final = f'{_DECLARATION}<DataPDU xmlns="{ENVELOPE_NAMESPACES[0]}"><Body>'
_CLOSE: Final = "</Body></DataPDU>"


class Envelope(NamedTuple):
    """A message, and the header that came with it, if one did."""

    message: Message
    header: Header | None = None


def name_of(message: Message) -> str:
    """Return the name and version of a message, such as `pacs.008.001.08`."""
    return _BY_SHAPE[type(message)].name


def read(body: bytes, max_bytes: int = MAX_BYTES) -> Envelope:
    """Read a body, or raise `MessageError`: nothing else comes out, whatever goes in."""
    root = parse(body, max_bytes)
    codec = _BY_TAG.get(root.tag)
    if codec is not None:
        return Envelope(codec.read(root))
    if local_name(root.tag) == "DataPDU":
        return _read_envelope(root)
    raise _unknown(root, "")


def write(message: Message, header: Header | None = None) -> bytes:
    """Write a message as UTF-8, in an envelope when it has a header, or raise `MessageError`."""
    codec = _BY_SHAPE[type(message)]
    if header is None:
        return f"{_DECLARATION}{codec.write(message)}".encode()
    _same_message(header, codec.name)
    return f"{_OPEN}{HEADERS[0].write(header)}{codec.write(message)}{_CLOSE}".encode()


def _read_envelope(root: Element) -> Envelope:
    namespace = root.tag[1:].partition("}")[0] if root.tag.startswith("{") else ""
    if namespace not in ENVELOPE_NAMESPACES:
        raise MessageError(
            "namespace", "/DataPDU", f"{quoted(namespace)} is no namespace of an envelope here"
        )
    tag = f"{{{namespace}}}Body" if namespace else "Body"
    refuse_text(root, "/DataPDU")
    for child in root:
        if child.tag != tag:
            refuse_depth(child, f"/DataPDU/{local_name(child.tag)[:40]}")
    body = _only([child for child in root if child.tag == tag], "/DataPDU/Body")
    refuse_text(body, "/DataPDU/Body")
    for child in body:
        if child.tag not in _HEADER_BY_TAG and child.tag not in _BY_TAG:
            raise _unknown(child, "/DataPDU/Body")
    first = _only([child for child in body if child.tag in _HEADER_BY_TAG], "/DataPDU/Body/AppHdr")
    document = _only([child for child in body if child.tag in _BY_TAG], "/DataPDU/Body/Document")
    if body[0] is document:
        raise MessageError("order", "/DataPDU/Body/AppHdr", "must stand before Document")
    codec = _BY_TAG[document.tag]
    try:
        header = _HEADER_BY_TAG[first.tag].read(first)
        message = codec.read(document)
    except MessageError as error:
        raise MessageError(error.code, f"/DataPDU/Body{error.path}", error.detail) from None
    _same_message(header, codec.name)
    return Envelope(message, header)


def _only(found: list[Element], path: str) -> Element:
    if not found:
        raise MessageError("missing", path, "required here")
    if len(found) > 1:
        raise MessageError("duplicate", path, "one body carries one message")
    return found[0]


def _same_message(header: Header, name: str) -> None:
    if header.message_name != name:
        detail = f"{quoted(header.message_name)} stands over {name}"
        raise MessageError("mismatch", "/DataPDU/Body/AppHdr/MsgDefIdr", detail)


def _unknown(element: Element, path: str) -> MessageError:
    """Say why an element is neither a document, a header nor an envelope of ours."""
    name = local_name(element.tag)
    place = f"{path}/{name[:40]}"
    namespace = element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""
    if name not in {"Document", "AppHdr"}:
        return MessageError(
            "unexpected", place, "a body is a Document, or a DataPDU with Body, AppHdr, Document"
        )
    if not namespace.startswith(NAMESPACE):
        return MessageError("namespace", place, f"{quoted(namespace)} is no namespace of ISO 20022")
    known = HEADERS if name == "AppHdr" else tuple(MESSAGES.values())
    names = ", ".join(codec.name for codec in known)
    return MessageError(
        "unknown_message", place, f"{quoted(namespace.removeprefix(NAMESPACE))} is none of {names}"
    )
