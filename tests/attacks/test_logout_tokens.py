"""Logout tokens: none that is forged, used for something else or heard before signs anybody out; and none goes astray.

Most of it is tried on the demo's mini-app, whose verifier is there to be copied (Back-Channel Logout 1.0 §2.6, §4).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import ECKey

from examples.mini_app import create_app
from examples.mini_app.config import Config
from examples.mini_app.region import Visit
from examples.mini_app.services import TAX
from idp.adapters import localhost
from idp.adapters.egress import Egress
from idp.adapters.jose import JoseSigner
from idp.adapters.logout_posts import LogoutPosts
from idp.oidc.vocabulary import Algorithm
from idp.signals.logout_token import EVENT
from idp.signals.telling import Errand, Reply
from tests.attacks.forgery import BAD_KIDS, compact, every_forgery, parts_of
from tests.browser.mini_app import serving
from tests.support.clock import FakeClock
from tests.support.leak_guard import LeakGuard
from tests.support.logout_receiver import logout_receiver
from tests.support.provider import Provider, build_provider, settings_for
from tests.support.server import free_port

ADA = {"sub": "ada-at-tax", "sid": "5e5510"}
GONE = object()
WAY_ABROAD = [
    "https://169.254.169.254/latest/meta-data",
    "https://127.0.0.1/backchannel-logout",
    "https://[::1]/backchannel-logout",
    "https://[::ffff:10.0.0.1]/backchannel-logout",
    "https://2130706433/backchannel-logout",
    "https://0x7f000001/backchannel-logout",
    "https://10.0.0.1/backchannel-logout",
]


@dataclass
class Tax:
    """The demo's mini-app, with Ada signed in, and the region whose keys it fetches."""

    provider: Provider
    browser: FlaskClient

    def token(self, token_type: str = "logout+jwt", **changes: Any) -> str:
        """A logout token of the region for Ada's session; `changes` change or (GONE) drop claims."""
        now = int(time.time())
        right = {
            "iss": self.provider.issuer,
            "aud": "tax",
            "iat": now,
            "exp": now + 120,
            "jti": f"once {time.monotonic_ns()}",
            "events": {EVENT: {}},
            **ADA,
        }
        claims = {name: value for name, value in {**right, **changes}.items() if value is not GONE}
        return JoseSigner(self.provider.services.keyring).sign(Algorithm.ES256, token_type, claims)

    def hear(self, token: str) -> int:
        """Send a token to the mini-app, as anybody in the world can; the status."""
        # Nobody's cookies: the region has none.
        stranger = self.browser.application.test_client()
        return stranger.post("/backchannel-logout", data={"logout_token": token}).status_code

    def sign_in(self, **proof: str) -> None:
        with self.browser.session_transaction(base_url="https://localhost") as kept:
            kept["visit"] = Visit("an ID token", {"amr": ["pwd"], "auth_time": 0, **ADA, **proof}, {}, None)

    @property
    def is_signed_in(self) -> bool:
        return "sign-out" in self.browser.get("/", base_url="https://localhost").get_data(as_text=True)


@pytest.fixture
def tax(tmp_path: Path, sqlite_template: Path, clock: FakeClock, leak_guard: LeakGuard) -> Iterator[Tax]:
    port = free_port()
    url, issuer = f"sqlite:///{tmp_path / 'idp.db'}", f"http://east.id.localhost:{port}"
    provider = build_provider(settings_for(url, issuer=issuer), clock, leak_guard, sqlite_template)
    key = ECKey.generate_key("P-256").as_pem(private=True).decode()
    config = Config(
        service=TAX, issuer=issuer, client_id="tax", key=key, address="http://tax.apps.localhost:18542"
    )
    with localhost.installed(), serving(provider.app, port):
        here = Tax(provider, create_app(config).test_client())
        here.sign_in()
        yield here
    provider.services.close()


def test_the_genuine_token_ends_the_session(tax: Tax) -> None:
    """Otherwise nothing below says anything."""
    assert tax.is_signed_in

    assert tax.hear(tax.token()) == 200

    assert not tax.is_signed_in


def test_no_forged_logout_token_is_believed(tax: Tax) -> None:
    """`none`, confused algorithms, keys in headers, `kid`, `crit`, damage."""
    genuine = tax.token()
    kid = parts_of(genuine)[0]["kid"]
    published = tax.provider.send("GET", "/jwks.json").get_json()["keys"]
    public = next(key for key in published if key["kid"] == kid)

    taken = [name for name, forged in every_forgery(genuine, public).items() if tax.hear(forged) != 400]

    assert taken == []
    assert tax.is_signed_in
    assert tax.hear(genuine) == 200


SOMETHING_ELSE: list[dict[str, Any]] = [
    {"iss": "https://west.id.example"},
    {"iss": GONE},
    {"aud": "health"},
    {"aud": ["tax", "health"]},
    {"aud": GONE},
    {"nonce": "n-0S6_WzA2Mj"},
    {"events": GONE},
    {"events": {}},
    {"events": {"https://schemas.openid.net/event/backchannel-logout": {}}},
    {"events": EVENT},
    {"jti": GONE},
    {"jti": ""},
    {"jti": 1},
    {"sub": GONE, "sid": GONE},
    {"sid": ["5e5510"]},
    {"sub": {"$ne": ""}},
    {"iat": GONE},
    {"exp": GONE},
    {"iat": True},
    {"iat": 0, "exp": 120},
    {"iat": int(time.time()) + 3_600, "exp": int(time.time()) + 3_700},
    {"exp": int(time.time()) + 86_400},
]


def test_a_signed_token_that_says_something_else_is_not_believed(tax: Tax) -> None:
    taken = [changes for changes in SOMETHING_ELSE if tax.hear(tax.token(**changes)) != 400]

    assert taken == []
    assert tax.is_signed_in


def test_another_kind_of_token_of_the_region_signs_nobody_out(tax: Tax) -> None:
    kinds = ["JWT", "at+jwt", "dpop+jwt", "entity-statement+jwt", ""]

    assert {tax.hear(tax.token(kind)) for kind in kinds} == {400}
    assert tax.is_signed_in


def test_an_id_token_and_an_access_token_sign_nobody_out(tax: Tax) -> None:
    tax.provider.person()
    app = tax.provider.client()
    answer = tax.provider.tokens(tax.provider.browser(), app)

    assert [tax.hear(answer.id_token), tax.hear(answer.access_token)] == [400, 400]


def test_a_logout_token_is_nothing_else_here(tax: Tax) -> None:
    """Neither an access token, nor a hint, nor a client's assertion, nor a request object."""
    provider, app = tax.provider, tax.provider.client()
    token = tax.token()

    assert app.userinfo(token).status == 401
    assert provider.send("GET", "/logout", query_string={"id_token_hint": token}).status_code == 400
    assert app.introspect(token).active is False
    assert (
        provider.send("GET", "/authorize", query_string={"client_id": "tax", "request": token}).status_code
        == 400
    )


def test_a_token_heard_before_ends_nothing_new(tax: Tax) -> None:
    """Recorded on its way and sent again: the person who has signed in since stays signed in."""
    token = tax.token(sid=GONE)
    assert tax.hear(token) == 200
    tax.sign_in(sid="another")

    assert tax.hear(token) == 200

    assert tax.is_signed_in


def test_a_token_about_somebody_else_leaves_this_session_alone(tax: Tax) -> None:
    others: list[dict[str, Any]] = [{"sid": "0ther"}, {"sub": "ben"}, {"sub": "ben", "sid": GONE}]

    assert {tax.hear(tax.token(**changes)) for changes in others} == {200}

    assert tax.is_signed_in


def test_rubbish_is_refused(tax: Tax) -> None:
    rubbish = ["", "x", "a.b.c", "." * 4_000, "e30." * 100_000]

    assert {tax.hear(token) for token in rubbish} == {400}


def test_unknown_keys_do_not_make_the_mini_app_ask_without_end(
    tax: Tax, monkeypatch: pytest.MonkeyPatch
) -> None:
    tax.hear(tax.token())
    header, claims, signature = parts_of(tax.token())
    asked: list[Any] = []
    really_connect = socket.socket.connect
    monkeypatch.setattr(
        socket.socket, "connect", lambda self, address: asked.append(address) or really_connect(self, address)
    )

    for kid in [*BAD_KIDS.values(), *map(str, range(20))]:
        assert tax.hear(compact({**header, "kid": kid}, claims, signature)) == 400

    assert len(asked) <= 1


@pytest.mark.parametrize("address", WAY_ABROAD)
def test_no_address_of_numbers_is_registered_or_called(provider: Provider, address: str) -> None:
    """The registry refuses it; one that got past it, or was changed behind its back, is not called."""
    from idp.registry.checks import problems_of
    from tests.unit.registry.applications import PRODUCTION
    from tests.unit.registry.applications import tax as application

    called: list[Any] = []
    egress = Egress(resolve=lambda host, port: called.append(host) or ("10.0.0.1",), dial=_never(called))

    assert problems_of(application(backchannel_logout_uri=address), PRODUCTION)
    assert LogoutPosts(egress).carry(errand_to(provider, address)) is Reply.NO_ANSWER
    assert called == []


@pytest.mark.parametrize("found", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:192.168.0.1"])
def test_a_name_that_leads_inside_is_not_called(provider: Provider, found: str) -> None:
    """DNS answers with an address of ours, at the time of calling."""
    called: list[Any] = []
    egress = Egress(resolve=lambda host, port: (found, "93.184.216.34"), dial=_never(called))

    reply = LogoutPosts(egress).carry(errand_to(provider, "https://tax.example/backchannel-logout"))

    assert reply is Reply.NO_ANSWER
    assert called == []


def test_a_redirect_is_not_followed_with_the_token(provider: Provider) -> None:
    with logout_receiver(status=307) as receiver:
        reply = LogoutPosts(Egress(is_development=True)).carry(errand_to(provider, receiver.address))

    assert reply is Reply.NO_ANSWER
    assert len(receiver.requests) == 1


def errand_to(provider: Provider, address: str) -> Errand:
    """A sign-out that is to be told at this address, whatever the registry would have said of it."""
    provider.person()
    app = provider.client(backchannel_logout_uri=address)
    browser = provider.browser()
    provider.tokens(browser, app)
    browser.submit(browser.get("/logout"), "/logout", "logout-confirm")
    (errand,) = provider.services.telling.errands(10)
    return errand


def _never(called: list[Any]) -> Any:
    def dial(address: tuple[str, int], seconds: float) -> socket.socket:
        called.append((address, timedelta(seconds=seconds)))
        raise OSError("no connections in this test")

    return dial
