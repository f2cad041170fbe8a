"""The machine endpoints: each reads a WSGI environment, asks the protocol, and answers bytes.

They have no cookies and no sessions, so there is nothing here for another site to ride on (CSRF), and no CORS header
on anything that takes credentials.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from idp.oidc.errors import InvalidRequest, InvalidToken
from idp.web.wire import JSON, NO_STORE, WireResponse, json_response, read_form

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from idp.adapters.keyring import JwksDocument
    from idp.settings import Settings
    from idp.wiring import Services

Handler = Callable[["Services", "WSGIEnvironment"], WireResponse]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a path answers to."""

    methods: frozenset[str]
    handler: Handler


def token(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """RFC 6749 §3.2."""
    members = services.token_endpoint.answer(
        read_form(environ), environ.get("HTTP_AUTHORIZATION"), now=services.clock.now()
    )
    return json_response(members)


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
    return json_response(services.userinfo.answer(_bearer_token(environ), now=services.clock.now()))


def _bearer_token(environ: WSGIEnvironment) -> str:
    """The access token of a request, presented in exactly one way. Spec: RFC 6750 §2.

    Raises: InvalidRequest — in two ways at once, or in the address (§5.3: it would be logged). InvalidToken — none.
    """
    if "access_token=" in environ.get("QUERY_STRING", ""):
        raise InvalidRequest("the access token must not be in the address")
    scheme, _, value = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    in_header = value.strip() if scheme.lower() == "bearer" else ""
    in_body = _token_in_body(environ)
    if in_header and in_body:
        raise InvalidRequest("the access token was sent twice")
    found = in_header or in_body
    if not found:
        raise InvalidToken("an access token is required")
    return found


def _token_in_body(environ: WSGIEnvironment) -> str | None:
    if environ["REQUEST_METHOD"] != "POST" or environ.get("CONTENT_LENGTH") in (None, "", "0"):
        return None
    return read_form(environ).one("access_token")


class Document:
    """A public document: the same for everybody, whatever headers come with the request (cache poisoning)."""

    __slots__ = ("_etag", "_found", "_unchanged")

    def __init__(self, body: bytes, etag: str, *, max_age_seconds: int) -> None:
        headers = (
            ("Cache-Control", f"public, max-age={max_age_seconds}"),
            ("ETag", etag),
            ("Access-Control-Allow-Origin", "*"),
        )
        self._etag = etag
        self._found = WireResponse(200, body, (JSON, *headers))
        self._unchanged = WireResponse(304, b"", headers)

    def answer(self, _services: Services, environ: WSGIEnvironment) -> WireResponse:
        """The document, or that it is still the one the client has. Spec: RFC 9110 §13.1.2."""
        return self._unchanged if environ.get("HTTP_IF_NONE_MATCH") == self._etag else self._found


def discovery_of(metadata: Mapping[str, object]) -> Handler:
    """The handler of a document that never changes while the process lives."""
    body = orjson.dumps(metadata)
    return Document(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', max_age_seconds=3600).answer


def jwks() -> Handler:
    """The handler of the public keys. RFC 7517 §5. Kept briefly, so that a key published ahead is known in time."""
    # Replaced as a whole, so that a thread never sees the answer of one key set with the tag of another.
    kept: tuple[JwksDocument, Document] | None = None

    def answer(services: Services, environ: WSGIEnvironment) -> WireResponse:
        nonlocal kept
        keys, held = services.keyring.jwks(), kept
        if held is None or held[0] is not keys:
            held = kept = keys, Document(keys.body, keys.etag, max_age_seconds=300)
        return held[1].answer(services, environ)

    return answer


def passkey_origins(settings: Settings) -> Mapping[str, object]:
    """Where passkeys of our RP ID may be used. Spec: WebAuthn Level 3 §5.11.1 (related origins)."""
    return {"origins": [settings.issuer, *settings.passkey_origins]}


def passkey_endpoints(settings: Settings) -> Mapping[str, object]:
    """Where people add and manage their passkeys. Spec: A Well-Known URL for Relying Party Passkey Endpoints §2."""
    manage = f"{settings.issuer}/account/security/passkeys"
    return {"enroll": f"{manage}/add", "manage": manage}


def described(describe: Callable[[Settings], Mapping[str, object]]) -> Handler:
    """The handler of a document that follows from the settings."""
    kept: Handler | None = None

    def answer(services: Services, environ: WSGIEnvironment) -> WireResponse:
        nonlocal kept
        kept = kept or discovery_of(describe(services.settings))
        return kept(services, environ)

    return answer


def table(metadata: Mapping[str, object]) -> Mapping[str, Endpoint]:
    """Path → endpoint."""
    get, post = frozenset({"GET", "HEAD"}), frozenset({"POST"})
    discovery = Endpoint(get, discovery_of(metadata))
    return {
        "/.well-known/openid-configuration": discovery,
        "/.well-known/oauth-authorization-server": discovery,
        "/jwks.json": Endpoint(get, jwks()),
        "/.well-known/webauthn": Endpoint(get, described(passkey_origins)),
        "/.well-known/passkey-endpoints": Endpoint(get, described(passkey_endpoints)),
        "/token": Endpoint(post, token),
        "/userinfo": Endpoint(frozenset({"GET", "POST"}), userinfo),
        "/introspect": Endpoint(post, introspect),
        "/revoke": Endpoint(post, revoke),
        "/show-code": Endpoint(post, show_code),
    }
