"""Two whole regions in this process, and the trust list that lets them know each other.

    def test_…(regions: Federation) -> None:
        regions.east.person("gulbahar")
        health = regions.west.client("health", …)
        visit = regions.visit(health, home=regions.east)      # a browser walks from the app to the home region and back
        visit.answer["code"]; regions.network.calls            # what came back; who called whom

Both are real: own database, own keys, own secret. Between them is `Network`, an egress that calls the other application
and writes down every call; `regions.trust` is the list, changed as the hub would change it. There is no hub: a sign-in
never asks it, and `network.calls` shows that.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from werkzeug.test import Client as HttpClient

from idp.adapters.egress import Answer
from idp.adapters.egress_errors import EgressError, Reason
from idp.foundation.compact_jws import parse
from idp.foundation.secret import Secret
from idp.settings import Settings
from idp.trustlist.bundle import Bundle, Region, RegionStatus, RevokedKey
from idp.trustlist.snapshot import TrustSnapshot
from idp.wiring import build_services
from tests.support.browser import Browser, Page
from tests.support.clock import FakeClock
from tests.support.leak_guard import LeakGuard
from tests.support.provider import PASSWORD, Provider, settings_for
from tests.support.relying_party import Pending, RelyingParty, Value, answer_of

HUB = "http://hub.id.localhost:8000"
EAST = "http://east.id.localhost:8001"
WEST = "http://west.id.localhost:8002"
LADDER = tuple(f"urn:tongxing:acr:{level}" for level in (1, 2, 3))
NAMES = {EAST: {"en": "Region East", "zh-CN": "东区"}, WEST: {"en": "Region West", "zh-CN": "西区"}}
_REFRESH = re.compile(r'<meta http-equiv="refresh" content="0;url=([^"]+)">')
_MAX_HOPS = 20


def region_settings(issuer: str, database_url: str, **changes: Any) -> Settings:
    """A region of the federation. Each has a secret of its own."""
    return settings_for(
        database_url,
        **{
            "issuer": issuer,
            "region": urlsplit(issuer).netloc.partition(".")[0],
            "region_name": NAMES[issuer],
            "secret_key": Secret(f"a secret for tests of {issuer}: 0123456789 abcdefghij"),
            "trust_anchor": HUB,
            "rp_id": "id.localhost",
            **changes,
        },
    )


@dataclass(frozen=True)
class Call:
    """One request from one region to another server."""

    caller: str
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


Tamper = Callable[[Call, Answer], Answer]


class Network:
    """What is between the regions: calls arrive in the other application, unless somebody is away."""

    def __init__(self) -> None:
        self.apps: dict[str, object] = {}
        self.calls: list[Call] = []
        self.away: set[str] = set()
        """Origins that do not answer."""
        self.tamper: Tamper | None = None
        """What a hostile region, or somebody in between, makes of an answer."""

    def egress(self, caller: str) -> NetworkEgress:
        """The way out of one region."""
        return NetworkEgress(self, caller)

    def send(self, call: Call) -> Answer:
        self.calls.append(call)
        if call.origin in self.away or call.origin not in self.apps:
            raise EgressError(Reason.UNREACHABLE, "away")
        response = HttpClient(self.apps[call.origin], use_cookies=False).open(  # type: ignore[arg-type]
            call.path,
            method=call.method,
            query_string=urlsplit(call.url).query,
            base_url=call.origin,
            headers=dict(call.headers),
            data=call.body or None,
        )
        headers = {name.lower(): value for name, value in response.headers.items()}
        answer = Answer(response.status_code, headers, response.get_data())
        return self.tamper(call, answer) if self.tamper else answer


@dataclass(frozen=True)
class NetworkEgress:
    """Stands in for `idp.adapters.egress.Egress`, which has tests of its own."""

    network: Network
    caller: str

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, **_limits: Any) -> Answer:
        return self.network.send(Call(self.caller, "GET", url, headers or {}))

    def post(
        self,
        url: str,
        body: bytes,
        content_type: str,
        *,
        headers: Mapping[str, str] | None = None,
        **_limits: Any,
    ) -> Answer:
        named = {**(headers or {}), "Content-Type": content_type}
        return self.network.send(Call(self.caller, "POST", url, named, body))

    def close(self) -> None:
        """Nothing is kept open."""


class TrustList:
    """The list of regions, as every region holds it. Changes count at once, and the list is never stale by itself."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.regions: dict[str, Region] = {}
        """By issuer."""
        self.revoked: tuple[RevokedKey, ...] = ()
        self.freshness = {
            LADDER[0]: timedelta(days=1),
            LADDER[1]: timedelta(hours=1),
            LADDER[2]: timedelta(minutes=10),
        }
        self.signed_at: datetime | None = None
        """When the bundle was signed last; None: just now, always."""

    def __call__(self) -> TrustSnapshot:
        issued_at = self.signed_at or self._clock.now()
        bundle = Bundle(
            issuer=HUB,
            seq=1,
            issued_at=issued_at,
            expires_at=issued_at + timedelta(hours=24),
            next_update=issued_at + timedelta(minutes=1),
            lineage={},
            content_hash="",
            freshness=self.freshness,
            anchor_jwks={"keys": []},
            bundle_jwks={"keys": []},
            regions=tuple(self.regions.values()),
            revoked=self.revoked,
        )
        return TrustSnapshot.of(bundle, LADDER)

    def list(self, provider: Provider) -> None:
        """Put a region on the list, or renew what the list says of it, by what it publishes now."""
        issuer = provider.issuer
        before = self.regions.get(issuer)
        self.regions[issuer] = Region(
            id=f"{issuer}/fed",
            op=issuer,
            rp=f"{issuer}/rp",
            name=provider.settings.region_name,
            status=before.status if before else RegionStatus.ACTIVE,
            since=before.since if before else self._clock.now(),
            reason=before.reason if before else "",
            acr_ceiling=before.acr_ceiling if before else LADDER[2],
            statement="",
            op_statement="",
            rp_statement="",
            op_metadata=published(provider, issuer)["openid_provider"],
            rp_metadata=published(provider, f"{issuer}/rp")["openid_relying_party"],
        )

    def change(self, issuer: str, **changes: Any) -> None:
        """Change what the list says of a region: `status`, `acr_ceiling`, metadata."""
        self.regions[issuer] = replace(self.regions[issuer], **changes)

    def remove(self, issuer: str, reason: str = "key_compromise") -> None:
        """Take a region off the list."""
        self.change(issuer, status=RegionStatus.REMOVED, since=self._clock.now(), reason=reason)

    def suspend(self, issuer: str) -> None:
        """Suspend a region."""
        self.change(issuer, status=RegionStatus.SUSPENDED, since=self._clock.now(), reason="review")


def published(provider: Provider, entity_id: str) -> dict[str, Any]:
    """The metadata in an entity's own configuration."""
    document = provider.services.own_entities.configuration(entity_id, now=provider.clock.now())
    metadata: dict[str, Any] = parse(document.body.decode(), 1_000_000, 10_000).payload["metadata"]
    return metadata


class Traveller:
    """A person's browser that walks through several regions, each with cookies of its own."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self.browsers: dict[str, Browser] = {
            origin: provider.browser() for origin, provider in providers.items()
        }
        self.visited: list[str] = []
        """Every address of a page or redirect across regions, in order."""

    def at(self, issuer: str) -> Browser:
        """The part of it that holds this region's cookies."""
        return self.browsers[issuer]

    def get(self, url: str) -> Page:
        """Open an address and go on as a browser would, up to a page where somebody must do something."""
        return self.follow(self._browser(url).get(url))

    def submit(self, page: Page, action: str, button: str = "", **typed: str) -> Page:
        """Send a form of this page."""
        return self.follow(self._browser(page.url).submit(page, action, button, **typed))

    def follow(self, page: Page) -> Page:
        """Go on from a page that leads somewhere by itself."""
        for _hop in range(_MAX_HOPS):
            self.visited.append(page.url)
            if page.is_outside and origin_of(page.url) in self.browsers:
                page = self._browser(page.url).get(page.url)
                continue
            onward = _REFRESH.search(page.text)
            if onward is None:
                return page
            url = urljoin(page.url, unescape(onward.group(1)))
            if origin_of(url) not in self.browsers:
                return Page(200, url, "", {}, is_outside=True)
            page = self._browser(url).get(url)
        raise AssertionError(f"the way does not end: {self.visited[-4:]}")

    def _browser(self, url: str) -> Browser:
        return self.browsers[origin_of(url)]


@dataclass
class Visit:
    """A sign-in to an app of one region with an account of another."""

    traveller: Traveller
    pending: Pending
    page: Page
    presses: int = 0
    """How many forms the person sent."""

    @property
    def answer(self) -> dict[str, str]:
        """What came back to the app."""
        assert self.page.is_outside, (self.page.url, self.page.text)
        return answer_of(self.page.url)

    def press(self, action: str, button: str = "", **typed: str) -> None:
        """Send a form of the page that is open."""
        self.page = self.traveller.submit(self.page, action, button, **typed)
        self.presses += 1

    def finish(self, username: str, password: str, totp: str | None = None) -> Visit:
        """Whatever the home region asks, and consent wherever it is asked for."""
        for _page in range(8):
            page = self.page
            if page.is_outside or page.status >= 400:
                break
            if page.path == "/login":
                self.press("/login", username=username)
            elif page.path == "/login/password":
                self.press("/login/password", password=password)
            elif page.path == "/login/totp" and totp is not None:
                self.press("/login/totp", code=totp)
            elif page.path == "/consent":
                self.press("/consent", "consent-allow")
            else:
                break
        return self


@dataclass
class Federation:
    """East, West, and what is between them."""

    east: Provider
    west: Provider
    trust: TrustList
    network: Network
    clock: FakeClock

    def traveller(self) -> Traveller:
        """A new person's browser."""
        return Traveller({EAST: self.east, WEST: self.west})

    def health(self, client_id: str = "health", **changes: Any) -> RelyingParty:
        """An app in West."""
        return self.west.client(client_id, **app_of("health", client_id) | changes)

    def tax(self, client_id: str = "tax", **changes: Any) -> RelyingParty:
        """An app in East."""
        return self.east.client(client_id, **app_of("tax", client_id) | changes)

    def visit(
        self,
        app: RelyingParty,
        home: Provider,
        traveller: Traveller | None = None,
        username: str = "gulbahar",
        password: str = PASSWORD,
        totp: str | None = None,
        **parameters: Value,
    ) -> Visit:
        """Open the app's link, choose the home region, sign in and agree there, and come back."""
        visit = self.leave(app, home, traveller, **parameters)
        return self.finish(visit, username, password, totp)

    def leave(
        self, app: RelyingParty, home: Provider, traveller: Traveller | None = None, **parameters: Value
    ) -> Visit:
        """The first half: up to the first page where the home region wants something, or the end."""
        traveller, pending = traveller or self.traveller(), app.begin(**parameters)
        visit = Visit(traveller, pending, traveller.get(pending.url))
        if visit.page.path == "/login" and not visit.page.is_outside:
            visit.press("/login/region", home=home.issuer)
        return visit

    def finish(
        self, visit: Visit, username: str = "gulbahar", password: str = PASSWORD, totp: str | None = None
    ) -> Visit:
        """The second half: whatever the home region asks, and consent wherever it is asked for."""
        return visit.finish(username, password, totp)


def app_of(name: str, client_id: str) -> dict[str, Any]:
    """An app's registration; each has a host, and so a sector, of its own."""
    host = f"{client_id}.example"
    return {
        "name": {"en": name.capitalize(), "zh-CN": {"health": "健康", "tax": "税务"}[name]},
        "organisation": f"{name.capitalize()} Commission",
        "redirect_uris": (f"https://{host}/callback",),
        "post_logout_redirect_uris": (f"https://{host}/signed-out",),
        "sector": host,
    }


def origin_of(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@pytest.fixture(scope="session")
def region_templates(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """A migrated database for each region, with keys that no other has; made once and copied for each test."""
    from idp.storage import management

    folder = tmp_path_factory.mktemp("regions")
    templates = {}
    for issuer in (EAST, WEST):
        path = folder / f"{urlsplit(issuer).hostname}.db"
        settings = region_settings(issuer, f"sqlite:///{path}")
        management.upgrade(settings.database_url)
        clock = FakeClock()
        services = build_services(settings, clock=clock, trust=TrustList(clock), egress=_offline(issuer))
        services.open_keys()
        services.close()
        templates[issuer] = path
    return templates


def _offline(issuer: str) -> Any:
    return Network().egress(issuer)


@pytest.fixture
def regions(
    tmp_path: Path, region_templates: Mapping[str, Path], clock: FakeClock, leak_guard: LeakGuard
) -> Iterator[Federation]:
    """East and West, each on the other's list."""
    with federation(tmp_path, region_templates, clock, leak_guard) as built:
        yield built


class federation:
    """Builds both regions, and closes them. `changes`: settings by issuer."""

    def __init__(
        self,
        folder: Path,
        templates: Mapping[str, Path],
        clock: FakeClock,
        guard: LeakGuard,
        changes: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self._folder, self._templates, self._clock, self._guard = folder, templates, clock, guard
        self._changes = changes or {}
        self._built: list[Provider] = []

    def __enter__(self) -> Federation:
        trust, network = TrustList(self._clock), Network()
        east, west = (self._region(issuer, trust, network) for issuer in (EAST, WEST))
        return Federation(east, west, trust, network, self._clock)

    def __exit__(self, *_error: object) -> None:
        for provider in self._built:
            provider.services.close()

    def _region(self, issuer: str, trust: TrustList, network: Network) -> Provider:
        path = self._folder / f"{urlsplit(issuer).hostname}.db"
        shutil.copy(self._templates[issuer], path)
        settings = region_settings(issuer, f"sqlite:///{path}", **self._changes.get(issuer, {}))
        egress: Any = network.egress(issuer)
        services = build_services(settings, clock=self._clock, trust=trust, egress=egress)
        services.open_keys()
        provider = Provider(settings, services, self._clock, self._guard)
        network.apps[issuer] = provider.app
        trust.list(provider)
        self._built.append(provider)
        return provider
