"""What both microphone pages share: their recordings, the digits as they are shown, and what went wrong in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import flask

from idp.authn.factors.voice import Voices
from idp.authn.factors.voice_enrolment import VoiceEnrolments
from idp.authn.factors.voice_values import Fault
from idp.web.locale import LANGUAGES, Language, words_of
from idp.web.locale import gettext as _
from idp.web.pages.voice import SpokenDigits
from idp.web.services import services

MOST_BYTES = 1_000_000
"""Of a request with recordings: two of 15 seconds, and the form around them."""
MOST_BYTES_AT_ONCE = 128 * 1024
"""While it is read. werkzeug reads 64 KiB and may keep some bytes of the last read: more must be allowed than that."""
SPARE = timedelta(seconds=1)
"""The page stops recording so much earlier than we stop listening."""


def voices() -> Voices:
    """The voice check of this region; where there is none, these pages do not exist."""
    found: Voices | None = services().voices
    if found is None:
        flask.abort(404)
    return found


def voice_enrolments() -> VoiceEnrolments:
    """How voices are set up here; as `voices`."""
    found: VoiceEnrolments | None = services().voice_enrolments
    if found is None:
        flask.abort(404)
    return found


def let_recordings_in(endpoint: str | None, values: Mapping[str, Any] | None) -> None:
    """For a blueprint's `url_value_preprocessor`: runs before the guards read the form, which carries recordings."""
    if endpoint is not None and endpoint.endswith(".take_recording"):
        flask.request.max_content_length = MOST_BYTES
        flask.request.max_form_memory_size = MOST_BYTES_AT_ONCE


def recording(name: str) -> bytes:
    """An uploaded recording; empty when there is none."""
    uploaded = flask.request.files.get(name)
    return b"" if uploaded is None else uploaded.read()


def seconds(longest: timedelta) -> int:
    """How long the page may record."""
    return int((longest - SPARE).total_seconds())


def spoken_digits(digits: str, spoken: str) -> SpokenDigits:
    """The digits large, with their names in the language they are spoken in, where the pages know it."""
    language = next((language for language in LANGUAGES if language.tag == spoken), None)
    if language is None:
        return SpokenDigits(tuple((digit, "") for digit in digits), "", "")
    names = digit_names(language)
    return SpokenDigits(tuple((digit, names[int(digit)]) for digit in digits), language.tag, language.name)


def digit_names(language: Language) -> tuple[str, ...]:
    """How the digits from 0 to 9 are called in a language, which need not be the reader's."""
    _ = words_of(language).gettext
    names = _("zero"), _("one"), _("two"), _("three"), _("four")
    return (*names, _("five"), _("six"), _("seven"), _("eight"), _("nine"))


def fault_words(fault: Fault) -> str:
    """What to do about a recording that cannot be judged. It tells nothing about whose voice it is."""
    match fault:
        case Fault.NOT_A_RECORDING:
            return _("Your browser sent something that is no recording. Load the page again.")
        case Fault.TOO_LONG:
            return _("That took too long. Read the digits a little faster.")
        case Fault.TOO_QUIET:
            return _("We heard nothing. Come closer to the microphone, and find a quiet place.")
        case Fault.OTHER_NUMBER_OF_WORDS:
            return _("We could not tell the digits apart. Leave a short pause after each one.")
        case Fault.READINGS_DIFFER:
            return _(
                "The second reading did not sound like the first. Read both in the same way and language."
            )
