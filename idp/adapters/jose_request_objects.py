"""Request objects as clients send them: parsed strictly, verified with the keys they registered.

Larger than other JWTs, because an entity of a federation sends its trust chain along in the header.
Spec: RFC 9101 §4, §6; RFC 8725 §3; OpenID Federation 1.0 §4.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from idp.adapters.encryption_keys import EncryptionKeys
from idp.adapters.jose_client_keys import ClientKeys
from idp.adapters.jose_decryption import decrypt, is_encrypted
from idp.adapters.jose_header import REFUSED_HEADERS, known_algorithm
from idp.foundation.compact_jws import Malformed, UnverifiedJws, parse
from idp.oidc.client import Client
from idp.oidc.errors import InvalidRequestObject, RequestNotSupported
from idp.oidc.parameters import MAX_SIGNED_SIZE_BYTES
from idp.oidc.request_object import KEY_ENCRYPTIONS
from idp.oidc.unverified_request_object import UnverifiedRequestObject
from idp.oidc.vocabulary import Algorithm

REQUEST_OBJECT_TYPES = frozenset({"jwt", "oauth-authz-req+jwt"})
"""What `typ` may say when it is there: a JWT made for another use is no request (RFC 8725 §3.11)."""

_NOT_BELIEVED = "the request object is not signed by a registered key of this client"


class RequestObjectVerifier:
    """The part of `idp.oidc.ports.TokenVerifier` that is about request objects."""

    def __init__(
        self,
        client_keys: ClientKeys,
        encryption_keys: EncryptionKeys | None,
        key_encryptions: Sequence[str] = KEY_ENCRYPTIONS,
    ) -> None:
        self._client_keys = client_keys
        self._encryption_keys, self._key_encryptions = encryption_keys, key_encryptions

    def open(self, token: str) -> UnverifiedRequestObject:
        """Take a request object apart. Raises: InvalidRequestObject; RequestNotSupported — `alg` is `none`."""
        if is_encrypted(token):
            token = self._decrypted(token)
        jws = _parsed(token)
        if jws.header.get("alg") == "none":
            raise RequestNotSupported("unsigned request objects are not supported")
        return UnverifiedRequestObject(jws.header, jws.payload, token)

    def _decrypted(self, token: str) -> str:
        if self._encryption_keys is None:
            raise InvalidRequestObject("encrypted request objects are not supported here")
        try:
            return decrypt(token, self._encryption_keys, self._key_encryptions)
        except Malformed as error:
            raise InvalidRequestObject("the request object cannot be decrypted", detail=str(error)) from error

    def verify(self, opened: UnverifiedRequestObject, client: Client) -> None:
        """Require one of the client's keys behind it. Raises: InvalidRequestObject."""
        jws = _parsed(opened.jws)
        kid, algorithm = _key_wish(jws.header)
        for key in self._client_keys.candidates(client, kid, algorithm):
            if key.is_signed(jws.signing_input, jws.signature):
                return
        raise InvalidRequestObject(_NOT_BELIEVED, detail="no registered key made this signature")


def _parsed(token: str) -> UnverifiedJws:
    try:
        return parse(token, MAX_SIGNED_SIZE_BYTES)
    except Malformed as error:
        raise InvalidRequestObject("the request object is malformed", detail=str(error)) from error


def _key_wish(header: Mapping[str, Any]) -> tuple[str | None, Algorithm]:
    """Which key the header asks for, if we accept such a header. Raises: InvalidRequestObject."""
    if not REFUSED_HEADERS.isdisjoint(header):
        raise InvalidRequestObject(_NOT_BELIEVED, detail="its header brings a key or an extension")
    kid, typ, algorithm = header.get("kid"), header.get("typ", "JWT"), known_algorithm(header.get("alg"))
    if not isinstance(typ, str) or typ.lower().removeprefix("application/") not in REQUEST_OBJECT_TYPES:
        raise InvalidRequestObject(_NOT_BELIEVED, detail="typ is for another use")
    if kid is not None and not isinstance(kid, str):
        raise InvalidRequestObject(_NOT_BELIEVED, detail="kid is no string")
    if algorithm is None:
        raise InvalidRequestObject(_NOT_BELIEVED, detail="alg is not allowed")
    return kid, Algorithm(algorithm)
