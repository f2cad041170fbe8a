"""The comparing of voices, on speakers made by a program: that it is wired rightly, not how good it is."""

from __future__ import annotations

import threading
from datetime import timedelta

import numpy as np
import pytest

from idp.adapters.numpy_sound import hear
from idp.adapters.numpy_voice import NumpyListener, packed, unpacked
from idp.adapters.numpy_warping import distances
from idp.authn.factors.password import Busy
from idp.authn.factors.voice_values import LONGEST_READING, Fault, OtherVoice, Reading, Unheard
from tests.support.speech import Speaker, silence

FIRST, SECOND = "0123456789", "7204918365"
ANNA, BEN = Speaker("en+f2"), Speaker("en+m3")
LI = Speaker("cmn+m2")
LISTENER = NumpyListener()


def faster(speaker: Speaker) -> Speaker:
    """The same person on another day."""
    return Speaker(speaker.voice, speaker.speed + 12, speaker.pitch + 3)


def learnt(speaker: Speaker) -> bytes:
    readings = Reading(speaker.says(FIRST), FIRST), Reading(faster(speaker).says(SECOND), SECOND)
    return LISTENER.learn(*readings)


def is_recognised(template: bytes, speaker: Speaker, said: str, asked: str | None = None) -> bool:
    try:
        LISTENER.check(template, Reading(speaker.says(said), asked or said))
    except OtherVoice:
        return False
    return True


@pytest.mark.parametrize("speaker", [ANNA, BEN, LI], ids=lambda speaker: speaker.voice)
def test_a_person_is_recognised_by_their_digits_in_any_language(speaker: Speaker) -> None:
    template = learnt(speaker)

    for digits in ("402917", "835160", "916374"):
        assert is_recognised(template, faster(speaker), digits)


@pytest.mark.parametrize("speaker", [BEN, LI], ids=lambda speaker: speaker.voice)
def test_other_digits_are_refused_even_one(speaker: Speaker) -> None:
    template = learnt(speaker)

    assert not is_recognised(template, speaker, "835160", asked="402917")
    assert not is_recognised(template, speaker, "402918", asked="402917")
    assert not is_recognised(template, speaker, "420917", asked="402917")


def test_another_speaker_is_refused() -> None:
    template = learnt(BEN)

    assert not is_recognised(template, ANNA, "402917")
    assert not is_recognised(template, Speaker("en+m5"), "402917")
    assert not is_recognised(template, LI, "402917")


def test_two_readings_that_differ_teach_nothing() -> None:
    with pytest.raises(Unheard) as another_voice:
        LISTENER.learn(Reading(BEN.says(FIRST), FIRST), Reading(ANNA.says(SECOND), SECOND))
    with pytest.raises(Unheard) as another_order:
        LISTENER.learn(Reading(BEN.says(FIRST), FIRST), Reading(BEN.says(FIRST), SECOND))

    assert another_voice.value.fault is another_order.value.fault is Fault.READINGS_DIFFER


def test_a_reading_that_is_no_speech_teaches_nothing() -> None:
    with pytest.raises(Unheard) as refused:
        LISTENER.learn(Reading(BEN.says(FIRST), FIRST), Reading(silence(4), SECOND))

    assert refused.value.fault is Fault.TOO_QUIET


def test_a_template_comes_back_from_its_bytes() -> None:
    words = hear(BEN.says(FIRST), 10, longest=LONGEST_READING)

    again = unpacked(packed([*words, *words]))

    assert len(again) == 20
    for word, kept in zip([*words, *words], again, strict=True):
        assert np.abs(word.cepstra - kept.cepstra).max() < 0.05
        assert np.array_equal(np.isnan(word.pitch), np.isnan(kept.pitch))


def test_nothing_of_the_recording_itself_is_in_a_template() -> None:
    assert len(learnt(BEN)) < len(BEN.says(FIRST)) / 5


def test_warping_forgives_pace_and_nothing_else() -> None:
    rng = np.random.default_rng(3)
    slow = np.repeat(rng.normal(size=(20, 4)), 2, axis=0)
    fast, other = slow[::2], rng.normal(size=(25, 4))

    apart = distances([slow, other], [slow, fast, other])

    assert apart.shape == (2, 3)
    assert apart[[0, 0, 1], [0, 1, 2]] == pytest.approx(np.zeros(3), abs=1e-3)
    assert apart[0, 2] == pytest.approx(apart[1, 0], rel=1e-5)
    assert apart[0, 2] > 0.5


def test_more_at_once_than_there_are_places_are_told_to_come_back() -> None:
    listener = NumpyListener(concurrency=1, longest_wait=timedelta(milliseconds=20))
    inside, leave = threading.Event(), threading.Event()

    def occupy() -> None:
        with listener._place():
            inside.set()
            leave.wait()

    holder = threading.Thread(target=occupy)
    holder.start()
    inside.wait()
    try:
        with pytest.raises(Busy):
            listener.check(b"", Reading(BEN.says("402917"), "402917"))
    finally:
        leave.set()
        holder.join()
