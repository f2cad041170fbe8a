"""What will be shared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from idp.web.pages.common import (
    HOSTILE_APP,
    LONG_APP,
    LONG_NAME,
    LONG_RELAYED_APP,
    RARE_NAME,
    RELAYED_APP,
    TAX,
    TOKEN,
    TRANSACTION,
    AppCard,
)


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One thing that will be shared: what it is, the value as the mini-app will see it, and why it asks."""

    name: str
    label: str
    value: str
    purpose: str
    is_new: bool = False


_CLAIMS = (
    ClaimLine("name", "Name", LONG_NAME, "To put your name on the tax assessment"),
    ClaimLine("birthdate", "Date of birth", "1948-02-29", "To grant the allowance for older citizens"),
    ClaimLine(
        "phone_number",
        "Phone number",
        "+86 138 0000 0000",
        "To tell you when the assessment is ready",
        is_new=True,
    ),
)
_PERMISSION = ClaimLine("tax:file", "tax:file", "", "To send in the assessment for you")
_RARE_CLAIM = ClaimLine("name", "Name", RARE_NAME, "To show a name few fonts can write", is_new=True)
_LONG_CLAIM = ClaimLine(
    "profile", "Profile page", "https://people.example/" + "a" * 150, "It is needed. " * 20
)


@dataclass(frozen=True, slots=True)
class ConsentPage:
    template: ClassVar[str] = "consent.html"
    app: AppCard
    transaction: str
    step_token: str
    person_name: str
    claims: tuple[ClaimLine, ...]
    shared_before: bool = False
    """True when the person agreed to some of this earlier and only the new lines need a decision."""
    stays_connected: bool = False
    """True when `offline_access` is asked for: the app keeps access after the person signs out."""

    @classmethod
    def samples(cls) -> tuple[ConsentPage, ...]:
        usual = cls(TAX, TRANSACTION, TOKEN, person_name=LONG_NAME, claims=_CLAIMS, shared_before=True)
        long = (*_CLAIMS, _RARE_CLAIM, _LONG_CLAIM, _PERMISSION) * 4
        return (
            usual,
            replace(usual, claims=(), shared_before=False),
            replace(usual, app=LONG_APP, person_name=RARE_NAME, claims=long, stays_connected=True),
            replace(usual, app=RELAYED_APP, shared_before=False),
            replace(usual, app=LONG_RELAYED_APP, claims=()),
            replace(usual, app=HOSTILE_APP, person_name="<i>&amp;</i>"),
        )
