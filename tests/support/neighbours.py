"""Other entities of a federation, as a provider meets them: they answer over HTTP on the loopback interface.

with neighbourhood(clock) as others:
    others.west, others.health          # an authority below others.hub, and a mini-app below that
    others.trust()                      # the bundle that the hub would publish
    others.asked                        # what was fetched: (entity id, what)
    others.down.add(others.west.id)     # an outage
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc.jwk import ECKey

from idp.trustlist.bundle import Bundle, Region, RegionStatus, RevokedKey
from idp.trustlist.snapshot import TrustSnapshot
from tests.support.clock import FakeClock
from tests.support.federation import Entity, Json, jwks_of
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty

LADDER = ("urn:tongxing:acr:1", "urn:tongxing:acr:2", "urn:tongxing:acr:3")
WELL_KNOWN = "/.well-known/openid-federation"
HELD_SECONDS = 60.0
"""Nobody waits longer, should a test forget."""


@dataclass
class Neighbours:
    """A hub, the regions East (ours) and West, and West's mini-app Health."""

    port: int
    clock: FakeClock
    own_issuer: str
    asked: list[tuple[str, str]] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    """Entities that close the connection."""
    slow: dict[str, float] = field(default_factory=dict)
    """Entities that wait before they answer: for how many seconds."""
    held: dict[str, threading.Event] = field(default_factory=dict)
    """Entities that wait before they answer: for what."""
    instead: dict[tuple[str, str], tuple[int, str, bytes]] = field(default_factory=dict)
    """(entity, what) → another status, content type and body."""
    entities: dict[str, Entity] = field(default_factory=dict)
    keys: dict[str, ECKey] = field(default_factory=dict)
    """Protocol keys of relying parties."""
    status: RegionStatus = RegionStatus.ACTIVE
    revoked: tuple[RevokedKey, ...] = ()
    seq: int = 1
    signed_at: datetime | None = None
    """When the bundle was signed; None: it is always fresh."""
    apps: dict[str, Provider] = field(default_factory=dict)
    """Host → a provider of ours that answers there."""
    holds_statements: bool = True
    """Whether the bundle carries the hub's word about the regions, as a real one does."""

    def __post_init__(self) -> None:
        self.hub = self.authority(self.address("hub"))
        self.west = self.authority(f"{self.address('west.id')}/fed", self.hub)
        self.east = self.authority(f"{self.own_issuer}/fed", self.hub)
        self.health = self.relying_party(self.address("health.apps"), self.west)

    def address(self, host: str) -> str:
        return f"http://{host}.localhost:{self.port}"

    def authority(self, entity_id: str, superior: Entity | None = None) -> Entity:
        federation = {
            "federation_fetch_endpoint": f"{entity_id}/fetch",
            "federation_list_endpoint": f"{entity_id}/list",
        }
        return self.add(Entity(entity_id, superior, {"federation_entity": federation}))

    def relying_party(self, entity_id: str, superior: Entity, **changes: Any) -> Entity:
        key = self.keys[entity_id] = ECKey.generate_key("P-256", {"kid": f"{entity_id}#1", "use": "sig"})
        metadata: Json = {
            "client_name": "Health",
            "redirect_uris": [f"{entity_id}/callback"],
            "client_registration_types": ["automatic", "explicit"],
            "token_endpoint_auth_method": "private_key_jwt",
            "id_token_signed_response_alg": "ES256",
            "scope": "openid profile",
            "jwks": {"keys": [key.as_dict(private=False)]},
            **changes,
        }
        return self.add(Entity(entity_id, superior, {"openid_relying_party": metadata}))

    def add(self, entity: Entity) -> Entity:
        self.entities[entity.id] = entity
        return entity

    def tokens(self, entity: Entity, *, with_anchor: bool = True) -> list[str]:
        """The chain that an entity sends along."""
        return entity.chain(with_anchor=with_anchor, now=self.clock.now()).tokens()

    def provider_chain(self, hub: Entity | None = None) -> list[str]:
        """The way from the provider under test to a hub."""
        above = replace(self.east, superior=hub or self.hub)
        above.key = self.east.key
        provider = Entity(self.own_issuer, above, {"openid_provider": {"issuer": self.own_issuer}})
        return self.tokens(provider)

    def client(self, provider: Provider, entity: Entity | None = None) -> RelyingParty:
        """The relying party that an entity is."""
        entity = entity or self.health
        return RelyingParty(
            provider.app,
            provider.issuer,
            entity.id,
            None,
            f"{entity.id}/callback",
            auth_method="private_key_jwt",
            key=self.keys[entity.id],
            clock=self.clock,
        )

    def trust(self) -> TrustSnapshot:
        """What the hub says now."""
        now = self.signed_at or self.clock.now()
        bundle = Bundle(
            issuer=self.hub.id,
            seq=self.seq,
            issued_at=now,
            expires_at=now + timedelta(hours=24),
            next_update=now + timedelta(minutes=1),
            lineage={},
            content_hash="",
            freshness={},
            anchor_jwks=self.hub.jwks,
            bundle_jwks={},
            regions=(self._listed(self.west, self.status), self._listed(self.east, RegionStatus.ACTIVE)),
            revoked=self.revoked,
        )
        return TrustSnapshot.of(bundle, LADDER)

    def _listed(self, region: Entity, status: RegionStatus) -> Region:
        issuer, now = region.id.removesuffix("/fed"), self.clock.now()
        held = self.holds_statements and status is RegionStatus.ACTIVE
        return Region(
            id=region.id,
            op=issuer,
            rp=f"{issuer}/rp",
            name={"en": "A region"},
            status=status,
            since=now,
            reason="",
            acr_ceiling=LADDER[-1],
            statement=self.hub.statement_about(region, now=now).sign() if held else "",
            op_statement="",
            rp_statement="",
            op_metadata={"jwks": jwks_of()},
            rp_metadata={"jwks": jwks_of()},
        )

    def vouch_for(self, provider: Provider) -> None:
        """Let the hub say of East what is true: that it signs with the federation keys of this provider."""
        self.east.key = OurKey(provider)  # type: ignore[assignment]

    def answer(self, host: str, path: str) -> tuple[int, str, bytes]:
        """What an entity says at an address."""
        if (ours := self.apps.get(host)) is not None:
            response = ours.send("GET", path)
            return response.status_code, response.content_type or "", response.get_data()
        parts = urlsplit(f"http://{host}{path}")
        base, what = (f"http://{host}{parts.path}", "")
        for suffix in (WELL_KNOWN, "/fetch"):
            if base.endswith(suffix):
                base, what = base.removesuffix(suffix), suffix
        subject = parse_qs(parts.query).get("sub", [base])[0]
        self.asked.append((base, subject))
        time.sleep(self.slow.get(base, 0))
        if base in self.held:
            self.held[base].wait(HELD_SECONDS)
        if base in self.down:
            raise ConnectionAbortedError
        if (base, subject) in self.instead:
            return self.instead[base, subject]
        entity, other = self.entities.get(base), self.entities.get(subject)
        if entity is None or other is None or (what == "/fetch" and other.superior is not entity):
            return 404, "application/json", b'{"error":"not_found","error_description":"unknown"}'
        now = self.clock.now()
        draft = (
            entity.configuration(now=now) if what == WELL_KNOWN else entity.statement_about(other, now=now)
        )
        return 200, "application/entity-statement+jwt", draft.sign().encode()


class OurKey:
    """The federation key of a provider under test, for others to vouch for."""

    def __init__(self, provider: Provider) -> None:
        self._jwk = provider.services.statements.jwks["keys"][0]

    def as_dict(self, private: bool = False) -> Json:
        return dict(self._jwk)

    def thumbprint(self) -> str:
        return str(self._jwk["kid"])


@contextmanager
def neighbourhood(clock: FakeClock, own_issuer: str | None = None) -> Iterator[Neighbours]:
    """Serve while the block runs. Without `own_issuer` the provider under test answers here as well, as East."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                status, kind, body = others.answer(self.headers["Host"], self.path)
            except ConnectionAbortedError:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Whoever asked has gone."""

    with Server(("127.0.0.1", 0), Handler) as server:
        own = own_issuer or f"http://east.id.localhost:{server.server_port}"
        others = Neighbours(server.server_port, clock, own)
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            yield others
        finally:
            server.shutdown()
            serving.join()
