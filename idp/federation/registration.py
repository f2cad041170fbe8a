"""How an entity of the federation becomes a client: its resolved `openid_relying_party` metadata, read.

What we would have to break a promise to accept is refused; what is offered beside what we can do is left out. Keys and
addresses are read here and judged by the rules of the registry, which the wiring applies to every client alike.
Spec: OpenID Federation 1.0 §12; OpenID Connect Dynamic Client Registration 1.0 §2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from idp.federation.constraints import ConstraintError, host_of
from idp.federation.registration_metadata import Fault, Unusable, flag, names, strings, text, words
from idp.oidc.client import Client
from idp.oidc.vocabulary import Algorithm, ClientAuthMethod, GrantType, Profile, SubjectType

CANNOT_HONOUR = (
    "id_token_encrypted_response_alg",
    "userinfo_signed_response_alg",
    "userinfo_encrypted_response_alg",
    "introspection_signed_response_alg",
    "introspection_encrypted_response_alg",
    "authorization_signed_response_alg",
    "authorization_encrypted_response_alg",
    "default_max_age",
)
"""Parameters that promise a client something we do not do: to leave them out silently would leave it unprotected."""
OUR_GRANTS = frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN})
"""What an entity of another region may use; machines by themselves come through the registry."""
OPENID = "openid"
OFFLINE_ACCESS = "offline_access"
"""Of use only with refresh tokens."""
MAX_CLIENT_ID_LENGTH = 255
"""As much as the `sub` of a client's assertions may have."""


class RegistrationType(StrEnum):
    """How an entity registers. Spec: OpenID Federation 1.0 §12, `client_registration_types`."""

    AUTOMATIC = "automatic"
    EXPLICIT = "explicit"


class RegistrationError(Exception):
    """The entity cannot be our client. `code` is the error of RFC 7591 §3.2.2; `detail`, for the log, may quote."""

    def __init__(self, code: Fault, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Standing:
    """What trust says about an entity beside its metadata."""

    superior: str
    """Entity id of who answers for it before the anchor: its region, or the anchor itself."""
    organisation: str = ""
    """Who it belongs to, when its own metadata does not say."""
    trust_expires_at: datetime | None = None
    """When its trust chain ends; None when trust is asked for anew at every use."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What this provider can do for clients of the federation."""

    scopes: tuple[str, ...]
    registration_type: RegistrationType | None = RegistrationType.AUTOMATIC
    """The way it comes; None where nobody asks, as for the brokers in the trust bundle."""
    profile: Profile = Profile.STANDARD
    """With `compat`, who does not say how it proves itself does so by its key."""


def client_from(entity_id: str, metadata: Mapping[str, Any], standing: Standing, offer: Offer) -> Client:
    """The client that an entity is, by its metadata after policy.

    Its `client_id` is its entity id, and its sector is the host of that: its superior vouched for this host, and an
    address on another one must not give it the subjects of whoever lives there.

    Raises: RegistrationError — something is missing, malformed, or beyond what we can honour.
    """
    try:
        return _client(entity_id, metadata, standing, offer)
    except Unusable as error:
        raise RegistrationError(error.code, str(error)) from error
    except ConstraintError as error:
        raise RegistrationError(Fault.METADATA, str(error)) from error


def _client(entity_id: str, metadata: Mapping[str, Any], standing: Standing, offer: Offer) -> Client:
    host = host_of(entity_id)
    if len(entity_id) > MAX_CLIENT_ID_LENGTH:
        raise Unusable("the entity id is too long for a client id")
    _require_registration_type(metadata, offer.registration_type)
    _require_honourable(metadata)
    _require_pairwise(metadata, host)
    organisation = text(metadata, "organization_name") or standing.organisation or host
    grant_types = _grant_types(metadata)
    return Client(
        client_id=entity_id,
        name=names(metadata, "client_name") or {"en": organisation},
        organisation=organisation,
        region=standing.superior,
        auth_method=_auth_method(metadata, offer),
        redirect_uris=_redirect_uris(metadata),
        sector=host,
        profile=offer.profile,
        application_type=text(metadata, "application_type") or "web",
        post_logout_redirect_uris=strings(metadata, "post_logout_redirect_uris"),
        grant_types=grant_types,
        scopes=_scopes(metadata, offer, grant_types),
        jwks=_jwks(metadata),
        signing_alg=_signing_algorithm(metadata),
        subject_type=SubjectType.PAIRWISE,
        logo_uri=text(metadata, "logo_uri"),
        policy_uri=text(metadata, "policy_uri"),
        tos_uri=text(metadata, "tos_uri"),
        backchannel_logout_uri=text(metadata, "backchannel_logout_uri"),
        backchannel_logout_session_required=flag(metadata, "backchannel_logout_session_required"),
        require_pushed_authorization_requests=flag(metadata, "require_pushed_authorization_requests"),
        require_signed_request_object=flag(metadata, "require_signed_request_object"),
        dpop_bound_access_tokens=flag(metadata, "dpop_bound_access_tokens"),
        trust_expires_at=standing.trust_expires_at,
    )


def _require_registration_type(metadata: Mapping[str, Any], wanted: RegistrationType | None) -> None:
    # Required by §5.1.2, but a client that does not say has not ruled anything out.
    allowed = strings(metadata, "client_registration_types")
    if wanted is not None and allowed and wanted not in allowed:
        raise Unusable(f"the entity does not register by the {wanted} way")


def _require_honourable(metadata: Mapping[str, Any]) -> None:
    for name in CANNOT_HONOUR:
        if name in metadata:
            raise Unusable(f"{name} is not supported here")
    if flag(metadata, "tls_client_certificate_bound_access_tokens"):
        raise Unusable("tokens bound to certificates are not supported here")
    for name in ("token_endpoint_auth_signing_alg", "request_object_signing_alg"):
        _algorithm(metadata, name)
    if "code" not in (strings(metadata, "response_types") or ("code",)):
        raise Unusable("response_types must contain code")


def _require_pairwise(metadata: Mapping[str, Any], host: str) -> None:
    if (text(metadata, "subject_type") or "pairwise") != "pairwise":
        raise Unusable("subject_type must be pairwise between regions")
    sector = text(metadata, "sector_identifier_uri")
    try:
        if sector is not None and host_of(sector) != host:
            raise Unusable("sector_identifier_uri must be on the host of the entity")
    except ConstraintError as error:
        raise Unusable("sector_identifier_uri is not a plain https address") from error


def _auth_method(metadata: Mapping[str, Any], offer: Offer) -> ClientAuthMethod:
    # Left out it means client_secret_basic (Registration §2), and there is nobody to tell a secret to.
    offered = strings(metadata, "token_endpoint_auth_methods_supported")
    wanted = text(metadata, "token_endpoint_auth_method")
    if offer.profile is Profile.COMPAT and wanted is None and not offered:
        return ClientAuthMethod.PRIVATE_KEY_JWT
    if ClientAuthMethod.PRIVATE_KEY_JWT not in (wanted, *offered):
        raise Unusable("token_endpoint_auth_method must be private_key_jwt")
    return ClientAuthMethod.PRIVATE_KEY_JWT


def _redirect_uris(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    uris = strings(metadata, "redirect_uris")
    if not uris:
        raise Unusable("redirect_uris is missing or empty", Fault.REDIRECT_URI)
    return uris


def _grant_types(metadata: Mapping[str, Any]) -> frozenset[GrantType]:
    wanted = strings(metadata, "grant_types") if "grant_types" in metadata else ("authorization_code",)
    granted = frozenset(grant for grant in OUR_GRANTS if grant in wanted)
    if GrantType.AUTHORIZATION_CODE not in granted:
        raise Unusable("grant_types must contain authorization_code")
    return granted


def _scopes(metadata: Mapping[str, Any], offer: Offer, grant_types: frozenset[GrantType]) -> tuple[str, ...]:
    # An empty scope is what policy leaves when nothing is allowed; only a missing one asks for the usual.
    wanted = words(metadata, "scope") if "scope" in metadata else (OPENID,)
    granted = tuple(scope for scope in offer.scopes if scope in wanted)
    if GrantType.REFRESH_TOKEN not in grant_types:
        granted = tuple(scope for scope in granted if scope != OFFLINE_ACCESS)
    if OPENID not in granted:
        raise Unusable("scope must contain openid")
    return granted


def _jwks(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """The keys it signs with. By address they would have to be fetched, from whoever answers there today."""
    jwks = metadata.get("jwks")
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, list) or not all(isinstance(key, Mapping) for key in keys):
        raise Unusable("the metadata must carry jwks: keys by address are not fetched")
    return {"keys": [dict(key) for key in keys if key.get("use", "sig") == "sig"]}


def _signing_algorithm(metadata: Mapping[str, Any]) -> Algorithm:
    """With what we sign for it: what it asks for, else the first of ours that it can read."""
    readable = strings(metadata, "id_token_signing_alg_values_supported")
    chosen = next((algorithm for algorithm in Algorithm if algorithm in readable), None)
    if chosen is None or "id_token_signed_response_alg" in metadata:
        return _algorithm(metadata, "id_token_signed_response_alg")
    return chosen


def _algorithm(metadata: Mapping[str, Any], name: str) -> Algorithm:
    word = text(metadata, name)
    try:
        # Left out it is RS256 for ID tokens (Registration §2), which is what the client will then expect.
        return Algorithm("EdDSA" if word == "Ed25519" else word or "RS256")
    except ValueError as error:
        raise Unusable(f"{name} is not an algorithm that is used here") from error
