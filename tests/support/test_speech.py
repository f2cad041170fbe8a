"""The program that speaks is found, and says in words when it is not there."""

from __future__ import annotations

import pytest

from tests.support.espeak import EspeakMissing, find_espeak
from tests.support.speech import LEAD_SECONDS, Speaker, seconds_of


def test_it_says_digits_in_both_languages() -> None:
    for voice in ("en+m3", "cmn+f2"):
        assert 2 * LEAD_SECONDS + 0.5 < seconds_of(Speaker(voice).says("47")) < 4


def test_two_digits_sound_different() -> None:
    assert Speaker().says("4") != Speaker().says("7")


def test_where_it_is_missing_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(EspeakMissing, match="espeak-ng is not installed"):
        find_espeak()
