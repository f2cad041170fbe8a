"""The console's pages about regions, keys and the audit trail, at a hub with regions and in a region."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from idp.foundation.events import Event, EventKind
from idp.governance.roles import StaffRole
from idp.trustlist.changes import Suspend
from idp.web.console.event_titles import EVENT_TITLES
from tests.support.clock import FakeClock
from tests.support.hub import Nation, build_nation, hub_settings
from tests.support.provider import Provider
from tests.support.staff import Member, joined, joined_pair

EAST = "http://east.id.localhost:8001"
WEST = "http://west.id.localhost:8002"


@pytest.fixture
def nation(tmp_path: Path, sqlite_template: Path, clock: FakeClock) -> Iterator[Nation]:
    path = shutil.copy(sqlite_template, tmp_path / "hub.db")
    built = build_nation(hub_settings(f"sqlite:///{path}"), clock)
    for issuer in (EAST, WEST):
        built.listed(issuer)
    yield built
    built.services.close()


@pytest.fixture
def operator(nation: Nation) -> Member:
    return joined_pair(nation)[0]


def host(issuer: str) -> str:
    return issuer.removeprefix("http://")


def test_regions_are_found_by_name_and_by_state(nation: Nation) -> None:
    nation.hub.change(Suspend(WEST, "review"), now=nation.clock.now())
    operator, _ = joined_pair(nation)

    every = operator.get("/console/regions")
    suspended = operator.get("/console/regions?state=suspended")
    nobody = operator.get("/console/regions?q=Atlantis")

    assert host(EAST) in every.text
    assert host(WEST) in every.text
    assert host(EAST) not in suspended.text
    assert host(WEST) in suspended.text
    assert host(EAST) not in nobody.text
    assert host(WEST) not in nobody.text


def test_a_region_shows_its_keys_its_chain_and_what_suspending_it_would_do(
    nation: Nation, operator: Member
) -> None:
    region = nation.hub.listed().find(EAST)
    assert region is not None

    page = operator.get(f"/console/regions/{host(EAST)}")

    for key in region.keys:
        assert key.thumbprint in page.text
    assert f"{EAST}/fed" in page.text
    assert f"{EAST}/rp" in page.text
    assert "/console/changes/new/trust.suspend?issuer=" in page.text
    assert "/console/changes/new/trust.restore" not in page.text


def test_an_unknown_region_has_no_page(operator: Member) -> None:
    assert operator.get("/console/regions/nobody.example").status == 404


def test_who_may_not_propose_is_offered_nothing_to_propose(nation: Nation, operator: Member) -> None:
    auditor = joined(nation, "Chen", {StaffRole.AUDITOR})

    page = auditor.get(f"/console/regions/{host(EAST)}")

    assert page.status == 200
    assert "/console/changes/new/" not in page.text


def test_keys_are_shown_with_what_happens_to_them_next(provider: Provider) -> None:
    admin, _ = joined_pair(provider)

    page = admin.get("/console/keys")

    for key in provider.services.stores.keys.every():
        assert key.kid in page.text
    assert "/console/changes/new/keys.rotate?purpose=protocol" in page.text


def test_the_trail_is_searched_by_kind_time_and_subject(provider: Provider) -> None:
    admin, _ = joined_pair(provider)
    events, now = provider.services.stores.events, provider.clock.now()
    events.record(Event(EventKind.CLIENT_CHANGED, now - timedelta(days=3), client_id="tax", subject="old"))
    events.record(Event(EventKind.CLIENT_CHANGED, now, client_id="tax", subject="new"))

    today = now.date().isoformat()
    by_kind = admin.get("/console/audit?kind=client_changed")
    since = admin.get(f"/console/audit?kind=client_changed&since={today}")
    about = admin.get("/console/audit?subject=old")
    wrong = admin.get("/console/audit?since=yesterday")

    assert ">old<" in by_kind.text
    assert ">new<" in by_kind.text
    assert ">old<" not in since.text
    assert ">new<" in since.text
    assert ">old<" in about.text
    assert ">new<" not in about.text
    assert wrong.status == 400


def test_the_trail_is_paged_without_losing_or_repeating_a_line(provider: Provider) -> None:
    admin, _ = joined_pair(provider)
    for number in range(120):
        event = Event(EventKind.CLIENT_CHANGED, provider.clock.now(), subject=f"line-{number:03}.")
        provider.services.stores.events.record(event)

    seen: list[str] = []
    page = admin.get("/console/audit?kind=client_changed")
    for _ in range(4):
        seen += [f"line-{number:03}." for number in range(120) if f"line-{number:03}." in page.text]
        later = re.search(r'href="(/console/audit\?[^"]*after=[^"]*)"', page.text)
        if later is None:
            break
        page = admin.get(html.unescape(later[1]))

    assert sorted(seen) == [f"line-{number:03}." for number in range(120)]


def test_an_auditor_takes_lines_away_with_their_proofs(provider: Provider) -> None:
    admin, _ = joined_pair(provider)
    auditor = joined(provider, "Chen", {StaffRole.AUDITOR})

    page = auditor.get("/console/audit?kind=staff_joined")
    sent = auditor.browser.submit(page, "/console/audit/export")
    lines = [json.loads(line) for line in sent.text.splitlines()]

    assert "checkpoint" in lines[0]
    assert len(lines) == 1 + 3, "the checkpoint, and three people who joined"
    assert admin.post("/console/audit/export").status == 403


def test_only_an_auditor_sees_whole_accounts(provider: Provider) -> None:
    admin, _ = joined_pair(provider)
    auditor = joined(provider, "Chen", {StaffRole.AUDITOR})
    account = "acc-0123456789abcdef"
    event = Event(EventKind.SIGNED_IN, provider.clock.now(), account_id=account)
    provider.services.stores.events.record(event)

    assert account not in admin.get("/console/audit").text
    assert account in auditor.get("/console/audit").text


def test_every_kind_of_event_has_a_title() -> None:
    assert set(EVENT_TITLES) == set(EventKind)
