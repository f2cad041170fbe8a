"""A hub and a region that publish: two providers in this process, and chains collected from them over HTTP."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import issuing, trust_chain
from idp.federation.issuing import configuration_claims
from idp.federation.roll import Subordinate
from idp.federation.trust_chain import TrustChain
from idp.foundation.compact_jws import decode_segment
from idp.oidc.keys import KeyPurpose
from idp.settings import Role, Settings
from idp.storage import management
from idp.trustlist.bundle import Bundle, Region, RegionStatus
from idp.trustlist.snapshot import TrustSnapshot
from idp.wiring import build_services
from tests.support.clock import FakeClock
from tests.support.federation import Key, compact, jwks_of, new_key
from tests.support.leak_guard import LeakGuard
from tests.support.provider import ISSUER, Provider, settings_for

HUB = "http://hub.id.localhost:8000"
FED, RP = f"{ISSUER}/fed", f"{ISSUER}/rp"
APP = "https://health.east.example"
WELL_KNOWN = "/.well-known/openid-federation"
LADDER = ("urn:tongxing:acr:1", "urn:tongxing:acr:2", "urn:tongxing:acr:3")


def claims_of(token: str | bytes) -> dict[str, Any]:
    """What a compact JWS says, unverified."""
    text = token.decode() if isinstance(token, bytes) else token
    claims: dict[str, Any] = json.loads(decode_segment(text.split(".")[1].encode()))
    return claims


def header_of(token: str | bytes) -> dict[str, Any]:
    """How it was signed."""
    text = token.decode() if isinstance(token, bytes) else token
    header: dict[str, Any] = json.loads(decode_segment(text.split(".")[0].encode()))
    return header


@dataclass
class Published:
    """A hub, a region below it, and a mini-app's back end below that with a key of its own."""

    hub: Provider
    region: Provider
    clock: FakeClock
    app_key: Key
    snapshot: TrustSnapshot = field(init=False)
    """What the hub's bundle says; `list_region` makes one."""

    def __post_init__(self) -> None:
        self.list_region()

    def list_region(self, status: RegionStatus = RegionStatus.ACTIVE) -> None:
        """Put the region into the hub's bundle, with the keys that it publishes now."""
        now = self.clock.now()
        statement = self.hub.services.statements.sign(
            issuing.subordinate_claims(
                issuer=HUB,
                subject=FED,
                jwks=claims_of(self.get(f"{FED}{WELL_KNOWN}").get_data())["jwks"],
                now=now,
                constraints={"max_path_length": 1},
            )
        )
        region = Region(
            id=FED,
            op=ISSUER,
            rp=RP,
            name={"en": "East"},
            status=status,
            since=now,
            reason="",
            acr_ceiling=LADDER[-1],
            statement=statement if status is RegionStatus.ACTIVE else "",
            op_statement="",
            rp_statement="",
            op_metadata={"issuer": ISSUER, "jwks": {"keys": []}},
            rp_metadata={"jwks": {"keys": []}},
        )
        self.snapshot = TrustSnapshot.of(
            Bundle(
                issuer=HUB,
                seq=1,
                issued_at=now,
                expires_at=now + timedelta(days=1),
                next_update=now,
                lineage={},
                content_hash="",
                freshness={},
                anchor_jwks=self.hub.services.statements.jwks,
                bundle_jwks={},
                regions=(region,),
                revoked=(),
            ),
            LADDER,
        )

    def get(self, address: str, **query: Any) -> TestResponse:
        """Fetch an address of the hub or of the region."""
        provider = self.hub if address.startswith(HUB) else self.region
        return provider.send("GET", urlsplit(address).path, query_string=query)

    def enrol_app(self, **changes: Any) -> None:
        """Have the region vouch for the mini-app, as its operator does."""
        now = self.clock.now()
        one = Subordinate(
            entity_id=APP,
            entity_types=("openid_relying_party",),
            jwks=jwks_of(self.app_key),
            enrolled_at=now,
            changed_at=now,
            constraints={"max_path_length": 0},
        )
        self.region.services.stores.federation_entities.put(replace(one, **changes))
        self.clock.advance(seconds=1)

    def give(self, mark_type: str, subject: str, lifetime: timedelta) -> str:
        """Have the region's intermediate give a mark, as its operator does."""
        services = self.region.services
        made = services.own_entities.marks.make(mark_type, subject, lifetime, now=self.clock.now())
        services.stores.federation_entities.add_mark(made)
        self.clock.advance(seconds=1)
        return made.token

    def app_configuration(self) -> str:
        """What the mini-app says about itself. It is no provider of ours, so it signs by itself."""
        claims = configuration_claims(
            entity=APP,
            jwks=jwks_of(self.app_key),
            now=self.clock.now(),
            metadata={"openid_relying_party": {"redirect_uris": [f"{APP}/callback"]}},
            authority_hints=[FED],
        )
        header = {"alg": "ES256", "typ": "entity-statement+jwt", "kid": self.app_key.thumbprint()}
        return compact(header, claims, self.app_key, "ES256")

    def collect(self, entity_id: str) -> list[str]:
        """A chain from an entity to the hub, asking each for what it publishes."""
        own = self.app_configuration() if entity_id == APP else self.configuration(entity_id)
        chain, below = [own], entity_id
        while below != HUB:
            (above,) = claims_of(chain[0] if below == entity_id else self.configuration(below))[
                "authority_hints"
            ]
            fetch = claims_of(self.configuration(above))["metadata"]["federation_entity"][
                "federation_fetch_endpoint"
            ]
            answer = self.get(fetch, sub=below)
            assert answer.status_code == 200, answer.get_data()
            chain.append(answer.get_data(as_text=True))
            below = above
        return [*chain, self.configuration(HUB)]

    def configuration(self, entity_id: str) -> str:
        """What an entity of ours says about itself."""
        answer = self.get(entity_id + WELL_KNOWN)
        assert answer.status_code == 200, answer.get_data()
        return answer.get_data(as_text=True)

    def validated(self, chain: list[str], pinned: Mapping[str, Any] | None = None) -> TrustChain:
        """What somebody who trusts the hub makes of a chain. Raises: ChainError."""
        anchors = {HUB: pinned or self.hub.services.statements.jwks}
        return trust_chain.validate(chain, anchors, StatementSignatures(), now=self.clock.now())


def hub_settings(folder: Path) -> Settings:
    """Those of the hub, whose database is in a folder."""
    return settings_for(
        f"sqlite:///{folder / 'hub.db'}",
        issuer=HUB,
        role=Role.HUB,
        region="hub",
        region_name={"en": "The hub", "zh-CN": "中枢"},
    )


def region_settings(folder: Path) -> Settings:
    """Those of the region East below it."""
    return settings_for(
        f"sqlite:///{folder / 'east.db'}",
        trust_anchor=HUB,
        trust_keys_file=folder / "hub.jwks.json",
        mini_app_domains=(".east.example",),
    )


@contextmanager
def publishing(folder: Path, clock: FakeClock, guard: LeakGuard) -> Iterator[Published]:
    """A hub and a region on the databases in a folder."""
    holder: list[Published] = []
    hub = build_services(hub_settings(folder), clock=clock, trust=lambda: holder[0].snapshot)
    region = build_services(region_settings(folder), clock=clock)
    hub.open_keys()
    region.open_keys()
    providers = [Provider(services.settings, services, clock, guard) for services in (hub, region)]
    holder.append(Published(*providers, clock, new_key()))
    yield holder[0]
    hub.close()
    region.close()


@pytest.fixture(scope="session")
def published_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with migrated databases that have keys, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("published")
    for settings in (hub_settings(folder), region_settings(folder)):
        management.upgrade(settings.database_url)
        services = build_services(settings, clock=FakeClock())
        services.open_keys()
        if settings.role is Role.HUB:
            (folder / "hub.jwks.json").write_bytes(services.keyrings[KeyPurpose.BUNDLE].jwks().body)
        services.close()
    return folder


@pytest.fixture
def published(
    tmp_path: Path, published_template: Path, clock: FakeClock, leak_guard: LeakGuard
) -> Iterator[Published]:
    """A hub and a region in this process."""
    shutil.copytree(published_template, tmp_path, dirs_exist_ok=True)
    with publishing(tmp_path, clock, leak_guard) as nation:
        yield nation
