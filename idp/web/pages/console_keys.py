"""The console's page about our signing keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from idp.web.pages.console import FRAME, LOUD_FRAME, ConsoleFrame
from idp.web.pages.hub import Mark


@dataclass(frozen=True, slots=True)
class SigningKeyLine:
    """One key."""

    kid: str
    algorithm: str
    state: str
    mark: Mark
    next: str
    """What happens to it next, and in how long."""
    revoke_href: str | None = None


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """The keys of one purpose."""

    purpose: str
    """The word that commands use."""
    title: str
    keys: tuple[SigningKeyLine, ...]
    rotate_href: str | None = None


@dataclass(frozen=True, slots=True)
class ConsoleKeysPage:
    """Every key that is published, by what it is for: its state, and when that changes."""

    template: ClassVar[str] = "console/keys.html"
    frame: ConsoleFrame
    groups: tuple[KeyGroup, ...]
    tokens_live: str
    """How long the longest-lived token lives, in words: what a key must stay published for."""

    @classmethod
    def samples(cls) -> tuple[ConsoleKeysPage, ...]:
        usual = cls(FRAME, _GROUPS, "5 minutes")
        return (usual, replace(usual, frame=LOUD_FRAME, groups=_GROUPS[1:]))


_GROUPS = (
    KeyGroup(
        "protocol",
        "Tokens for apps",
        (
            SigningKeyLine(
                "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
                "ES256",
                "Signs",
                Mark.GOOD,
                "Its successor takes over in 12 days",
                "/console/changes/new/keys.revoke?kid=x",
            ),
            SigningKeyLine(
                "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
                "ES256",
                "Published, signs later",
                Mark.WAITING,
                "Signs in 12 days",
            ),
        ),
        "/console/changes/new/keys.rotate?purpose=protocol",
    ),
    KeyGroup("federation", "Statements to the federation", ()),
)
