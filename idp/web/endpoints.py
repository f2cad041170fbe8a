"""The machine endpoints: each reads a WSGI environment, asks the protocol, and answers bytes.

They have no cookies and no sessions, so there is nothing here for another site to ride on (CSRF), and no CORS header
on anything that takes credentials.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idp.federation import addresses
from idp.foundation.figures import GRANT, OTHER
from idp.oidc.bearer import PresentedToken
from idp.oidc.errors import InvalidRequest, InvalidToken, ProtocolError
from idp.oidc.parameters import MAX_SIGNED_SIZE_BYTES
from idp.oidc.vocabulary import TokenType
from idp.settings import Role
from idp.signals.transmitter_metadata import WELL_KNOWN as SIGNALS_WELL_KNOWN
from idp.signals.transmitter_metadata import transmitter_metadata
from idp.web import (
    broker_endpoints,
    chain_endpoints,
    federation_endpoints,
    hub_endpoints,
    log_endpoints,
    signal_endpoints,
    trust_endpoints,
    witness_endpoints,
)
from idp.web.documents import described, discovery_of, jwks, passkey_endpoints, passkey_origins
from idp.web.wire import DPOP_NONCE, NO_STORE, Handler, Headers, WireResponse, json_response, read_form

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from idp.wiring import Services

_SCHEMES = {str(token_type).lower(): token_type for token_type in TokenType}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a path answers to."""

    methods: frozenset[str]
    handler: Handler


def token(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """RFC 6749 §3.2."""
    form, outcome = read_form(environ), "server_error"
    try:
        members = services.token_endpoint.answer(
            form,
            environ.get("HTTP_AUTHORIZATION"),
            environ.get("HTTP_DPOP"),
            now=services.clock.now(),
        )
        outcome = "issued"
    except ProtocolError as error:
        outcome = error.code
        raise
    finally:
        services.board.count(GRANT, (*form.many("grant_type"), OTHER)[0], outcome)
    return json_response(members, headers=_newest_nonce(services, environ))


def push(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """RFC 9126 §2."""
    members = services.pushed_authorization.answer(
        read_form(environ, MAX_SIGNED_SIZE_BYTES),
        environ.get("HTTP_AUTHORIZATION"),
        environ.get("HTTP_DPOP"),
        now=services.clock.now(),
    )
    return json_response(members, 201, _newest_nonce(services, environ))


def introspect(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """RFC 7662 §2."""
    members = services.introspection.answer(
        read_form(environ), environ.get("HTTP_AUTHORIZATION"), now=services.clock.now()
    )
    return json_response(members)


def show_code(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """A counter redeems what a citizen shows (`idp.oidc.show_code`)."""
    members = services.show_code.answer(
        read_form(environ), environ.get("HTTP_AUTHORIZATION"), now=services.clock.now()
    )
    return json_response(members)


def revoke(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """RFC 7009 §2."""
    services.revocation.answer(
        read_form(environ), environ.get("HTTP_AUTHORIZATION"), now=services.clock.now()
    )
    return WireResponse(200, b"", NO_STORE)


def userinfo(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """OpenID Connect Core §5.3."""
    members = services.userinfo.answer(_presented_token(environ), now=services.clock.now())
    return json_response(members, headers=_newest_nonce(services, environ))


def _newest_nonce(services: Services, environ: WSGIEnvironment) -> Headers:
    """For the next proof of whoever sent one. Spec: RFC 9449 §8.2."""
    if "HTTP_DPOP" not in environ:
        return ()
    return ((DPOP_NONCE, services.dpop_nonces.current(now=services.clock.now())),)


def _presented_token(environ: WSGIEnvironment) -> PresentedToken:
    """The access token of a request, presented in exactly one way. Spec: RFC 6750 §2; RFC 9449 §7.1.

    Raises: InvalidRequest — in two ways at once, or in the address (§5.3: it would be logged). InvalidToken — none.
    """
    if "access_token=" in environ.get("QUERY_STRING", ""):
        raise InvalidRequest("the access token must not be in the address")
    scheme, _, value = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    token_type = _SCHEMES.get(scheme.lower())
    in_header = value.strip() if token_type else ""
    in_body = _token_in_body(environ)
    if in_header and in_body:
        raise InvalidRequest("the access token was sent twice")
    found = in_header or in_body
    if not found:
        raise InvalidToken("an access token is required")
    # In the body it can only be a bearer token (RFC 9449 §7.1).
    used = token_type if token_type and in_header else TokenType.BEARER
    return PresentedToken(found, used, environ["REQUEST_METHOD"], environ.get("HTTP_DPOP"))


def _token_in_body(environ: WSGIEnvironment) -> str | None:
    if environ["REQUEST_METHOD"] != "POST" or environ.get("CONTENT_LENGTH") in (None, "", "0"):
        return None
    return read_form(environ).one("access_token")


def of_federation(role: Role) -> Mapping[str, Endpoint]:
    """Path → endpoint, of a hub or of a region's three entities."""
    handlers = federation_endpoints.PUBLIC | (federation_endpoints.OF_REGIONS if role is Role.REGION else {})
    read = {path: Endpoint(frozenset({"GET", "HEAD"}), handler) for path, handler in handlers.items()}
    status = Endpoint(frozenset({"POST"}), federation_endpoints.trust_mark_status)
    resolving = Endpoint(frozenset({"GET", "HEAD", "POST"}), chain_endpoints.resolve)
    both = {**read, addresses.TRUST_MARK_STATUS: status, addresses.RESOLVE: resolving}
    if role is Role.HUB:
        return both
    return {**both, addresses.REGISTRATION: Endpoint(frozenset({"POST"}), chain_endpoints.register)}


def table(metadata: Mapping[str, object], role: Role = Role.REGION) -> Mapping[str, Endpoint]:
    """Path → endpoint. A hub signs nobody in and has no tokens."""
    get, post = frozenset({"GET", "HEAD"}), frozenset({"POST"})
    discovery = Endpoint(get, discovery_of(metadata))
    logs = {log_endpoints.PREFIX: Endpoint(get, log_endpoints.answer)}
    if role is Role.HUB:
        return {
            **of_federation(role),
            **logs,
            **{path: Endpoint(get, handler) for path, handler in hub_endpoints.READ.items()},
            **{path: Endpoint(post, handler) for path, handler in hub_endpoints.WRITE.items()},
        }
    return {
        **of_federation(role),
        **logs,
        "/.well-known/openid-configuration": discovery,
        "/.well-known/oauth-authorization-server": discovery,
        "/jwks.json": Endpoint(get, jwks()),
        "/.well-known/webauthn": Endpoint(get, described(passkey_origins)),
        "/.well-known/passkey-endpoints": Endpoint(get, described(passkey_endpoints)),
        "/par": Endpoint(post, push),
        "/token": Endpoint(post, token),
        "/userinfo": Endpoint(frozenset({"GET", "POST"}), userinfo),
        "/introspect": Endpoint(post, introspect),
        "/revoke": Endpoint(post, revoke),
        "/show-code": Endpoint(post, show_code),
        **{path: Endpoint(get, handler) for path, handler in trust_endpoints.READ.items()},
        **{path: Endpoint(post, handler) for path, handler in trust_endpoints.WRITE.items()},
        **{path: Endpoint(post, handler) for path, handler in broker_endpoints.WRITE.items()},
        **{path: Endpoint(post, handler) for path, handler in witness_endpoints.WRITE.items()},
        SIGNALS_WELL_KNOWN: Endpoint(get, described(lambda settings: transmitter_metadata(settings.issuer))),
        **{path: Endpoint(*endpoint) for path, endpoint in signal_endpoints.ENDPOINTS.items()},
    }
