"""The whole protocol joined together over stores in memory: what a request meets behind the web."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from idp.adapters.jose_dpop import DpopProofReader
from idp.foundation.identifiers import digest
from idp.foundation.secret import Secret
from idp.oidc.bearer import BearerTokens, PresentedToken
from idp.oidc.client import Client
from idp.oidc.dpop import DpopProofVerifier
from idp.oidc.dpop_nonces import DpopNonces
from idp.oidc.grant import AuthorizationCode, Grant
from idp.oidc.introspection import IntrospectionEndpoint
from idp.oidc.pkce import challenge_of
from idp.oidc.revocation import RevocationEndpoint
from idp.oidc.token.client_authentication import ClientAuthenticator
from idp.oidc.token.context import GrantServices
from idp.oidc.token.endpoint import TokenEndpoint
from idp.oidc.token.issue import Lifetimes, Mint
from idp.oidc.userinfo import UserinfoEndpoint
from idp.oidc.vocabulary import ClientAuthMethod, TokenType
from tests.unit.oidc.given import (
    ACR,
    CALLBACK,
    ISSUER,
    NOW,
    SECRET,
    USERINFO,
    VERIFIER,
    a_client,
    a_grant,
    parameters,
)
from tests.unit.oidc.memory import MemoryAssertions, MemoryClients, MemoryCodes, MemoryGrants, OpenSigner

TAX = a_client()
HEALTH = a_client(
    client_id="health", audiences=("https://api.health.example",), resources=("https://api.health.example",)
)
APP = a_client(client_id="app", auth_method=ClientAuthMethod.NONE, secret_hash=None)


@dataclass
class CountingEntropy:
    """Repeatable chance: no value comes twice."""

    count: int = 0

    def token(self, size_bytes: int = 32) -> str:
        return base64.urlsafe_b64encode(self.bytes(size_bytes)).rstrip(b"=").decode()

    def bytes(self, size_bytes: int) -> bytes:
        self.count += 1
        return self.count.to_bytes(size_bytes, "big")


@dataclass
class Office:
    """One region's protocol, with its clock at `now`."""

    now: datetime = NOW
    clients: MemoryClients = field(default_factory=lambda: MemoryClients.of(TAX, HEALTH, APP))
    grants: MemoryGrants = field(default_factory=MemoryGrants)

    @property
    def reused(self) -> list[tuple[str, str | None, str | None]]:
        """What the audit was told: kind, grant, client."""
        return [(event.kind.value, event.subject, event.client_id) for event in self.grants.said]

    def __post_init__(self) -> None:
        self.codes = MemoryCodes(self.grants)
        self.signer = OpenSigner()
        lifetimes = Lifetimes(
            access_token=timedelta(minutes=5), id_token=timedelta(minutes=5), refresh_token=timedelta(days=14)
        )
        self.mint = Mint(ISSUER, USERINFO, ACR, lifetimes, self.signer, CountingEntropy())
        authenticator = ClientAuthenticator(ISSUER, self.clients, MemoryAssertions(), self.signer)
        services = GrantServices(self.mint, self.codes, self.grants)
        self.tokens = BearerTokens(ISSUER, self.signer, self.clients, self.grants)
        proofs = DpopProofVerifier(
            ISSUER, DpopProofReader(), DpopNonces(Secret("a key"), ISSUER), MemoryAssertions()
        )
        self.token_endpoint = TokenEndpoint(authenticator, services, proofs)
        self.userinfo_endpoint = UserinfoEndpoint(USERINFO, self.tokens, proofs)
        self.introspection_endpoint = IntrospectionEndpoint(ISSUER, authenticator, self.tokens, self.grants)
        self.revocation_endpoint = RevocationEndpoint(authenticator, self.signer, self.grants)

    def issue_code(self, value: str = "ac_code", *, nonce: str | None = "the-nonce", **grant: Any) -> str:
        """A code as the authorization endpoint leaves it."""
        code = AuthorizationCode(
            grant=a_grant(**grant),
            redirect_uri=CALLBACK,
            nonce=nonce,
            code_challenge=challenge_of(VERIFIER),
            expires_at=self.now + timedelta(seconds=60),
        )
        self.codes.add(digest(value), code)
        return value

    def token(self, by: Client = TAX, **values: Any) -> dict[str, Any]:
        """What the token endpoint answers."""
        return self.token_endpoint.answer(*self._call(by, values), now=self.now)

    def redeem(self, code: str = "ac_code", by: Client = TAX, **changes: Any) -> dict[str, Any]:
        """Redeem a code as its own client would."""
        request = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER, **changes}
        return self.token(by, grant_type="authorization_code", **request)

    def refresh(self, refresh_token: str, by: Client = TAX, **values: Any) -> dict[str, Any]:
        """Use a refresh token."""
        return self.token(by, grant_type="refresh_token", refresh_token=refresh_token, **values)

    def signed_in(self, **grant: Any) -> dict[str, Any]:
        """The tokens of a fresh sign-in."""
        return self.redeem(self.issue_code(**grant))

    def machine(self, by: Client = TAX, **values: Any) -> dict[str, Any]:
        """Tokens of a client acting for itself."""
        return self.token(by, grant_type="client_credentials", **values)

    def userinfo(self, access_token: str) -> dict[str, Any]:
        """What userinfo answers."""
        return self.userinfo_endpoint.answer(PresentedToken(access_token, TokenType.BEARER), now=self.now)

    def introspect(self, token: str | None, by: Client = TAX) -> dict[str, Any]:
        """What introspection answers."""
        return self.introspection_endpoint.answer(*self._call(by, {"token": token}), now=self.now)

    def revoke(self, token: str | None, by: Client = TAX, **values: Any) -> None:
        """Give up a token."""
        self.revocation_endpoint.answer(*self._call(by, {"token": token, **values}), now=self.now)

    def sign(self, **claims: Any) -> str:
        """An access token that we signed, saying whatever is wanted."""
        good = {
            "iss": ISSUER,
            "sub": "s",
            "aud": USERINFO,
            "client_id": "tax",
            "scope": "openid",
            "jti": "gr_grant.1",
        }
        times = {"iat": int(self.now.timestamp()), "exp": int(self.now.timestamp()) + 300}
        return self.signer.sign(TAX.signing_alg, "at+jwt", good | times | claims)

    def claims(self, token: str, token_type: str = "at+jwt") -> dict[str, Any]:
        """What a token of ours says."""
        claims = self.signer.read(token, token_type)
        assert claims is not None
        return claims

    def has_grant(self, grant: Grant) -> bool:
        """Whether the grant is in force."""
        return self.grants.find_live(grant.id, "any", now=self.now) is not None

    def _call(self, by: Client, values: dict[str, Any]) -> tuple[Any, str | None]:
        if by.is_public:
            return parameters(client_id=by.client_id, **values), None
        pair = base64.b64encode(f"{by.client_id}:{SECRET}".encode()).decode()
        return parameters(**values), f"Basic {pair}"
