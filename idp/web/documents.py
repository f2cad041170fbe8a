"""Public documents: made once, the same for everybody, and not sent again to whoever has them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import orjson

from idp.web.wire import JSON, Handler, WireResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from idp.adapters.keyring import JwksDocument
    from idp.settings import Settings
    from idp.wiring import Services


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
        keys, held = services.published_keys.jwks(), kept
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
