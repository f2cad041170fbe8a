"""Pages on which a pattern is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from idp.web.pages.common import CSRF, TAX, TOKEN, TRANSACTION, AppCard, Problem


@dataclass(frozen=True, slots=True)
class GesturePage:
    """The pattern that unlocks this browser's key."""

    template: ClassVar[str] = "login/gesture.html"
    app: AppCard | None
    transaction: str
    step_token: str
    challenge: str
    keys: tuple[str, ...] = ()
    """Which keys will do; none when we do not know yet who it is, and then any."""
    last_key: str = ""
    """The one tried before."""
    off_key: str = ""
    """One that this browser may forget, because we have no use for it any more."""
    is_further: bool = False
    """Whether something else was proved before."""
    problem: Problem | None = None
    cancellable: bool = True

    @classmethod
    def samples(cls) -> tuple[GesturePage, ...]:
        usual = cls(app=TAX, transaction=TRANSACTION, step_token=TOKEN, challenge="sample-challenge")
        wrong = Problem("That is not the pattern. You have 9 tries left.")
        off = Problem("This pattern does not work any more. Sign in another way and set it up again.")
        return (
            usual,
            replace(usual, problem=wrong, is_further=True, keys=("gesture-1",)),
            replace(usual, problem=off, off_key="gesture-1"),
            replace(usual, app=None, cancellable=False),
        )


@dataclass(frozen=True, slots=True)
class GestureEnrolPage:
    """Choose a pattern, drawn twice."""

    template: ClassVar[str] = "account/gesture.html"
    csrf_token: str
    challenge: str
    key: str
    """The id of the key that this browser is about to make."""
    username: str
    """Kept with the key in the browser, for browsers that several people share."""
    needs_another: bool = False
    """Whether something that works on other devices must be set up first."""

    @classmethod
    def samples(cls) -> tuple[GestureEnrolPage, ...]:
        usual = cls(CSRF, "sample-challenge", "gesture-1", "ada")
        return (usual, replace(usual, challenge="", key="", needs_another=True))
