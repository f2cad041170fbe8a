"""Userinfo: the claims the person agreed to share. Spec: OpenID Connect Core §5.3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.oidc.bearer import BearerTokens
from idp.oidc.claims import withheld
from idp.oidc.errors import InsufficientScope, InvalidToken
from idp.oidc.scopes import OPENID


@dataclass(frozen=True, slots=True)
class UserinfoEndpoint:
    """Answers tokens whose audience is userinfo itself, and no others."""

    audience: str
    tokens: BearerTokens

    def answer(self, token: str, *, now: datetime) -> dict[str, Any]:
        """`sub` and every agreed claim that has a value.

        Raises: InvalidToken — not in force, or meant for another resource. InsufficientScope — without openid.
        """
        accepted = self.tokens.accept(token, now=now)
        if accepted.claims["aud"] != self.audience:
            raise InvalidToken("the access token is meant for another resource")
        scope = tuple(accepted.claims["scope"].split(" "))
        if accepted.live is None or OPENID not in scope:
            raise InsufficientScope("the openid scope is required")
        grant, person = accepted.live.grant, accepted.live.person
        left_out = withheld(grant.scope, scope)
        released = {
            name: person[name] for name in grant.userinfo_claims if name in person and name not in left_out
        }
        return {"sub": grant.subject, **released}
