"""Recordings as our own page makes them: a WAV file of 16 kHz, one channel, 16 bits, with the shortest header there is.

Nothing in the header is believed: it must be, to the byte, the one that belongs to a file of this length. So a lying
length, a compressed format, further chunks or trailing bytes are all the same to us: no recording.
"""

from __future__ import annotations

import struct
from datetime import timedelta

from idp.authn.factors.voice_values import Fault, Unheard

RATE_HZ = 16_000
SAMPLE_BYTES = 2
HEADER_BYTES = 44

_PCM, _ONE_CHANNEL, _SAMPLE_BITS = 1, 1, 8 * SAMPLE_BYTES


def size_of(length: timedelta) -> int:
    """Bytes of a recording of this length."""
    return HEADER_BYTES + int(length.total_seconds() * RATE_HZ) * SAMPLE_BYTES


def pcm_of(recording: bytes, *, longest: timedelta) -> bytes:
    """The samples: little-endian 16-bit numbers. Costs nothing for a recording that is too long.

    Raises: Unheard — longer than `longest`, or not such a file.
    """
    if len(recording) > size_of(longest):
        raise Unheard(Fault.TOO_LONG)
    pcm = recording[HEADER_BYTES:]
    if recording[:HEADER_BYTES] != header_of(len(pcm)) or len(pcm) % SAMPLE_BYTES:
        raise Unheard(Fault.NOT_A_RECORDING)
    return pcm


def header_of(pcm_bytes: int) -> bytes:
    """The one header we take for so many bytes of samples."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        HEADER_BYTES - 8 + pcm_bytes,
        b"WAVE",
        b"fmt ",
        16,
        _PCM,
        _ONE_CHANNEL,
        RATE_HZ,
        RATE_HZ * SAMPLE_BYTES,
        SAMPLE_BYTES,
        _SAMPLE_BITS,
        b"data",
        pcm_bytes,
    )
