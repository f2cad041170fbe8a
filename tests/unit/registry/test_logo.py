"""Pictures are made anew: nothing of the file that was sent is served, but what is seen."""

from __future__ import annotations

import io
import zlib

import pytest
from PIL import Image

from idp.registry.logo import MAX_SIZE_BYTES, BadLogo, made_anew
from tests.unit.registry.submissions import chunk, png


def test_a_picture_looks_the_same_afterwards() -> None:
    picture = Image.radial_gradient("L").convert("RGBA").resize((48, 48))
    file = io.BytesIO()
    picture.save(file, "PNG")

    anew = Image.open(io.BytesIO(made_anew(file.getvalue())))

    assert anew.convert("RGBA").tobytes() == picture.tobytes()


def test_a_palette_and_its_transparency_stay() -> None:
    picture = Image.radial_gradient("L").resize((32, 32)).convert("P")
    file = io.BytesIO()
    picture.save(file, "PNG", transparency=3)

    anew = Image.open(io.BytesIO(made_anew(file.getvalue())))

    assert anew.convert("RGBA").tobytes() == Image.open(file).convert("RGBA").tobytes()


def test_what_a_file_carries_besides_its_picture_is_left_behind() -> None:
    script = b"<script>alert(1)</script>"
    raw = png(extra=chunk(b"tEXt", b"Comment\0" + script)) + script

    anew = made_anew(raw)

    assert script not in anew
    assert anew == made_anew(png())


def test_making_it_anew_twice_changes_nothing() -> None:
    assert made_anew(made_anew(png())) == made_anew(png())


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "no PNG"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "no PNG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "no PNG"),
        (png()[:-20], "cut off"),
        (png()[:40] + b"\0" + png()[41:], "damaged"),
        (png(8, 8), "pixels"),
        (png(513, 32), "pixels"),
        (png(0, 0, rows=b""), "pixels"),
        (png(depth=7), "colours"),
        (png(colour=5), "colours"),
        (png(interlace=1), "interlaced"),
        (png(colour=3), "palette"),
        (png(rows=b"\0" * 10), "fewer pixels"),
        (png(rows=bytes(1_000_000)), "fewer pixels"),
        (png(rows=(b"\x05" + b"\0" * 96) * 32), "damaged"),
        (png() + bytes(MAX_SIZE_BYTES), "64 kB"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""), "header"),
        (b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xff" + bytes(20), "cut off"),
    ],
)
def test_what_is_no_picture_that_we_serve_is_refused_with_the_way_out(raw: bytes, says: str) -> None:
    with pytest.raises(BadLogo, match=says):
        made_anew(raw)


def test_a_picture_that_unpacks_without_end_is_not_unpacked() -> None:
    """64 kB of nothing unpack to 64 MB: more than the header says is never made."""
    bomb = png(rows=bytes(60_000_000))

    assert len(bomb) < MAX_SIZE_BYTES
    with pytest.raises(BadLogo, match="more or fewer"):
        made_anew(bomb)
