"""The one error of this package, and what its codes mean."""

from typing import Final, Literal, TypeAlias

Code: TypeAlias = Literal[
    "too_large",
    "encoding",
    "doctype",
    "syntax",
    "too_deep",
    "namespace",
    "unknown_message",
    "unexpected",
    "order",
    "duplicate",
    "missing",
    "text",
    "value",
    "currency",
    "choice",
    "mismatch",
]

CODES: Final[dict[Code, str]] = {
    "too_large": "The body has more bytes, or more elements, than may be read.",
    "encoding": "The body is not UTF-8, or says that it is something else.",
    "doctype": "The body has a document type declaration, in which entities could be declared.",
    "syntax": "The body is no well-formed XML with one root element.",
    "too_deep": "Elements are nested deeper than any message needs.",
    "namespace": "The element is known, but not in this namespace.",
    "unknown_message": "No message of this name and version is read or written here.",
    "unexpected": "ISO 20022 has no such element or attribute in this place.",
    "order": "The element stands after one that it must precede.",
    "duplicate": "The element may stand once, or beside no alternative, and is there again.",
    "missing": "The element is required and absent.",
    "text": "There is text where elements belong, or there are elements where text belongs.",
    "value": "The text, or the value to be written, is not of the element's type.",
    "currency": "The amount is in another currency than PKR.",
    "choice": "Alternatives stand together, or none of them is given.",
    "mismatch": "The header speaks of another message than the one it stands over.",
}


class MessageError(ValueError):
    """A message that cannot be read or written.

    `path` names the place (`/Document/FIToFICstmrCdtTrf/GrpHdr/MsgId`, entries counted from 1 as in
    `Ntry[2]`); it is `/` when the body as a whole is meant. `detail` never holds more than a few dozen
    characters of the body.
    """

    def __init__(self, code: Code, path: str, detail: str) -> None:
        super().__init__(f"{code} at {path}: {detail}")
        self.code: Code = code
        self.path = path
        self.detail = detail


class RefusedError(Exception):
    """A leaf's refusal, which does not know its place; never leaves the package."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(detail)
        self.code: Code = code
        self.detail = detail


def quoted(text: str) -> str:
    """Quote the beginning of a text from outside, for a detail."""
    return repr(text if len(text) <= 40 else text[:40] + "…")  # noqa: PLR2004 - said in MessageError
