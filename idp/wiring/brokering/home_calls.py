"""The few calls that a broker makes to another region's provider: push a request, redeem a code, ask userinfo.

Every address comes out of the trust bundle and never out of an answer. We say who we are by `private_key_jwt`, for this
provider alone, and have the access token bound to our key by DPoP. The pushed request is not: a code bound to a key
could not be redeemed when the key has changed in between. Two seconds, then the region counts as down.
Spec: RFC 9126 §2; RFC 7523 §3; RFC 9449 §5, §8; OpenID Connect Core §5.3.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

from idp.adapters.dpop_proofs import DpopProofs
from idp.adapters.egress import Answer
from idp.adapters.egress_errors import EgressError
from idp.adapters.keyring import Keyring
from idp.federation.circuit import CircuitOpen, Circuits
from idp.federation.home_region import HomeTrouble, endpoint_of
from idp.foundation.clock import Clock, to_seconds
from idp.foundation.compact_jws import Malformed, parse_object
from idp.foundation.entropy import Entropy
from idp.oidc.token.client_authentication import ASSERTION_TYPE
from idp.oidc.vocabulary import Algorithm

SECONDS = 2.0
"""For one call with everything; whoever waits longer has gone."""
ASSERTION_JWT = "client-authentication+jwt"
ASSERTION_LIFE = timedelta(seconds=60)
MAX_ANSWER = 64 * 1024
MAX_VALUE = 16_384
MAX_TOKEN_SECONDS = 3_600
FORM = "application/x-www-form-urlencoded"
JSON = ("application/json",)
_WANTS_NONCE = "use_dpop_nonce"


class CallFailed(Exception):
    """The provider could not be asked, or did not give what was asked for. `detail` quotes nothing of its answer."""

    def __init__(self, why: HomeTrouble, detail: str) -> None:
        super().__init__(detail)
        self.why = why


class Posts(Protocol):
    """The part of `idp.adapters.egress.Egress` that is used here."""

    def get(
        self, url: str, *, types: tuple[str, ...], max_bytes: int, seconds: float, headers: Mapping[str, str]
    ) -> Answer: ...
    def post(
        self,
        url: str,
        body: bytes,
        content_type: str,
        *,
        types: tuple[str, ...],
        max_bytes: int,
        seconds: float,
        headers: Mapping[str, str],
    ) -> Answer: ...


@dataclass(frozen=True, slots=True)
class HomeTokens:
    """What a code was worth. Neither leaves this process, nor outlives the request."""

    id_token: str
    access_token: str

    def __repr__(self) -> str:
        return "HomeTokens(…)"


class HomeCalls:
    """Calls as the broker. Shared by every thread of a process."""

    def __init__(
        self,
        client_id: str,
        egress: Posts,
        keyring: Keyring,
        circuits: Circuits,
        entropy: Entropy,
        clock: Clock,
    ) -> None:
        self._client_id = client_id
        self._egress, self._keyring, self._circuits = egress, keyring, circuits
        self._entropy, self._clock = entropy, clock
        self._proofs = DpopProofs(keyring, entropy, clock)
        self._nonces: dict[str, str] = {}

    def is_down(self, issuer: str) -> bool:
        """Whether the provider failed again and again a moment ago, so that it would not be asked now."""
        return self._circuits.is_open(issuer)

    def push(self, provider: Mapping[str, Any], request_object: str) -> str:
        """Push a request; returns its `request_uri`. Raises: CallFailed."""
        endpoint = "pushed_authorization_request_endpoint"
        form = {"client_id": self._client_id, "request": request_object}
        answer = self._form(provider, endpoint, form, proves_key=False)
        return _value(_members(answer, 201), "request_uri")

    def redeem(self, provider: Mapping[str, Any], code: str, verifier: str, redirect_uri: str) -> HomeTokens:
        """Redeem a code. Raises: CallFailed."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        members = _members(self._form(provider, "token_endpoint", form, proves_key=True), 200)
        if str(members.get("token_type", "")).lower() != "dpop":
            # One that is not bound to our key works for whoever reads it.
            raise CallFailed(HomeTrouble.NOT_BELIEVED, "token: not bound to our key")
        return HomeTokens(_value(members, "id_token"), _value(members, "access_token"))

    def userinfo(self, provider: Mapping[str, Any], access_token: str) -> Mapping[str, Any]:
        """What the region says of the person. Raises: CallFailed."""
        issuer, url = str(provider["issuer"]), _address(provider, "userinfo_endpoint")

        def ask(nonce: str | None, seconds: float) -> Answer:
            proof = self._proofs.proof("GET", url, nonce=nonce, access_token=access_token)
            headers = {"Authorization": f"DPoP {access_token}", "DPoP": proof}
            return self._egress.get(url, types=JSON, max_bytes=MAX_ANSWER, seconds=seconds, headers=headers)

        return _members(self._guarded(issuer, ask), 200)

    def own_token(self, provider: Mapping[str, Any], scope: str) -> tuple[str, timedelta]:
        """A token for ourselves, bound to our key, and how long it lives. Raises: CallFailed."""
        form = {"grant_type": "client_credentials", "scope": scope}
        members = _members(self._form(provider, "token_endpoint", form, proves_key=True), 200)
        if str(members.get("token_type", "")).lower() != "dpop":
            raise CallFailed(HomeTrouble.NOT_BELIEVED, "token: not bound to our key")
        lives = members.get("expires_in")
        seconds = lives if type(lives) is int and 0 < lives <= MAX_TOKEN_SECONDS else 0
        return _value(members, "access_token"), timedelta(seconds=seconds)

    def document(self, provider: Mapping[str, Any], path: str) -> Mapping[str, Any]:
        """A public document of the provider's. Raises: CallFailed."""
        issuer = str(provider["issuer"])

        def ask(nonce: str | None, seconds: float) -> Answer:
            return self._egress.get(
                issuer + path, types=JSON, max_bytes=MAX_ANSWER, seconds=seconds, headers={}
            )

        return _members(self._guarded(issuer, ask), 200)

    def resource(
        self,
        provider: Mapping[str, Any],
        url: str,
        token: str,
        body: Mapping[str, Any] | None = None,
        *,
        max_bytes: int = MAX_ANSWER,
    ) -> Answer:
        """Ask one of the provider's resources by a token of our own: POST where there is a body. Raises: CallFailed."""
        issuer = str(provider["issuer"])
        if not url.startswith(f"{issuer}/"):
            # Whatever a document of theirs says: our token goes to them and to nobody else.
            raise CallFailed(HomeTrouble.NOT_BELIEVED, "an address of somebody else")
        method = "GET" if body is None else "POST"

        def ask(nonce: str | None, seconds: float) -> Answer:
            proof = self._proofs.proof(method, url.partition("?")[0], nonce=nonce, access_token=token)
            headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
            if body is None:
                return self._egress.get(
                    url, types=JSON, max_bytes=max_bytes, seconds=seconds, headers=headers
                )
            sent = json.dumps(body).encode()
            return self._egress.post(
                url, sent, JSON[0], types=JSON, max_bytes=max_bytes, seconds=seconds, headers=headers
            )

        return self._guarded(issuer, ask)

    def _form(
        self, provider: Mapping[str, Any], endpoint: str, form: Mapping[str, str], *, proves_key: bool
    ) -> Answer:
        issuer, url = str(provider["issuer"]), _address(provider, endpoint)

        def ask(nonce: str | None, seconds: float) -> Answer:
            # A repeated call is another one: its assertion and its proof count once, like all of them.
            signed = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self._assertion(issuer)}
            headers = {"DPoP": self._proofs.proof("POST", url, nonce=nonce)} if proves_key else {}
            return self._egress.post(
                url,
                urlencode({**form, **signed}).encode(),
                FORM,
                types=JSON,
                max_bytes=MAX_ANSWER,
                seconds=seconds,
                headers=headers,
            )

        return self._guarded(issuer, ask)

    def _guarded(self, issuer: str, ask: Ask) -> Answer:
        """Ask, and once more when the provider wants its newest nonce. Raises: CallFailed."""
        try:
            self._circuits.enter(issuer)
        except CircuitOpen as error:
            raise CallFailed(HomeTrouble.DOWN, "failed again and again a moment ago") from error
        began = self._clock.now()
        try:
            answer = self._noted(issuer, ask(self._nonces.get(issuer), SECONDS))
            if _asks_for_nonce(answer):
                left = SECONDS - (self._clock.now() - began).total_seconds()
                answer = self._noted(issuer, ask(self._nonces.get(issuer), max(left, 0.1)))
        except EgressError as error:
            self._circuits.failed(issuer)
            raise CallFailed(HomeTrouble.DOWN, f"egress: {error.reason}") from error
        if answer.status >= 500:
            self._circuits.failed(issuer)
            raise CallFailed(HomeTrouble.DOWN, f"status {answer.status}")
        self._circuits.succeeded(issuer)
        return answer

    def _noted(self, issuer: str, answer: Answer) -> Answer:
        nonce = answer.headers.get("dpop-nonce")
        if nonce is not None and nonce.isascii() and nonce.isprintable() and 0 < len(nonce) <= 512:
            self._nonces[issuer] = nonce
        return answer

    def _assertion(self, issuer: str) -> str:
        """Who we are, said to this provider alone. Spec: RFC 7523 §3; OpenID Federation 1.0 §12.1.1.2."""
        now = self._clock.now()
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": issuer,
            "jti": self._entropy.token(16),
            "iat": to_seconds(now),
            "exp": to_seconds(now + ASSERTION_LIFE),
        }
        return self._keyring.signing_key(Algorithm.ES256).sign(ASSERTION_JWT, json.dumps(claims).encode())


class Ask(Protocol):
    """One try of a call: with the newest nonce that we know, in so many seconds."""

    def __call__(self, nonce: str | None, seconds: float) -> Answer: ...


def _address(provider: Mapping[str, Any], endpoint: str) -> str:
    address = endpoint_of(provider, endpoint)
    if address is None:
        raise CallFailed(HomeTrouble.NOT_BELIEVED, f"{endpoint} is missing or no address")
    return address


def _asks_for_nonce(answer: Answer) -> bool:
    """Spec: RFC 9449 §8 (an authorization server says so in its body), §9 (a resource in its challenge)."""
    if answer.status == 401 and _WANTS_NONCE in answer.headers.get("www-authenticate", ""):
        return True
    if answer.status not in (400, 401) or answer.content_type not in JSON:
        return False
    try:
        return parse_object(answer.body).get("error") == _WANTS_NONCE
    except Malformed:
        return False


def _members(answer: Answer, wanted: int) -> Mapping[str, Any]:
    if answer.status != wanted:
        # Its own words may be about a person, so not even our log has them.
        raise CallFailed(HomeTrouble.REFUSED, f"status {answer.status}")
    try:
        return parse_object(answer.body)
    except Malformed as error:
        raise CallFailed(HomeTrouble.NOT_BELIEVED, "the answer is no JSON object") from error


def _value(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_VALUE or not value.isascii():
        raise CallFailed(HomeTrouble.NOT_BELIEVED, f"{name} is missing or no text")
    return value
