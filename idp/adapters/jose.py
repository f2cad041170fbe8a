"""The protocol's `Signer` and `TokenVerifier`, made of joserfc's algorithms and the keyring.

A token of ours is known by its header: we write exactly one for each key and type, so whatever else a header
says (another `alg`, `none`, a `crit`, a key of its own, a foreign `kid`) makes it somebody else's, unread.
Assertions of clients are written by others and read strictly (`compact_jws`).
Spec: RFC 7515; RFC 8725; RFC 9068 §4; RFC 7523 §3.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import orjson

from idp.adapters.encryption_keys import EncryptionKeys
from idp.adapters.jose_client_keys import ClientKeys
from idp.adapters.jose_header import REFUSED_HEADERS, known_algorithm
from idp.adapters.jose_request_objects import RequestObjectVerifier
from idp.adapters.keyring import Keyring
from idp.adapters.lru import LruCache
from idp.foundation.compact_jws import Malformed, UnverifiedJws, decode_segment, parse, split
from idp.oidc.client import Client
from idp.oidc.errors import InvalidClient, InvalidRequest, InvalidToken
from idp.oidc.request_object import KEY_ENCRYPTIONS
from idp.oidc.token.issue import ACCESS_TOKEN_TYPE, ID_TOKEN_TYPE
from idp.oidc.unverified_request_object import UnverifiedRequestObject
from idp.oidc.vocabulary import Algorithm

MAX_ACCESS_TOKEN = 8_192
MAX_ASSERTION = 8_192
MAX_HINT = 16_384
"""An ID token may carry claims about the person and a long nonce."""
MAX_SUBJECT = 255
CACHED_TOKENS = 4_096

ASSERTION_TYPES = frozenset({"jwt", "client-authentication+jwt"})
"""What `typ` may say when it is there: a JWT made for another use is no assertion (RFC 8725 §3.11)."""

_ACCESS_TOKEN_CLAIMS: Mapping[str, type] = {
    "iss": str,
    "sub": str,
    "aud": str,
    "client_id": str,
    "scope": str,
    "jti": str,
    "exp": int,
    "iat": int,
}
_ID_TOKEN_CLAIMS: Mapping[str, type] = {"iss": str, "sub": str, "aud": str}

_BAD_TOKEN = "the access token is invalid, expired or revoked"
_BAD_HINT = "id_token_hint is not an ID token issued here"
_BAD_ASSERTION = "client authentication failed"


class JoseSigner:
    """Signs with the key that is in force. Implements `idp.oidc.ports.Signer`."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def sign(self, algorithm: Algorithm, token_type: str, claims: Mapping[str, Any]) -> str:
        """A compact JWS. Raises: ServerError — no key is inside its window."""
        return self._keyring.signing_key(algorithm).sign(token_type, orjson.dumps(claims))


class JoseVerifier:
    """Verifies signatures. Implements `idp.oidc.ports.TokenVerifier`."""

    def __init__(
        self,
        keyring: Keyring,
        encryption_keys: EncryptionKeys | None = None,
        key_encryptions: Sequence[str] = KEY_ENCRYPTIONS,
    ) -> None:
        """`key_encryptions`: by which `alg` request objects may be encrypted to us."""
        self._keyring = keyring
        self._client_keys = ClientKeys()
        self._request_objects = RequestObjectVerifier(self._client_keys, encryption_keys, key_encryptions)
        self._verified: LruCache[tuple[int, bytes], Mapping[str, Any]] = LruCache(CACHED_TOKENS)

    def access_token(self, token: str) -> Mapping[str, Any]:
        """Claims of an access token that we signed, from memory if we saw it lately. Raises: InvalidToken."""
        generation = self._keyring.view().generation
        try:
            # With the generation in it, nothing verified with a key that was revoked since is ever found.
            fingerprint = (generation, _fingerprint(token, MAX_ACCESS_TOKEN))
            claims = self._verified.find(fingerprint)
            if claims is None:
                claims = self._own_claims(token, MAX_ACCESS_TOKEN, ACCESS_TOKEN_TYPE, _ACCESS_TOKEN_CLAIMS)
                self._verified.keep(fingerprint, claims)
        except ValueError as error:
            raise InvalidToken(_BAD_TOKEN, detail=str(error)) from error
        return claims

    def id_token_hint(self, token: str) -> Mapping[str, Any]:
        """Claims of an ID token that we signed, whenever that was. Raises: InvalidRequest."""
        try:
            return self._own_claims(token, MAX_HINT, ID_TOKEN_TYPE, _ID_TOKEN_CLAIMS)
        except ValueError as error:
            raise InvalidRequest(_BAD_HINT, detail=str(error)) from error

    def client_assertion(self, token: str, client: Client) -> Mapping[str, Any]:
        """Claims of an assertion signed with one of the client's registered keys. Raises: InvalidClient."""
        jws = _assertion(token)
        for key in self._client_keys.candidates(client, *_key_wish(jws.header)):
            if key.is_signed(jws.signing_input, jws.signature):
                return jws.payload
        raise InvalidClient(_BAD_ASSERTION, detail="assertion: no registered key made this signature")

    def unverified_assertion_subject(self, token: str) -> str:
        """Whom an assertion says it is from; nothing of it is verified. Raises: InvalidClient."""
        payload = _assertion(token).payload
        issuer, subject = payload.get("iss"), payload.get("sub")
        if not isinstance(issuer, str) or not isinstance(subject, str):
            raise InvalidClient(_BAD_ASSERTION, detail="assertion: iss and sub are required")
        if not 0 < len(subject) <= MAX_SUBJECT or not subject.isprintable():
            raise InvalidClient(_BAD_ASSERTION, detail="assertion: sub is not a client_id")
        return subject

    def open_request_object(self, token: str) -> UnverifiedRequestObject:
        """Take a request object apart. Raises: InvalidRequestObject, RequestNotSupported."""
        return self._request_objects.open(token)

    def verify_request_object(self, opened: UnverifiedRequestObject, client: Client) -> None:
        """Require one of the client's registered keys behind it. Raises: InvalidRequestObject."""
        self._request_objects.verify(opened, client)

    def _own_claims(
        self, token: str, max_size: int, token_type: str, required: Mapping[str, type]
    ) -> Mapping[str, Any]:
        """Claims of a token that begins with a header of ours and was signed with its key. Raises: ValueError."""
        header, payload, signature = split(token, max_size)
        key = self._keyring.find_verifying_key(token_type, header)
        if key is None:
            raise Malformed("not a header that we write")
        if not key.is_signed(header + b"." + payload, decode_segment(signature)):
            raise Malformed("wrong signature")
        claims = orjson.loads(decode_segment(payload))
        for name, kind in required.items():
            # `type` and not isinstance: true is no date.
            if type(claims.get(name)) is not kind:
                raise Malformed(f"{name} is missing or of another type")
        return MappingProxyType(claims)


def _fingerprint(token: str, max_size: int) -> bytes:
    if len(token) > max_size:
        raise Malformed("too large")
    return hashlib.sha256(token.encode("ascii")).digest()


def _assertion(token: str) -> UnverifiedJws:
    try:
        return parse(token, MAX_ASSERTION)
    except Malformed as error:
        raise InvalidClient(_BAD_ASSERTION, detail=f"assertion: {error}") from error


def _key_wish(header: Mapping[str, Any]) -> tuple[str | None, Algorithm]:
    """Which key the header asks for, if we accept such a header.

    Raises: InvalidClient. Spec: RFC 8725 §3.1.
    """
    if not REFUSED_HEADERS.isdisjoint(header):
        raise InvalidClient(_BAD_ASSERTION, detail="assertion: its header brings a key or an extension")
    kid, typ, algorithm = header.get("kid"), header.get("typ", "JWT"), known_algorithm(header.get("alg"))
    if not isinstance(typ, str) or typ.lower().removeprefix("application/") not in ASSERTION_TYPES:
        raise InvalidClient(_BAD_ASSERTION, detail="assertion: typ is for another use")
    if kid is not None and not isinstance(kid, str):
        raise InvalidClient(_BAD_ASSERTION, detail="assertion: kid is no string")
    if algorithm is None:
        raise InvalidClient(_BAD_ASSERTION, detail="assertion: alg is not allowed")
    return kid, Algorithm(algorithm)
