"""The keys to which mini-apps encrypt their request objects, published beside those that sign.

They live by the same schedule as signing keys. Published is the youngest of each kind alone: by the time a key loses
its private half, nobody has been told of it for as long as successors are published ahead.
Spec: RFC 7516; RFC 7517 §4.2; RFC 7518 §4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from joserfc.jwk import ECKey, RSAKey

from idp.adapters.jose_keys import AsymmetricKey
from idp.adapters.keyring import JwksDocument, Keyring, KeyView
from idp.oidc.keys import KeyRecord, KeyState
from idp.oidc.vocabulary import Algorithm

KINDS = (Algorithm.ES256, Algorithm.RS256)
"""The two kinds of key, P-256 and RSA, by the algorithm that their like sign with."""

_ABLE = (KeyState.PENDING, KeyState.SIGNING)


class EncryptionKeys:
    """What others encrypt to, and what opens it."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def view(self) -> KeyView:
        """The keys as they are now."""
        return self._keyring.view()

    def find(self, kid: str | None, kind: type[ECKey] | type[RSAKey]) -> AsymmetricKey | None:
        """The private key that a header means; without a kid, the one that is published for its kind."""
        view = self.view()
        if kid is not None:
            key = view.signing_keys.get(kid)
            return key.key if key is not None and isinstance(key.key, kind) else None
        found = (view.signing_keys[record.kid].key for record in youngest(view))
        return next((key for key in found if isinstance(key, kind)), None)


def youngest(view: KeyView) -> list[KeyRecord]:
    """Of each kind the key that came last."""
    able = [record for record in view.records if record.state in _ABLE]
    latest = {record.algorithm: record for record in sorted(able, key=lambda one: (one.signs_from, one.kid))}
    return [latest[kind] for kind in KINDS if kind in latest]


class PublishedKeys:
    """The JWKS: keys that sign and keys to encrypt to, in one document."""

    def __init__(self, signing: Keyring, encryption: EncryptionKeys) -> None:
        self._signing = signing
        self._encryption = encryption
        # Replaced as a whole, so that no thread sees a document of other keys than it looked up.
        self._kept: tuple[JwksDocument, KeyView, JwksDocument] | None = None

    def jwks(self) -> JwksDocument:
        """The same object for as long as no key changes."""
        signing, view, kept = self._signing.jwks(), self._encryption.view(), self._kept
        if kept is None or kept[0] is not signing or kept[1] is not view:
            kept = self._kept = signing, view, _joined(signing, view)
        return kept[2]


def _joined(signing: JwksDocument, view: KeyView) -> JwksDocument:
    keys = [*orjson.loads(signing.body)["keys"], *(_public(record) for record in youngest(view))]
    body = orjson.dumps({"keys": keys})
    return JwksDocument(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def _public(record: KeyRecord) -> Mapping[str, Any]:
    # An EC key is good for every ECDH-ES; naming one would keep others from using it.
    named = {"alg": "RSA-OAEP-256"} if record.algorithm is Algorithm.RS256 else {}
    kept = {name: value for name, value in record.public_jwk.items() if name != "alg"}
    return {**kept, "use": "enc", **named}
