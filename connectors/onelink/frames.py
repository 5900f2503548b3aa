"""Frames over TCP: a header of two bytes tells the length of the message behind it.

Both kinds of header in use are here, as a big-endian number and as four binary-coded decimals, and whether
the header counts itself. Which of them 1LINK's links use is not public (weak, from memory).
"""

from typing import Literal, NamedTuple

from connectors.onelink.fields import Iso8583Error

HEADER = 2
LARGEST = {"binary": 0xFFFF, "bcd": 9999}
"""The greatest number that a header of each kind can tell."""


class Framing(NamedTuple):
    """How a link cuts its messages; no message is longer than `limit` bytes."""

    header: Literal["binary", "bcd"] = "binary"
    counts_itself: bool = False
    limit: int = 8192


class FrameError(Iso8583Error):
    """The stream is lost: a header tells an impossible length, or the stream ends within a frame.

    `complete` are the messages that the same bytes held before that place.
    """

    def __init__(self, detail: str, complete: tuple[bytes, ...] = ()) -> None:
        super().__init__("length", detail)
        self.complete = complete


def frame(message: bytes, framing: Framing = Framing()) -> bytes:  # noqa: B008 - a frozen value
    """Put the header before a message; raises `FrameError` when it is empty or too long for the link."""
    if not 0 < len(message) <= framing.limit:
        raise FrameError(f"a message has 1 to {framing.limit} bytes, this has {len(message)}")
    length = len(message) + (HEADER if framing.counts_itself else 0)
    if length > LARGEST[framing.header]:
        raise FrameError(f"a header cannot tell {length}")
    header = length.to_bytes(HEADER, "big") if framing.header == "binary" else bytes.fromhex(f"{length:04}")
    return header + message


class FrameReader:
    """Reads frames from bytes that come in any cut; it keeps less than one frame between two calls.

    After a `FrameError` it refuses all further bytes: nobody knows where the next frame begins.
    """

    def __init__(self, framing: Framing = Framing()) -> None:  # noqa: B008 - a frozen value
        self._framing = framing
        self._rest = b""
        self._lost = ""

    def feed(self, data: bytes) -> tuple[bytes, ...]:
        """Take the next bytes and return the messages that are complete now; raises `FrameError`."""
        if self._lost:
            raise FrameError(self._lost)
        found: list[bytes] = []
        stream, at = self._rest + data, 0
        while len(stream) - at >= HEADER:
            length = self._length(stream[at : at + HEADER])
            if length is None:
                raise FrameError(self._lost, tuple(found))
            end = at + HEADER + length
            if end > len(stream):
                break
            found.append(stream[at + HEADER : end])
            at = end
        self._rest = stream[at:]
        return tuple(found)

    def close(self) -> None:
        """Say that no more bytes come; raises `FrameError` when the stream is lost or ends within a frame."""
        if self._lost:
            raise FrameError(self._lost)
        if self._rest:
            raise FrameError(f"the stream ends within a frame, after {len(self._rest)} of its bytes")

    def _length(self, header: bytes) -> int | None:
        """Return the length of the message, or None when the stream is lost."""
        digits = header.hex()
        if self._framing.header == "bcd" and not digits.isdigit():
            self._lost = "the header is no binary-coded decimal"
            return None
        told = int(digits) if self._framing.header == "bcd" else int.from_bytes(header, "big")
        length = told - (HEADER if self._framing.counts_itself else 0)
        if not 0 < length <= self._framing.limit:
            self._lost = f"a message has 1 to {self._framing.limit} bytes, the header tells {length}"
            return None
        return length
