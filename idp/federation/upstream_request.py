"""What a broker asks of the region that somebody comes from: one signed request object, pushed.

It asks for what the mini-app asked for and for nothing more, names the mini-app, and carries every wish about the
sign-in on: a wish that stopped here would be granted by nobody. Pure: keys, time and chance are arguments.
Spec: OpenID Federation 1.0 §12.1.1; RFC 9101 §4; RFC 9126 §3; OpenID Connect Core §3.1.2.1, §5.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.foundation.clock import to_seconds
from idp.oidc.rp_display import RpDisplay
from idp.oidc.vocabulary import Prompt

REQUEST_TYPE = "oauth-authz-req+jwt"
LIFETIME = timedelta(seconds=60)
"""A request is pushed as soon as it is made."""
CLOCK_LEEWAY = timedelta(seconds=60)
"""How far the clocks of two regions may be apart."""


@dataclass(frozen=True, slots=True)
class UpstreamAsk:
    """What is wanted of the home region."""

    display: RpDisplay
    claims: tuple[str, ...] = ()
    """About the person, in userinfo; none: then it need not be called."""
    acr_values: tuple[str, ...] = ()
    essential_acr: tuple[str, ...] = ()
    """Of which one must be reached; weakest first."""
    prompt: tuple[Prompt, ...] = ()
    max_age: timedelta | None = None
    ui_locales: tuple[str, ...] = ()

    @property
    def required_acr(self) -> str | None:
        """The weakest that is enough; None when none is essential."""
        return self.essential_acr[0] if self.essential_acr else None

    def authenticated_after(self, now: datetime) -> datetime | None:
        """Since when the person must have proved themselves; None when any time will do."""
        if Prompt.LOGIN in self.prompt or Prompt.SELECT_ACCOUNT in self.prompt:
            return now
        return None if self.max_age is None else now - self.max_age


@dataclass(frozen=True, slots=True)
class UpstreamTies:
    """What ties the answer to this request, this browser and nobody else."""

    state: str
    nonce: str
    code_challenge: str
    jti: str


def request_claims(
    ask: UpstreamAsk, ties: UpstreamTies, *, broker: str, home: str, redirect_uri: str, now: datetime
) -> dict[str, Any]:
    """The claims of the request object for `home`, who is its only audience."""
    claims: dict[str, Any] = {
        "iss": broker,
        "client_id": broker,
        "aud": home,
        "jti": ties.jti,
        "iat": to_seconds(now),
        "nbf": to_seconds(now),
        "exp": to_seconds(now + LIFETIME),
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "scope": "openid",
        "state": ties.state,
        "nonce": ties.nonce,
        "code_challenge": ties.code_challenge,
        "code_challenge_method": "S256",
        "rp_display": ask.display.to_json(),
    }
    return claims | _wishes(ask)


def _wishes(ask: UpstreamAsk) -> dict[str, Any]:
    wishes: dict[str, Any] = {}
    if ask.acr_values:
        wishes["acr_values"] = " ".join(ask.acr_values)
    if ask.prompt:
        wishes["prompt"] = " ".join(ask.prompt)
    if ask.max_age is not None:
        wishes["max_age"] = int(ask.max_age.total_seconds())
    if ask.ui_locales:
        wishes["ui_locales"] = " ".join(ask.ui_locales)
    asked = _claims_parameter(ask)
    return wishes | ({"claims": asked} if asked else {})


def _claims_parameter(ask: UpstreamAsk) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    if ask.claims:
        asked["userinfo"] = dict.fromkeys(ask.claims)
    if ask.essential_acr:
        asked["id_token"] = {"acr": {"essential": True, "values": list(ask.essential_acr)}}
    return asked
