"""What the owner of a mini-app asks for, before anything is believed or granted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.oidc.client import Client
from idp.oidc.vocabulary import Algorithm, ClientAuthMethod, GrantType, Profile, SubjectType


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application for a place in the registry; the fields mean what they mean in `Client`."""

    client_id: str
    name: Mapping[str, str]
    organisation: str
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    auth_method: ClientAuthMethod = ClientAuthMethod.SECRET_BASIC
    grant_types: frozenset[GrantType] = frozenset({GrantType.AUTHORIZATION_CODE})
    scopes: tuple[str, ...] = ("openid",)
    resources: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    jwks: Mapping[str, Any] | None = None
    signing_alg: Algorithm = Algorithm.ES256
    subject_type: SubjectType = SubjectType.PAIRWISE
    sector_identifier_uri: str | None = None
    """Names the sector by its host. Only read at registration: a client keeps its sector for life."""
    native: bool = False
    profile: Profile = Profile.STANDARD
    purposes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    require_pushed_authorization_requests: bool = False
    require_signed_request_object: bool = False
    dpop_bound_access_tokens: bool = False

    @property
    def signs_people_in(self) -> bool:
        """Whether it sends people to the authorization endpoint."""
        return GrantType.AUTHORIZATION_CODE in self.grant_types


def application_of(client: Client) -> Application:
    """The application that a registered client would make today: where an edit starts from."""
    return Application(
        client_id=client.client_id,
        name=client.name,
        organisation=client.organisation,
        redirect_uris=client.redirect_uris,
        post_logout_redirect_uris=client.post_logout_redirect_uris,
        auth_method=client.auth_method,
        grant_types=client.grant_types,
        scopes=client.scopes,
        resources=client.resources,
        audiences=client.audiences,
        jwks=client.jwks,
        signing_alg=client.signing_alg,
        subject_type=client.subject_type,
        native=client.application_type == "native",
        profile=client.profile,
        purposes=client.purposes,
        logo_uri=client.logo_uri,
        policy_uri=client.policy_uri,
        tos_uri=client.tos_uri,
        backchannel_logout_uri=client.backchannel_logout_uri,
        backchannel_logout_session_required=client.backchannel_logout_session_required,
        require_pushed_authorization_requests=client.require_pushed_authorization_requests,
        require_signed_request_object=client.require_signed_request_object,
        dpop_bound_access_tokens=client.dpop_bound_access_tokens,
    )
