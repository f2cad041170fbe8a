"""Sound into words: where they are, and how high they were spoken."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from idp.adapters.numpy_sound import CEPSTRA, LONGEST_WORD, hear
from idp.adapters.wav import RATE_HZ
from idp.authn.factors.voice_values import LONGEST_READING, Fault, Unheard
from tests.support.speech import Speaker, as_wav, silence

TWELVE_SECONDS = timedelta(seconds=12)


def tones(*hertz: float, seconds: float = 0.3, pause: float = 0.3) -> bytes:
    """Hums with overtones, one after the other, in a quiet room."""
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    quiet = np.random.default_rng(2).normal(0, 0.001, int(pause * RATE_HZ))
    hums = [sum(0.1 * np.sin(2 * np.pi * f * n * times) for n in range(1, 6)) for f in hertz]
    lead = np.random.default_rng(4).normal(0, 0.001, RATE_HZ)
    return as_wav(np.concatenate([lead, *(part for hum in hums for part in (hum, quiet))]))


def refusal(recording: bytes, count: int = 6) -> Fault:
    with pytest.raises(Unheard) as refused:
        hear(recording, count, longest=TWELVE_SECONDS)
    return refused.value.fault


@pytest.mark.parametrize("voice", ["en+m3", "cmn+f2"])
def test_ten_spoken_digits_are_ten_words(voice: str) -> None:
    words = hear(Speaker(voice).says("0123456789"), 10, longest=LONGEST_READING)

    assert len(words) == 10
    for word in words:
        assert word.cepstra.shape == (len(word.pitch), CEPSTRA)
        assert 20 < len(word.pitch) <= LONGEST_WORD
        assert np.isfinite(word.cepstra).all()


@pytest.mark.parametrize("hertz", [90, 120, 210, 330])
def test_the_pitch_is_the_pitch(hertz: float) -> None:
    (word,) = hear(tones(hertz), 1, longest=TWELVE_SECONDS)

    assert np.exp(np.nanmedian(word.pitch)) == pytest.approx(hertz, rel=0.02)


def test_loudness_does_not_change_what_is_heard() -> None:
    times = np.arange(RATE_HZ // 2) / RATE_HZ
    hum = sum(0.1 * np.sin(2 * np.pi * 150 * n * times) for n in range(1, 6))
    room = np.zeros(RATE_HZ // 2)
    (loud,), (soft,) = (
        hear(as_wav(np.concatenate([room, volume * hum, room])), 1, longest=TWELVE_SECONDS)
        for volume in (1.0, 0.3)
    )

    assert np.abs(loud.cepstra - soft.cepstra)[10:40].max() < 0.5


@pytest.mark.parametrize(
    ("recording", "fault"),
    [
        (silence(3), Fault.TOO_QUIET),
        (silence(3, noise=0), Fault.TOO_QUIET),
        (silence(3, noise=0.2), Fault.TOO_QUIET),
        (as_wav(np.zeros(100)), Fault.TOO_QUIET),
        (as_wav(np.zeros(0)), Fault.TOO_QUIET),
        (tones(120, 120, 120, 120, 120), Fault.OTHER_NUMBER_OF_WORDS),
        (tones(*[120] * 7), Fault.OTHER_NUMBER_OF_WORDS),
        (tones(*[120] * 6, pause=0.05), Fault.OTHER_NUMBER_OF_WORDS),
        (tones(*[120] * 6, seconds=1.5), Fault.OTHER_NUMBER_OF_WORDS),
        (silence(13), Fault.TOO_LONG),
    ],
    ids=["a room", "nothing", "noise", "a click", "empty", "five", "seven", "run together", "held", "long"],
)
def test_what_cannot_be_judged_says_why(recording: bytes, fault: Fault) -> None:
    assert refusal(recording) is fault
