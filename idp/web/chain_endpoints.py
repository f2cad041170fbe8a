"""The federation endpoints that judge others: resolving an entity for somebody, and registering one here.

Spec: OpenID Federation 1.0 §8.3, §8.8, §12.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from idp.federation.constraints import MAX_ENTITY_ID_LENGTH
from idp.federation.resolving import Question
from idp.oidc.errors import InvalidClient, InvalidRequest
from idp.oidc.parameters import MAX_SIGNED_SIZE_BYTES, Parameters
from idp.web.wire import NO_STORE, WireResponse, read_body, read_form

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from idp.wiring import Services

RESOLVE_RESPONSE = "application/resolve-response+jwt"
REGISTRATION_RESPONSE = "application/explicit-registration-response+jwt"
STATEMENT = "application/entity-statement+jwt"
CHAIN = "application/trust-chain+json"

MAX_QUERY = 16 * 1024
MAX_NAMES = 16
MAX_REQUEST = 512 * 1024
"""In bytes: a chain of statements."""
_ANYWHERE = ("Access-Control-Allow-Origin", "*")


def resolve(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """An entity as policy leaves it: by GET for everybody, by POST for callers who say who they are."""
    now = services.clock.now()
    if environ["REQUEST_METHOD"] == "POST":
        parameters = read_form(environ, MAX_SIGNED_SIZE_BYTES)
        caller = services.chains.callers.authenticate(parameters, now=now)
        if caller is None:
            raise InvalidClient("client authentication is required; without it, ask by GET")
    else:
        raw = environ.get("QUERY_STRING", "").encode("latin-1")
        parameters, caller = Parameters.from_urlencoded(raw, MAX_QUERY), None
    found = services.chains.resolver.answer(_question(parameters), caller, now=now)
    if caller is not None:
        return WireResponse(200, found.body, (("Content-Type", RESOLVE_RESPONSE), *NO_STORE))
    kept = ("Cache-Control", "public, max-age=30")
    return WireResponse(200, found.body, (("Content-Type", RESOLVE_RESPONSE), kept, _ANYWHERE))


def register(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """Explicit registration."""
    content_type = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    body, now = read_body(environ, MAX_REQUEST), services.clock.now()
    registration = services.chains.explicit
    if content_type == STATEMENT:
        answer = registration.register_statement(body.decode("latin-1").strip(), now=now)
    elif content_type == CHAIN:
        answer = registration.register_document(body, now=now)
    else:
        raise InvalidRequest(f"the body must be {STATEMENT} or {CHAIN}")
    headers = (("Content-Type", REGISTRATION_RESPONSE), *NO_STORE)
    return WireResponse(200, answer.encode("ascii"), headers)


def _question(parameters: Parameters) -> Question:
    subject, anchors = parameters.required("sub"), parameters.many("trust_anchor")
    entity_types = parameters.many("entity_type")
    if not anchors:
        raise InvalidRequest("trust_anchor is required")
    if max(len(anchors), len(entity_types)) > MAX_NAMES:
        raise InvalidRequest("trust_anchor or entity_type is given too often")
    if max(map(len, (subject, *anchors, *entity_types))) > MAX_ENTITY_ID_LENGTH:
        raise InvalidRequest("a parameter is too long")
    return Question(subject, anchors, tuple(sorted(set(entity_types))))
