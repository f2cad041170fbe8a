"""Attacks on the way between two regions: a hostile region, somebody in between, another browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from sqlalchemy import select, update

from idp.accounts.visitors import AlreadyLinked, is_visitor, new_visitor
from idp.adapters.egress import Answer
from idp.federation.upstream_answer import HomeIdentity
from idp.oidc.keys import KeyPurpose
from idp.oidc.token.client_authentication import ASSERTION_TYPE
from idp.oidc.token.issue import half_hash
from idp.oidc.vocabulary import Algorithm
from idp.storage.schema import linked_subjects, transactions, upstream_attempts
from idp.storage.statement import Statement
from idp.trustlist.bundle import RevokedKey
from idp.wiring.brokering.home_calls import ASSERTION_JWT
from tests.support.browser import Page
from tests.support.provider import EVERY_CLAIM, PASSWORD, Provider, permit_for
from tests.support.relying_party import RelyingParty, answer_of, claims_of
from tests.support.two_regions import EAST, LADDER, WEST, Call, Federation, Tamper, Visit

Claims = dict[str, Any]


def signed(provider: Provider, claims: Mapping[str, Any], typ: str = "JWT", purpose: str = "protocol") -> str:
    """A token as this region would sign it, were it hostile."""
    keyring = provider.services.keyrings[KeyPurpose(purpose)]
    return keyring.signing_key(Algorithm.ES256).sign(typ, json.dumps(claims).encode())


def saying(change: Callable[[Claims], Claims], by: Provider, **options: str) -> Tamper:
    """A token endpoint that signs something else than it should."""

    def tamper(call: Call, answer: Answer) -> Answer:
        if call.path != "/token" or answer.status != 200:
            return answer
        members = json.loads(answer.body)
        members["id_token"] = signed(by, change(claims_of(members["id_token"])), **options)
        return replace(answer, body=json.dumps(members).encode())

    return tamper


def put(**members: Any) -> Callable[[Claims], Claims]:
    """Change claims, or leave out those that are None."""
    return lambda claims: {name: value for name, value in {**claims, **members}.items() if value is not None}


def id_token_of(app: RelyingParty, visit: Visit) -> Claims:
    """What the app is told."""
    answer = app.redeem(visit.answer["code"], visit.pending.verifier)
    return app.verified(answer.id_token)[1]


def assert_nobody_came_in(visit: Visit) -> None:
    """The person sees why, in West, and no session was made."""
    assert not visit.page.is_outside, visit.page.url
    assert visit.page.url.startswith(WEST), visit.page.url
    assert visit.page.status == 400
    assert visit.traveller.at(WEST).cookie("__Host-idp_session") is None


def at_the_callback(regions: Federation, app: RelyingParty) -> tuple[Visit, str]:
    """A visit that was agreed to at home, stopped at the door of West: the address that East sends it to."""
    visit = regions.leave(app, regions.east)
    east = visit.traveller.at(EAST)
    page = east.sign_in(visit.page, "gulbahar", PASSWORD)
    page = east.allow(page) if page.path == "/consent" else page
    assert page.is_outside, page.text
    return visit, page.url


def arrive(visit: Visit, url: str) -> Page:
    visit.page = visit.traveller.get(url)
    return visit.page


@pytest.fixture
def health(regions: Federation) -> RelyingParty:
    """East has a citizen; West has an app."""
    regions.east.person("gulbahar")
    return regions.health()


class TestMixUp:
    """The answer of one region taken for another's (RFC 9207)."""

    @pytest.mark.parametrize(
        "iss", [None, WEST, "http://evil.id.localhost:8009", EAST + "/", EAST.upper()], ids=str
    )
    def test_an_answer_without_the_name_of_the_region_that_was_asked_is_refused(
        self, regions: Federation, health: RelyingParty, iss: str | None
    ) -> None:
        visit, url = at_the_callback(regions, health)
        answer = answer_of(url)
        del answer["iss"]
        calls = len(regions.network.calls)

        page = visit.traveller.at(WEST).get(with_query(url, answer | ({"iss": iss} if iss else {})))

        assert page.status == 400
        assert len(regions.network.calls) == calls
        # The wrong one has used nothing up: the right one still counts.
        assert "code" in answer_of(arrive(visit, url).url)

    def test_the_code_goes_where_the_trust_list_says_and_nowhere_else(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        regions.visit(health, regions.east)

        assert {call.origin for call in regions.network.calls} == {EAST}

    def test_two_issuers_in_one_answer_are_one_too_many(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        visit, url = at_the_callback(regions, health)

        page = visit.traveller.at(WEST).get(f"{url}&iss=http%3A%2F%2Fevil.id.localhost")

        assert page.status == 400


class TestCallback:
    """Codes and answers brought by somebody else."""

    def test_an_answer_in_another_browser_signs_nobody_in(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        visit, url = at_the_callback(regions, health)
        other = regions.traveller()
        regions.leave(health, regions.east, other)
        calls = len(regions.network.calls)

        page = other.at(WEST).get(url)

        assert page.status == 400
        assert "another browser" in page.text
        assert len(regions.network.calls) == calls
        assert other.at(WEST).cookie("__Host-idp_session") is None
        assert "code" in answer_of(arrive(visit, url).url)

    def test_a_victims_code_in_the_attackers_attempt_is_worth_nothing(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        """PKCE and nonce belong to the attempt that asked (RFC 9700 §4.5)."""
        _victim, stolen = at_the_callback(regions, health)
        attacker, own = at_the_callback(regions, health)

        arrive(attacker, with_query(own, answer_of(own) | {"code": answer_of(stolen)["code"]}))

        assert_nobody_came_in(attacker)

    def test_an_answer_counts_once(self, regions: Federation, health: RelyingParty) -> None:
        visit, url = at_the_callback(regions, health)
        arrive(visit, url)
        calls = len(regions.network.calls)

        page = visit.traveller.at(WEST).get(url)

        assert page.status == 400
        assert len(regions.network.calls) == calls

    def test_of_two_at_the_same_moment_one_counts(self, regions: Federation, health: RelyingParty) -> None:
        visit, url = at_the_callback(regions, health)
        cookies = visit.traveller.at(WEST).cookie_header
        start, statuses = threading.Barrier(4), []

        def come() -> None:
            start.wait()
            answer = regions.west.send("GET", url.removeprefix(WEST), headers={"Cookie": cookies})
            statuses.append(answer.status_code)

        threads = [threading.Thread(target=come) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(statuses) == [200, 400, 400, 400]
        assert [call.path for call in regions.network.calls].count("/userinfo") == 1

    def test_an_answer_that_nobody_asked_for_is_refused(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        traveller = regions.traveller()
        traveller.get(health.begin().url)

        page = traveller.at(WEST).get(f"{WEST}/rp/callback?code=x&state=y&iss={EAST}")

        assert page.status == 400
        assert regions.network.calls == []

    def test_a_late_answer_is_refused(self, regions: Federation, health: RelyingParty) -> None:
        visit, url = at_the_callback(regions, health)
        regions.clock.advance(minutes=16)

        assert visit.traveller.at(WEST).get(url).status == 400

    def test_an_answer_whose_request_was_sealed_under_another_secret_is_refused(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        visit, url = at_the_callback(regions, health)
        spoil = Statement(update(upstream_attempts).values(secrets_sealed=b"\x01" + bytes(64)))
        regions.west.services.database.run(spoil)

        assert visit.traveller.at(WEST).get(url).status == 400

    def test_what_a_region_writes_into_its_error_is_neither_shown_nor_logged(
        self, regions: Federation, health: RelyingParty, caplog: pytest.LogCaptureFixture
    ) -> None:
        words = "Gulbahar-4401011988"
        visit, url = at_the_callback(regions, health)
        error = {"error": f"access_{words}", "error_description": words, "error_uri": words}
        kept = {name: value for name, value in answer_of(url).items() if name != "code"}

        page = visit.traveller.at(WEST).get(with_query(url, kept | error))

        assert words not in page.text
        assert words not in caplog.text


class TestIdToken:
    """What a hostile region, or a token made for somebody else, could say."""

    @pytest.mark.parametrize(
        "change",
        [
            put(aud=[f"{WEST}/rp", "somebody-else"]),
            put(aud="health"),
            put(aud=WEST),
            put(azp="somebody-else"),
            put(iss=WEST),
            put(iss=f"{EAST}/rp"),
            put(nonce="of-another-request"),
            put(nonce=None),
            put(at_hash=half_hash("another access token", Algorithm.ES256)),
            put(at_hash=None),
            put(exp=1),
            put(iat=1),
            put(iat=4_000_000_000),
            put(auth_time=None),
            put(auth_time=True),
            put(auth_time=4_000_000_000),
            put(sub=None),
            put(sub=""),
            put(sub="a\nb"),
            put(sub=7),
            put(sub="x" * 256),
            put(acr=3),
            put(amr="pwd"),
            put(amr=["pwd mfa"]),
            put(home_iss="http://third.id.localhost"),
        ],
        ids=range(25),
    )
    def test_an_id_token_that_does_not_fit_signs_nobody_in(
        self, regions: Federation, health: RelyingParty, change: Callable[[Claims], Claims]
    ) -> None:
        regions.network.tamper = saying(change, regions.east)

        assert_nobody_came_in(regions.visit(health, regions.east))

    @pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt", "entity-statement+jwt", "jwt", ""])
    def test_a_token_made_for_another_use_is_none(
        self, regions: Federation, health: RelyingParty, typ: str
    ) -> None:
        regions.network.tamper = saying(put(), regions.east, typ=typ)

        assert_nobody_came_in(regions.visit(health, regions.east))

    @pytest.mark.parametrize("purpose", ["federation", "broker"])
    def test_a_key_for_another_purpose_signs_nobody_in(
        self, regions: Federation, health: RelyingParty, purpose: str
    ) -> None:
        regions.network.tamper = saying(put(), regions.east, purpose=purpose)

        assert_nobody_came_in(regions.visit(health, regions.east))

    def test_another_region_cannot_sign_for_it(self, regions: Federation, health: RelyingParty) -> None:
        regions.network.tamper = saying(put(), regions.west)

        assert_nobody_came_in(regions.visit(health, regions.east))

    def test_a_token_from_an_earlier_sign_in_is_refused(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        kept: list[bytes] = []

        def replaying(call: Call, answer: Answer) -> Answer:
            if call.path != "/token" or answer.status != 200:
                return answer
            kept.append(answer.body)
            return replace(answer, body=kept[0])

        regions.network.tamper = replaying
        regions.visit(health, regions.east)

        assert_nobody_came_in(regions.visit(health, regions.east))

    def test_userinfo_about_somebody_else_signs_nobody_in(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        def swapped(call: Call, answer: Answer) -> Answer:
            if call.path != "/userinfo":
                return answer
            return replace(answer, body=json.dumps({**json.loads(answer.body), "sub": "other"}).encode())

        regions.network.tamper = swapped

        assert_nobody_came_in(regions.visit(health, regions.east))

    def test_a_token_that_is_not_bound_to_our_key_is_refused(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        def bearer(call: Call, answer: Answer) -> Answer:
            if call.path != "/token" or answer.status != 200:
                return answer
            return replace(
                answer, body=json.dumps({**json.loads(answer.body), "token_type": "Bearer"}).encode()
            )

        regions.network.tamper = bearer

        assert_nobody_came_in(regions.visit(health, regions.east))

    def test_the_home_regions_tokens_never_reach_the_app(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        seen: list[str] = []

        def note(call: Call, answer: Answer) -> Answer:
            if call.path == "/token" and answer.status == 200:
                members = json.loads(answer.body)
                seen.extend((members["access_token"], members["id_token"]))
            return answer

        regions.network.tamper = note
        visit = regions.visit(health, regions.east)
        told = json.dumps(health.redeem(visit.answer["code"], visit.pending.verifier).members)

        assert len(seen) == 2
        assert not any(token in told for token in seen)
        # And what was bound to the broker's key opens nothing for whoever else holds it.
        assert regions.tax().userinfo(seen[0]).status == 401
        assert health.userinfo(seen[0]).status == 401


class TestStrength:
    """acr laundering, freshness."""

    def test_without_acr_it_is_the_weakest(self, regions: Federation, health: RelyingParty) -> None:
        regions.network.tamper = saying(put(acr=None), regions.east)

        assert id_token_of(health, regions.visit(health, regions.east))["acr"] == LADDER[0]

    def test_an_acr_that_nobody_knows_is_the_weakest(self, regions: Federation, health: RelyingParty) -> None:
        regions.network.tamper = saying(put(acr="urn:tongxing:acr:9"), regions.east)

        assert id_token_of(health, regions.visit(health, regions.east))["acr"] == LADDER[0]

    def test_a_region_cannot_say_more_than_its_ceiling(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        regions.trust.change(EAST, acr_ceiling=LADDER[0])
        regions.network.tamper = saying(put(acr=LADDER[2]), regions.east)

        assert_nobody_came_in(regions.visit(health, regions.east))

    def test_what_is_essential_is_not_waived_by_the_home_region(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        """East answers with less than was asked for, as if that were enough."""
        account = regions.east.person("bo")
        app = regions.east.enrol_totp(account)
        regions.network.tamper = saying(put(acr=LADDER[0]), regions.east)
        wish = json.dumps({"id_token": {"acr": {"essential": True, "values": [LADDER[1]]}}})

        visit = regions.visit(health, regions.east, username="bo", totp=app.code(), claims=wish)

        assert visit.answer["error"] == "unmet_authentication_requirements"

    @pytest.mark.parametrize("silent", [False, True])
    def test_what_nobody_can_reach_is_answered_once(
        self, regions: Federation, health: RelyingParty, silent: bool
    ) -> None:
        """After the refusal the request is used up, and its page leads to no second answer."""
        traveller = regions.traveller()
        regions.visit(health, regions.east, traveller)
        traveller.at(WEST)._client.delete_cookie("__Host-idp_session", domain="west.id.localhost")
        wish = json.dumps({"id_token": {"acr": {"essential": True, "values": ["urn:nobody:knows:it"]}}})
        pending = health.begin(claims=wish, **({"prompt": "none"} if silent else {}))
        page = traveller.get(pending.url)
        login = page
        if not silent:
            page = traveller.submit(page, "/login/region", home=EAST)

        assert answer_of(page.url)["error"] == "unmet_authentication_requirements"
        if not silent:
            again = traveller.submit(login, "/login/region", home=EAST)
            assert (again.status, again.is_outside) == (400, False)
        states = Statement(select(transactions.c.state))
        assert "pending" not in {row.state for row in regions.west.services.database.all(states)}

    def test_an_old_list_of_regions_is_believed_for_less(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        regions.trust.signed_at = regions.clock.now()
        regions.clock.advance(hours=2)
        regions.network.tamper = saying(put(acr=LADDER[1]), regions.east)

        assert_nobody_came_in(regions.visit(health, regions.east))

    @pytest.mark.parametrize("wish", [{"prompt": "login"}, {"max_age": "60"}, {"prompt": "select_account"}])
    def test_a_proof_that_is_too_old_is_not_taken(
        self, regions: Federation, health: RelyingParty, wish: dict[str, Any]
    ) -> None:
        long_ago = int(regions.clock.now().timestamp()) - 600
        regions.network.tamper = saying(put(auth_time=long_ago), regions.east)

        assert_nobody_came_in(regions.visit(health, regions.east, **wish))

    def test_the_freshness_that_an_app_asks_for_is_asked_of_the_home_region(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        traveller = regions.traveller()
        regions.visit(health, regions.east, traveller)
        regions.clock.advance(minutes=5)

        visit = regions.leave(health, regions.east, traveller, max_age="60")

        assert visit.page.url.startswith(f"{EAST}/login")


class TestWhoItIs:
    """Accounts, subjects, and who vouches for whom."""

    def test_nobody_gets_into_an_account_by_its_name_number_or_address(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        """East says of its citizen what West knows of its own: the same name, e-mail address and telephone."""
        ours = regions.west.person("gulbahar")
        before = regions.west.tokens(regions.west.browser(), health)

        visit = regions.visit(health, regions.east, scope="openid profile email phone")

        theirs = id_token_of(health, visit)
        assert theirs["sub"] != claims_of(before.id_token)["sub"]
        (link,) = links_of(regions.west)
        assert link.account_id != ours.id
        assert link.is_visitor

    def test_the_same_subject_in_two_regions_is_two_people(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        stores, now = regions.west.services.stores, regions.clock.now()
        regions.visit(health, regions.east)
        (link,) = links_of(regions.west)
        other = stores.linked_subjects.arrive(
            "http://third.id.localhost",
            link.home_sub,
            new_visitor(regions.west.services.entropy, now=now),
            now=now,
        )

        assert other.account_id != link.account_id

    def test_an_app_cannot_say_where_somebody_comes_from(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        regions.west.person("bo")
        wish = json.dumps(
            {"id_token": {"home_iss": {"value": EAST}}, "userinfo": {"home_iss": {"value": EAST}}}
        )

        answer = regions.west.tokens(
            regions.west.browser(), health, username="bo", claims=wish, scope="openid profile"
        )

        assert "home_iss" not in claims_of(answer.id_token)
        assert "home_iss" not in claims_of(answer.access_token)
        assert "home_iss" not in health.userinfo(answer.access_token).members

    def test_a_region_vouches_for_its_own_people_alone(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        """A citizen of West, visiting East, is not passed back to West as one of East's."""
        regions.west.person("bo")
        tax, traveller = regions.tax(), regions.traveller()
        regions.visit(tax, regions.west, traveller, username="bo")
        west = traveller.at(WEST)
        west._client.delete_cookie("__Host-idp_session", domain="west.id.localhost")

        visit = regions.leave(health, regions.east, traveller)

        assert visit.page.url.startswith(f"{EAST}/login")
        assert "/login/region" not in visit.page.text

    def test_two_sectors_cannot_tell_that_it_is_the_same_person(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        pension, tax = regions.health("pension"), regions.tax()
        subjects = [
            id_token_of(health, regions.visit(health, regions.east))["sub"],
            id_token_of(pension, regions.visit(pension, regions.east))["sub"],
            claims_of(regions.east.tokens(regions.east.browser(), tax).id_token)["sub"],
        ]
        (link,) = links_of(regions.west)

        assert len({*subjects, link.home_sub}) == 4

    def test_a_login_hint_never_leaves_the_region(self, regions: Federation, health: RelyingParty) -> None:
        number = "44010119880312001X"

        visit = regions.visit(health, regions.east, login_hint=number)

        assert visit.page.is_outside
        sent = b"".join(call.body for call in regions.network.calls)
        assert number.encode() not in sent + json.dumps(pushed_objects(regions)).encode()
        assert not any(number in url for url in visit.traveller.visited if url.startswith(EAST))

    def test_a_visitor_has_no_way_in_but_home(self, regions: Federation, health: RelyingParty) -> None:
        visit = regions.visit(health, regions.east, scope="openid profile email phone")
        (link,) = links_of(regions.west)
        account = regions.west.services.stores.accounts.find_by_id(link.account_id)
        assert account is not None
        west = visit.traveller.at(WEST)

        guarded = (
            "/account/security",
            "/account/security/passkeys/add",
            "/account/security/totp",
            "/account/security/password",
            "/account/code",
        )

        pages = [west.get(f"{WEST}{path}") for path in guarded]

        assert is_visitor(account.username)
        assert not [page.url for page in pages if page.status == 200 and page.path in guarded]
        for typed in (account.username, EVERY_CLAIM["email"], EVERY_CLAIM["phone_number"]):
            assert regions.west.services.stores.accounts.find_by_identifier(typed) is None

    def test_who_proves_both_sides_comes_into_the_account_they_have_here(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        ours, sub = regions.west.person("bo", claims={"name": "Bo"}), "known-before"
        theirs = regions.east.services.stores.accounts.find_by_identifier("gulbahar")
        assert theirs is not None
        regions.east.services.stores.subjects.find_or_add(theirs.id, "west.id.localhost", sub)
        broker, now = regions.west.services.broker, regions.clock.now()
        assert broker is not None
        identity = HomeIdentity(EAST, sub, None, now, LADDER[0], ("pwd",))

        broker.arrivals.link(permit_for(ours), identity, now)

        visit = regions.visit(health, regions.east)
        told = health.userinfo(health.redeem(visit.answer["code"], visit.pending.verifier).access_token)
        # What we know of our own people is not overwritten by what another region says.
        assert told.members["name"] == "Bo"
        with pytest.raises(AlreadyLinked):
            broker.arrivals.link(permit_for(regions.west.person("cai")), identity, now)

    def test_the_word_of_another_region_changes_nothing_that_guards_an_account(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        ours, sub = regions.west.person("bo"), "known-before"
        theirs = regions.east.services.stores.accounts.find_by_identifier("gulbahar")
        assert theirs is not None
        regions.east.services.stores.subjects.find_or_add(theirs.id, "west.id.localhost", sub)
        regions.west.services.stores.linked_subjects.link(EAST, sub, ours.id, now=regions.clock.now())
        visit = regions.visit(health, regions.east)

        page = visit.traveller.at(WEST).get(f"{WEST}/account/security/passkeys/add")

        assert page.path == "/login"

    def test_two_windows_make_one_account(self, regions: Federation, health: RelyingParty) -> None:
        first, first_url = at_the_callback(regions, health)
        second, second_url = at_the_callback(regions, regions.health("pension"))
        threads = [
            threading.Thread(target=arrive, args=(visit, url))
            for visit, url in ((first, first_url), (second, second_url))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert "code" in first.answer
        assert "code" in second.answer
        assert len(links_of(regions.west)) == 1


class TestRegistration:
    """A region that is no longer trusted is no client any more, whatever it was before."""

    def test_a_removed_region_can_push_nothing(self, regions: Federation, health: RelyingParty) -> None:
        assert push_as_west(regions, rp_display=DECENT).status == 201
        regions.trust.remove(WEST)

        assert push_as_west(regions, rp_display=DECENT).status == 401

    def test_a_removed_region_redeems_no_code_that_it_holds(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        visit, url = at_the_callback(regions, health)
        regions.trust.remove(WEST)

        arrive(visit, url)

        assert_nobody_came_in(visit)

    def test_a_revoked_key_of_the_home_region_signs_nobody_in(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        key = regions.east.services.keyring.signing_key(Algorithm.ES256)
        visit, url = at_the_callback(regions, health)
        regions.trust.revoked = (RevokedKey(EAST, key.kid, regions.clock.now(), "compromised"),)

        arrive(visit, url)

        assert_nobody_came_in(visit)


DECENT = {"client_name": {"en": "Health"}, "organization_name": "Health", "sector": "health.example"}


class TestDisplay:
    """What a broker may put before people's eyes."""

    @pytest.mark.parametrize(
        "display",
        [
            None,
            {},
            {"client_name": {}, "organization_name": "x", "sector": "a.example"},
            {"client_name": {"en": "<b>Bank</b>"}, "organization_name": "x", "sector": "a.example"},
            {"client_name": {"en": "Bank\u202eknaB"}, "organization_name": "x", "sector": "a.example"},
            {"client_name": {"en": "x" * 121}, "organization_name": "x", "sector": "a.example"},
            {"client_name": {"<script>": "x"}, "organization_name": "x", "sector": "a.example"},
            {"client_name": {"en": "Bank"}, "organization_name": "a\nb", "sector": "a.example"},
            {"client_name": {"en": "Bank"}, "organization_name": "x", "sector": "a b"},
            {"client_name": {"en": "Bank"}, "organization_name": "x", "sector": ""},
            {"client_name": "Bank", "organization_name": "x", "sector": "a.example"},
            {
                "client_name": {f"x{n}": "a" for n in range(17)},
                "organization_name": "x",
                "sector": "a.example",
            },
            {**DECENT, "purposes": {"name": {"en": "<i>because</i>"}}},
            {**DECENT, "purposes": {"name": {"en": "x" * 201}}},
            {**DECENT, "purposes": {"a b": {"en": "because"}}},
            {**DECENT, "purposes": {"name": "because"}},
            {**DECENT, "purposes": {f"claim_{n}": {"en": "because"} for n in range(33)}},
        ],
        ids=range(17),
    )
    def test_a_broker_that_does_not_say_decently_for_whom_it_asks_gets_nothing(
        self, regions: Federation, health: RelyingParty, display: object
    ) -> None:
        answer = push_as_west(regions, rp_display=display)

        assert answer.status == 400

    def test_an_app_that_calls_itself_its_region_is_shown_as_an_app_of_it(self, regions: Federation) -> None:
        """Else people would take it for the region's own pages, which have no organisation beside their name."""
        regions.east.person("gulbahar")
        posing = regions.health(name={"en": "Region West", "zh-CN": "西区"})
        visit = regions.leave(posing, regions.east)
        page = visit.traveller.at(EAST).sign_in(visit.page, "gulbahar", PASSWORD)

        assert page.path == "/consent"
        assert "Health Commission" in page.text

    def test_a_broker_cannot_call_itself_another_region(
        self, regions: Federation, health: RelyingParty
    ) -> None:
        """The region on the consent page is the one of the trust list, whatever the broker's metadata says."""
        regions.trust.change(
            WEST, rp_metadata={**regions.trust.regions[WEST].rp_metadata, "client_name": "Region North"}
        )
        visit = regions.leave(health, regions.east)
        page = visit.traveller.at(EAST).sign_in(visit.page, "gulbahar", PASSWORD)

        assert page.path == "/consent"
        assert "Region West" in page.text
        assert "Region North" not in page.text


def with_query(url: str, parameters: Mapping[str, str]) -> str:
    return f"{url.partition('?')[0]}?{urlencode(parameters)}"


def links_of(provider: Provider) -> list[Any]:
    """Every link between a person elsewhere and an account here."""
    return provider.services.database.all(Statement(select(linked_subjects)))


def pushed_objects(regions: Federation) -> list[Claims]:
    """The request objects that went between the regions."""
    return [
        claims_of(parse_qs(call.body.decode())["request"][0])
        for call in regions.network.calls
        if call.path == "/par"
    ]


def push_as_west(regions: Federation, **changes: object) -> Answer:
    """A request of West's broker, right but for the changes."""
    now, broker = int(regions.clock.now().timestamp()), f"{WEST}/rp"
    claims: Claims = {
        "iss": broker,
        "client_id": broker,
        "aud": EAST,
        "jti": f"jti-{len(regions.network.calls)}",
        "exp": now + 60,
        "response_type": "code",
        "redirect_uri": f"{broker}/callback",
        "scope": "openid",
        "state": "s",
        "nonce": "n",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
        **changes,
    }
    request = signed(regions.west, put(**{})(claims), "oauth-authz-req+jwt", "broker")
    assertion = signed(
        regions.west,
        {
            "iss": broker,
            "sub": broker,
            "aud": EAST,
            "jti": f"a-{len(regions.network.calls)}",
            "exp": now + 60,
        },
        ASSERTION_JWT,
        "broker",
    )
    form = {
        "client_id": broker,
        "request": request,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }
    egress = regions.network.egress(WEST)
    return egress.post(f"{EAST}/par", urlencode(form).encode(), "application/x-www-form-urlencoded")
