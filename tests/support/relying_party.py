"""A mini-app, as small as it can be: builds requests, redeems codes. Nothing in it is shared with the provider."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwe, jws
from joserfc.errors import SecurityWarning
from joserfc.jwe import JWERegistry
from joserfc.jwk import KeySet, import_key
from werkzeug.test import Client

from tests.support.clock import FakeClock

# Room for trust chains in headers, of which joserfc expects neither the names nor the size.
LARGE = jws.JWSRegistry(algorithms=["ES256", "Ed25519", "PS256", "RS256"], strict_check_header=False)
LARGE.max_header_length = LARGE.max_payload_length = 300_000

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

Value = str | list[str] | None
"""A parameter: once, several times, or not at all."""


@dataclass(frozen=True)
class Answer:
    """What a machine endpoint said."""

    status: int
    members: dict[str, Any]
    headers: dict[str, str]

    @property
    def error(self) -> str | None:
        return self.members.get("error")

    def __getattr__(self, name: str) -> Any:
        try:
            return self.members[name]
        except KeyError as error:
            raise AttributeError(name) from error


@dataclass
class Pending:
    """A request on its way: what the mini-app must remember of it."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass
class RelyingParty:
    """One mini-app and its credentials."""

    app: object
    issuer: str
    client_id: str
    secret: str | None
    redirect_uri: str
    scope: str = "openid profile"
    headers: dict[str, str] = field(default_factory=dict)
    auth_method: str = "client_secret_basic"
    key: Any = None
    """Its private key, for `private_key_jwt` and request objects."""
    clock: FakeClock | None = None

    def begin(self, **parameters: Value) -> Pending:
        """A correct authorization request; `parameters` change or (None) drop members."""
        pending, members = self.ask(**parameters)
        pending.url = self.address(**members)
        return pending

    def address(self, **parameters: Value) -> str:
        """Where to send the browser with these parameters and no others."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return f"{self.issuer}/authorize?{urlencode(given, doseq=True)}"

    def push(self, **parameters: Value) -> tuple[Pending, Answer]:
        """Push a correct request; the browser then goes to `pending.url` (nowhere when it was refused)."""
        pending, members = self.ask(**parameters)
        answer = self.call("/par", members)
        pending.url = self._address_of(answer)
        return pending, answer

    def push_signed(self, **claims: Any) -> tuple[Pending, Answer]:
        """The same with a request object; `claims` change or (None) drop members of it."""
        pending, token = self.request_object(**claims)
        answer = self.call("/par", {"client_id": self.client_id, "request": token})
        pending.url = self._address_of(answer)
        return pending, answer

    def begin_signed(self, **claims: Any) -> Pending:
        """A request object in the address."""
        pending, token = self.request_object(**claims)
        pending.url = self.address(client_id=self.client_id, request=token)
        return pending

    def request_object(self, header: Mapping[str, Any] | None = None, **claims: Any) -> tuple[Pending, str]:
        """A request object as it should be; `header` and `claims` change or (None) drop members."""
        assert self.key is not None
        assert self.clock is not None
        now = int(self.clock.now().timestamp())
        pending, members = self.ask()
        right = {
            **members,
            "iss": self.client_id,
            "aud": self.issuer,
            "iat": now,
            "nbf": now,
            "exp": now + 60,
            "jti": secrets.token_urlsafe(12),
        }
        protected = {"alg": "ES256", "typ": "oauth-authz-req+jwt", "kid": self.key.kid, **(header or {})}
        return pending, signed(protected, {**right, **claims}, self.key, registry=LARGE)

    def encryption_key(self, kind: str) -> dict[str, Any]:
        """The key of this kind that the provider publishes to encrypt to."""
        keys = self.send("GET", "/jwks.json").members["keys"]
        (found,) = (key for key in keys if key.get("use") == "enc" and key["kty"] == kind)
        return dict(found)

    def encrypted(
        self,
        token: str,
        alg: str = "ECDH-ES",
        enc: str = "A256GCM",
        key: dict[str, Any] | None = None,
        **header_members: Any,
    ) -> str:
        """A JWS wrapped for the provider, with a key that it publishes."""
        key = key or self.encryption_key("RSA" if alg.startswith("RSA") else "EC")
        header = {"alg": alg, "enc": enc, "kid": key["kid"], "cty": "JWT", **header_members}
        registry = JWERegistry(algorithms=[alg, enc, "DEF"], strict_check_header=False)
        public = import_key({name: value for name, value in key.items() if name != "alg"})
        return jwe.encrypt_compact(header, token, public, registry=registry)

    def _address_of(self, answer: Answer) -> str:
        return self.address(client_id=self.client_id, request_uri=answer.members.get("request_uri"))

    def ask(self, **parameters: Value) -> tuple[Pending, dict[str, Value]]:
        """The parameters of a correct request, and what to remember of it."""
        verifier = secrets.token_urlsafe(48)
        pending = Pending("", secrets.token_urlsafe(8), secrets.token_urlsafe(8), verifier)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        members: dict[str, Value] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **parameters,
        }
        return pending, members

    def redeem(self, code: Value, verifier: str | None, **parameters: Value) -> Answer:
        """Exchange a code; `parameters` change or (None) drop members."""
        members: dict[str, Value] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        return self.token(**members | parameters)

    def refresh(self, refresh_token: str, **parameters: Value) -> Answer:
        """Use a refresh token."""
        return self.token(grant_type="refresh_token", refresh_token=refresh_token, **parameters)

    def token(self, **parameters: Value) -> Answer:
        """Any token request, authenticated as this client."""
        return self.call("/token", parameters)

    def introspect(self, token: str) -> Answer:
        return self.call("/introspect", {"token": token})

    def revoke(self, token: str) -> Answer:
        return self.call("/revoke", {"token": token})

    def userinfo(self, access_token: str) -> Answer:
        return self.send("GET", "/userinfo", headers={"Authorization": f"Bearer {access_token}"})

    def call(self, path: str, parameters: Mapping[str, Value]) -> Answer:
        """A form to a machine endpoint, authenticated the way this client is registered."""
        form: dict[str, Value] = {}
        headers: dict[str, str] = {}
        match self.auth_method:
            case "none":
                form["client_id"] = self.client_id
            case "client_secret_post":
                form |= {"client_id": self.client_id, "client_secret": self.secret}
            case "private_key_jwt":
                form |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion()}
            case _:
                basic = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
                headers["Authorization"] = f"Basic {basic}"
        return self.send("POST", path, form | parameters, headers)

    def assertion(self, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """A client assertion as it should be; `header` and `claims` change or (None) drop members."""
        assert self.key is not None
        assert self.clock is not None
        now = int(self.clock.now().timestamp())
        right = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.issuer,
            "jti": secrets.token_urlsafe(12),
            "iat": now,
            "exp": now + 60,
        }
        members = {"alg": "ES256", "kid": self.key.kid, **(header or {})}
        return signed(members, {**right, **claims}, self.key)

    def send(
        self,
        method: str,
        path: str,
        form: Mapping[str, Value] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Any request to a machine endpoint, with nothing added to it."""
        client = Client(self.app)  # type: ignore[arg-type]
        fields = {name: value for name, value in (form or {}).items() if value is not None}
        response = client.open(
            path,
            method=method,
            data=fields or None,
            base_url=self.issuer,
            headers={**self.headers, **(headers or {})},
        )
        text = response.get_data(as_text=True)
        return Answer(response.status_code, json.loads(text) if text else {}, dict(response.headers))

    def verified(self, token: str, algorithm: str = "ES256") -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of a token, verified with the keys that the provider publishes."""
        keys = KeySet.import_key_set(self.send("GET", "/jwks.json").members)  # type: ignore[arg-type]
        with warnings.catch_warnings():
            # It wants EdDSA to be called Ed25519 (RFC 9864); every library knows it by the older name.
            warnings.simplefilter("ignore", SecurityWarning)
            found = jws.deserialize_compact(token, keys, algorithms=[algorithm])
        claims: dict[str, Any] = json.loads(found.payload)
        return dict(found.headers()), claims


def signed(header: Mapping[str, Any], claims: Mapping[str, Any], key: Any, **options: Any) -> str:
    """A compact JWS over `claims` by joserfc; members that are None are left out."""
    protected = {name: value for name, value in header.items() if value is not None}
    payload = json.dumps({name: value for name, value in claims.items() if value is not None})
    return jws.serialize_compact(protected, payload, key, algorithms=[protected["alg"]], **options)


def answer_of(url: str) -> dict[str, str]:
    """The parameters with which the browser came back."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def claims_of(token: str) -> dict[str, Any]:
    """The payload of a token, unverified: for looking at, in tests that verify elsewhere."""
    payload = token.split(".")[1]
    parsed: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return parsed
