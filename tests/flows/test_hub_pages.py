"""What everybody sees of the hub: the regions, how they stand, and how far behind each is."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.changes import Remove, SetCeiling, Suspend
from idp.trustlist.search import LONGEST_WORDS
from idp.web import hub_home
from tests.attacks.counting import Work
from tests.support.hub import Nation, SimulatedRegion

ENGLISH = {"Accept-Language": "en"}
EAST = "http://east.id.localhost:8001"
WEST = "http://west.id.localhost:8002"


def shown(nation: Nation, path: str = "/", language: str = "en") -> str:
    """The page, with nothing between its words but one space."""
    answer = nation.get(path, **{"Accept-Language": language})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2]))


def honour(nation: Nation, region: SimulatedRegion) -> None:
    """The region reports that it honours the newest list."""
    report = region.report(nation.claims()["seq"])
    assert nation.send("POST", "/trust/seen", data=report).status_code == 200


def test_a_hub_without_regions_says_so(nation: Nation) -> None:
    page = shown(nation)

    assert "No region has joined yet." in page
    assert "Nobody but its staff signs in here" in page


def test_a_region_is_named_in_both_languages_with_its_address(nation: Nation) -> None:
    nation.listed(EAST)

    assert "Region East 东区 east.id.localhost:8001" in shown(nation)
    assert "东区 Region East east.id.localhost:8001" in shown(nation, language="zh-CN")


def test_what_a_region_reports_is_its_lag(nation: Nation) -> None:
    east, west = nation.listed(EAST), nation.listed(WEST)
    honour(nation, east)
    honour(nation, west)
    assert shown(nation).count("Up to date") == 2

    nation.hub.change(Suspend(WEST, "review"), now=nation.clock.now())
    nation.clock.advance(seconds=12)
    nation.hub.publish(now=nation.clock.now())

    page = shown(nation)
    assert "12 seconds behind" in page
    assert "Suspended since" in page
    assert "It is being reviewed." in page
    honour(nation, east)
    assert "Up to date" in shown(nation)


def test_a_region_that_falls_silent_is_seen(nation: Nation) -> None:
    honour(nation, nation.listed(EAST))
    nation.clock.advance(minutes=3)

    page = shown(nation)

    assert "No report for 3 minutes" in page
    assert "Regions in use 1 Not up to date 1" in page


def test_a_removed_region_stays_on_the_list_with_the_reason(nation: Nation) -> None:
    nation.listed(EAST)
    nation.hub.change(Remove(EAST, "key_compromise"), now=nation.clock.now())

    page = shown(nation)

    assert "Removed since" in page
    assert "Its keys may be in the wrong hands." in page
    assert "Regions in use 0" in page


def test_the_present_list_has_a_number_an_age_and_keys_to_compare(nation: Nation) -> None:
    nation.listed(EAST)
    claims = nation.claims()
    nation.clock.advance(seconds=7)

    page = shown(nation)

    assert f"Present list No. {claims['seq']}" in page
    assert re.search(r"Signed \d+ seconds ago", page)
    for keys in ("bundle_jwks", "anchor_jwks"):
        assert all(key["kid"] in page for key in claims[keys]["keys"])


def test_a_search_finds_a_region_in_either_script(nation: Nation) -> None:
    nation.listed(EAST)

    for query in ("east", "%E4%B8%9C"):
        assert "1 region found." in shown(nation, f"/?q={query}")
    assert "No region is called that" in shown(nation, "/?q=atlantis")


def test_four_hundred_regions_come_in_pages(nation: Nation, monkeypatch: pytest.MonkeyPatch) -> None:
    nation.listed(EAST)
    monkeypatch.setattr(hub_home, "ON_ONE_PAGE", 1)
    nation.listed(WEST)

    first, second = nation.get("/", **ENGLISH).text, nation.get("/?page=2", **ENGLISH).text

    assert "Page 1 of 2" in first
    assert 'rel="next" href="/?page=2"' in first
    assert 'rel="prev" href="/?page=1"' in second
    assert (first.count("<tbody>"), first.count('scope="row"')) == (1, 1)


def test_many_regions_that_are_behind_cost_no_more_reading_than_one(
    nation: Nation, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, first = Work(monkeypatch), nation.listed(EAST)
    honour(nation, first)
    others = [nation.listed(f"http://r{number}.id.localhost:8100") for number in range(6)]
    shown(nation)
    work.take()
    shown(nation)
    with_one = work.take()
    seq = nation.claims()["seq"]
    for region in others:
        assert nation.send("POST", "/trust/seen", data=region.report(seq)).status_code == 200
    nation.hub.change(SetCeiling(EAST, AcrLevel.ONE_FACTOR), now=nation.clock.now())
    nation.clock.advance(seconds=5)
    shown(nation)
    work.take()

    assert len(re.findall(r"seconds? behind", shown(nation))) > len(others)

    assert work.take()["statements"] <= with_one["statements"] + 1


@pytest.mark.parametrize("page", ["0", "-1", "9999999", "²", "x", "1e3", "", "99"])
def test_a_page_that_does_not_exist_shows_one_that_does(nation: Nation, page: str) -> None:
    nation.listed(EAST)

    assert "Region East" in shown(nation, f"/?page={page}" if page.isascii() else "/?page=%C2%B2")


def test_what_is_searched_for_is_text_and_has_an_end(nation: Nation) -> None:
    nation.listed(EAST)

    page = nation.get("/?q=%3Cscript%3Ealert(1)" + "a" * 5_000, **ENGLISH).text

    assert "<script>alert" not in page
    assert "a" * (LONGEST_WORDS + 1) not in page


def test_nobody_can_sign_in_on_a_hub(nation: Nation) -> None:
    """Nothing that a region has for people is there at all."""
    pages = ("/login", "/account", "/account/security", "/authorize", "/recover", "/consent", "/login/region")

    assert {path: nation.get(path).status_code for path in pages} == dict.fromkeys(pages, 404)
    assert "Set-Cookie" not in nation.get("/").headers


def test_help_is_the_hubs_own_and_the_language_can_be_chosen(nation: Nation) -> None:
    assert "Nobody will ever ask you to sign in on this site." in shown(nation, "/help")

    chosen = nation.send("POST", "/language", data={"lang": "en", "return_to": "/help"})

    assert (chosen.status_code, chosen.headers["Location"]) == (303, "/help")
    assert "__Host-idp_lang=en" in chosen.headers["Set-Cookie"]


def test_a_hub_does_not_call_itself_a_place_to_sign_in(nation: Nation) -> None:
    for settings in (nation.settings, replace(nation.settings, support_contact="12345")):
        text = replace(nation, settings=settings).get("/", **ENGLISH).text
        assert "Official list of regions" in text
        assert "Official sign-in" not in text
