"""A whole provider in this process, with people and mini-apps, for tests that walk through it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyotp
from joserfc.jwk import ECKey
from werkzeug.test import Client as HttpClient
from werkzeug.test import TestResponse

from idp.accounts.names import normalise_identifier
from idp.accounts.person import Account, RealNameAssurance
from idp.app import create_app
from idp.authn.permit import Ground, Permit
from idp.foundation.entropy import SystemEntropy
from idp.foundation.identifiers import Kind, digest, new_value
from idp.foundation.secret import Secret
from idp.oidc.client import Client
from idp.oidc.vocabulary import ClientAuthMethod, GrantType
from idp.settings import DatabaseSync, Mode, Settings
from idp.wiring import Services, build_services
from tests.support.browser import Browser, Page
from tests.support.clock import FakeClock
from tests.support.leak_guard import LeakGuard
from tests.support.relying_party import Answer, Pending, RelyingParty, Value, answer_of

ISSUER = "http://east.id.localhost:8001"
PASSWORD = "plum blossom in the eastern courtyard"

EVERY_CLAIM: dict[str, Any] = {
    "name": "古丽巴哈尔·阿卜杜热依木",
    "family_name": "阿卜杜热依木",
    "given_name": "古丽巴哈尔",
    "middle_name": "𬭚",
    "nickname": "古丽",
    "preferred_username": "gulbahar",
    "profile": "https://people.example/gulbahar",
    "picture": "https://people.example/gulbahar.png",
    "website": "https://gulbahar.example",
    "gender": "female",
    "birthdate": "1988-03-12",
    "zoneinfo": "Asia/Urumqi",
    "locale": "zh-CN",
    "updated_at": 1_790_000_000,
    "email": "gulbahar@mail.example",
    "email_verified": True,
    "phone_number": "+8613800000001",
    "phone_number_verified": True,
    "address": {"formatted": "1 Spring Road, East", "country": "CN"},
    "real_name_assurance": int(RealNameAssurance.IN_PERSON),
}
"""One of everything, with the right type."""


def settings_for(database_url: str, **changes: Any) -> Settings:
    """Strict settings, except that passwords hash fast and commits do not wait for the disk."""
    return replace(
        Settings(
            issuer=ISSUER,
            secret_key=Secret("a secret for tests only: 0123456789 abcdefghij"),
            mode=Mode.DEVELOPMENT,
            region="east",
            region_name={"en": "Region East", "zh-CN": "东区"},
            database_url=database_url,
            database_sync=DatabaseSync.NORMAL,
            argon2_memory_kib=64,
            argon2_passes=1,
        ),
        **changes,
    )


@dataclass
class Provider:
    """The provider under test, and the ways into it."""

    settings: Settings
    services: Services
    clock: FakeClock
    guard: LeakGuard

    def __post_init__(self) -> None:
        self.app = create_app(self.settings, self.services)

    @property
    def issuer(self) -> str:
        return self.settings.issuer

    def browser(self, address: str = "127.0.0.1") -> Browser:
        """A new person's browser, with an empty cookie jar."""
        return Browser(self.app, self.issuer, self.guard, address)

    def person(
        self,
        username: str = "gulbahar",
        password: str = PASSWORD,
        *,
        claims: dict[str, Any] | None = None,
        active: bool = True,
    ) -> Account:
        """A registered citizen."""
        claims = dict(EVERY_CLAIM if claims is None else claims)
        account = Account(
            id=new_value(Kind.ACCOUNT, SystemEntropy(), 16),
            username=username,
            claims=claims,
            assurance=RealNameAssurance(claims.get("real_name_assurance", 0)),
            is_active=True,
            created_at=self.clock.now(),
        )
        self.services.stores.accounts.add(account, (normalise_identifier(username),))
        self.services.passwords.set(permit_for(account), password, about=(), now=self.clock.now())
        self.guard.remember(password)
        if not active:
            self.services.stores.accounts.set_active(account.id, False, now=self.clock.now())
        return account

    def enrol_totp(self, account: Account) -> Authenticator:
        """Give a person an authenticator app, the way the account pages do."""
        enrolment = self.services.totp.begin(
            account.id, "enrolled-by-test", issuer="East", account=account.username, now=self.clock.now()
        )
        app = Authenticator(pyotp.TOTP(enrolment.secret_base32), self.clock)
        self.services.totp.confirm(
            permit_for(account), "enrolled-by-test", enrolment.sealed, app.code(), now=self.clock.now()
        )
        self.clock.advance(seconds=90)
        return app

    def client(self, client_id: str = "tax", **changes: Any) -> RelyingParty:
        """A registered mini-app with a secret, unless `auth_method` says otherwise."""
        secret = new_value(Kind.CLIENT_SECRET, SystemEntropy())
        defaults: dict[str, Any] = {
            "client_id": client_id,
            "name": {"en": "Tax", "zh-CN": "税务"},
            "organisation": "East Tax Office",
            "region": "east",
            "auth_method": ClientAuthMethod.SECRET_BASIC,
            "redirect_uris": ("https://tax.example/callback",),
            "post_logout_redirect_uris": ("https://tax.example/signed-out",),
            "sector": "tax.example",
            "grant_types": frozenset(GrantType),
            "scopes": (
                "openid",
                "profile",
                "email",
                "phone",
                "address",
                "real_name",
                "offline_access",
                "tax.read",
            ),
            "resources": ("https://api.tax.example",),
            "audiences": (),
            "secret_hash": digest(secret),
        }
        client, key = Client(**(defaults | changes)), None
        if client.auth_method not in (ClientAuthMethod.SECRET_BASIC, ClientAuthMethod.SECRET_POST):
            client = replace(client, secret_hash=None)
        if client.auth_method is ClientAuthMethod.PRIVATE_KEY_JWT and client.jwks is None:
            key = ECKey.generate_key("P-256", {"kid": f"{client_id}-1", "alg": "ES256", "use": "sig"})
            client = replace(client, jwks={"keys": [key.as_dict(private=False)]})
        assert self.services.stores.registry.add(client, now=self.clock.now())
        return RelyingParty(
            self.app,
            self.issuer,
            client.client_id,
            secret if client.secret_hash else None,
            client.redirect_uris[0] if client.redirect_uris else "",
            auth_method=str(client.auth_method),
            key=key,
            clock=self.clock,
        )

    def arrive(
        self,
        browser: Browser,
        app: RelyingParty,
        username: str = "gulbahar",
        password: str = PASSWORD,
        totp: str | None = None,
        **parameters: Value,
    ) -> Arrival:
        """Open the mini-app's link and walk to the end, whatever is asked on the way."""
        pending = app.begin(**parameters)
        return Arrival(pending, self.walk(browser, pending.url, username, password, totp))

    def walk(
        self,
        browser: Browser,
        url: str,
        username: str = "gulbahar",
        password: str = PASSWORD,
        totp: str | None = None,
    ) -> Page:
        """Open an address of ours and walk to the end, whatever is asked on the way."""
        page = browser.get(url)
        if page.path == "/login":
            page = browser.sign_in(page, username, password, totp)
        elif page.path == "/login/totp" and totp is not None:
            page = browser.submit(page, "/login/totp", code=totp)
        return browser.allow(page) if page.path == "/consent" else page

    def tokens(self, browser: Browser, app: RelyingParty, **options: Any) -> Answer:
        """What the mini-app holds after `arrive`."""
        arrival = self.arrive(browser, app, **options)
        answer = app.redeem(arrival.code, arrival.pending.verifier)
        assert answer.status == 200, answer.members
        return answer

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        address: str = "127.0.0.1",
        **options: Any,
    ) -> TestResponse:
        """A bare HTTP request, with no browser around it; `options` are werkzeug's."""
        overrides = {"REMOTE_ADDR": address, **options.pop("environ", {})}
        return HttpClient(self.app, use_cookies=False).open(
            path,
            method=method,
            headers=headers,
            base_url=options.pop("base_url", self.issuer),
            environ_overrides=overrides,
            buffered=True,
            **options,
        )

    @contextmanager
    def twin(self, **changes: Any) -> Iterator[Provider]:
        """Another process on the same database, perhaps with other settings; also this one after a restart."""
        services = build_services(replace(self.settings, **changes), clock=self.clock)
        services.keyring.open()
        try:
            yield Provider(services.settings, services, self.clock, self.guard)
        finally:
            services.close()


@dataclass(frozen=True)
class Arrival:
    """Where a walk through our pages ended, and what the mini-app remembers of its beginning."""

    pending: Pending
    page: Page

    @property
    def answer(self) -> dict[str, str]:
        """What came back to the mini-app."""
        assert self.page.is_outside, self.page.text
        return answer_of(self.page.url)

    @property
    def code(self) -> str:
        return self.answer["code"]


def permit_for(account: Account) -> Permit:
    """Permission to set what guards an account, as an operator has it."""
    return Permit(account.id, Ground.OPERATOR)


@dataclass
class Authenticator:
    """A person's authenticator app."""

    totp: pyotp.TOTP
    clock: FakeClock

    def code(self, at: datetime | None = None) -> str:
        """What it shows now."""
        return self.totp.at(at or self.clock.now())

    def wrong(self) -> str:
        """Six digits that are no code just now."""
        near = {self.totp.at(self.clock.now(), counter_offset=offset) for offset in (-1, 0, 1)}
        return next(code for code in ("000000", "111111", "222222", "333333") if code not in near)


def build_provider(
    settings: Settings, clock: FakeClock, guard: LeakGuard, template: Path | None = None
) -> Provider:
    """A provider on its own database; `template` is a migrated SQLite file with keys in it."""
    if template is not None:
        shutil.copy(template, settings.database_url.removeprefix("sqlite:///"))
    services = build_services(settings, clock=clock)
    services.keyring.open()
    return Provider(settings, services, clock, guard)
