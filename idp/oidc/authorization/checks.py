"""The rules of phase two, one function each with one reason to fail, and their order as data to read aloud.

Phase two runs with the verified redirect address in hand, so every refusal here goes back to the mini-app.
"""

from __future__ import annotations

from collections.abc import Callable

from idp.oidc import pkce
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.client import Client
from idp.oidc.dpop import is_thumbprint
from idp.oidc.errors import (
    InvalidRequest,
    InvalidScope,
    InvalidTarget,
    RegistrationNotSupported,
    RequestNotSupported,
    RequestUriNotSupported,
    UnauthorizedClient,
    UnsupportedResponseType,
)
from idp.oidc.profile import may_omit_challenge
from idp.oidc.scopes import OPENID, SHOW_CODE
from idp.oidc.vocabulary import GrantType, Prompt, ResponseMode, ResponseType

MAX_ECHOED = 2_048
"""Longest state and nonce; real ones have 384 characters at most."""


def refuse_retiring_client(request: AuthorizationRequest, client: Client) -> None:
    """Nobody new signs in to a mini-app that is about to end; who is in stays until then. Spec: RFC 6749 §4.1.2.1."""
    if client.retires_at is not None:
        raise UnauthorizedClient("this client is being retired and takes nobody new")


def refuse_request_objects(request: AuthorizationRequest, client: Client) -> None:
    """Refuse parameters we do not read: ignoring them would drop what the client thinks it demanded.

    Spec: OpenID Connect Core §3.1.2.6, §6.
    """
    for name in request.unsupported:
        match name:
            case "request":
                raise RequestNotSupported("the request parameter is not supported")
            case "request_uri":
                raise RequestUriNotSupported("the request_uri parameter is not supported")
            case _:
                raise RegistrationNotSupported("the registration parameter is not supported")


def require_code_response(request: AuthorizationRequest, client: Client) -> None:
    """Only the code flow exists in the standard profile. Spec: RFC 6749 §4.1.2.1; RFC 9700 §2.1.2."""
    if request.response_type is None:
        raise InvalidRequest("response_type is required")
    if request.response_type != ResponseType.CODE:
        raise UnsupportedResponseType("only response_type code is supported")


def require_known_response_mode(request: AuthorizationRequest, client: Client) -> None:
    """Spec: OAuth 2.0 Multiple Response Types §2.1."""
    if request.response_mode not in (None, ResponseMode.QUERY):
        raise InvalidRequest("only response_mode query is supported")


def require_code_grant(request: AuthorizationRequest, client: Client) -> None:
    """Spec: RFC 6749 §4.1.2.1 (unauthorized_client)."""
    if GrantType.AUTHORIZATION_CODE not in client.grant_types:
        raise UnauthorizedClient("this client may not use the authorization code grant")


def require_s256_challenge(request: AuthorizationRequest, client: Client) -> None:
    """For every client, confidential ones too, but for those of the profile that may do without.

    Spec: RFC 7636 §4.3; RFC 9700 §2.1.1.
    """
    is_without = request.code_challenge is None and request.code_challenge_method is None
    if is_without and may_omit_challenge(client):
        return
    pkce.require_s256_challenge(request.code_challenge, request.code_challenge_method)


def require_allowed_scope(request: AuthorizationRequest, client: Client) -> None:
    """Spec: OpenID Connect Core §3.1.2.1 (openid must be there); RFC 6749 §3.3."""
    if OPENID not in request.scope:
        raise InvalidScope("the scope must contain openid")
    if not set(request.scope) <= set(client.scopes) - {SHOW_CODE}:
        raise InvalidScope("the scope contains something this client may not ask for")


def require_allowed_resources(request: AuthorizationRequest, client: Client) -> None:
    """Spec: RFC 8707 §2 (invalid_target)."""
    if not set(request.resources) <= set(client.resources):
        raise InvalidTarget("the resource is unknown or not allowed for this client")


def require_lone_prompt_none(request: AuthorizationRequest, client: Client) -> None:
    """Spec: OpenID Connect Core §3.1.2.1: none together with any other value is an error."""
    if Prompt.NONE in request.prompt and len(request.prompt) > 1:
        raise InvalidRequest("prompt none cannot be combined with other values")


def require_thumbprint(request: AuthorizationRequest, client: Client) -> None:
    """Spec: RFC 9449 §10: what is no thumbprint would bind the code to no key at all."""
    if request.dpop_jkt is not None and not is_thumbprint(request.dpop_jkt):
        raise InvalidRequest("dpop_jkt must be a SHA-256 thumbprint of a key")


def require_short_echoes(request: AuthorizationRequest, client: Client) -> None:
    """What we echo must fit into an address and into a token."""
    if len(request.state or "") > MAX_ECHOED or len(request.nonce or "") > MAX_ECHOED:
        raise InvalidRequest("state and nonce may have 2048 characters at most")


def require_display_of_broker(request: AuthorizationRequest, client: Client) -> None:
    """A broker says for whom it asks: people agree to share with a mini-app, and not with a region as a whole."""
    if client.is_broker and request.display is None:
        raise InvalidRequest("rp_display is required of brokers")


Check = Callable[[AuthorizationRequest, Client], None]

PHASE_TWO: tuple[Check, ...] = (
    refuse_request_objects,
    refuse_retiring_client,
    require_code_response,
    require_known_response_mode,
    require_code_grant,
    require_short_echoes,
    require_s256_challenge,
    require_thumbprint,
    require_allowed_scope,
    require_allowed_resources,
    require_lone_prompt_none,
    require_display_of_broker,
)
