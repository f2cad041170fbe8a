"""A region among others, as a list and nothing more: for pages about regions, without any of them running.

lists = RegionList(clock)
lists.add("east", {"en": "Region East", "zh-CN": "东区"})
lists.change("east", status=RegionStatus.SUSPENDED, reason="review")
west = lists.provider(path, sqlite_template, guard)      # believes `lists`, and reaches nobody
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from idp.adapters.egress import Answer, Egress
from idp.adapters.egress_errors import EgressError, Reason
from idp.trustlist.bundle import Bundle, Region, RegionStatus
from idp.trustlist.snapshot import TrustSnapshot
from idp.wiring import build_services
from tests.support.clock import FakeClock
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Provider, settings_for

HUB = "http://hub.id.localhost:8000"
WEST = "http://west.id.localhost:8002"
LADDER = ("urn:tongxing:acr:1", "urn:tongxing:acr:2", "urn:tongxing:acr:3")


def region(short: str, name: Mapping[str, str], since: datetime, **changes: Any) -> Region:
    """A region of the list at https://`short`.id.example."""
    op = changes.pop("op", f"https://{short}.id.example")
    usual = Region(
        id=f"{op}/fed",
        op=op,
        rp=f"{op}/rp",
        name=name,
        status=RegionStatus.ACTIVE,
        since=since,
        reason="",
        acr_ceiling=LADDER[-1],
        statement="",
        op_statement="",
        rp_statement="",
        op_metadata={
            "issuer": op,
            "authorization_endpoint": f"{op}/authorize",
            "pushed_authorization_request_endpoint": f"{op}/par",
            "client_registration_types_supported": ["automatic"],
            "jwks": {"keys": []},
        },
        rp_metadata={"jwks": {"keys": []}},
    )
    return replace(usual, **changes)


class Nobody(Egress):
    """A network in which nobody answers, or everybody takes a pushed request."""

    def __init__(self) -> None:
        super().__init__(is_development=True)
        self.answers = False
        self.pushed: list[str] = []

    def post(self, url: str, *_: Any, **__: Any) -> Answer:
        self.pushed.append(url)
        if not self.answers:
            raise EgressError(Reason.UNREACHABLE, "nobody there")
        body = b'{"request_uri":"urn:ietf:params:oauth:request_uri:sample","expires_in":60}'
        return Answer(201, {"content-type": "application/json"}, body)


@dataclass
class RegionList:
    """The trust list as West holds it."""

    clock: FakeClock
    regions: dict[str, Region] = field(default_factory=dict)
    age: timedelta = timedelta(0)
    """How long ago it was signed."""
    is_here: bool = True
    network: Nobody = field(default_factory=Nobody)

    def __post_init__(self) -> None:
        self.add("west", {"en": "Region West", "zh-CN": "西区"}, op=WEST)

    def add(self, short: str, name: Mapping[str, str], **changes: Any) -> Region:
        """Put a region at the end of the list."""
        self.regions[short] = region(short, name, self.clock.now(), **changes)
        return self.regions[short]

    def change(self, short: str, **changes: Any) -> None:
        """What the hub says of it from now on."""
        self.regions[short] = replace(self.regions[short], since=self.clock.now(), **changes)

    def snapshot(self) -> TrustSnapshot:
        """The list as a bundle."""
        if not self.is_here:
            return TrustSnapshot.of(None, LADDER)
        signed = self.clock.now() - self.age
        return TrustSnapshot.of(
            Bundle(
                issuer=HUB,
                seq=1,
                issued_at=signed,
                expires_at=signed + timedelta(days=1),
                next_update=signed,
                lineage={},
                content_hash="",
                freshness={},
                anchor_jwks={"keys": []},
                bundle_jwks={"keys": []},
                regions=tuple(self.regions.values()),
                revoked=(),
            ),
            LADDER,
        )

    def provider(self, path: Path, template: Path, guard: LeakGuard) -> Provider:
        """West, on a database of its own."""
        shutil.copy(template, path)
        settings = settings_for(
            f"sqlite:///{path}",
            issuer=WEST,
            region="west",
            region_name={"en": "Region West", "zh-CN": "西区"},
            trust_anchor=HUB,
        )
        services = build_services(settings, clock=self.clock, trust=self.snapshot, egress=self.network)
        services.open_keys()
        return Provider(settings, services, self.clock, guard)
