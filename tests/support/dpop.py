"""The client's side of proofs of possession (RFC 9449). Nothing in it is shared with the provider."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from tests.support.relying_party import Answer, RelyingParty, Value


@dataclass
class KeyHolder:
    """A mini-app with a key of its own, which it shows with every request."""

    app: RelyingParty
    key: Any = field(default_factory=lambda: ECKey.generate_key("P-256"))
    algorithm: str = "ES256"
    nonce: str | None = None
    """The newest that the provider gave."""

    @property
    def jkt(self) -> str:
        """The thumbprint of the key."""
        return str(self.key.thumbprint())

    @property
    def public_jwk(self) -> dict[str, Any]:
        wanted = ("kty", "crv", "x", "y", "n", "e")
        return {name: value for name, value in self.key.as_dict(private=False).items() if name in wanted}

    def proof(self, method: str, path: str, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """A proof as it should be; `header` and `claims` change or (None) drop members."""
        right: dict[str, Any] = {
            "jti": secrets.token_urlsafe(12),
            "htm": method,
            "htu": self.app.issuer + path,
            "iat": int(self._clock.now().timestamp()),
            "nonce": self.nonce,
        }
        protected = {"typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.public_jwk, **(header or {})}
        return signed(protected, {**right, **claims}, self.key, self.algorithm)

    def call(self, path: str, parameters: Mapping[str, Value], proof: str | None = None) -> Answer:
        """A form to a machine endpoint with a proof; as a library does, once more when a nonce is wanted."""
        answer = self.call_once(path, parameters, proof or self.proof("POST", path))
        if proof is None and answer.error == "use_dpop_nonce":
            answer = self.call_once(path, parameters, self.proof("POST", path))
        return answer

    def call_once(self, path: str, parameters: Mapping[str, Value], proof: str) -> Answer:
        """The same without trying again."""
        given, self.app.headers = self.app.headers, {**self.app.headers, "DPoP": proof}
        try:
            return self._heard(self.app.call(path, parameters))
        finally:
            self.app.headers = given

    def machine(self, proof: str | None = None, **parameters: Value) -> Answer:
        """A token of the app's own."""
        return self.call(
            "/token", {"grant_type": "client_credentials", "scope": "tax.read", **parameters}, proof
        )

    def redeem(
        self, code: Value, verifier: str | None, proof: str | None = None, **parameters: Value
    ) -> Answer:
        """Exchange a code."""
        members: dict[str, Value] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.app.redirect_uri,
            "code_verifier": verifier,
        }
        return self.call("/token", members | parameters, proof)

    def refresh(self, refresh_token: str, proof: str | None = None, **parameters: Value) -> Answer:
        """Use a refresh token."""
        return self.call(
            "/token", {"grant_type": "refresh_token", "refresh_token": refresh_token, **parameters}, proof
        )

    def userinfo(self, access_token: str, proof: str | None = None, scheme: str = "DPoP") -> Answer:
        """Who it is; once more when a nonce is wanted."""
        if proof is not None:
            return self.userinfo_once(access_token, proof, scheme)
        answer = self.userinfo_once(access_token, self.proof_for(access_token), scheme)
        if answer.error == "use_dpop_nonce":
            answer = self.userinfo_once(access_token, self.proof_for(access_token), scheme)
        return answer

    def userinfo_once(self, access_token: str, proof: str, scheme: str = "DPoP") -> Answer:
        headers = {"Authorization": f"{scheme} {access_token}", "DPoP": proof}
        return self._heard(self.app.send("GET", "/userinfo", headers=headers))

    def proof_for(self, access_token: str, **changes: Any) -> str:
        """A proof for asking userinfo with this token."""
        return self.proof("GET", "/userinfo", **{"ath": hash_of(access_token), **changes})

    @property
    def _clock(self) -> Any:
        assert self.app.clock is not None
        return self.app.clock

    def _heard(self, answer: Answer) -> Answer:
        told = {name.lower(): value for name, value in answer.headers.items()}
        self.nonce = told.get("dpop-nonce", self.nonce)
        return answer


def hash_of(access_token: str) -> str:
    """What `ath` must be (RFC 9449 §4.2)."""
    return _encoded(hashlib.sha256(access_token.encode()).digest()).decode()


def signed(header: Mapping[str, Any], claims: Mapping[str, Any], key: Any, algorithm: str = "ES256") -> str:
    """A compact JWS signed by `algorithm`, whatever its header says; members that are None are left out."""
    parts = [
        json.dumps({name: value for name, value in each.items() if value is not None})
        for each in (header, claims)
    ]
    signing_input = b".".join(_encoded(part.encode()) for part in parts)
    signature = JWSRegistry.algorithms[algorithm].sign(signing_input, key)
    return (signing_input + b"." + _encoded(signature)).decode()


def _encoded(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
