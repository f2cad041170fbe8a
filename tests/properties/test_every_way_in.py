"""Somebody with an account of their own walks all pages in any order, and never gets at anybody else's account.

The walk knows every address that takes a form, keeps every form it ever saw, mixes their fields, swaps cookies
between two browsers, lets time pass, and does honestly for its own account whatever would help. Then: the victim's
credentials, sessions and recoveries are as they were; and the walker's own recovery took two anchors and its time
(CVE-2026-18963 is the class of fault).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from idp.accounts.person import Account
from idp.authn.messages import Channel
from idp.authn.permit import Ground, Permit
from idp.storage.rows import given
from idp.storage.schema import recoveries
from idp.storage.statement import Statement
from idp.web.recover.holding import COOKIE
from tests.support.browser import Form, Page
from tests.support.clock import FakeClock
from tests.support.leak_guard import LeakGuard
from tests.support.provider import EVERY_CLAIM, Authenticator, Provider, build_provider, settings_for

NUMBERS = count(1)
OWN_PASSWORD = "twelve lanterns along the river wall"
WISHED_PASSWORD = "a password that the walker would like"
RECOVERIES = Statement(select(recoveries).where(recoveries.c.account_id == given("account")))

PAGES = (
    *(
        "/login",
        "/login/password",
        "/login/totp",
        "/login/recovery-code",
        "/login/ways",
        "/login/text-message",
    ),
    *("/login/hotp", "/login/gesture", "/login/passkey", "/login/qr", "/login/second-factor"),
    *(
        "/recover",
        "/recover?again",
        "/recover/anchors",
        "/recover/waiting",
        "/recover/finish",
        "/recover/done",
    ),
    *(
        "/recover/code?anchor=email",
        "/recover/code?anchor=text_message",
        "/recover/code?anchor=recovery_code",
    ),
    *("/recover/code?anchor=totp", "/recover/counter", "/recover/stop", "/account", "/account/security"),
    *(
        "/account/security/password",
        "/account/security/totp",
        "/account/security/passkeys",
        "/account/sessions",
    ),
)
WORDS = (
    *(
        "",
        "000000",
        "AAAA-BBBB-CCCC",
        WISHED_PASSWORD,
        "email",
        "text_message",
        "recovery_code",
        "totp",
        "password",
    ),
    *("all", "passkey", "rs_guess", "ch_guess", "tx_guess"),
)
SPANS = ({"seconds": 31}, {"minutes": 11}, {"hours": 2}, {"days": 1})


@dataclass
class Town:
    """One provider for every walk."""

    provider: Provider
    folder: Path
    actions: tuple[str, ...]
    """Every address that takes a form."""

    def post(self) -> list[tuple[str, str]]:
        """What arrived since the last time: recipient and text."""
        for channel in Channel:
            self.provider.services.post.deliver(channel)
        arrived = []
        for file in sorted(self.folder.glob("*.txt")):
            head, _, text = file.read_text(encoding="utf-8").partition("\n\n")
            arrived.append((head.partition("\n")[0].removeprefix("To: "), text))
            file.unlink()
        return arrived


@dataclass
class Citizen:
    """An account with everything that a recovery could begin with."""

    account: Account
    email: str
    phone: str
    app: Authenticator
    codes: list[str]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Town]:
    place = tmp_path_factory.mktemp("ways")
    folder = place / "messages"
    provider = build_provider(
        settings_for(f"sqlite:///{place / 'idp.db'}", message_folder=folder),
        FakeClock(),
        LeakGuard(),
        sqlite_template,
    )
    actions = tuple(
        sorted(
            rule.rule
            for rule in provider.app.url_map.iter_rules()
            if "POST" in (rule.methods or ()) and not rule.arguments
        )
    )
    yield Town(provider, folder, actions)
    provider.services.close()


def citizen(town: Town, name: str) -> Citizen:
    provider, number = town.provider, next(NUMBERS)
    email, phone = f"{name}@mail.example", f"+86138{number:08d}"
    account = provider.person(
        name, OWN_PASSWORD, claims=EVERY_CLAIM | {"email": email, "phone_number": phone}
    )
    app = provider.enrol_totp(account)
    permit = Permit(account.id, Ground.OPERATOR)
    codes = provider.services.recovery_codes.renew(permit, now=provider.clock.now())
    return Citizen(account, email, phone, app, list(codes))


@dataclass
class Known:
    """What the walker has in hand."""

    forms: list[Form] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)

    def learn(self, page: Page) -> None:
        """Every form, and every value in it by its name."""
        self.forms = [*self.forms, *page.forms][-60:]
        for form in page.forms:
            for name, value in (*form.fields.items(), *form.buttons.values()):
                self.values[name] = [*self.values.get(name, ()), value][-12:]


class Walk(RuleBasedStateMachine):
    """One walker, two browsers, one victim."""

    town: ClassVar[Town]

    def __init__(self) -> None:
        super().__init__()
        number = next(NUMBERS)
        self.provider = self.town.provider
        self.victim = citizen(self.town, f"victim{number}")
        self.walker = citizen(self.town, f"walker{number}")
        self.town.post()
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        self.browsers = [self.provider.browser(address), self.provider.browser(address)]
        self.known = Known()
        self.own_codes: list[str] = []
        self.honest: set[str] = set()
        """The anchors of the walker's own account whose right code was ever sent."""
        self.waited_from: dict[str, Any] = {}
        self.before = self.guarded(self.victim)

    # What the walker does.

    @rule(which=st.integers(0, 1), path=st.sampled_from(PAGES), pick=st.integers(0, 99))
    def open(self, which: int, path: str, pick: int) -> None:
        """Any page, perhaps of some sign-in seen before."""
        transaction = self.any_of("transaction", pick)
        glue = "&" if "?" in path else "?"
        self.see(self.browsers[which].get(f"{path}{glue}transaction={transaction}" if transaction else path))

    @rule(which=st.integers(0, 1), own=st.booleans())
    def begin_to_sign_in(self, which: int, own: bool) -> None:
        page = self.browsers[which].get("/account")
        if page.path == "/login":
            name = self.walker.account.username if own else self.victim.account.username
            self.see(page)
            self.see(self.browsers[which].submit(page, "/login", username=name))

    @rule(which=st.integers(0, 1))
    def sign_in_to_the_own_account(self, which: int) -> None:
        browser = self.browsers[which]
        page = browser.get("/account")
        if page.path != "/login":
            return
        page = browser.submit(page, "/login", username=self.walker.account.username)
        if any(form.action == "/login/password" for form in page.forms):
            page = browser.submit(page, "/login/password", password=OWN_PASSWORD)
        if any(form.action == "/login/totp" for form in page.forms):
            page = browser.submit(page, "/login/totp", code=self.right_code("totp"))
        self.see(page)

    @rule(which=st.integers(0, 1), own=st.booleans())
    def begin_to_recover(self, which: int, own: bool) -> None:
        page = self.browsers[which].get("/recover?again")
        name = self.walker.account.username if own else self.victim.account.username
        self.see(page)
        self.see(self.browsers[which].submit(page, "/recover", username=name))

    @rule(which=st.integers(0, 1), anchor=st.sampled_from(("email", "text_message", "recovery_code", "totp")))
    def show_an_own_anchor(self, which: int, anchor: str) -> None:
        """Honestly: in whatever recovery this browser holds, the victim's too."""
        browser = self.browsers[which]
        page = browser.get("/recover/anchors")
        self.see(page)
        if f'value="{anchor}"' not in page.text:
            return
        asked = browser.submit(page, "/recover/anchors", f"anchor-{anchor}")
        self.see(asked)
        if asked.path == "/recover/code":
            self.see(browser.submit(asked, "/recover/code", code=self.right_code(anchor)))

    @rule(which=st.integers(0, 1), first=st.sampled_from(("email", "recovery_code")))
    def recover_the_own_account_as_far_as_it_goes(self, which: int, first: str) -> None:
        """Two anchors, and then straight to the end, whether or not it is time."""
        self.begin_to_recover(which, own=True)
        self.show_an_own_anchor(which, first)
        self.show_an_own_anchor(which, "text_message")
        self.the_own_recovery_took_what_it_takes()
        self.finish(which)

    @rule(which=st.integers(0, 1))
    def finish(self, which: int) -> None:
        """The last form, if this browser is given it."""
        page = self.browsers[which].get("/recover/finish")
        self.see(page)
        if any(form.action == "/recover/finish" for form in page.forms):
            self.see(
                self.browsers[which].submit(page, "/recover/finish", new_password=OWN_PASSWORD + " again")
            )

    @rule(anchor=st.sampled_from(("email", "text_message")))
    def bring_an_own_code_to_the_victims_recovery(self, anchor: str) -> None:
        """A right code with its challenge, asked for in one browser, answered in the other."""
        self.begin_to_recover(0, own=True)
        asked = self.browsers[0].submit(
            self.browsers[0].get("/recover/anchors"), "/recover/anchors", f"anchor-{anchor}"
        )
        self.see(asked)
        self.begin_to_recover(1, own=False)
        page = self.browsers[1].get(f"/recover/code?anchor={anchor}")
        if asked.path == page.path == "/recover/code":
            challenge = asked.form("/recover/code").fields["challenge"]
            fields = page.form("/recover/code").fields | {
                "challenge": challenge,
                "code": self.right_code(anchor),
            }
            self.see(self.browsers[1].post("/recover/code", fields))

    @rule(
        which=st.integers(0, 1),
        pick=st.integers(0, 59),
        changes=st.integers(0, 2),
        mix=st.integers(0, 10_000),
    )
    def send_a_form(self, which: int, pick: int, changes: int, mix: int) -> None:
        """One seen before, in either browser, with some of its fields from elsewhere."""
        if not self.known.forms:
            return
        form = self.known.forms[-1 - pick % len(self.known.forms)]
        fields = dict(form.fields)
        for number, name in enumerate(sorted(fields)):
            if not fields[name] or (number == mix % (len(fields) + 1) and changes):
                fields[name] = self.wished(name, mix + number)
        self.see(self.browsers[which].post(form.action, fields))

    @rule(which=st.integers(0, 1), action=st.integers(0, 999), mix=st.integers(0, 10_000))
    def send_to_any_address(self, which: int, action: int, mix: int) -> None:
        """Fields of all forms together, to an address of choice."""
        actions = self.town.actions
        names = (*self.known.values, "code", "new_password", "password", "username", "anchor")
        fields = {name: self.wished(name, mix + number) for number, name in enumerate(names)}
        self.see(self.browsers[which].post(actions[action % len(actions)], fields))

    @rule(
        path=st.sampled_from(
            ("/recover/finish", "/recover/code", "/recover/passkey/options", "/recover/passkey")
        )
    )
    def push_on_with_what_the_other_browser_saw(self, path: str) -> None:
        """The form token of one recovery, the cookie of another."""
        for browser in self.browsers:
            for token in self.known.values.get("step_token", ())[-3:]:
                fields = {
                    "step_token": token,
                    "new_password": WISHED_PASSWORD,
                    "anchor": "email",
                    "code": "000000",
                }
                self.see(browser.post(path, fields))

    @rule(name=st.sampled_from((COOKIE, "__Host-idp_session", "__Host-idp_browser")))
    def swap_a_cookie(self, name: str) -> None:
        """Both browsers are the walker's."""
        one, other = self.browsers
        values = one.cookie(name), other.cookie(name)
        for browser, value in zip((other, one), values, strict=True):
            browser.set_cookie(name, value or "")

    @rule(span=st.sampled_from(SPANS))
    def let_time_pass(self, span: dict[str, float]) -> None:
        self.provider.clock.advance(**span)

    # What must hold.

    @invariant()
    def the_victim_is_untouched(self) -> None:
        assert self.guarded(self.victim) == self.before
        stores, now = self.provider.services.stores, self.provider.clock.now()
        assert stores.sessions.list_of(self.victim.account.id, now=now) == ()
        assert {row.state for row in self.recoveries_of(self.victim)} <= {"begun", "cancelled"}

    @invariant()
    def the_own_recovery_took_what_it_takes(self) -> None:
        """What a guard left out would let through for the own account, it would for others."""
        now, wait = self.provider.clock.now(), self.provider.settings.recovery_wait
        for row in self.recoveries_of(self.walker):
            anchors = set(row.anchors.split())
            assert anchors <= self.honest, "an anchor without its code"
            if row.state in ("waiting", "finished"):
                assert len(anchors) == 2
                began = self.waited_from.setdefault(row.id, now)
                assert row.state == "waiting" or now - began >= wait, "finished before its time"

    # What it needs for that.

    def see(self, page: Page) -> None:
        assert page.status < 500, (page.path, page.text)
        if not page.is_outside:
            self.known.learn(page)
        for to, text in self.town.post():
            if to in (self.walker.email, self.walker.phone) and text[:6].isdecimal():
                self.own_codes = [*self.own_codes, text[:6]][-6:]

    def any_of(self, name: str, pick: int) -> str:
        values = self.known.values.get(name, [])
        return values[pick % len(values)] if values else ""

    def wished(self, name: str, mix: int) -> str:
        """A value for a field: what some form had there, an own code, a word."""
        kept = self.known.values.get(name, [])
        others = [value for values in self.known.values.values() for value in values[-2:]]
        choices = [*kept[-4:], *kept[-1:] * 3, *self.own_codes[-2:], *WORDS, *others]
        if "password" in name:
            choices = [WISHED_PASSWORD, OWN_PASSWORD]
        if name == "username":
            choices = [self.victim.account.username, self.walker.account.username]
        value = choices[mix % len(choices)]
        if value in self.own_codes:
            self.honest |= {"email", "text_message"}
        return value

    def right_code(self, anchor: str) -> str:
        """The code of an anchor of the walker's own account."""
        self.honest.add(anchor)
        if anchor == "totp":
            self.provider.clock.advance(seconds=30)
            return self.walker.app.code()
        if anchor == "recovery_code":
            return self.walker.codes.pop() if self.walker.codes else ""
        return self.own_codes[-1] if self.own_codes else "000000"

    def guarded(self, person: Citizen) -> object:
        """Everything that guards an account."""
        stores, account_id = self.provider.services.stores, person.account.id
        return (
            stores.credentials.find_password(account_id),
            stores.credentials.find_totp(account_id),
            stores.credentials.count_recovery_codes(account_id),
            stores.authenticators.of(account_id),
            stores.accounts.find_by_id(account_id),
        )

    def recoveries_of(self, person: Citizen) -> list[Any]:
        return list(self.provider.services.database.all(RECOVERIES, account=person.account.id))


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_no_walk_through_the_pages_reaches_an_account_without_its_proofs(town: Town) -> None:
    class OfThisTown(Walk):
        pass

    OfThisTown.town = town
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        OfThisTown,
        settings=settings(
            max_examples=50,
            stateful_step_count=40,
            # A walk that found something is shown as it was: making it shorter would take minutes.
            phases=[Phase.generate],
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_walk_gets_far_enough_to_mean_something(town: Town) -> None:
    """By honest steps alone the walker's own recovery is finished: the rules above reach every page."""

    class Honest(Walk):
        pass

    Honest.town = town
    walk = Honest()
    walk.begin_to_recover(0, own=True)
    for anchor in ("email", "recovery_code"):
        walk.show_an_own_anchor(0, anchor)
        walk.the_own_recovery_took_what_it_takes()
    assert [row.state for row in walk.recoveries_of(walk.walker)] == ["waiting"]
    walk.let_time_pass({"days": 1})
    walk.open(0, "/recover/finish", 0)
    finish = next(
        number for number, form in enumerate(reversed(walk.known.forms)) if form.action == "/recover/finish"
    )
    fields = walk.known.forms[-1 - finish].fields | {"new_password": WISHED_PASSWORD}
    walk.see(walk.browsers[0].post("/recover/finish", fields))

    assert [row.state for row in walk.recoveries_of(walk.walker)] == ["finished"]
    walk.the_own_recovery_took_what_it_takes()
    walk.the_victim_is_untouched()
