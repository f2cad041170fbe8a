"""A hub on the loopback interface that a region under test follows: it signs and serves whatever a test wants."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from idp.foundation.identifiers import digest
from idp.settings import Settings
from idp.trustlist.snapshot import Distrust, NotTrusted
from idp.wiring.following.following import Following
from tests.support.clock import FakeClock
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Provider, build_provider, settings_for
from tests.verifier.nation import WEST, Nation, signed

BUNDLE = "/trust/bundle"
BUNDLE_TYPE = "application/trust-bundle+jwt"
LINEAGE_TYPE = "application/trust-lineage+jwt"


@dataclass
class Reply:
    """What is answered to a GET."""

    body: str = ""
    kind: str = BUNDLE_TYPE
    status: int = 200
    etag: str | None = None


@dataclass
class FollowedHub:
    """`replies` by path and query; whatever is missing is 404."""

    port: int
    nation: Nation = field(default_factory=Nation)
    replies: dict[str, Reply] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path, and the ETag that came along."""
    reports: list[str] = field(default_factory=list)
    heard: int = 200
    """The status that reports are answered with."""
    contents: list[dict[str, Any]] = field(default_factory=list)
    """What was published, newest last."""

    @property
    def address(self) -> str:
        return f"http://hub.localhost:{self.port}"

    @property
    def newest(self) -> dict[str, Any]:
        return self.contents[-1]

    def publish(self, now: datetime, seq: int | None = None, **changes: Any) -> str:
        """Sign and serve the next content, or one with another number."""
        before = self.contents[-1] if self.contents else None
        claims = self.nation.successor(before) if before else self.nation.claims(iss=self.address)
        claims = {**claims, **at(now), **changes}
        self.contents.append(claims if seq is None else {**claims, "seq": seq})
        return self.serve(self.newest)

    def renew(self, now: datetime) -> str:
        """Sign the same content again."""
        self.contents[-1] = {**self.newest, **at(now)}
        return self.serve(self.newest)

    def serve(self, claims: Mapping[str, Any], path: str = BUNDLE, **signing: Any) -> str:
        """Sign and serve these claims, whatever they say."""
        document = self.nation.bundle(claims, **signing)
        self.replies[path] = Reply(document, etag=f'"{digest(document).hex()}"')
        return document

    def serve_lineage(self, start: int, hashes: Mapping[int, str], now: datetime, **changes: Any) -> None:
        """What was published from `start` on, as the hub tells it."""
        key = self.nation.hub_key
        header = {"alg": "ES256", "typ": "trust-lineage+jwt", "kid": key.thumbprint()}
        told = {str(seq): value for seq, value in hashes.items()}
        claims = {"iss": self.address, "from": start, "iat": int(now.timestamp()), "hashes": told, **changes}
        document = signed(key, header, claims)
        self.replies[f"/trust/lineage?from={start}"] = Reply(document, LINEAGE_TYPE)

    def bundles_asked(self) -> int:
        """How often somebody came for the bundle."""
        return sum(path == BUNDLE for path, _ in self.asked)


def at(now: datetime) -> dict[str, int]:
    """The times of a bundle that is signed now."""
    seconds = int(now.timestamp())
    return {"iat": seconds, "exp": seconds + 86_400, "next_update": seconds + 60}


@contextmanager
def serving() -> Iterator[FollowedHub]:
    """Serve while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tag = self.headers.get("If-None-Match")
            hub.asked.append((self.path, tag))
            reply = hub.replies.get(self.path, Reply(status=404))
            is_same = tag is not None and tag == reply.etag
            self._answer(
                304 if is_same else reply.status, reply.kind, b"" if is_same else reply.body.encode()
            )

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hub.reports.append(body.decode())
            self._answer(hub.heard, "application/json", b"{}")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            reply = hub.replies.get(self.path)
            if reply is not None and reply.etag is not None:
                self.send_header("ETag", reply.etag)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub = FollowedHub(server.server_address[1])
    thread = Thread(target=server.serve_forever, name="a hub that is followed")
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def following(settings: Settings, hub: FollowedHub, folder: Path, **changes: Any) -> Settings:
    """The settings of a region that follows this hub, with its keys brought along in a file."""
    pins = folder / "hub-keys.json"
    pins.write_text(json.dumps({**hub.nation.pinned, **changes.pop("pins", {})}))
    return replace(settings, trust_anchor=hub.address, trust_keys_file=pins, **changes)


@contextmanager
def region_that_follows(
    hub: FollowedHub, folder: Path, template: Path, clock: FakeClock, guard: LeakGuard, **changes: Any
) -> Iterator[Provider]:
    """A whole region on its own database. `changes`: as `following` takes them."""
    settings = following(settings_for(f"sqlite:///{folder / 'idp.db'}"), hub, folder, **changes)
    built = build_provider(settings, clock, guard, template)
    built.services.open_keys()
    try:
        yield built
    finally:
        built.services.close()


def pull(region: Provider) -> int | None:
    """One round; the number of what is held afterwards."""
    followed_by(region).puller.pull()
    bundle = region.services.trust().bundle
    return None if bundle is None else bundle.seq


def refusal(region: Provider, issuer: str = WEST, acr: str | None = None) -> Distrust | None:
    """Why this region is not trusted now for a sign-in of this strength; None: it is."""
    try:
        region.services.trust().require_acr(issuer, acr, now=region.clock.now())
    except NotTrusted as error:
        return error.why
    return None


def followed_by(provider: Provider) -> Following:
    """How this region follows its hub."""
    found = provider.services.following
    assert found is not None
    return found
