"""The size of a JPEG picture, read from its header: what is too large is refused before anything is decoded.

Spec: ITU-T T.81 §B.1.1 (markers), §B.2.2 (frame header).
"""

from __future__ import annotations

_START = b"\xff\xd8"
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def size_of(image: bytes) -> tuple[int, int]:
    """Width and height in pixels. Raises: ValueError — no JPEG, or cut off before it says."""
    if not image.startswith(_START):
        raise ValueError("not a JPEG")
    place = 2
    while place + 9 <= len(image):
        if image[place] != 0xFF:
            raise ValueError("not a marker")
        marker = image[place + 1]
        if marker in _FRAMES:
            height, width = (int.from_bytes(image[place + at : place + at + 2], "big") for at in (5, 7))
            return width, height
        if marker == 0xFF:
            place += 1
        elif marker in _WITHOUT_LENGTH:
            place += 2
        else:
            place += 2 + max(2, int.from_bytes(image[place + 2 : place + 4], "big"))
    raise ValueError("no frame")
