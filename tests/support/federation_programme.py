"""The OpenID Foundation's test programme for OpenID Federation as an entity of its own, in our own words.

    programme.sign_in("get", programme.request_object())    # as a relying party below the hub, on one of its ways

The programme is an entity of its own with a trust anchor of its own, which nobody here trusts; the hub vouches for it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from joserfc import jws
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from tests.support.browser import Browser, Page
from tests.support.clock import FakeClock
from tests.support.federation import STATEMENT, Json, Key, compact, new_key, public_jwk, seconds
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Provider
from tests.support.relying_party import ASSERTION_TYPE, RelyingParty, answer_of

HUB, EAST = "https://hub.example", "https://id.east.example"
FED, RP = f"{EAST}/fed", f"{EAST}/rp"
PROGRAMME = "https://programme.example/test/a/tongxing"
WELL_KNOWN = "/.well-known/openid-federation"
WAYS = ("get", "post", "par")
FIVE_MINUTES = 300


@dataclass
class Programme:
    """The programme's relying party, as it describes itself and as it asks."""

    clock: FakeClock
    federation_key: Key
    client_key: Key
    algorithm: str
    """With which both of its keys sign."""
    hub: Provider = field(init=False)
    provider: Provider = field(init=False)
    """Whom it tests."""
    claims: Json = field(default_factory=dict)
    """On top of its configuration."""
    anchor_key: Key = field(default_factory=new_key)

    @property
    def callback(self) -> str:
        return f"{PROGRAMME}/callback"

    def configuration(self) -> str:
        """What it says about itself: keys by address, no way of authentication, and members that nobody knows."""
        claims = {
            **self._terms(PROGRAMME, self.federation_key),
            "authority_hints": [f"{PROGRAMME}/trust-anchor", HUB],
            "request_uri_parameter_supported": False,
            "request_object_signing_alg_values_supported": ["ES256", "PS256"],
            "metadata": {
                "federation_entity": {},
                "openid_relying_party": {
                    "response_types": ["code"],
                    "redirect_uris": [self.callback],
                    "jwks_uri": f"{PROGRAMME}/jwks",
                },
            },
        }
        return self._signed({"typ": STATEMENT}, {**claims, **self.claims}, self.federation_key)

    def chain(self) -> list[str]:
        """Its trust chain to the hub, asked for as anybody would."""
        about = self.hub.send("GET", "/fed/fetch", query_string={"sub": PROGRAMME})
        assert about.status_code == 200, about.text
        return [self.configuration(), about.text, self.hub.send("GET", WELL_KNOWN).text]

    def request_object(
        self, key: Key | None = None, header: Mapping[str, Any] | None = None, **claims: Any
    ) -> str:
        """A request object with nothing in it that it does not need; `claims` change or (None) drop members."""
        right = {
            "client_id": PROGRAMME,
            "scope": "openid",
            "response_type": "code",
            "redirect_uri": self.callback,
            "iss": PROGRAMME,
            "aud": self.provider.issuer,
            "jti": str(uuid.uuid4()),
            "exp": seconds(self.clock.now()) + FIVE_MINUTES,
            **claims,
        }
        given = {name: value for name, value in right.items() if value is not None}
        return self._signed(header or {}, given, key or self.client_key)

    def parameters(self, token: str, **changes: str) -> dict[str, str]:
        """A request object and what stands beside it in the address."""
        beside = {"client_id": PROGRAMME, "scope": "openid", "response_type": "code"}
        return {**beside, "request": token, **changes}

    def ask(self, token: str, **changes: str) -> Page:
        """What somebody sees who is sent to the authorization endpoint with a request object."""
        address = f"{self.provider.issuer}/authorize?{urlencode(self.parameters(token, **changes))}"
        # A page keeps its own address for the language switch; the guard would take the object in it for one of ours.
        return Browser(self.provider.app, self.provider.issuer, LeakGuard()).get(address)

    def begin(self, way: str, token: str) -> str:
        """The address where a sign-in goes on that began on one of the programme's ways."""
        issuer = self.provider.issuer
        if way == "par":
            pushed = self.push(token)
            assert (pushed.status_code, pushed.content_type) == (201, "application/json"), pushed.text
            require_pushed(pushed.json or {})
            asked = {"request_uri": (pushed.json or {})["request_uri"], "client_id": PROGRAMME}
            return f"{issuer}/authorize?{urlencode(asked)}"
        if way == "post":
            foreign = {"Origin": "https://programme.example", "Sec-Fetch-Site": "cross-site"}
            form = self.parameters(token)
            return self.provider.send("POST", "/authorize", data=form, headers=foreign).headers["Location"]
        return f"{issuer}/authorize?{urlencode(self.parameters(token))}"

    def push(self, token: str) -> TestResponse:
        """Push a request object, authenticated as the specification wants it there: for the provider itself."""
        return self.provider.send(
            "POST", "/par", data={"request": token, **self.assertion(self.provider.issuer)}
        )

    def redeem(self, code: str, audience: str | None = None) -> TestResponse:
        """Redeem a code; the assertion is addressed to the token endpoint."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "client_id": PROGRAMME,
            **self.assertion(audience or f"{self.provider.issuer}/token"),
        }
        return self.provider.send("POST", "/token", data=form)

    def sign_in(self, way: str, token: str) -> Json:
        """From the request to the claims of a verified ID token."""
        page = self.provider.walk(self.provider.browser(), self.begin(way, token))
        answer = answer_of(page.url)
        assert page.url.startswith(self.callback), page.text
        assert answer["iss"] == self.provider.issuer
        assert "state" not in answer
        redeemed = self.redeem(answer["code"])
        assert redeemed.status_code == 200, redeemed.text
        return self._believed((redeemed.json or {})["id_token"])

    def encrypted(self, token: str) -> str:
        """The object for the provider's RSA key alone, by the older OAEP."""
        party = RelyingParty(
            self.provider.app, self.provider.issuer, PROGRAMME, None, self.callback, clock=self.clock
        )
        return party.encrypted(token, "RSA-OAEP", "A256GCM")

    def answer(self, path: str) -> tuple[str, str] | None:
        """What it says at a path: content type and body."""
        jwks = {"keys": [self.public(self.client_key)]}
        anchor = f"{PROGRAMME}/trust-anchor"
        said: dict[str, Callable[[], tuple[str, str]]] = {
            WELL_KNOWN: lambda: (f"application/{STATEMENT}", self.configuration()),
            "/jwks": lambda: ("application/json", json.dumps(jwks)),
            f"/trust-anchor{WELL_KNOWN}": lambda: (
                f"application/{STATEMENT}",
                self._signed(
                    {"typ": STATEMENT}, self._terms(anchor, self.anchor_key), self.anchor_key, "ES256"
                ),
            ),
        }
        made = said.get(path.removeprefix(urlsplit(PROGRAMME).path))
        return made() if made else None

    def _terms(self, entity: str, key: Key) -> Json:
        now = seconds(self.clock.now())
        jwks = {"keys": [self.public(key)]}
        return {"iss": entity, "sub": entity, "iat": now, "exp": now + FIVE_MINUTES, "jwks": jwks}

    def public(self, key: Key) -> Json:
        """One of its keys as it publishes it."""
        named = {} if key is self.anchor_key else {"alg": self.algorithm}
        return public_jwk(key, use="sig", **named)

    def assertion(self, audience: str) -> dict[str, str]:
        """Its proof of who it is, for somebody."""
        now = seconds(self.clock.now())
        claims = {
            "iss": PROGRAMME,
            "sub": PROGRAMME,
            "aud": audience,
            "jti": uuid.uuid4().hex[:20],
            "nbf": now,
            "iat": now,
            "exp": now + 60,
        }
        signed = self._signed({}, claims, self.client_key)
        return {"client_assertion": signed, "client_assertion_type": ASSERTION_TYPE}

    def _signed(
        self, header: Mapping[str, Any], claims: Mapping[str, Any], key: Key, alg: str | None = None
    ) -> str:
        named = {"alg": alg or self.algorithm, "kid": key.thumbprint(), **header}
        return compact(named, claims, key, named["alg"])

    def _believed(self, token: str) -> Json:
        """The claims of an ID token in the algorithm of who names none. OpenID Connect Core §3.1.3.7."""
        keys = KeySet.import_key_set(self.provider.send("GET", "/jwks.json").json)  # type: ignore[arg-type]
        claims: Json = json.loads(jws.deserialize_compact(token, keys, algorithms=["RS256"]).payload)
        now = seconds(self.clock.now())
        assert claims["iss"] == self.provider.issuer
        assert claims["aud"] in (PROGRAMME, [PROGRAMME])
        assert claims["iat"] <= now < claims["exp"]
        assert isinstance(claims["sub"], str)
        assert claims["sub"]
        assert "nonce" not in claims
        return claims


def require_pushed(members: Mapping[str, Any]) -> None:
    """A `request_uri` that nobody guesses, and a life between seconds and a year. RFC 9126 §2.2, §7.1."""
    assert len(members["request_uri"].rpartition(":")[2]) * 6 >= 128
    assert 5 <= members["expires_in"] < 365 * 24 * 3600
