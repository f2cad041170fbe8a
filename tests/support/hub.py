"""A hub in this process, and regions that are nothing but their statements: what the hub can know of one.

nation.add(east)                          # as an operator does it, keys compared
east.keys.announce()                      # the region's next federation key, named by its present one
nation.hub.regions.visit(east.op, now=clock.now())
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.test import Client as HttpClient
from werkzeug.test import TestResponse

from idp.adapters.egress import Answer, Egress
from idp.adapters.egress_errors import EgressError, Reason
from idp.app import create_app
from idp.oidc.vocabulary import AcrLevel
from idp.settings import Role, Settings
from idp.storage.trust_contents import Published
from idp.wiring import Services, build_services
from idp.wiring.hub.hub import Hub
from tests.support.clock import FakeClock
from tests.support.federation import DAY, STATEMENT, Key, compact, jwks_of, new_key, public_jwk, seconds
from tests.support.provider import settings_for

HUB = "http://hub.id.localhost:8000"
ACR = "urn:tongxing:acr:"
Json = dict[str, Any]


def hub_settings(database_url: str, **changes: Any) -> Settings:
    """Those of a hub."""
    return settings_for(
        database_url,
        **{"issuer": HUB, "role": Role.HUB, "region": "hub", "region_name": {"en": "Hub"}, **changes},
    )


class NoNetwork(Egress):
    """Answers from the simulated regions, and remembers what was asked."""

    def __init__(self) -> None:
        super().__init__(is_development=True)
        self.regions: dict[str, SimulatedRegion] = {}
        self.asked: list[tuple[str, bytes | None]] = []

    def get(self, url: str, **options: Any) -> Answer:
        return self._answer(url, None, options["types"], options["max_bytes"])

    def post(self, url: str, body: bytes, content_type: str, **options: Any) -> Answer:
        return self._answer(url, body, options["types"], options["max_bytes"])

    def _answer(self, url: str, body: bytes | None, types: tuple[str, ...], max_bytes: int) -> Answer:
        self.asked.append((url, body))
        parts = urlsplit(url)
        region = self.regions.get(f"{parts.scheme}://{parts.netloc}")
        if region is None or region.is_away:
            raise EgressError(Reason.UNREACHABLE, "nobody there")
        answer = region.answer(parts.path, parse_qs(parts.query))
        if len(answer.body) > max_bytes:
            raise EgressError(Reason.TOO_LARGE, "larger than we take")
        if answer.status < 300 and answer.content_type not in types:
            raise EgressError(Reason.TYPE, "another content type")
        return answer


@dataclass
class SimulatedRegion:
    """A region as the hub meets it. Change `claims` to make one of its statements say something else."""

    op: str
    clock: FakeClock
    domains: tuple[str, ...] = ()
    hub: str = HUB
    federation_keys: list[Key] = field(default_factory=lambda: [new_key()])
    """The first one signs; the others are announced."""
    provider_keys: list[Key] = field(default_factory=lambda: [new_key()])
    broker_keys: list[Key] = field(default_factory=lambda: [new_key()])
    metadata: Json = field(default_factory=dict)
    """On top of the provider's."""
    claims: dict[str, Json] = field(default_factory=dict)
    """Path → on top of that statement's claims."""
    is_away: bool = False
    hints: list[int] = field(default_factory=list)
    lifetime: timedelta = DAY
    instead: Mapping[str, Callable[[], Answer]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.op}/fed"

    @property
    def thumbprints(self) -> list[str]:
        return [key.thumbprint() for key in self.federation_keys]

    def announce(self) -> Key:
        """A next federation key, published beside the present one."""
        key = new_key()
        self.federation_keys.append(key)
        return key

    def change_keys(self) -> None:
        """The announced key signs, and the one before it is gone."""
        self.federation_keys.pop(0)

    def answer(self, path: str, query: Mapping[str, list[str]]) -> Answer:
        """What it answers to a request."""
        if path in self.instead:
            return self.instead[path]()
        if path == "/trust/hint":
            return Answer(200, {"content-type": "application/json"}, b"{}")
        document = self._document(path, query.get("sub", [""])[0])
        if document is None:
            return Answer(404, {"content-type": "application/json"}, b"{}")
        return Answer(200, {"content-type": "application/entity-statement+jwt"}, document.encode())

    def _document(self, path: str, sub: str) -> str | None:
        match path:
            case "/fed/.well-known/openid-federation":
                endpoints = {
                    "federation_fetch_endpoint": f"{self.op}/fed/fetch",
                    "federation_list_endpoint": f"{self.op}/fed/list",
                    "organization_name": "Region East",
                    "organization_name#zh-CN": "东区",
                }
                return self.sign(path, self.id, self.id, [self.hub], {"federation_entity": endpoints})
            case "/.well-known/openid-federation":
                return self.sign(path, self.op, self.op, [self.id], {"openid_provider": self.provider()})
            case "/rp/.well-known/openid-federation":
                rp = f"{self.op}/rp"
                return self.sign(path, rp, rp, [self.id], {"openid_relying_party": self.broker()})
            case "/fed/fetch" if sub in (self.op, f"{self.op}/rp"):
                return self.sign(f"{path} {sub}", self.id, sub)
        return None

    def provider(self) -> Json:
        return {
            "issuer": self.op,
            "jwks": jwks_of(*self.provider_keys),
            "acr_values_supported": [f"{ACR}{level}" for level in (1, 2, 3)],
            "subject_types_supported": ["pairwise", "public"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256"],
            "client_registration_types_supported": ["automatic"],
            **self.metadata,
        }

    def broker(self) -> Json:
        return {
            "redirect_uris": [f"{self.op}/rp/callback"],
            "jwks": jwks_of(*self.broker_keys),
            "token_endpoint_auth_method": "private_key_jwt",
            "client_registration_types": ["automatic"],
        }

    def sign(
        self, where: str, iss: str, sub: str, hints: list[str] | None = None, metadata: Json | None = None
    ) -> str:
        """A statement of this region, by its present federation key."""
        now, key = self.clock.now(), self.federation_keys[0]
        claims: Json = {
            "iss": iss,
            "sub": sub,
            "iat": seconds(now),
            "exp": seconds(now + self.lifetime),
            "jwks": {"keys": [public_jwk(each) for each in self.federation_keys]},
        }
        claims |= {"authority_hints": hints} if hints else {}
        claims |= {"metadata": metadata} if metadata else {}
        claims |= self.claims.get(where, {})
        return compact({"alg": "ES256", "typ": STATEMENT, "kid": key.thumbprint()}, claims, key, "ES256")

    def report(self, seq: int, *, key: Key | None = None, typ: str = "trust-seen+jwt", **claims: Any) -> str:
        """Its signed word that it honours a content."""
        key = key or self.federation_keys[0]
        said = {"iss": self.id, "aud": self.hub, "seq": seq, "iat": seconds(self.clock.now()), "jti": "one"}
        return compact({"alg": "ES256", "typ": typ, "kid": key.thumbprint()}, said | claims, key, "ES256")


@dataclass
class Nation:
    """A hub, its clock, and the regions that can be reached from it."""

    settings: Settings
    services: Services
    clock: FakeClock
    network: NoNetwork

    def __post_init__(self) -> None:
        self.app = create_app(self.settings, self.services)

    @property
    def hub(self) -> Hub:
        assert self.services.hub is not None
        return self.services.hub

    def region(self, op: str = "http://east.id.localhost:8001", **changes: Any) -> SimulatedRegion:
        """A region that can be reached and is not listed yet."""
        self.network.regions[op] = SimulatedRegion(op, self.clock, **changes)
        return self.network.regions[op]

    def listed(self, op: str = "http://east.id.localhost:8001", ceiling: int = 3) -> SimulatedRegion:
        """A region on the list."""
        region = self.region(op)
        self.add(region, ceiling)
        return region

    def add(self, region: SimulatedRegion, ceiling: int = 3) -> Published:
        now = self.clock.now()
        met = self.hub.regions.meet(region.op, now=now)
        assert {key.thumbprint for key in met.keys} == set(region.thumbprints)
        published = self.hub.regions.admit(met, ceiling=AcrLevel(ceiling), domains=region.domains, now=now)
        # What is asked of the regions after this is not the hint of it.
        self.hub.finish_hints(timedelta(minutes=1))
        return published

    def get(self, path: str, **headers: str) -> TestResponse:
        """Ask the hub over HTTP."""
        return self.send("GET", path, headers=headers)

    def send(self, method: str, path: str, **options: Any) -> TestResponse:
        client = HttpClient(self.app, use_cookies=False)
        return client.open(path, method=method, base_url=HUB, buffered=True, **options)

    def claims(self) -> Json:
        """What the bundle says that is served now; a second later, so that it is not the one before."""
        self.clock.advance(seconds=1)
        answer = self.get("/trust/bundle")
        assert answer.status_code == 200, answer.text
        return payload_of(answer.text)

    def entry(self, region: SimulatedRegion) -> Json:
        """Its line in the bundle."""
        (found,) = (one for one in self.claims()["regions"] if one["op"] == region.op)
        return dict(found)


def payload_of(token: str) -> Json:
    """The claims of a compact JWS, believed as they are."""
    from idp.foundation.compact_jws import decode_segment

    claims: Json = json.loads(decode_segment(token.split(".")[1].encode()))
    return claims


def build_nation(settings: Settings, clock: FakeClock) -> Nation:
    """A hub on a migrated database."""
    network = NoNetwork()
    services = build_services(settings, clock=clock, egress=network)
    services.open_keys()
    return Nation(settings, services, clock, network)
