"""The face check: agreeing to it, the camera, and the check at sign-in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import CSRF, EARLIER, LONG_APP, TAX, TOKEN, TRANSACTION, AppCard, Problem


@dataclass(frozen=True, slots=True)
class FaceSettingsPage:
    """Agreed: since when, and how to delete it. Otherwise: what there is to agree to."""

    template: ClassVar[str] = "account/face.html"
    csrf_token: str
    agreed_at: datetime | None
    is_usable: bool
    """False where the region compares by another model since: the face must be taken again."""
    points: tuple[str, ...]
    """The words of the consent, in the reader's language."""
    consent: str
    """Digest of those words; comes back with the agreement."""
    is_strong: bool
    """Whether the person has shown just now something that they hold."""
    is_child: bool
    notice: str | None = None
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[FaceSettingsPage, ...]:
        points = (
            "The region compares your face with the one you show now, to make sure that it is you.",
            "Your face is turned into 128 numbers. No picture and no film is kept.",
            "You do not have to. Everything works without it.",
        )
        asking = cls(CSRF, None, False, points, "0" * 64, is_strong=True, is_child=False)
        agreed = replace(asking, agreed_at=EARLIER, is_usable=True)
        return (
            asking,
            replace(asking, is_strong=False),
            replace(asking, is_child=True),
            replace(asking, problem=Problem("That did not work, and nothing was kept.")),
            replace(agreed, notice="Your face is set up."),
            replace(agreed, is_usable=False),
        )


@dataclass(frozen=True, slots=True)
class FaceCapturePage:
    """The camera, for setting up."""

    template: ClassVar[str] = "account/face_capture.html"
    csrf_token: str
    consent: str

    @classmethod
    def samples(cls) -> tuple[FaceCapturePage, ...]:
        return (cls(CSRF, "0" * 64),)


@dataclass(frozen=True, slots=True)
class FacePage:
    """At sign-in, after something the person holds."""

    template: ClassVar[str] = "login/face.html"
    app: AppCard | None
    transaction: str
    step_token: str
    is_usable: bool = True
    """False where the region compares by another model since: the face must be taken again first."""
    other_ways_href: str | None = None
    """The page of the other ways; None where nothing else leads to what the app wants."""
    problem: Problem | None = None
    cancellable: bool = True

    @classmethod
    def samples(cls) -> tuple[FacePage, ...]:
        usual = cls(TAX, TRANSACTION, TOKEN, other_ways_href=f"/login/ways?transaction={TRANSACTION}&all")
        return (
            usual,
            replace(usual, problem=Problem("We could not make sure that it is you.")),
            replace(usual, app=LONG_APP, other_ways_href=None),
            replace(usual, app=None, is_usable=False, cancellable=False),
        )
