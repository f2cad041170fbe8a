"""No order of steps leads to a session, a code or a changed credential without the proofs it takes.

A machine (Hypothesis) walks every endpoint of a sign-in in any order, with tokens from whichever page it has seen,
for several people in one browser, and keeps account of what was really proved. Whatever it tries, what it holds
afterwards must be covered by that account.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from idp.foundation.identifiers import digest
from idp.web.cookies import SESSION
from tests.support.browser import Page
from tests.support.clock import FakeClock
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Authenticator, Provider, build_provider, permit_for, settings_for
from tests.support.relying_party import RelyingParty, answer_of

PEOPLE = ("plain", "guarded", "other")
"""`guarded` has an authenticator app, the others have a password alone."""

PATHS = (
    "/login",
    "/login/password",
    "/login/totp",
    "/login/recovery-code",
    "/login/second-factor",
    "/consent",
    "/account",
    "/account/security/password",
    "/account/security/totp",
)

REQUESTS: list[dict[str, str]] = [
    {},
    {"prompt": "login"},
    {"prompt": "consent"},
    {"prompt": "none"},
    {"max_age": "0"},
    {"acr_values": "urn:tongxing:acr:2"},
    {"claims": '{"id_token": {"acr": {"essential": true, "values": ["urn:tongxing:acr:2"]}}}'},
    {"scope": "openid profile email phone"},
]


FRESH: list[dict[str, str]] = [{"prompt": "login"}, {"max_age": "0"}]
"""Those that ask for proof within this very sign-in."""

SOME_PAGE = st.sampled_from((0, 0, 0, 1, 2, 4))
"""How many pages ago the token was seen that is used now."""

SOME_SIGN_IN = st.sampled_from((0, 0, 0, 1, 2))
"""How many sign-ins ago the one was begun that is continued now."""


@dataclass
class Proved:
    """What was truly shown within one sign-in."""

    passwords: set[str] = field(default_factory=set)
    second_factors: set[str] = field(default_factory=set)

    def is_enough_for(self, person: str) -> bool:
        return person in self.passwords and (person != "guarded" or person in self.second_factors)

    def without(self, person: str) -> Proved:
        return Proved(self.passwords - {person}, self.second_factors - {person})


def password_of(person: str) -> str:
    return f"the long and winding password of {person}"


class Walker(RuleBasedStateMachine):
    """One browser at one provider, in the hands of somebody who tries everything."""

    folder: Path
    template: Path
    numbers = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        path = self.folder / f"walk-{next(self.numbers)}.db"
        self.clock = FakeClock()
        self.provider: Provider = build_provider(
            settings_for(f"sqlite:///{path}"), self.clock, LeakGuard(), self.template
        )
        self.ids = {name: self.provider.person(name, password_of(name)).id for name in PEOPLE}
        guarded = self.provider.services.stores.accounts.find_by_id(self.ids["guarded"])
        assert guarded is not None
        self.phone: Authenticator = self.provider.enrol_totp(guarded)
        self.recovery = list(
            self.provider.services.recovery_codes.renew(permit_for(guarded), now=self.clock.now())
        )
        self.app: RelyingParty = self.provider.client()
        self.browser = self.provider.browser()
        self.credentials = self.stored_credentials()
        self.pages: list[Page] = []
        self.proved: dict[str, list[Proved]] = {}
        """By transaction; what a session came of is used up, and something new begins."""
        self.accepted: set[str] = set()
        """Sessions (their ids) that this browser may have."""
        self.at_level_two: set[str] = set()
        self.agreed: set[str] = set()
        self.requests: dict[str, tuple[dict[str, str], str]] = {}
        """By state: what the app asked for, and the transaction that came of it."""

    def teardown(self) -> None:
        self.provider.services.close()

    # --- what the walker can do -----------------------------------------------------------------------------------

    @initialize()
    def arrive(self) -> None:
        self.begin(0)

    @rule(which=st.integers(0, len(REQUESTS) - 1))
    def begin(self, which: int) -> None:
        """An app sends the browser here."""
        pending = self.app.begin(**REQUESTS[which])
        page = self.browser.get(pending.url)
        self.requests[pending.state] = (REQUESTS[which], self.transaction_of(page))
        self.look(page)

    @rule(
        which=st.sampled_from((0, 0, 0, 1, 2, 4, 5, 6, 7)),
        person=st.sampled_from(PEOPLE),
        steps=st.integers(1, 4),
    )
    def sign_in(self, which: int, person: str, steps: int) -> None:
        """Begin, do what the pages ask for, and leave off anywhere."""
        self.begin(which)
        self.go_on(person, steps, True)

    @rule(person=st.sampled_from(PEOPLE), steps=st.integers(1, 4), right=st.sampled_from((True, True, False)))
    def go_on(self, person: str, steps: int, right: bool) -> None:
        """Do what the page at hand asks for, a few pages far, and leave off anywhere."""
        for _ in range(steps):
            forms = {form.action for form in self.pages[-1].forms} if self.pages else set()
            if "/login" in forms:
                self.say_who(person, 0, 0)
            elif "/login/password" in forms:
                self.give_password(person, right, 0, 0)
            elif "/login/totp" in forms:
                self.clock.advance(seconds=30)
                self.give_totp(right, 0, 0)
            elif "/login/recovery-code" in forms:
                self.give_recovery_code(right, 0, 0)
            elif "/consent" in forms:
                self.decide("allow" if right else "deny", 0, 0)

    @rule(
        person=st.sampled_from(PEOPLE),
        before=st.integers(0, 3),
        path=st.sampled_from(PATHS[:6]),
        after=st.integers(1, 3),
    )
    def skip_ahead(self, person: str, before: int, path: str, after: int) -> None:
        """In a fresh browser begin, do a little, jump to another page of the same sign-in, and do what that asks."""
        self.browser = self.provider.browser()
        self.begin(0)
        self.go_on(person, before, True)
        self.open(path, 0)
        self.go_on(person, after, True)

    @rule()
    def visit_account(self) -> None:
        """The person opens their own pages."""
        self.look(self.browser.get("/account"))

    @rule(path=st.sampled_from(PATHS), sign_in=SOME_SIGN_IN)
    def open(self, path: str, sign_in: int) -> None:
        """Any page of any sign-in, in any order."""
        self.look(self.browser.get(f"{path}?transaction={self.some_transaction(sign_in)}"))

    @rule(
        step=st.sampled_from(("who", "password", "totp", "recovery code", "consent", "cancel")),
        person=st.sampled_from(PEOPLE),
        right=st.booleans(),
        sign_in=SOME_SIGN_IN,
        page=SOME_PAGE,
    )
    def step_aside(self, step: str, person: str, right: bool, sign_in: int, page: int) -> None:
        """Any form, of any sign-in, with the token of any page, whether or not it is due."""
        match step:
            case "who":
                self.say_who(person if right else "nobody", sign_in, page)
            case "password":
                self.give_password(person, right, sign_in, page)
            case "totp":
                self.give_totp(right, sign_in, page)
            case "recovery code":
                self.give_recovery_code(right, sign_in, page)
            case "consent":
                self.decide("allow" if right else "deny", sign_in, page)
            case _:
                self.send("/login/cancel", sign_in, page)

    def say_who(self, person: str, sign_in: int, page: int) -> None:
        self.send("/login", sign_in, page, username=person)

    def give_password(self, person: str, right: bool, sign_in: int, page: int) -> None:
        if right:
            self.account_for(sign_in).passwords.add(person)
        given = password_of(person) if right else "not the password of anybody"
        self.send("/login/password", sign_in, page, password=given)

    def give_totp(self, right: bool, sign_in: int, page: int) -> None:
        if right:
            self.account_for(sign_in).second_factors.add("guarded")
        self.send("/login/totp", sign_in, page, code=self.phone.code() if right else self.phone.wrong())

    def give_recovery_code(self, right: bool, sign_in: int, page: int) -> None:
        if right:
            self.account_for(sign_in).second_factors.add("guarded")
        code = self.recovery[-1] if right else "0000-0000-0000-0000"
        self.send("/login/recovery-code", sign_in, page, code=code)

    def decide(self, decision: str, sign_in: int, page: int) -> None:
        if decision == "allow" and (holder := self.holder()) is not None:
            self.agreed.add(holder)
        self.send("/consent", sign_in, page, decision=decision)

    @rule(
        path=st.sampled_from(
            (
                "/account/security/authenticators/totp/remove",
                "/account/security/authenticators/totp/suspend",
                "/account/security/recovery-codes",
                "/account/security/totp",
            )
        ),
        page=SOME_PAGE,
    )
    @precondition(lambda self: "guarded" not in self.at_level_two)
    def change_what_guards(self, path: str, page: int) -> None:
        """Try to take the second factor away, or get codes in its place, without having shown it."""
        self.look(self.browser.post(path, self.tokens_of(page) | {"code": self.phone.code()}))

    @rule(page=SOME_PAGE)
    def change_password(self, page: int) -> None:
        """Without the old one."""
        changed = {"current_password": "not it at all", "new_password": "a wholly new sentence of words"}
        self.look(self.browser.post("/account/security/password", self.tokens_of(page) | changed))

    @rule(page=SOME_PAGE)
    def sign_out(self, page: int) -> None:
        self.look(self.browser.post("/account/sign-out", self.tokens_of(page)))

    @rule(seconds=st.sampled_from((30, 90, 700)))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    # --- what must hold after every step --------------------------------------------------------------------------

    @invariant()
    def a_session_was_proved(self) -> None:
        """Its person's password was given within one sign-in, and the second factor where there is one."""
        holder = self.holder()
        if holder is None:
            return
        self.accept(holder)
        presence = self.presence()
        if presence.session.level > 1:
            assert holder == "guarded"
            self.at_level_two.add(holder)

    @invariant()
    def credentials_are_as_they_were(self) -> None:
        assert self.stored_credentials() == self.credentials

    # --- how it is done -------------------------------------------------------------------------------------------

    def look(self, page: Page) -> Page:
        """Remember a page, or look into the answer that an app got."""
        if page.is_outside:
            self.check_answer(page)
        elif {form.action for form in page.forms} - {"/language"}:
            self.pages = [*self.pages[-5:], page]
        return page

    def check_answer(self, page: Page) -> None:
        """A code stands for the person in front of the browser, who proved it and agreed."""
        answer = answer_of(page.url)
        assert ("code" in answer) != ("error" in answer)
        if "code" not in answer:
            return
        holder = self.holder()
        assert holder is not None
        self.accept(holder)
        assert holder in self.agreed, f"{holder} never agreed"
        request, transaction = self.requests[answer["state"]]
        if request in FRESH:
            assert any(proof.is_enough_for(holder) for proof in self.proved[transaction]), "not asked again"
        if "claims" in request:
            assert self.presence().session.level > 1

    def accept(self, holder: str) -> None:
        """A new session takes proofs of its own, and uses them up."""
        session_id = self.presence().session.id
        if session_id in self.accepted:
            return
        self.accepted.add(session_id)
        for proofs in self.proved.values():
            if proofs[-1].is_enough_for(holder):
                proofs.append(proofs[-1].without(holder))
                return
        raise AssertionError(f"{holder} proved nothing")

    def send(self, path: str, sign_in: int, page: int, **typed: str) -> None:
        fields = {**self.tokens_of(page), "transaction": self.some_transaction(sign_in), **typed}
        self.look(self.browser.post(path, fields))

    def account_for(self, sign_in: int) -> Proved:
        return self.proved.setdefault(self.some_transaction(sign_in), [Proved()])[-1]

    def some_transaction(self, number: int) -> str:
        known = [found for found in map(self.transaction_of, reversed(self.pages)) if found]
        distinct = list(dict.fromkeys(known))
        return distinct[number % len(distinct)] if distinct else "tx_none"

    def transaction_of(self, page: Page) -> str:
        return page.url.partition("transaction=")[2]

    def tokens_of(self, number: int) -> dict[str, str]:
        """The hidden values of a page seen lately: the walker may use any of them anywhere."""
        if not self.pages:
            return {}
        page = self.pages[-1 - number % len(self.pages)]
        return {name: value for form in page.forms for name, value in form.fields.items() if "token" in name}

    def presence(self) -> Any:
        value = self.browser.cookie(SESSION)
        if not value:
            return None
        return self.provider.services.stores.sessions.find(digest(value), now=self.clock.now())

    def holder(self) -> str | None:
        """Who is signed in, by the database's word."""
        found = self.presence()
        return None if found is None else found.owner.username

    def stored_credentials(self) -> list[object]:
        """What guards each account, the used-up parts left out."""
        stores = self.provider.services.stores.credentials
        kept: list[object] = []
        for account_id in self.ids.values():
            totp = stores.find_totp(account_id)
            kept.append((stores.find_password(account_id), totp and (totp.seed_sealed, totp.confirmed_at)))
        return kept


@pytest.mark.parametrize("length", [12, 40])
def test_no_order_of_steps_gets_in_without_proof(tmp_path: Path, sqlite_template: Path, length: int) -> None:
    """Short walks try many beginnings, long ones go deep."""
    walker = type("WalkerHere", (Walker,), {"folder": tmp_path, "template": sqlite_template})

    run_state_machine_as_test(
        walker,
        settings=settings(
            max_examples=60 if length < 20 else 30,
            stateful_step_count=length,
            deadline=None,
            # A walk of at most forty steps can be read as it is; making it shorter would take minutes.
            phases=(Phase.generate,),
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
