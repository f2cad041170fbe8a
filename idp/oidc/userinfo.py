"""Userinfo: the claims the person agreed to share. Spec: OpenID Connect Core §5.3; RFC 9449 §7."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.oidc.bearer import BearerTokens, PresentedToken, require_key
from idp.oidc.claims import withheld
from idp.oidc.discovery import USERINFO_PATH
from idp.oidc.dpop import DpopProofVerifier, ProvedKey
from idp.oidc.errors import InsufficientScope, InvalidDpopProof, InvalidToken
from idp.oidc.scopes import OPENID
from idp.oidc.vocabulary import TokenType


@dataclass(frozen=True, slots=True)
class UserinfoEndpoint:
    """Answers tokens whose audience is userinfo itself, and no others."""

    audience: str
    tokens: BearerTokens
    proofs: DpopProofVerifier

    def answer(self, token: PresentedToken, *, now: datetime) -> dict[str, Any]:
        """`sub` and every agreed claim that has a value.

        Raises: InvalidToken — not in force, meant for another resource, or bound to another key. InsufficientScope —
        without openid. InvalidDpopProof, UseDpopNonce.
        """
        proved = self._proved(token, now)
        accepted = self.tokens.accept(token.value, now=now)
        require_key(accepted.claims, proved)
        if accepted.claims["aud"] != self.audience:
            raise InvalidToken("the access token is meant for another resource")
        scope = tuple(accepted.claims["scope"].split(" "))
        if accepted.live is None or OPENID not in scope:
            raise InsufficientScope("the openid scope is required")
        if proved is not None:
            self.proofs.use_up(proved, now=now)
        grant, person = accepted.live.grant, accepted.live.person
        left_out = withheld(grant.scope, scope)
        released = {
            name: person[name] for name in grant.userinfo_claims if name in person and name not in left_out
        }
        return {"sub": grant.subject, **released}

    def _proved(self, token: PresentedToken, now: datetime) -> ProvedKey | None:
        if token.type is TokenType.BEARER:
            return None
        if token.proof is None:
            raise InvalidDpopProof("the DPoP scheme needs a DPoP proof")
        return self.proofs.verify(token.proof, token.method, USERINFO_PATH, token.value, now=now)
