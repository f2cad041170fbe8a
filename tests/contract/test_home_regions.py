"""People of other regions, as the stores keep them: links, attempts, sessions from home, agreements on behalf."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from idp.accounts.person import Account, RealNameAssurance
from idp.authn.home_session import Derived, HomeSession
from idp.federation.upstream_attempt import UpstreamAttempt
from idp.foundation.identifiers import digest
from idp.oidc.rp_display import RpDisplay
from idp.oidc.vocabulary import AcrLevel
from tests.contract.region import MINUTE, NOW, Region, at_once, cookie, swept

EAST, NORTH = "https://id.east.example", "https://id.north.example"
BROKER = "https://id.west.example/rp"
STATE = digest("state")
HEALTH = RpDisplay({"en": "Health"}, "Health Commission", "health.example")
TAX = RpDisplay({"en": "Tax"}, "Tax Office", "tax.example")


def visitor(number: int = 0) -> Account:
    return Account(f"acct_{number}", f"visitor acct_{number}", {}, RealNameAssurance.SELF_ASSERTED, True, NOW)


def attempt(**changes: Any) -> UpstreamAttempt:
    right = UpstreamAttempt(
        browser_digest=digest("browser"),
        home_iss=EAST,
        nonce_digest=digest("nonce"),
        secrets_sealed=b"sealed",
        required_acr=None,
        authenticated_after=None,
        created_at=NOW,
        expires_at=NOW + 15 * MINUTE,
    )
    return replace(right, **changes)


class TestLinks:
    def test_who_never_came_is_unknown(self, region: Region) -> None:
        assert region.stores.linked_subjects.find(EAST, "ada") is None

    def test_a_first_arrival_brings_an_account(self, region: Region) -> None:
        link = region.stores.linked_subjects.arrive(EAST, "ada", visitor(), now=NOW)

        assert link.is_visitor
        assert region.stores.linked_subjects.find(EAST, "ada") == link
        found = region.stores.accounts.find_by_id(link.account_id)
        assert found == visitor()

    def test_a_later_one_finds_it_and_leaves_no_other_behind(self, region: Region) -> None:
        first = region.stores.linked_subjects.arrive(EAST, "ada", visitor(1), now=NOW)

        second = region.stores.linked_subjects.arrive(EAST, "ada", visitor(2), now=NOW)

        assert second == first
        assert region.stores.accounts.find_by_id("acct_2") is None

    def test_of_many_at_once_all_get_the_same_account(self, region: Region) -> None:
        links = at_once(
            12, lambda number: region.stores.linked_subjects.arrive(EAST, "ada", visitor(number), now=NOW)
        )

        assert len({link.account_id for link in links}) == 1
        left = [number for number in range(12) if region.stores.accounts.find_by_id(f"acct_{number}")]
        assert len(left) == 1

    def test_the_same_name_in_another_region_is_somebody_else(self, region: Region) -> None:
        east = region.stores.linked_subjects.arrive(EAST, "ada", visitor(1), now=NOW)
        north = region.stores.linked_subjects.arrive(NORTH, "ada", visitor(2), now=NOW)

        assert east.account_id != north.account_id

    def test_an_account_that_is_there_is_linked_once(self, region: Region) -> None:
        account = region.add_account()
        links = region.stores.linked_subjects

        assert links.link(EAST, "ada", account.id, now=NOW)
        assert not links.link(EAST, "ada", account.id, now=NOW)
        link = links.find(EAST, "ada")
        assert link is not None
        assert (link.account_id, link.is_visitor) == (account.id, False)

    def test_whose_visitor_exists_is_not_linked_to_another_account(self, region: Region) -> None:
        account = region.add_account()
        arrived = region.stores.linked_subjects.arrive(EAST, "ada", visitor(), now=NOW)

        assert not region.stores.linked_subjects.link(EAST, "ada", account.id, now=NOW)
        assert region.stores.linked_subjects.find(EAST, "ada") == arrived

    def test_using_it_changes_nothing_that_is_asked_for(self, region: Region) -> None:
        link = region.stores.linked_subjects.arrive(EAST, "ada", visitor(), now=NOW)

        region.stores.linked_subjects.use(EAST, "ada", now=NOW + MINUTE)

        used = replace(link, last_used_at=NOW + MINUTE)
        assert region.stores.linked_subjects.find(EAST, "ada") == used

    def test_whoever_has_an_account_here_can_part_from_one_elsewhere(self, region: Region) -> None:
        account, links = region.add_account(), region.stores.linked_subjects
        links.link(EAST, "ada", account.id, now=NOW)
        links.link(NORTH, "ada", account.id, now=NOW + MINUTE)
        assert [link.home_iss for link in links.of(account.id)] == [EAST, NORTH]

        assert links.unlink(EAST, "ada", account.id)
        assert not links.unlink(EAST, "ada", account.id)

        assert [link.home_iss for link in links.of(account.id)] == [NORTH]
        assert links.find(EAST, "ada") is None

    def test_nobody_parts_others_or_takes_a_guest_their_account(self, region: Region) -> None:
        account, other = region.add_account(), region.add_account("other")
        links = region.stores.linked_subjects
        links.link(EAST, "ada", account.id, now=NOW)
        guest = links.arrive(NORTH, "bo", visitor(), now=NOW)

        assert not links.unlink(EAST, "ada", other.id)
        assert not links.unlink(NORTH, "bo", guest.account_id)
        assert not links.unlink("a\0b", "\ud800", account.id)

        assert links.find(EAST, "ada") is not None
        assert links.find(NORTH, "bo") == guest


class TestAttempts:
    def test_one_is_found_as_it_was_kept(self, region: Region) -> None:
        kept = attempt(required_acr="urn:tongxing:acr:2", authenticated_after=NOW - MINUTE)
        region.stores.upstream_attempts.add(STATE, kept)

        assert region.stores.upstream_attempts.find(STATE) == kept
        assert region.stores.upstream_attempts.find(digest("other")) is None

    def test_it_is_used_up_once_whoever_tries(self, region: Region) -> None:
        region.stores.upstream_attempts.add(STATE, attempt())

        answers = at_once(20, lambda _: region.stores.upstream_attempts.consume(STATE, now=NOW))

        assert answers.count(True) == 1
        assert region.stores.upstream_attempts.find(STATE) == attempt(is_consumed=True)

    def test_it_ends(self, region: Region) -> None:
        region.stores.upstream_attempts.add(STATE, attempt())

        assert not region.stores.upstream_attempts.consume(STATE, now=NOW + 15 * MINUTE)

    def test_it_is_swept_a_day_after_its_end(self, region: Region) -> None:
        region.stores.upstream_attempts.add(STATE, attempt())

        early, late = NOW + timedelta(days=1), NOW + timedelta(days=1, minutes=16)
        assert swept(region.stores.housekeeping.sweep(now=early)) == {}
        assert swept(region.stores.housekeeping.sweep(now=late)) == {"upstream_attempts": 1}


class TestSessions:
    def test_a_session_says_where_it_is_from(self, region: Region) -> None:
        session = region.add_session(region.add_account(), home_iss=EAST)

        found = region.stores.sessions.list_of(session.account_id, now=NOW)

        assert [one.home_iss for one in found] == [EAST]

    def test_what_it_is_at_home_is_replaced_when_it_is_renewed(self, region: Region) -> None:
        session = region.add_session(region.add_account(), home_iss=EAST)
        first = HomeSession(session.id, EAST, "ada", None, b"hint")
        second = HomeSession(session.id, EAST, "ada", "sid", b"newer")
        region.stores.home_sessions.put(first)
        assert region.stores.home_sessions.find(session.id) == first

        region.stores.home_sessions.put(second)

        assert region.stores.home_sessions.find(session.id) == second
        assert region.stores.home_sessions.find("another") is None

    def test_derived_sessions_are_found_by_the_one_there_or_by_the_person(self, region: Region) -> None:
        account = region.add_account()
        for session_id, iss, sub, sid in (
            ("a", EAST, "ada", "s1"),
            ("b", EAST, "ada", "s2"),
            ("c", EAST, "bo", "s1"),
            ("d", NORTH, "ada", "s1"),
        ):
            region.add_session(account, session_id, home_iss=iss)
            region.stores.home_sessions.put(HomeSession(session_id, iss, sub, sid, b"hint"))
        find = region.stores.home_sessions.derived

        assert find(EAST, sid="s1", sub="ada") == (Derived("a", account.id),)
        assert find(EAST, sid=None, sub="ada") == (Derived("a", account.id), Derived("b", account.id))
        assert [one.session_id for one in find(EAST, sid="s1", sub=None)] == ["a", "c"]
        assert find(EAST, sid=None, sub=None) == ()

    def test_an_ended_one_is_not_found_again(self, region: Region) -> None:
        account = region.add_account()
        region.add_session(account, "a", home_iss=EAST)
        region.stores.home_sessions.put(HomeSession("a", EAST, "ada", "s1", b"hint"))

        region.stores.sessions.end("a", account.id, now=NOW)

        assert region.stores.home_sessions.derived(EAST, sid="s1", sub=None) == ()
        # What it takes to sign out at home is there still.
        assert region.stores.home_sessions.find("a") is not None


class TestAgreements:
    def agree(self, region: Region, display: RpDisplay, *claims: str) -> None:
        region.stores.consents_on_behalf.agree(
            "acct_ada", BROKER, display, frozenset({"openid"}), frozenset(claims), now=NOW
        )

    def prepare(self, region: Region) -> None:
        account = region.add_account()
        region.add_client(BROKER)
        region.add_session(account)

    def standing(self, region: Region, display: RpDisplay) -> frozenset[str]:
        found = region.stores.sessions.find(
            cookie("first"), now=NOW, client_id=BROKER, sector="west", on_behalf=display.sector
        )
        assert found is not None
        assert found.standing is not None
        return found.standing.agreed_claims

    def test_one_holds_for_one_app_alone(self, region: Region) -> None:
        self.prepare(region)

        self.agree(region, HEALTH, "name")

        assert self.standing(region, HEALTH) == {"name"}
        assert self.standing(region, TAX) == set()
        plain = region.stores.sessions.find(cookie("first"), now=NOW, client_id=BROKER, sector="west")
        assert plain is not None
        assert plain.standing is not None
        assert plain.standing.agreed_claims == set()

    def test_they_grow_and_are_listed_as_they_were_named(self, region: Region) -> None:
        self.prepare(region)
        self.agree(region, HEALTH, "name")

        self.agree(region, replace(HEALTH, name={"en": "Health West"}), "email")
        self.agree(region, TAX)

        listed = region.stores.consents_on_behalf.list_of("acct_ada")
        assert {one.display.sector: one.claims for one in listed} == {
            "health.example": {"name", "email"},
            "tax.example": set(),
        }
        assert listed[0].display.name == {"en": "Health West"}

    def test_of_two_windows_at_once_nothing_is_lost(self, region: Region) -> None:
        self.prepare(region)

        at_once(8, lambda number: self.agree(region, HEALTH, f"claim{number}"))

        assert len(self.standing(region, HEALTH)) == 8

    def test_one_is_withdrawn_without_the_others(self, region: Region) -> None:
        self.prepare(region)
        self.agree(region, HEALTH, "name")
        self.agree(region, TAX, "name")
        store = region.stores.consents_on_behalf

        assert store.withdraw("acct_ada", BROKER, HEALTH.sector, now=NOW)
        assert not store.withdraw("acct_ada", BROKER, HEALTH.sector, now=NOW)

        assert self.standing(region, HEALTH) == set()
        assert self.standing(region, TAX) == {"name"}


def test_doubt_falls_on_what_was_vouched_for_before_and_is_above(region: Region) -> None:
    """By the clock there, where it is known, and by ours where it is not."""
    ada = region.add_account()
    later, sessions = NOW + MINUTE, region.stores.home_sessions
    for name, level, issued_at in (
        ("before", AcrLevel.TWO_FACTORS, NOW),
        ("since", AcrLevel.TWO_FACTORS, later),
        ("low", AcrLevel.ONE_FACTOR, NOW),
        ("unknown", AcrLevel.TWO_FACTORS, None),
    ):
        region.add_session(ada, name, level=level, home_iss=EAST)
        sessions.put(HomeSession(name, EAST, "ada", None, b"hint", issued_at))

    all_of_them = {one.session_id for one in sessions.doubted(EAST, "ada", NOW, above=0)}
    above_one = {one.session_id for one in sessions.doubted(EAST, "ada", NOW, above=1)}

    assert all_of_them == {"before", "low", "unknown"}
    assert above_one == {"before", "unknown"}
    assert sessions.find("since") == HomeSession("since", EAST, "ada", None, b"hint", later)
    assert sessions.doubted(EAST, "bo", later, above=0) == ()
