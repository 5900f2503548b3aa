"""Codes as pictures. The same text and sizes give the same bytes; nothing is read and nothing is kept.

Error correction is level M (15 %), the usual one for codes on paper and screens.
"""

from io import BytesIO
from typing import Any

import segno

from connectors.qr.tlv import MAX_CHARACTERS, QrError

MAX_SCALE = 20
MAX_BORDER = 16
QUIET_ZONE = 4
"""The white border that readers need, in modules (ISO/IEC 18004)."""


def render_png(text: str, *, scale: int = 8, border: int = QUIET_ZONE) -> bytes:
    """Draw a code as PNG, black on white, `scale` pixels to the module; raises `QrError`."""
    return _render(text, scale, border, kind="png", compresslevel=9)


def render_svg(text: str, *, scale: int = 8, border: int = QUIET_ZONE) -> bytes:
    """Draw a code as SVG, black on white, `scale` units to the module; raises `QrError`."""
    return _render(text, scale, border, kind="svg", light="#fff")


def _render(text: str, scale: int, border: int, **options: Any) -> bytes:
    whole = "00"
    if not isinstance(text, str):
        raise QrError("not_text", whole, f"a code is text, not {type(text).__name__}")
    if not 0 < len(text) <= MAX_CHARACTERS:
        raise QrError("size", whole, f"a code has 1 to {MAX_CHARACTERS} characters")
    if not (text.isascii() and text.isprintable()):
        raise QrError("characters", whole, "a code holds printable ASCII characters only")
    if not (1 <= scale <= MAX_SCALE and 0 <= border <= MAX_BORDER):
        raise QrError("size", whole, f"scale is 1 to {MAX_SCALE}, border 0 to {MAX_BORDER}")
    picture = BytesIO()
    segno.make_qr(text, error="m", boost_error=False).save(picture, scale=scale, border=border, **options)
    return picture.getvalue()
