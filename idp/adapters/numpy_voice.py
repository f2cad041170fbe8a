"""Voices compared by numpy alone: spoken digits by dynamic time warping, the speaker by cepstra and pitch.

It knows no language: what counts is how this person said each digit when they enrolled. It is an engine to show how
the voice check works, not one to trust: nobody has tested it on people, and no threshold here is a security figure.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import numpy as np

from idp.adapters.numpy_sound import CEPSTRA, Array, Word, hear
from idp.adapters.numpy_warping import distances
from idp.authn.factors.password import Busy
from idp.authn.factors.voice_values import (
    LONGEST_ANSWER,
    LONGEST_READING,
    Fault,
    OtherVoice,
    Reading,
    Unheard,
)

MODEL_ID = "numpy-mfcc-dtw-1"
LONGEST_WAIT = timedelta(seconds=5)

DIGIT_DISTANCE = 4.5
"""Mean distance of the spoken digits from the enrolled ones, loudness and microphone evened out."""
VOICE_DISTANCE = 3.3
"""The same without evening out, plus the difference in pitch: another throat gives other cepstra."""
PITCH_WEIGHT = 4.0
"""What a difference of one natural logarithm in the middle pitch counts for."""
SLACK_IN_ENROLMENT = 1.5
"""The second reading has but one take to be like, and nobody else's to be unlike."""

_DIGITS = 10
_READINGS = 2
_COLUMNS = CEPSTRA + 1


class NumpyListener:
    """Implements `idp.authn.factors.voice_values.Listener`, at most `concurrency` recordings at once.

    A check is some milliseconds of numpy, most of them outside Python's lock: threads suffice, and more at once than
    there are cores would only make everybody wait.
    """

    model_id = MODEL_ID

    def __init__(self, *, concurrency: int = 1, longest_wait: timedelta = LONGEST_WAIT) -> None:
        self._places = threading.BoundedSemaphore(concurrency)
        self._longest_wait = longest_wait

    def learn(self, first: Reading, second: Reading) -> bytes:
        """Raises: Unheard, Busy."""
        with self._place():
            one, two = (
                hear(reading.recording, _DIGITS, longest=LONGEST_READING) for reading in (first, second)
            )
        # Two turns, so that whoever only signs in does not wait for both.
        with self._place():
            try:
                known = {digit: [word] for digit, word in zip(first.digits, one, strict=True)}
                _compare(two, second.digits, known, slack=SLACK_IN_ENROLMENT)
            except OtherVoice as error:
                raise Unheard(Fault.READINGS_DIFFER) from error
        return packed([*_in_order(one, first.digits), *_in_order(two, second.digits)])

    def check(self, template: bytes, reading: Reading) -> None:
        """Raises: OtherVoice, Unheard, Busy."""
        with self._place():
            words = hear(reading.recording, len(reading.digits), longest=LONGEST_ANSWER)
            enrolled = unpacked(template)
            takes = {str(digit): enrolled[digit::_DIGITS] for digit in range(_DIGITS)}
            _compare(words, reading.digits, takes)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=self._longest_wait.total_seconds()):
            raise Busy
        try:
            yield
        finally:
            self._places.release()


def _compare(words: Sequence[Word], digits: str, enrolled: dict[str, list[Word]], slack: float = 1.0) -> None:
    """Raises: OtherVoice."""
    if not _says(words, digits, enrolled, DIGIT_DISTANCE * slack):
        raise OtherVoice
    if voice_distance(words, [enrolled[digit] for digit in digits]) > VOICE_DISTANCE * slack:
        raise OtherVoice


def _says(words: Sequence[Word], digits: str, enrolled: dict[str, list[Word]], most: float) -> bool:
    """Whether each word is nearest to the digit it should be, and they are near enough altogether."""
    labels = np.array([digit for digit, takes in enrolled.items() for _ in takes])
    takes = [take for several in enrolled.values() for take in several]
    apart = distances(_evened(words), _evened(takes))
    nearest = labels[apart.argmin(axis=1)]
    wanted = np.where(labels == np.array(list(digits))[:, None], apart, np.inf).min(axis=1)
    return bool((nearest == np.array(list(digits))).all() and wanted.mean() <= most)


def voice_distance(words: Sequence[Word], enrolled: Sequence[Sequence[Word]]) -> float:
    """How unlike the speaker of `words` is to whoever said the same ones (`enrolled`, one or more takes of each)."""
    apart = [
        distances([word.cepstra], [take.cepstra for take in takes]).min()
        for word, takes in zip(words, enrolled, strict=True)
    ]
    known = [take for takes in enrolled for take in takes]
    return float(np.mean(apart)) + PITCH_WEIGHT * abs(_middle_pitch(words) - _middle_pitch(known))


def _middle_pitch(words: Sequence[Word]) -> float:
    pitches = np.concatenate([word.pitch for word in words])
    voiced = pitches[np.isfinite(pitches)]
    # Whispered from end to end: as far from any speaking voice as can be.
    return float(np.median(voiced)) if len(voiced) else 0.0


def _evened(words: Sequence[Word]) -> list[Array]:
    """The cepstra without what is common to all of the recording: the microphone, the room, much of the throat."""
    common = np.concatenate([word.cepstra for word in words]).mean(axis=0)
    return [word.cepstra - common for word in words]


def _in_order(words: Sequence[Word], digits: str) -> list[Word]:
    return [words[digits.index(str(digit))] for digit in range(_DIGITS)]


def packed(words: Sequence[Word]) -> bytes:
    """The words of a template as bytes: how many frames each has, then the frames, half precision."""
    lengths = np.array([len(word.cepstra) for word in words], "<u2")
    rows = np.concatenate([np.column_stack((word.cepstra, word.pitch)) for word in words])
    return lengths.tobytes() + rows.astype("<f2").tobytes()


def unpacked(template: bytes) -> list[Word]:
    """The inverse of `packed`. Nobody but us can have written it (`TemplateVault`)."""
    count = _DIGITS * _READINGS
    lengths = np.frombuffer(template, "<u2", count)
    rows = np.frombuffer(template, "<f2", offset=2 * count).reshape(-1, _COLUMNS).astype(np.float64)
    pieces = np.split(rows, np.cumsum(lengths)[:-1])
    return [Word(piece[:, :CEPSTRA], piece[:, CEPSTRA]) for piece in pieces]
