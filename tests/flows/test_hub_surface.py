"""What a hub answers to, and what it does not: it signs no citizen in, and has none of a region's addresses."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.app import create_app
from idp.settings import Role
from idp.web.endpoints import table
from tests.support.clock import FakeClock
from tests.support.hub import Nation, build_nation, hub_settings
from tests.support.provider import Provider

SHARED = {"/", "/help", "/language"}
OF_STAFF = ("/console", "/api/v1/")
"""Both have staff."""


@pytest.fixture
def nation(tmp_path: Path, sqlite_template: Path, clock: FakeClock) -> Iterator[Nation]:
    path = shutil.copy(sqlite_template, tmp_path / "hub.db")
    built = build_nation(hub_settings(f"sqlite:///{path}"), clock)
    yield built
    built.services.close()


def test_no_page_of_a_region_is_on_a_hub(nation: Nation, provider: Provider) -> None:
    """Signing in, the account, recovery, agreeing: none of it is there, by any method."""
    pages = {
        re.sub(r"<[^>]+>", "x", rule.rule)
        for rule in provider.app.url_map.iter_rules()
        if rule.endpoint != "static" and rule.rule not in SHARED and not rule.rule.startswith(OF_STAFF)
    }
    assert {"/authorize", "/login", "/account", "/consent"} <= pages

    found = {
        (path, method): nation.send(method, path).status_code for path in pages for method in ("GET", "POST")
    }

    assert set(found.values()) == {404}


def test_no_machine_endpoint_of_a_region_is_on_a_hub(nation: Nation) -> None:
    regions = table({}, Role.REGION).keys() - table({}, Role.HUB).keys()
    assert {"/token", "/par", "/userinfo", "/jwks.json", "/.well-known/openid-configuration"} <= regions

    found = {
        (path, method): nation.send(method, path).status_code
        for path in regions
        for method in ("GET", "POST")
    }

    assert set(found.values()) == {404}


def test_a_hub_answers_for_its_list_and_as_an_entity(nation: Nation) -> None:
    assert {
        "/trust/bundle",
        "/trust/lineage",
        "/trust/keys.json",
        "/trust/seen",
        "/.well-known/openid-federation",
        "/fed/fetch",
        "/fed/list",
    } <= table({}, Role.HUB).keys()


def test_every_view_of_a_hub_declares_its_policy(nation: Nation) -> None:
    from idp.web.access import policy_of

    app = create_app(nation.settings, nation.services)

    silent = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and policy_of(app.view_functions[rule.endpoint]) is None
    ]
    assert not silent


def test_a_region_has_none_of_the_hubs_addresses_for_writing(provider: Provider) -> None:
    assert provider.send("POST", "/trust/seen", data=b"x").status_code == 404
    assert provider.send("GET", "/trust/keys.json").status_code == 404


def test_before_the_first_bundle_is_signed_the_hub_says_so(nation: Nation) -> None:
    answer = nation.get("/trust/bundle")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_only_the_methods_that_are_meant(nation: Nation) -> None:
    assert nation.send("POST", "/trust/bundle").status_code == 405
    assert nation.send("GET", "/trust/seen").status_code == 405


def test_a_hub_makes_no_keys_for_tokens(nation: Nation) -> None:
    purposes = {str(purpose) for purpose in nation.services.keyrings}

    assert purposes == {"federation", "bundle", "log"}


def test_the_fetch_endpoint_says_what_the_bundle_says(nation: Nation) -> None:
    """There are never two statements about one region."""
    east = nation.listed()
    statement = nation.entry(east)["statement"]

    fetched = nation.get(f"/fed/fetch?sub={east.id}")

    assert fetched.text == statement
    assert nation.get("/fed/list").json == [east.id]
