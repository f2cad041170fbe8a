"""A mini-app as the protocol sees it (a *client*, a relying party)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idp.oidc.vocabulary import Algorithm, ClientAuthMethod, GrantType, Profile, SubjectType


def is_entity_id(client_id: str) -> bool:
    """Whether a `client_id` is the address of an entity of the federation; the registry gives no such names."""
    return "://" in client_id


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
    require_pushed_authorization_requests: bool = False
    """Whether it only sends requests that it pushed before (RFC 9126 §6)."""
    require_signed_request_object: bool = False
    """Whether it signs every request (RFC 9101 §10.5)."""
    dpop_bound_access_tokens: bool = False
    """Whether it only gets tokens bound to a key of its own (RFC 9449 §5.2)."""
    backchannel_logout_uri: str | None = None
    """Where it wants to be told that a session has ended (Back-Channel Logout 1.0 §2.2)."""
    backchannel_logout_session_required: bool = False
    """Whether it must be told which session. Every one of ours is told (§2.2)."""
    trust_expires_at: datetime | None = None
    """When the trust chain behind it ends, and the registration with it; None: no chain of its own is behind it."""
    logo: str | None = None
    """Its picture as we keep and serve it, by SHA-256 in hex. Only publishing sets it, so that nobody borrows one."""
    claims: tuple[str, ...] | None = None
    """What it may ask for of what its scopes stand for; None: all of it."""
    retires_at: datetime | None = None
    """When it ends, once that was decided: nobody new signs in, and its tokens last until then at most."""
    enabled: bool = True

    @property
    def is_federated(self) -> bool:
        """Whether it is an entity of the federation, called by its address; the registry gives no such names."""
        return is_entity_id(self.client_id)

    @property
    def is_broker(self) -> bool:
        """Whether it is the broker of a listed region: an entity that stands on the list and on no chain of its own."""
        return self.is_federated and self.trust_expires_at is None

    @property
    def is_public(self) -> bool:
        """Whether it cannot keep a secret (RFC 6749 §2.1)."""
        return self.auth_method is ClientAuthMethod.NONE
