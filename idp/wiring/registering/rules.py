"""What the checks of the registry need to know of this installation."""

from __future__ import annotations

from idp.registry.rules import Rules
from idp.settings import Mode, Settings


def rules_of(settings: Settings) -> Rules:
    """The rules that every mini-app is checked by here, however it comes."""
    return Rules(
        issuer=settings.issuer,
        region=settings.region,
        allow_http_localhost=settings.mode is not Mode.PRODUCTION,
    )
