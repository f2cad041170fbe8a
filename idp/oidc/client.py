"""A mini-app as the protocol sees it (a *client*, a relying party)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.oidc.vocabulary import Algorithm, ClientAuthMethod, GrantType, Profile, SubjectType


@dataclass(frozen=True, slots=True)
class Client:
    """One registered mini-app. Immutable: a change is a new value in the registry.

    Spec: OpenID Connect Dynamic Client Registration 1.0 §2 for the names.
    """

    client_id: str
    name: Mapping[str, str]
    """Language tag → name shown to people."""
    organisation: str
    """The owner that answers for it."""
    region: str
    auth_method: ClientAuthMethod
    redirect_uris: tuple[str, ...]
    sector: str
    """The host its pairwise subjects belong to (OpenID Connect Core §8.1)."""
    profile: Profile = Profile.STANDARD
    application_type: str = "web"
    """`web` or `native`; only native apps may use loopback and private-use redirects (RFC 8252)."""
    post_logout_redirect_uris: tuple[str, ...] = ()
    grant_types: frozenset[GrantType] = frozenset({GrantType.AUTHORIZATION_CODE})
    scopes: tuple[str, ...] = ("openid",)
    """What it may ask for."""
    resources: tuple[str, ...] = ()
    """The audiences it may ask tokens for (RFC 8707)."""
    audiences: tuple[str, ...] = ()
    """The audiences it *is*: its back end may introspect tokens meant for them (RFC 7662 §2.1)."""
    secret_hash: bytes | None = field(default=None, repr=False)
    """SHA-256 of a 256-bit secret we made."""
    jwks: Mapping[str, Any] | None = None
    """Its public keys, for `private_key_jwt`."""
    signing_alg: Algorithm = Algorithm.ES256
    """With what we sign its ID tokens and access tokens."""
    subject_type: SubjectType = SubjectType.PAIRWISE
    purposes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Claim → language tag → why the app asks for it; consent shows it word for word."""
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    enabled: bool = True

    @property
    def is_public(self) -> bool:
        """Whether it cannot keep a secret (RFC 6749 §2.1)."""
        return self.auth_method is ClientAuthMethod.NONE
