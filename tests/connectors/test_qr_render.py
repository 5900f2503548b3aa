"""Pictures of codes: the same bytes each time, the right modules, clear refusals."""

import zlib
from xml.etree import ElementTree as ET

import pytest
import segno

from connectors.qr.render import MAX_BORDER, MAX_SCALE, QUIET_ZONE, render_png, render_svg
from connectors.qr.tlv import MAX_CHARACTERS, QrError

TEXT = "0002020102110202000424PK41SBXA00000010000000171004D48C"


def modules_of(png: bytes) -> list[str]:
    """Read a one-bit grey PNG of scale 1 without a border: a row of 0 (white) and 1 (black) each."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    position, data, width = 8, b"", 0
    while position < len(png):
        size, name = int.from_bytes(png[position : position + 4]), png[position + 4 : position + 8]
        chunk = png[position + 8 : position + 8 + size]
        position += size + 12
        if name == b"IHDR":
            width = int.from_bytes(chunk[:4])
            assert chunk[8:10] == b"\x01\x00"  # one bit to the pixel, grey
        data += chunk if name == b"IDAT" else b""
    raw = zlib.decompress(data)
    step = (width + 7) // 8 + 1
    rows = [raw[start : start + step] for start in range(0, len(raw), step)]
    assert {row[0] for row in rows} == {0}  # no filter
    bits = ["".join(f"{byte:08b}" for byte in row[1:])[:width] for row in rows]
    return [row.translate(str.maketrans("01", "10")) for row in bits]


def test_the_picture_holds_the_modules_of_the_code() -> None:
    code = segno.make_qr(TEXT, error="m", boost_error=False)
    wanted = ["".join(map(str, row)) for row in code.matrix]
    assert code.error == "M"
    assert modules_of(render_png(TEXT, scale=1, border=0)) == wanted


def test_the_border_is_white_and_as_wide_as_readers_need() -> None:
    plain = modules_of(render_png(TEXT, scale=1, border=0))
    framed = modules_of(render_png(TEXT, scale=1))
    assert len(framed) == len(plain) + 2 * QUIET_ZONE
    assert {*framed[:QUIET_ZONE], *framed[-QUIET_ZONE:]} == {"0" * len(framed)}
    assert [row[QUIET_ZONE:-QUIET_ZONE] for row in framed[QUIET_ZONE:-QUIET_ZONE]] == plain


def test_the_same_text_gives_the_same_bytes() -> None:
    assert render_png(TEXT) == render_png(TEXT)
    assert render_svg(TEXT) == render_svg(TEXT)
    assert render_png(TEXT) != render_png(TEXT.replace("17", "18"))


def test_the_drawing_is_well_formed_and_sized() -> None:
    root = ET.fromstring(render_svg(TEXT, scale=3))  # noqa: S314 - our own bytes
    side = str(3 * len(modules_of(render_png(TEXT, scale=1))))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (root.get("width"), root.get("height")) == (side, side)


def test_the_longest_code_can_be_drawn() -> None:
    assert modules_of(render_png("x" * MAX_CHARACTERS, scale=1, border=0))


@pytest.mark.parametrize("render", [render_png, render_svg])
@pytest.mark.parametrize(
    ("text", "sizes", "code"),
    [
        ("", {}, "size"),
        ("x" * (MAX_CHARACTERS + 1), {}, "size"),
        ("\u062f", {}, "characters"),
        ("a\nb", {}, "characters"),
        (b"000202", {}, "not_text"),
        (None, {}, "not_text"),
        (TEXT, {"scale": 0}, "size"),
        (TEXT, {"scale": MAX_SCALE + 1}, "size"),
        (TEXT, {"border": -1}, "size"),
        (TEXT, {"border": MAX_BORDER + 1}, "size"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    render: object, text: object, sizes: dict[str, int], code: str
) -> None:
    assert callable(render)
    with pytest.raises(QrError) as error:
        render(text, **sizes)
    assert error.value.code == code
