"""The voice check: agreeing to it, the microphone, and the check at sign-in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import CSRF, EARLIER, LONG_APP, TAX, TOKEN, TRANSACTION, AppCard, Problem


@dataclass(frozen=True, slots=True)
class SpokenDigits:
    """Digits to be read aloud."""

    digits: tuple[tuple[str, str], ...]
    """Each with its name; empty where we do not know the language."""
    tag: str
    """The language of the names and of the speaking, BCP 47; empty where we do not know it."""
    language: str
    """What its speakers call it."""


_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SIX = "490713"
ENGLISH = SpokenDigits(tuple((digit, _NAMES[int(digit)]) for digit in _SIX), "en", "English")
CHINESE = SpokenDigits(
    tuple((digit, "零一二三四五六七八九"[int(digit)]) for digit in _SIX), "zh-CN", "简体中文"
)
NAMELESS = SpokenDigits(tuple((digit, "") for digit in _SIX), "", "")
TEN = SpokenDigits(tuple((str(digit), name) for digit, name in enumerate(_NAMES)), "en", "English")
TEN_NAMELESS = SpokenDigits(tuple((digit, "") for digit in "7204918365"), "", "")


@dataclass(frozen=True, slots=True)
class VoiceSettingsPage:
    """Agreed: since when, and how to delete it. Otherwise: what there is to agree to."""

    template: ClassVar[str] = "account/voice.html"
    csrf_token: str
    agreed_at: datetime | None
    points: tuple[str, ...]
    """The words of the consent, in the reader's language."""
    consent: str
    """Digest of those words; comes back with the agreement."""
    languages: tuple[tuple[str, str], ...]
    """Tag and name of each language whose digits we can write out."""
    spoken: str
    """The tag of the language the digits are, or probably will be, spoken in; empty for another one."""
    is_child: bool
    notice: str | None = None
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[VoiceSettingsPage, ...]:
        points = (
            "The region compares how you say digits with how you said them here.",
            "No recording is kept.",
            "You do not have to. Everything works without it.",
        )
        languages = (("zh-CN", "简体中文"), ("en", "English"))
        asking = cls(CSRF, None, points, "0" * 64, languages, "en", is_child=False)
        agreed = replace(asking, agreed_at=EARLIER, spoken="")
        return (
            asking,
            replace(asking, is_child=True),
            replace(asking, problem=Problem("That page had expired. Nothing was kept. Begin again.")),
            replace(agreed, notice="Your voice is set up."),
        )


@dataclass(frozen=True, slots=True)
class VoiceRecordPage:
    """The microphone, for setting up: all ten digits, twice."""

    template: ClassVar[str] = "account/voice_record.html"
    csrf_token: str
    challenge: str
    first: SpokenDigits
    second: SpokenDigits
    seconds: int
    """How long each reading may take."""
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[VoiceRecordPage, ...]:
        usual = cls(CSRF, "ch_sample", TEN, TEN, 14)
        quiet = Problem("We heard nothing. Come closer to the microphone, and find a quiet place.")
        return (usual, replace(usual, first=TEN_NAMELESS, second=TEN_NAMELESS, problem=quiet))


@dataclass(frozen=True, slots=True)
class VoicePage:
    """Six digits to be read aloud, beside another proof."""

    template: ClassVar[str] = "login/voice.html"
    app: AppCard | None
    transaction: str
    step_token: str
    challenge: str
    digits: SpokenDigits | None
    """None when the voice must be set up again first."""
    seconds: int
    """How long reading them may take."""
    other_ways_href: str | None
    problem: Problem | None = None
    cancellable: bool = True

    @classmethod
    def samples(cls) -> tuple[VoicePage, ...]:
        ways = "/login/ways?transaction=tx_1&all"
        usual = cls(TAX, TRANSACTION, TOKEN, "ch_sample", ENGLISH, 11, ways)
        wrong = Problem("We could not recognise you. Here are new digits.")
        return (
            usual,
            replace(usual, digits=CHINESE, problem=wrong),
            replace(usual, app=LONG_APP, digits=NAMELESS, other_ways_href=None),
            replace(usual, app=None, digits=None, cancellable=False),
        )
