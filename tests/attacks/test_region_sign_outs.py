"""Logout tokens between regions: forged, from somebody else, twice, out of order, about nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from idp.oidc.keys import KeyPurpose
from idp.oidc.vocabulary import Algorithm
from idp.signals.logout_token import EVENT
from idp.trustlist.bundle import RevokedKey
from tests.attacks.test_broker import links_of, put, signed
from tests.support.provider import PASSWORD
from tests.support.relying_party import RelyingParty
from tests.support.two_regions import EAST, LADDER, WEST, Federation, Visit

LOGOUT = "logout+jwt"
Claims = dict[str, Any]


@pytest.fixture
def health(regions: Federation) -> RelyingParty:
    """East has a citizen; West has an app."""
    regions.east.person("gulbahar")
    return regions.health()


@pytest.fixture
def visit(regions: Federation, health: RelyingParty) -> Visit:
    """A citizen of East, signed in to West."""
    return regions.visit(health, regions.east)


def logout_claims(regions: Federation, **changes: Any) -> Claims:
    """A logout token of East about its citizen, right but for the changes."""
    (link,) = links_of(regions.west)
    now = int(regions.clock.now().timestamp())
    right = {
        "iss": EAST,
        "aud": f"{WEST}/rp",
        "iat": now,
        "exp": now + 120,
        "jti": "one",
        "events": {EVENT: {}},
        "sub": link.home_sub,
    }
    return put(**changes)(right)


def tell_west(regions: Federation, token: str) -> int:
    """Bring it; the status."""
    body = urlencode({"logout_token": token}).encode()
    answer = regions.network.egress(EAST).post(
        f"{WEST}/rp/backchannel-logout", body, "application/x-www-form-urlencoded"
    )
    return answer.status


def is_signed_in(regions: Federation, visit: Visit) -> bool:
    return visit.traveller.at(WEST).get(f"{WEST}/account").path == "/account"


def test_a_logout_token_of_the_home_region_ends_the_session(regions: Federation, visit: Visit) -> None:
    token = signed(regions.east, logout_claims(regions), LOGOUT)

    assert tell_west(regions, token) == 200
    assert not is_signed_in(regions, visit)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "http://third.id.localhost"},
        {"iss": WEST},
        {"iss": None},
        {"aud": "health"},
        {"aud": WEST},
        {"aud": [f"{WEST}/rp", "health"]},
        {"nonce": "n"},
        {"events": {}},
        {"events": None},
        {"sub": None},
        {"jti": None},
        {"jti": "a\0b"},
        {"sid": "\ud800"},
        {"exp": 1, "iat": 0},
        {"iat": 4_000_000_000, "exp": 4_000_000_060},
    ],
    ids=range(15),
)
def test_a_logout_token_that_does_not_fit_ends_nothing(
    regions: Federation, visit: Visit, change: Claims
) -> None:
    token = signed(regions.east, logout_claims(regions, **change), LOGOUT)

    assert tell_west(regions, token) == 400
    assert is_signed_in(regions, visit)


@pytest.mark.parametrize(
    "forge",
    [
        lambda regions: signed(regions.west, logout_claims(regions), LOGOUT),
        lambda regions: signed(regions.east, logout_claims(regions), LOGOUT, "federation"),
        lambda regions: signed(regions.east, logout_claims(regions), "JWT"),
        lambda regions: signed(regions.east, logout_claims(regions), "at+jwt"),
        lambda regions: signed(regions.east, logout_claims(regions), LOGOUT)[:-4] + "AAAA",
        lambda regions: "not a token",
        lambda regions: "x" * 100_000,
    ],
    ids=["another region", "another purpose", "ID token", "access token", "damaged", "junk", "huge"],
)
def test_a_forged_logout_token_ends_nothing(
    regions: Federation, visit: Visit, forge: Callable[[Federation], str]
) -> None:
    assert tell_west(regions, forge(regions)) == 400
    assert is_signed_in(regions, visit)


def test_one_that_comes_twice_ends_nothing_twice(
    regions: Federation, health: RelyingParty, visit: Visit
) -> None:
    """The answer to the first may have been lost; a sign-in since then is none of its business."""
    token = signed(regions.east, logout_claims(regions), LOGOUT)
    tell_west(regions, token)
    again = regions.visit(health, regions.east, visit.traveller)

    assert tell_west(regions, token) == 200
    assert is_signed_in(regions, again)


def test_one_about_nobody_is_heard_and_ends_nothing(regions: Federation, visit: Visit) -> None:
    assert tell_west(regions, signed(regions.east, logout_claims(regions, sub="nobody"), LOGOUT)) == 200
    assert tell_west(regions, signed(regions.east, logout_claims(regions, jti="b", sid="x"), LOGOUT)) == 200
    assert is_signed_in(regions, visit)


def test_a_region_ends_nobodys_session_but_its_own_peoples(regions: Federation, health: RelyingParty) -> None:
    """Whatever subject it names: the pair with its own name is looked for."""
    regions.west.person("bo")
    browser = regions.west.browser()
    answer = regions.west.tokens(browser, health, username="bo")
    regions.visit(health, regions.east)
    sub = health.verified(answer.id_token)[1]["sub"]

    assert tell_west(regions, signed(regions.east, logout_claims(regions, sub=sub), LOGOUT)) == 200

    assert browser.get(f"{WEST}/account").path == "/account"


def test_a_removed_region_is_not_listened_to(regions: Federation, visit: Visit) -> None:
    token = signed(regions.east, logout_claims(regions), LOGOUT)
    regions.trust.remove(EAST)

    assert tell_west(regions, token) == 400


def test_a_revoked_key_is_not_listened_to(regions: Federation, visit: Visit) -> None:
    key = regions.east.services.keyrings[KeyPurpose.PROTOCOL].signing_key(Algorithm.ES256)
    token = signed(regions.east, logout_claims(regions), LOGOUT)
    regions.trust.revoked = (RevokedKey(EAST, key.kid, regions.clock.now(), "compromised"),)

    assert tell_west(regions, token) == 400


def test_signing_out_counts_even_while_the_region_is_believed_nothing(
    regions: Federation, health: RelyingParty, visit: Visit
) -> None:
    """The list is too old, somebody signs out and leaves, and the next bundle comes: nobody is signed in by it."""
    answer = health.redeem(visit.answer["code"], visit.pending.verifier)
    regions.trust.signed_at, west = regions.clock.now(), visit.traveller.at(WEST)
    regions.trust.freshness = dict.fromkeys(LADDER, timedelta(minutes=1))
    regions.clock.advance(minutes=2)

    west.get(f"{WEST}/logout?id_token_hint={answer.id_token}")
    regions.trust.signed_at = None

    assert not is_signed_in(regions, visit)


def test_who_signs_in_after_somebody_from_a_region_that_is_believed_nothing_ends_their_session(
    regions: Federation, health: RelyingParty, visit: Visit
) -> None:
    answer = health.redeem(visit.answer["code"], visit.pending.verifier)
    regions.west.person("bo")
    regions.trust.signed_at, west = regions.clock.now(), visit.traveller.at(WEST)
    regions.trust.freshness = dict.fromkeys(LADDER, timedelta(minutes=1))
    regions.clock.advance(minutes=2)

    west.sign_in(west.get(health.begin().url), "bo", PASSWORD)
    regions.trust.signed_at = None

    assert health.userinfo(answer.access_token).status == 401
