"""The size of a picture without decoding it."""

from __future__ import annotations

import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from idp.adapters.jpeg import size_of
from tests.support.drawn_faces import jpeg


@pytest.mark.parametrize("size", [(1, 1), (640, 480), (1281, 7)])
@pytest.mark.parametrize("progressive", [False, True])
def test_the_header_tells_the_size(size: tuple[int, int], progressive: bool) -> None:
    kept = io.BytesIO()
    Image.new("RGB", size).save(kept, "JPEG", progressive=progressive)

    assert size_of(kept.getvalue()) == size


def test_markers_before_the_frame_are_passed_over() -> None:
    plain = jpeg(Image.new("RGB", (30, 20)))
    comment = b"\xff\xfe\x00\x04hi"

    assert size_of(plain[:2] + b"\xff" + comment + plain[2:]) == (30, 20)


@pytest.mark.parametrize("wrong", [b"", b"\xff\xd8", b"GIF89a" + bytes(20), b"\xff\xd8" + bytes(20)])
def test_what_is_no_jpeg_is_refused(wrong: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a|no frame"):
        size_of(wrong)


@given(st.binary(max_size=400))
def test_whatever_comes_it_ends(rest: bytes) -> None:
    with suppress(ValueError):
        size_of(b"\xff\xd8\xff" + rest)
