"""The picture of a mini-app, made anew: what we serve is written by us, pixel data and nothing else.

PNG alone. Everything that a picture can carry besides (comments, profiles, times, what hides behind its end) is left
behind, and its pixels are packed again; so no file that somebody crafted is ever served from our own address. A format
that needs a library to be read (JPEG) or can hold a program (SVG) is refused with the way out: export it as PNG.
Spec: W3C PNG §5, §11.2.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from idp.foundation.sentence import N_, Refusal

MAX_SIZE_BYTES = 65_536
"""Of what is sent and of what is served."""
LEAST_PIXELS, MOST_PIXELS = 16, 512
"""Of each side."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Colour type → samples of a pixel."""
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_FILTERS = 5
_KEPT = (b"PLTE", b"tRNS")
"""Besides the pixels: without these two they have other colours."""


class BadLogo(Refusal):
    """This is no picture that we serve; the sentence says what to do."""


def made_anew(raw: bytes) -> bytes:
    """The same picture in a file of our own making. Raises: BadLogo."""
    if len(raw) > MAX_SIZE_BYTES:
        raise _too_large()
    if not raw.startswith(_SIGNATURE):
        raise BadLogo("logo-no-png", N_("This is no PNG picture: export it as PNG."))
    chunks = list(_chunks(raw))
    header = _header(chunks)
    kept = {kind: body for kind, body in chunks if kind in _KEPT}
    _require_palette(header, kept)
    pixels = _pixels(header, b"".join(body for kind, body in chunks if kind == b"IDAT"))
    anew = _SIGNATURE + _chunk(b"IHDR", chunks[0][1])
    anew += b"".join(_chunk(kind, kept[kind]) for kind in _KEPT if kind in kept)
    anew += _chunk(b"IDAT", zlib.compress(pixels, 9)) + _chunk(b"IEND", b"")
    if len(anew) > MAX_SIZE_BYTES:
        raise _too_large()
    return anew


def _chunks(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The parts of the file, each with its checksum checked; what comes after the end is nobody's."""
    at = len(_SIGNATURE)
    while at + 12 <= len(raw):
        (length,) = struct.unpack_from(">I", raw, at)
        kind, body = raw[at + 4 : at + 8], raw[at + 8 : at + 8 + length]
        if at + 12 + length > len(raw):
            break
        (checksum,) = struct.unpack_from(">I", raw, at + 8 + length)
        if zlib.crc32(kind + body) != checksum:
            raise _damaged()
        yield kind, body
        if kind == b"IEND":
            return
        at += 12 + length
    raise BadLogo("logo-cut-off", N_("The picture is cut off: export it once more."))


def _header(chunks: list[tuple[bytes, bytes]]) -> tuple[int, int, int, int]:
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        raise BadLogo("logo-no-header", N_("The picture has no header: export it once more."))
    width, height, depth, colour, packing, filtering, interlace = struct.unpack(">IIBBBBB", chunks[0][1])
    if not all(LEAST_PIXELS <= side <= MOST_PIXELS for side in (width, height)):
        raise BadLogo(
            "logo-size",
            N_("The picture has %(width)s × %(height)s pixels: it needs %(least)s to %(most)s each way."),
            width=width,
            height=height,
            least=LEAST_PIXELS,
            most=MOST_PIXELS,
        )
    if depth not in _DEPTHS.get(colour, ()) or packing or filtering:
        raise BadLogo(
            "logo-colours",
            N_("The picture has colours in a way that PNG does not know: export it once more."),
        )
    if interlace:
        raise BadLogo("logo-interlaced", N_("The picture is interlaced: export it without."))
    return width, height, depth, colour


def _require_palette(header: tuple[int, int, int, int], kept: dict[bytes, bytes]) -> None:
    _, _, depth, colour = header
    palette = kept.get(b"PLTE", b"")
    if (colour == 3) != bool(palette) and colour in (0, 3, 4):
        raise BadLogo(
            "logo-palette-unfit", N_("The picture's palette does not fit its colours: export it once more.")
        )
    if len(palette) % 3 or len(palette) > 768 or (colour == 3 and len(palette) > 3 * 2**depth):
        raise BadLogo("logo-palette", N_("The picture's palette is broken: export it once more."))
    if len(kept.get(b"tRNS", b"")) > 256 or (b"tRNS" in kept and colour in (4, 6)):
        raise BadLogo("logo-transparency", N_("The picture's transparency is broken: export it once more."))


def _pixels(header: tuple[int, int, int, int], packed: bytes) -> bytes:
    """The unpacked rows: exactly as many as the header says, never more than that is unpacked."""
    width, height, depth, colour = header
    row = 1 + (width * depth * _SAMPLES[colour] + 7) // 8
    unpacking = zlib.decompressobj()
    try:
        pixels = unpacking.decompress(packed, row * height + 1)
    except zlib.error as error:
        raise _damaged() from error
    if len(pixels) != row * height or not unpacking.eof:
        raise BadLogo(
            "logo-pixels", N_("The picture has more or fewer pixels than it says: export it once more.")
        )
    if any(pixels[start] >= _FILTERS for start in range(0, len(pixels), row)):
        raise _damaged()
    return pixels


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _too_large() -> BadLogo:
    most = MAX_SIZE_BYTES // 1024
    return BadLogo("logo-too-large", N_("The picture has more than %(most)s kB: make it smaller."), most=most)


def _damaged() -> BadLogo:
    return BadLogo("logo-damaged", N_("The picture is damaged: export it once more."))
