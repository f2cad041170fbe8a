"""People who signed in through the pages, and more codes and refresh tokens of theirs than anybody would walk for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from idp.foundation.entropy import SystemEntropy
from idp.foundation.identifiers import Kind, digest, new_value
from idp.oidc.grant import AuthorizationCode, NewRefreshToken
from idp.web.answer import GRANT_ID_BYTES
from tests.fire.volley import written_by_app
from tests.support.browser import Browser
from tests.support.provider import Arrival
from tests.support.relying_party import Answer, RelyingParty
from tests.support.server import RunningProvider


@dataclass
class Visit:
    """One person at one mini-app, signed in and agreed, with a code on the way back."""

    provider: RunningProvider
    browser: Browser
    app: RelyingParty
    arrival: Arrival

    @property
    def code(self) -> str:
        """The code that came through the pages."""
        return self.arrival.code

    def another_code(self) -> str:
        """One more code of the same session for the same permission, kept as the answer page keeps it."""
        value = new_value(Kind.CODE, SystemEntropy())
        self.provider.services.stores.codes.add(digest(value), self._like_the_first())
        return value

    def another_refresh_token(self) -> str:
        """The first refresh token of one more grant."""
        value = new_value(Kind.REFRESH_TOKEN, SystemEntropy())
        now = self.provider.clock.now()
        record = NewRefreshToken(digest(value), now + self.provider.settings.refresh_token_lifetime)
        code = self.another_code()
        assert self.provider.services.stores.codes.consume(digest(code), record, now=now)
        return value

    def redemption(self, code: str) -> bytes:
        """The request that redeems a code of this visit."""
        return written_by_app(self.app, lambda app: app.redeem(code, self.arrival.pending.verifier))

    def refresh(self, refresh_token: str) -> bytes:
        """The request that uses a refresh token."""
        return written_by_app(self.app, lambda app: app.refresh(refresh_token))

    def userinfo(self, access_token: str) -> bytes:
        """The request that asks who the person is."""
        return written_by_app(self.app, lambda app: app.userinfo(access_token))

    def tokens(self) -> Answer:
        """What the mini-app gets for the code that came through the pages."""
        answer = self.app.redeem(self.code, self.arrival.pending.verifier)
        assert answer.status == 200, answer.members
        return answer

    def _like_the_first(self) -> AuthorizationCode:
        found = self.provider.services.stores.codes.find(digest(self.code))
        assert found is not None
        fresh = new_value(Kind.GRANT, SystemEntropy(), GRANT_ID_BYTES)
        return replace(
            found.code,
            grant=replace(found.code.grant, id=fresh),
            # Longer than those of the answer page: a killed server takes its time to come back.
            expires_at=self.provider.clock.now() + timedelta(minutes=10),
        )


def visit(provider: RunningProvider, username: str, app: RelyingParty | None = None, **begin: Any) -> Visit:
    """A new person of this name signs in at `app`, or at a mini-app made for them."""
    provider.person(username)
    app = app or provider.client(f"app-of-{username}")
    browser = provider.browser()
    return Visit(provider, browser, app, provider.arrive(browser, app, username, **begin))
