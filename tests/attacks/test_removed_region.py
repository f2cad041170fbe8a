"""A region that is taken off the list: nothing that came from it before is worth anything afterwards."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey

from idp.accounts.person import Account
from idp.authn.session import Session
from idp.foundation.entropy import SystemEntropy
from idp.foundation.identifiers import Kind, digest, new_value
from idp.oidc.grant import AuthorizationCode, Grant
from idp.oidc.vocabulary import AcrLevel
from idp.web.cookies import SESSION
from tests.support.clock import FakeClock
from tests.support.followed_hub import FollowedHub, pull, region_that_follows, serving
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Provider
from tests.support.relying_party import Answer, Pending, RelyingParty
from tests.support.scanning import Screen, phone_of
from tests.verifier.nation import ACR, EAST, WEST

BROKER = f"{WEST}/rp"
VERIFIER = "a-verifier-as-long-as-the-specification-wants-it"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
HOUR = timedelta(hours=1)
DISPLAY = json.dumps(
    {"client_name": {"en": "Health"}, "organization_name": "West Clinic", "sector": "health.example"}
)


@dataclass
class Guests:
    """A region with people of West in it, signed in by West."""

    region: Provider
    hub: FollowedHub
    app: RelyingParty
    account: Account
    broker: RelyingParty

    def code(self, level: AcrLevel = AcrLevel.TWO_FACTORS, proved_ago: timedelta = timedelta(0)) -> str:
        """A code for somebody whom West vouched for just now; `proved_ago`: when they proved themselves, it says."""
        now, code = self.region.clock.now(), new_value(Kind.CODE, SystemEntropy())
        self.region.guard.remember(code)
        session = Session(
            id=SystemEntropy().token(16),
            account_id=self.account.id,
            auth_time=now - proved_ago,
            level=level,
            amr=("user",),
            created_at=now,
            last_seen_at=now,
            expires_at=now + HOUR,
            user_agent="a browser",
            address="192.0.2.1",
            home_iss=WEST,
        )
        stores = self.region.services.stores
        stores.sessions.add(digest(f"cookie {session.id}"), session)
        stores.codes.add(digest(code), _authorization(self.app, session))
        return code

    def tokens(self, level: AcrLevel = AcrLevel.TWO_FACTORS, proved_ago: timedelta = timedelta(0)) -> Answer:
        """What the mini-app has of such a person."""
        answer = self.app.redeem(self.code(level, proved_ago), VERIFIER)
        assert answer.status == 200, answer.members
        return answer

    def push(self) -> tuple[Pending, Answer]:
        """What West's broker asks on behalf of a mini-app there."""
        return self.broker.push(rp_display=DISPLAY)

    def publish(self, **of_west: Any) -> None:
        """The hub changes West, and the region hears of it."""
        west = self.hub.nation.region(WEST, rp_metadata=self.hub.newest["regions"][1]["rp_metadata"])
        self.hub.publish(self.region.clock.now(), regions=[self.hub.nation.region(EAST), {**west, **of_west}])
        pull(self.region)


def _authorization(app: RelyingParty, session: Session) -> AuthorizationCode:
    return AuthorizationCode(
        grant=Grant(
            id=new_value(Kind.GRANT, SystemEntropy(), 16),
            client_id=app.client_id,
            account_id=session.account_id,
            session_id=session.id,
            subject="a guest",
            scope=("openid", "offline_access"),
            userinfo_claims=(),
            id_token_claims=(),
            resources=(),
            level=session.level,
            amr=session.amr,
            auth_time=session.auth_time,
            offline=True,
            expires_at=session.expires_at,
            home_iss=session.home_iss,
        ),
        redirect_uri=app.redirect_uri,
        nonce=None,
        code_challenge=CHALLENGE,
        expires_at=session.created_at + timedelta(minutes=1),
    )


@pytest.fixture
def guests(
    tmp_path: Path, sqlite_template: Path, clock: FakeClock, leak_guard: LeakGuard
) -> Iterator[Guests]:
    key = ECKey.generate_key("P-256", {"kid": "broker-1", "alg": "ES256", "use": "sig"})
    with serving() as hub, region_that_follows(hub, tmp_path, sqlite_template, clock, leak_guard) as region:
        broker = RelyingParty(
            region.app,
            region.issuer,
            BROKER,
            None,
            f"{BROKER}/callback",
            scope="openid",
            auth_method="private_key_jwt",
            key=key,
            clock=clock,
        )
        metadata = {
            "redirect_uris": [broker.redirect_uri],
            "token_endpoint_auth_method": "private_key_jwt",
            "id_token_signed_response_alg": "ES256",
            "scope": "openid",
            "jwks": {"keys": [key.as_dict(private=False)]},
        }
        west = hub.nation.region(WEST, rp_metadata=metadata)
        hub.publish(clock.now(), regions=[hub.nation.region(EAST), west])
        pull(region)
        yield Guests(region, hub, region.client(), region.person(), broker)


LOSSES: dict[str, Callable[[Guests], None]] = {
    "removed": lambda guests: guests.publish(status="removed", reason="key_compromise"),
    "suspended": lambda guests: guests.publish(status="suspended", reason="review"),
    "a lower ceiling": lambda guests: guests.publish(acr_ceiling=f"{ACR}1"),
}


@pytest.fixture(params=LOSSES.values(), ids=list(LOSSES))
def lose(request: pytest.FixtureRequest) -> Callable[[Guests], None]:
    found: Callable[[Guests], None] = request.param
    return found


def test_tokens_of_a_lost_region_are_refused_at_once(guests: Guests, lose: Callable[[Guests], None]) -> None:
    tokens = guests.tokens()
    assert guests.app.userinfo(tokens.access_token).status == 200

    lose(guests)

    assert guests.app.userinfo(tokens.access_token).status == 401
    assert guests.app.introspect(tokens.access_token).active is False
    assert guests.app.introspect(tokens.refresh_token).active is False
    assert guests.app.refresh(tokens.refresh_token).error == "invalid_grant"


def test_a_code_in_flight_is_worth_nothing(guests: Guests, lose: Callable[[Guests], None]) -> None:
    code = guests.code()

    lose(guests)

    assert guests.app.redeem(code, VERIFIER).error == "invalid_grant"


def test_a_session_from_a_lost_region_is_over(guests: Guests, lose: Callable[[Guests], None]) -> None:
    guests.code()
    sessions, now = guests.region.services.stores.sessions, guests.region.clock.now()
    assert len(sessions.list_of(guests.account.id, now=now)) == 1

    lose(guests)

    assert sessions.list_of(guests.account.id, now=now) == ()


def test_who_slipped_in_through_a_slower_worker_is_out_with_the_next_round(guests: Guests) -> None:
    """A worker may be a second behind, and finish a sign-in that the others would refuse."""
    guests.publish(status="removed", reason="key_compromise")
    code = guests.code()

    pull(guests.region)

    sessions, now = guests.region.services.stores.sessions, guests.region.clock.now()
    assert sessions.list_of(guests.account.id, now=now) == ()
    assert guests.app.redeem(code, VERIFIER).error == "invalid_grant"


def test_what_a_lost_region_had_stays_lost_when_it_comes_back(guests: Guests) -> None:
    tokens = guests.tokens()
    guests.publish(status="suspended", reason="review")

    guests.publish()

    assert guests.app.refresh(tokens.refresh_token).error == "invalid_grant"


def test_a_request_pushed_by_a_lost_regions_broker_dies_and_no_other_comes(guests: Guests) -> None:
    pending, pushed = guests.push()
    assert pushed.status == 201, pushed.members
    later, _ = guests.push()

    guests.publish(status="removed", reason="key_compromise")

    page = guests.region.browser().get(pending.url)
    assert (page.status, page.is_outside) == (400, False)
    assert guests.push()[1].error == "invalid_client"
    guests.publish()
    assert guests.region.browser().get(later.url).status == 400


def test_somebody_on_the_way_through_our_pages_is_stopped(guests: Guests) -> None:
    browser = guests.region.browser()
    page = browser.get(guests.push()[0].url)
    assert page.path == "/login"

    guests.publish(status="removed", reason="key_compromise")

    page = browser.submit(page, "/login", username="gulbahar")
    assert not page.is_outside
    assert page.status >= 400


@pytest.mark.parametrize("moment", ["shown", "scanned", "approved"])
def test_a_code_open_on_a_screen_signs_nobody_in(guests: Guests, moment: str) -> None:
    """For a mini-app of the region that is lost: however far the telephone has come with it."""
    phone, screen = phone_of(guests.region, "bo"), open_code(guests)
    code = screen.code()
    if moment == "scanned":
        phone.scan(code)
    elif moment == "approved":
        phone.confirm(screen)

    guests.publish(status="removed", reason="key_compromise")

    if moment == "shown":
        assert phone.scan(code).status == 400
    page = screen.finish()
    assert (page.status >= 400, page.is_outside) == (True, False)
    assert screen.browser.cookie(SESSION) is None


def open_code(guests: Guests) -> Screen:
    """A browser that was sent here by West's broker, at the page of the code."""
    browser = guests.region.browser()
    page = browser.get(guests.push()[0].url)
    (transaction,) = parse_qs(urlsplit(page.url).query)["transaction"]
    screen = Screen(guests.region, browser, browser.get(f"/login/qr?transaction={transaction}"))
    screen.begin()
    return screen


def test_our_own_people_and_other_regions_notice_nothing(
    guests: Guests, lose: Callable[[Guests], None]
) -> None:
    browser = guests.region.browser()
    own = guests.region.tokens(browser, guests.app, scope="openid offline_access")

    lose(guests)

    assert guests.app.userinfo(own.access_token).status == 200
    assert guests.app.refresh(own.refresh_token).status == 200
    assert browser.get("/account").path == "/account"


def test_a_stolen_key_ends_what_it_may_have_vouched_for(guests: Guests) -> None:
    tokens, clock = guests.tokens(), guests.region.clock
    stolen = {"issuer": WEST, "kid": "k", "at": int(clock.now().timestamp()), "reason": "compromised"}

    guests.hub.publish(clock.now(), revoked=[stolen])
    pull(guests.region)

    assert guests.app.refresh(tokens.refresh_token).error == "invalid_grant"
    clock.advance(seconds=1)
    assert guests.app.refresh(guests.tokens().refresh_token).status == 200


def test_whoever_has_the_key_cannot_date_their_sign_in_back(guests: Guests) -> None:
    """`auth_time` is the thief's own word; when the session was opened is ours."""
    clock = guests.region.clock
    before = guests.tokens()
    clock.advance(minutes=2)
    stolen = {"issuer": WEST, "kid": "k", "at": int(clock.now().timestamp()), "reason": "compromised"}
    clock.advance(seconds=1)
    forged = guests.tokens(proved_ago=HOUR)

    guests.hub.publish(clock.now(), revoked=[stolen])
    pull(guests.region)

    assert guests.app.refresh(forged.refresh_token).error == "invalid_grant"
    assert guests.app.refresh(before.refresh_token).status == 200


def test_a_key_that_was_replaced_in_good_order_ends_nothing(guests: Guests) -> None:
    tokens, clock = guests.tokens(), guests.region.clock
    replaced = {"issuer": WEST, "kid": "k", "at": int(clock.now().timestamp()), "reason": "superseded"}

    guests.hub.publish(clock.now(), revoked=[replaced])
    pull(guests.region)

    assert guests.app.refresh(tokens.refresh_token).status == 200


def test_tokens_lapse_with_the_bundle_by_strength_and_come_back_with_it(guests: Guests) -> None:
    strong, weak = guests.tokens(AcrLevel.STRONGEST), guests.tokens(AcrLevel.ONE_FACTOR)
    guests.hub.replies.clear()
    guests.region.clock.advance(minutes=11)

    assert guests.app.introspect(strong.refresh_token).active is False
    assert guests.app.refresh(strong.refresh_token).error == "invalid_grant"
    weak = guests.app.refresh(weak.refresh_token)
    assert weak.status == 200

    guests.hub.renew(guests.region.clock.now())
    pull(guests.region)
    assert guests.app.refresh(strong.refresh_token).status == 200


def test_what_was_not_drawn_before_a_crash_is_drawn_after_it(guests: Guests) -> None:
    tokens, stores = guests.tokens(), guests.region.services.stores
    guests.hub.publish(guests.region.clock.now(), regions=[guests.hub.nation.region(EAST)])
    document = guests.hub.replies["/trust/bundle"].body
    held = stores.trust_bundles.find(guests.hub.address)
    assert held is not None
    follow = guests.region.services.following
    assert follow is not None
    new = follow.puller.reader.bundle(document, guests.hub.nation.pinned)
    admitted = replace(held, seq=new.seq, content_hash=new.content_hash, is_applied=False)
    assert stores.trust_bundles.put(admitted, document, held)
    guests.hub.replies.clear()

    with guests.region.twin() as restarted:
        pull(restarted)

    assert guests.app.refresh(tokens.refresh_token).error == "invalid_grant"
    found = stores.trust_bundles.find(guests.hub.address)
    assert found is not None
    assert found.is_applied
