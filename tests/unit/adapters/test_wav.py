"""Recordings: the one shape our own page makes, and nothing else, refused before anything is decoded."""

from __future__ import annotations

import io
import struct
import wave
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idp.adapters.wav import HEADER_BYTES, RATE_HZ, header_of, pcm_of, size_of
from idp.authn.factors.voice_values import LONGEST_READING, Fault, Unheard

SECOND = timedelta(seconds=1)
SPOOLED_FROM_BYTES = 500 * 1024
"""From here on werkzeug puts an uploaded file on the disk."""


def written(samples: bytes, *, channels: int = 1, width: int = 2, rate: int = RATE_HZ) -> bytes:
    """A file as Python writes it."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(samples)
    return file.getvalue()


@given(st.binary(max_size=4000).map(lambda raw: raw[: len(raw) // 2 * 2]))
def test_what_was_recorded_is_what_is_heard(samples: bytes) -> None:
    assert pcm_of(written(samples), longest=SECOND) == samples


@given(st.binary(max_size=200))
@example(b"")
@example(header_of(0))
@example(header_of(2) + b"\0")
@example(header_of(1) + b"\0")
@example(header_of(4)[:-1])
def test_nothing_else_comes_of_any_bytes_than_samples_or_a_refusal(raw: bytes) -> None:
    try:
        heard = pcm_of(raw, longest=SECOND)
    except Unheard:
        return
    assert raw == header_of(len(heard)) + heard


@given(at=st.integers(0, HEADER_BYTES - 1), flip=st.integers(1, 255))
def test_one_changed_byte_of_the_header_is_one_too_many(at: int, flip: int) -> None:
    good = bytearray(header_of(64) + bytes(64))
    good[at] ^= flip

    with pytest.raises(Unheard) as refused:
        pcm_of(bytes(good), longest=SECOND)

    assert refused.value.fault is Fault.NOT_A_RECORDING


@pytest.mark.parametrize(
    "recording",
    [
        written(bytes(64), channels=2),
        written(bytes(64), width=1),
        written(bytes(64), rate=8_000),
        written(bytes(64)) + b"\0\0",
        written(bytes(64))[:-2],
        header_of(64)[:36] + b"LIST" + struct.pack("<I", 0) + b"data" + struct.pack("<I", 64) + bytes(64),
        b"\x1aE\xdf\xa3" + bytes(100),
        b"OggS" + bytes(100),
    ],
    ids=["stereo", "8 bits", "8 kHz", "trailing", "cut", "another chunk", "webm", "ogg"],
)
def test_other_formats_are_no_recordings(recording: bytes) -> None:
    with pytest.raises(Unheard) as refused:
        pcm_of(recording, longest=SECOND)

    assert refused.value.fault is Fault.NOT_A_RECORDING


def test_length_is_bounded_before_anything_is_looked_at() -> None:
    longest = header_of(2 * RATE_HZ) + bytes(2 * RATE_HZ)
    assert len(longest) == size_of(SECOND)
    assert pcm_of(longest, longest=SECOND)

    with pytest.raises(Unheard) as refused:
        pcm_of(b"not even a file" * 10_000, longest=SECOND)

    assert refused.value.fault is Fault.TOO_LONG


def test_no_recording_that_we_take_is_large_enough_to_touch_the_disk() -> None:
    assert size_of(LONGEST_READING) < SPOOLED_FROM_BYTES
