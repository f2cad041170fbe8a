"""Codes of a code device and codes by text message: at sign-in, and where they are set up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from idp.web.pages.common import CSRF, LONG_APP, TAX, TOKEN, TRANSACTION, AppCard, Problem

_WRONG = Problem("That code is not right or was used already. Press the button again.", "code")
_MASKED = "0001"
_CHALLENGE = "ch_sample"


@dataclass(frozen=True, slots=True)
class HotpPage:
    """Sign-in, step three: six digits from the code device."""

    template: ClassVar[str] = "login/hotp.html"
    app: AppCard | None
    transaction: str
    step_token: str
    has_other_ways: bool = True
    problem: Problem | None = None
    cancellable: bool = True

    @classmethod
    def samples(cls) -> tuple[HotpPage, ...]:
        usual = cls(app=TAX, transaction=TRANSACTION, step_token=TOKEN)
        return (usual, replace(usual, problem=_WRONG), replace(usual, app=None, has_other_ways=False))


@dataclass(frozen=True, slots=True)
class TextMessagePage:
    """Sign-in, step three: first a button that sends a code, then the field for it."""

    template: ClassVar[str] = "login/text_message.html"
    app: AppCard | None
    transaction: str
    step_token: str
    number: str
    """Its last digits; empty when no code can be sent."""
    challenge: str = ""
    """Of the code that was sent; empty before."""
    has_other_ways: bool = True
    problem: Problem | None = None
    cancellable: bool = True

    @classmethod
    def samples(cls) -> tuple[TextMessagePage, ...]:
        ask = cls(app=TAX, transaction=TRANSACTION, step_token=TOKEN, number=_MASKED)
        sent = replace(ask, challenge=_CHALLENGE)
        wait = Problem("You have asked for several codes already. Wait 2 minutes, then ask for another one.")
        wrong = Problem("That code is not right. Check the newest message and enter it again.", "code")
        return (
            ask,
            replace(ask, app=LONG_APP, problem=wait),
            sent,
            replace(sent, problem=wrong, has_other_ways=False),
            replace(ask, app=None, number=""),
        )


@dataclass(frozen=True, slots=True)
class HotpEnrolPage:
    """Set up a code device: its key first, then two of its codes."""

    template: ClassVar[str] = "account/hotp.html"
    csrf_token: str
    enrolment: str = ""
    """The sealed key, once it was typed; then the page asks for the codes."""
    label: str = ""
    has_device: bool = False
    """One is set up already: a new one takes its place, and the old one can be set right again."""
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[HotpEnrolPage, ...]:
        first = cls(CSRF)
        refused = Problem(
            "That is no key of a code device. Check it with the paper and type it again.", "key"
        )
        wrong = Problem("Those are not two codes in a row of this device. Try again.", "code")
        second = cls(CSRF, enrolment="sealed", label="My key ring")
        return (
            first,
            replace(first, has_device=True),
            replace(first, problem=refused),
            second,
            replace(second, problem=wrong),
        )


@dataclass(frozen=True, slots=True)
class HotpResyncPage:
    """Set a code device right whose button was pressed too often."""

    template: ClassVar[str] = "account/hotp_resync.html"
    csrf_token: str
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[HotpResyncPage, ...]:
        wrong = Problem("Those are not two codes in a row of this device. Try again.", "code")
        return (cls(CSRF), cls(CSRF, wrong))


@dataclass(frozen=True, slots=True)
class TextMessageEnrolPage:
    """Turn on sign-in codes by text message: send one, then enter it."""

    template: ClassVar[str] = "account/text_message.html"
    csrf_token: str
    number: str
    """Its last digits; empty when there is no verified number, or messages cannot be sent here."""
    challenge: str = ""
    is_on: bool = False
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[TextMessageEnrolPage, ...]:
        ask = cls(CSRF, _MASKED)
        sent = replace(ask, challenge=_CHALLENGE)
        wrong = Problem("That code is not right. Check the newest message and enter it again.", "code")
        return (
            ask,
            replace(ask, number=""),
            replace(ask, is_on=True),
            sent,
            replace(sent, problem=wrong),
        )
