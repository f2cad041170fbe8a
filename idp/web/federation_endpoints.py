"""The federation endpoints: what our entities say about themselves, about those below them, and by trust marks.

Everything here is public and the same for everybody. Documents come signed from memory; nothing is signed because
somebody asks. Spec: OpenID Federation 1.0 §8, §9.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import orjson

from idp.federation import addresses
from idp.federation.constraints import MAX_ENTITY_ID_LENGTH
from idp.federation.roll import Wanted
from idp.oidc.errors import InvalidRequest, NotFound, UnsupportedParameter
from idp.oidc.parameters import Parameters
from idp.web.wire import JSON, Handler, Headers, WireResponse, read_form

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from idp.wiring import Services
    from idp.wiring.publishing.signed_documents import SignedDocument

STATEMENT = "application/entity-statement+jwt"
TRUST_MARK = "application/trust-mark+jwt"
MARK_STATUS = "application/trust-mark-status-response+jwt"
KEY_SET = "application/jwk-set+jwt"

MAX_QUERY = 8 * 1024
MAX_ENTITY_TYPES = 16
MAX_TYPE_LENGTH = 1_024
EXTENDED_LISTING = (
    "from_entity_id",
    "limit",
    "updated_after",
    "updated_before",
    "audit_timestamps",
    "claims",
)
"""Parameters of an extension that we do not have. Without them the answer would be another one than was asked for."""

_ANYWHERE = ("Access-Control-Allow-Origin", "*")
_LISTED: Headers = (JSON, ("Cache-Control", "public, max-age=60"), _ANYWHERE)


def configuration(path: str = "") -> Handler:
    """The handler of what our entity at a path says about itself. Spec: OpenID Federation 1.0 §9."""

    def answer(services: Services, environ: WSGIEnvironment) -> WireResponse:
        entity_id = services.settings.issuer + path
        return _signed(
            services.own_entities.configuration(entity_id, now=services.clock.now()), STATEMENT, environ
        )

    return answer


def fetch(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """What we say about one of our subordinates. Spec: OpenID Federation 1.0 §8.1."""
    superior = services.own_entities.superior
    subject = _entity_id(_query(environ))
    if subject == superior.entity_id:
        raise InvalidRequest("sub is the issuer itself: its configuration is at its well-known address")
    found = superior.statement_about(subject, now=services.clock.now())
    if found is None:
        raise NotFound("there is no such subordinate")
    return _signed(found, STATEMENT, environ)


def listing(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """Who our subordinates are. Spec: OpenID Federation 1.0 §8.2."""
    wanted = _wanted(_query(environ))
    return _json(services.own_entities.superior.listing(wanted, now=services.clock.now()))


def historical_keys(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """The federation keys that are gone. Spec: OpenID Federation 1.0 §8.7."""
    return _signed(services.own_entities.historical_keys(now=services.clock.now()), KEY_SET, environ)


def signed_jwks(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """The provider's keys, signed by its federation key. Spec: OpenID Federation 1.0 §5.2.1.1."""
    return _signed(services.own_entities.signed_jwks(now=services.clock.now()), KEY_SET, environ)


def trust_mark(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """The mark of a type that an entity was given. Spec: OpenID Federation 1.0 §8.6."""
    parameters = _query(environ)
    mark_type, subject = _mark_type(parameters), _entity_id(parameters)
    found = services.own_entities.marks.find(mark_type, subject, now=services.clock.now())
    if found is None:
        raise NotFound("there is no such trust mark")
    return WireResponse(
        200,
        found.encode("ascii"),
        (("Content-Type", TRUST_MARK), ("Cache-Control", "public, max-age=60"), _ANYWHERE),
    )


def trust_mark_status(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """What a mark is worth now. Spec: OpenID Federation 1.0 §8.4."""
    token = read_form(environ).required("trust_mark")
    found = services.own_entities.marks.status(token, now=services.clock.now())
    if found is None:
        raise NotFound("this trust mark was not given here")
    return WireResponse(
        200, found.body, (("Content-Type", MARK_STATUS), ("Cache-Control", "no-store"), _ANYWHERE)
    )


def trust_mark_list(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """Who has a mark of a type. Spec: OpenID Federation 1.0 §8.5."""
    parameters = _query(environ)
    mark_type = _mark_type(parameters)
    subject = _entity_id(parameters) if "sub" in parameters.values else None
    return _json(services.own_entities.marks.bearers(mark_type, subject, now=services.clock.now()))


PUBLIC: dict[str, Handler] = {
    addresses.WELL_KNOWN: configuration(),
    addresses.FETCH: fetch,
    addresses.LIST: listing,
    addresses.HISTORICAL_KEYS: historical_keys,
    addresses.TRUST_MARK: trust_mark,
    addresses.TRUST_MARK_LIST: trust_mark_list,
}
"""Path → handler of GET, on a hub and in a region."""
OF_REGIONS: dict[str, Handler] = {
    addresses.INTERMEDIATE + addresses.WELL_KNOWN: configuration(addresses.INTERMEDIATE),
    addresses.BROKER + addresses.WELL_KNOWN: configuration(addresses.BROKER),
    addresses.SIGNED_JWKS: signed_jwks,
}


def _query(environ: WSGIEnvironment) -> Parameters:
    # WSGI hands bytes over as latin-1; what is not ASCII is refused by the parser.
    return Parameters.from_urlencoded(environ.get("QUERY_STRING", "").encode("latin-1"), MAX_QUERY)


def _entity_id(parameters: Parameters) -> str:
    subject = parameters.required("sub")
    if len(subject) > MAX_ENTITY_ID_LENGTH:
        raise InvalidRequest("sub is too long for an entity id")
    return subject


def _mark_type(parameters: Parameters) -> str:
    mark_type = parameters.required("trust_mark_type")
    if len(mark_type) > MAX_TYPE_LENGTH:
        raise InvalidRequest("trust_mark_type is too long")
    return mark_type


def _wanted(parameters: Parameters) -> Wanted:
    for name in EXTENDED_LISTING:
        if name in parameters.values:
            raise UnsupportedParameter("this listing has no pages and no times: ask without them")
    entity_types = parameters.many("entity_type")
    if len(entity_types) > MAX_ENTITY_TYPES:
        raise InvalidRequest("entity_type is given too often")
    return Wanted(
        entity_types=entity_types,
        is_marked=_flag(parameters, "trust_marked"),
        mark_type=_mark_type(parameters) if "trust_mark_type" in parameters.values else None,
        is_intermediate=_flag(parameters, "intermediate"),
    )


def _flag(parameters: Parameters, name: str) -> bool:
    value = parameters.one(name)
    if value not in (None, "true", "false"):
        raise InvalidRequest(f"{name} is true or false")
    return value == "true"


def _signed(document: SignedDocument, media_type: str, environ: WSGIEnvironment) -> WireResponse:
    """A document, or that it is still the one the client has. Spec: RFC 9110 §13.1.2."""
    headers = (
        ("Cache-Control", f"public, max-age={int(document.max_age.total_seconds())}"),
        ("ETag", document.etag),
        _ANYWHERE,
    )
    if environ.get("HTTP_IF_NONE_MATCH") == document.etag:
        return WireResponse(304, b"", headers)
    return WireResponse(200, document.body, (("Content-Type", media_type), *headers))


def _json(members: Sequence[str]) -> WireResponse:
    return WireResponse(200, orjson.dumps(members), _LISTED)
