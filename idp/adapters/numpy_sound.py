"""From a recording to its words: where they are, the shape of their sound, and how high they were spoken.

Mel-frequency cepstra (Davis and Mermelstein, 1980) every 10 ms, and the fundamental frequency by autocorrelation.
Words are told apart by the pauses between them; nothing here knows any language.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from idp.adapters.wav import RATE_HZ, pcm_of
from idp.authn.factors.voice_values import Fault, Unheard

Array = NDArray[np.float64]

FRAME, HOP = 400, 160
"""25 ms of sound, every 10 ms."""
CEPSTRA = 12
"""Without the zeroth, which says how loud it was."""
QUIETEST_DB = -50.0
"""A recording whose loud parts are below this has nobody in it."""
EVENED_DB = -20.0
"""Where the loud parts are put before anything is compared."""
LEAST_CONTRAST_DB = 15.0
"""Speech stands out from the room by this much, or nothing can be told."""
SHORTEST_WORD, LONGEST_WORD = 10, 120
"""Frames: a tenth of a second; more than a second."""
LONGEST_HOLE = 14
"""Frames of silence within one word: before a plosive."""
MARGIN = 3
"""Frames taken along at either end of a word, where it is quiet."""
SENSITIVITIES = (0.25, 0.35, 0.45)
"""How far above the room a word begins, as a part of the contrast; the first that finds the right number counts."""

_FFT, _BANDS, _LOWEST_HZ, _HIGHEST_HZ = 512, 26, 80.0, 7600.0
_PITCH_WINDOW, _PITCH_FFT, _PITCH_LOWEST_HZ, _PITCH_HIGHEST_HZ = 640, 2048, 70, 400
_VOICED = 0.4
"""Likeness of a sound with itself one period later, from which on it counts as sung by the vocal cords."""


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word, a row for every 10 ms."""

    cepstra: Array
    pitch: Array
    """Natural logarithm of the frequency in Hz; not a number where there is none."""


def hear(recording: bytes, count: int, *, longest: timedelta) -> tuple[Word, ...]:
    """The `count` words of a recording.

    Raises: Unheard — no such recording, too long, too quiet, or not that many words.
    """
    sound = np.frombuffer(pcm_of(recording, longest=longest), "<i2").astype(np.float64) / 32768
    if len(sound) < FRAME * 4:
        raise Unheard(Fault.TOO_QUIET)
    loudness = _loudness(np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP])
    words = _words(loudness, count)
    # As if everybody were equally near: the floor under the logarithm below is not to depend on it.
    sound *= 10 ** ((EVENED_DB - np.percentile(loudness, 95)) / 20)
    return tuple(Word(cepstra_of(sound, *word), pitch_of(sound, *word)) for word in words)


def cepstra_of(sound: Array, begin: int, end: int) -> Array:
    """Mel-frequency cepstra 1 to 12 of the frames from `begin` to before `end`."""
    stretch = sound[begin * HOP : (end - 1) * HOP + FRAME]
    sharpened = np.append(stretch[:1], stretch[1:] - 0.97 * stretch[:-1])
    frames = np.lib.stride_tricks.sliding_window_view(sharpened, FRAME)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hamming(FRAME), _FFT)) ** 2
    cepstra: Array = np.log(power @ _FILTERS + 1e-6) @ _COSINES
    return cepstra


def pitch_of(sound: Array, begin: int, end: int) -> Array:
    """The logarithm of the fundamental frequency of each frame; not a number for hiss and silence."""
    aside = (_PITCH_WINDOW - FRAME) // 2
    padded = np.pad(sound, aside)[begin * HOP : (end - 1) * HOP + _PITCH_WINDOW]
    frames = np.lib.stride_tricks.sliding_window_view(padded, _PITCH_WINDOW)[::HOP]
    centred = frames - frames.mean(axis=1, keepdims=True)
    likeness = np.fft.irfft(np.abs(np.fft.rfft(centred, _PITCH_FFT)) ** 2, _PITCH_FFT)
    shortest, longest = RATE_HZ // _PITCH_HIGHEST_HZ, RATE_HZ // _PITCH_LOWEST_HZ
    periods = likeness[:, shortest:longest] / (likeness[:, :1] + 1e-9)
    found = periods.argmax(axis=1)
    pitch: Array = np.where(periods.max(axis=1) > _VOICED, np.log(RATE_HZ / (found + shortest)), np.nan)
    return pitch


def _words(loudness: Array, count: int) -> list[tuple[int, int]]:
    room, voice = np.percentile(loudness, 10), np.percentile(loudness, 95)
    if voice < QUIETEST_DB or voice - room < LEAST_CONTRAST_DB:
        raise Unheard(Fault.TOO_QUIET)
    for sensitivity in SENSITIVITIES:
        words = _runs(loudness > room + sensitivity * (voice - room))
        if len(words) == count and all(end - begin <= LONGEST_WORD for begin, end in words):
            return words
    raise Unheard(Fault.OTHER_NUMBER_OF_WORDS)


def _runs(is_loud: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_loud, [False])).astype(np.int8)))
    joined: list[tuple[int, int]] = []
    for begin, end in edges.reshape(-1, 2).tolist():
        if joined and begin - joined[-1][1] < LONGEST_HOLE:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return [
        (max(0, begin - MARGIN), min(len(is_loud), end + MARGIN))
        for begin, end in joined
        if end - begin >= SHORTEST_WORD
    ]


def _loudness(frames: Array) -> Array:
    """Decibels below full scale."""
    loudness: Array = 10 * np.log10((frames**2).mean(axis=1) + 1e-10)
    return loudness


def _mel_filters() -> Array:
    """One column a band: triangles, evenly spaced as the ear hears."""
    lowest, highest = (2595 * math.log10(1 + hz / 700) for hz in (_LOWEST_HZ, _HIGHEST_HZ))
    corners = 700 * (10 ** (np.linspace(lowest, highest, _BANDS + 2) / 2595) - 1)
    hertz = np.fft.rfftfreq(_FFT, 1 / RATE_HZ)[:, None]
    rising = (hertz - corners[:-2]) / np.diff(corners)[:-1]
    falling = (corners[2:] - hertz) / np.diff(corners)[1:]
    filters: Array = np.maximum(0, np.minimum(rising, falling))
    return filters


def _cosines() -> Array:
    """The discrete cosine transform, one column a cepstrum."""
    steps = np.outer(np.arange(_BANDS) + 0.5, np.arange(1, CEPSTRA + 1))
    cosines: Array = np.cos(np.pi / _BANDS * steps) * np.sqrt(2 / _BANDS)
    return cosines


_FILTERS, _COSINES = _mel_filters(), _cosines()
