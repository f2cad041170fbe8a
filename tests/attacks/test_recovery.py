"""Getting into somebody's account by the way that is there for its owner: recovery, stepped through in any way.

The long walk through all pages at random is in `tests/properties/test_every_way_in.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from idp.accounts.person import Account
from idp.authn.permit import Ground, Permit
from idp.web.recover.holding import COOKIE
from tests.attacks.counting import Work
from tests.support.browser import Page
from tests.support.mailbox import Mailbox, with_mailbox
from tests.support.provider import EVERY_CLAIM, PASSWORD, Provider
from tests.support.recovering import EMAIL, NEW_PASSWORD, Recovering

NAMES = ["known", "unknown", "disabled", "guarded", "unreachable", "very-long-" + "n" * 200, "\u53e4\u4e3d"]
TOKENS = re.compile(r"[0-9a-f]{64}|ch_[\w-]+|[0-9a-f]{10}\b|br_[\w-]+|rv_[\w-]+")
"""What differs between any two pages."""
MALLORY, MALLORYS_PHONE = "mallory@mail.example", "+8613800000066"


@pytest.fixture
def town(provider: Provider, tmp_path: Path) -> Iterator[tuple[Provider, Mailbox]]:
    with with_mailbox(provider, tmp_path / "messages") as made:
        yield made


@pytest.fixture
def owner(town: tuple[Provider, Mailbox]) -> Account:
    return town[0].person()


@pytest.fixture
def thief(town: tuple[Provider, Mailbox], owner: Account) -> Recovering:
    """Somebody at a browser of their own, who knows the owner's name."""
    provider, mailbox = town
    provider.person("mallory", claims=EVERY_CLAIM | {"email": MALLORY, "phone_number": MALLORYS_PHONE})
    return Recovering(provider, mailbox, provider.browser("192.0.2.66"))


def guarded(provider: Provider, account: Account) -> object:
    """Everything that guards an account, and who is signed in to it."""
    stores, now = provider.services.stores, provider.clock.now()
    return (
        stores.credentials.find_password(account.id),
        stores.credentials.find_totp(account.id),
        stores.credentials.count_recovery_codes(account.id),
        stores.authenticators.of(account.id),
        stores.sessions.list_of(account.id, now=now),
    )


def running(provider: Provider, account: Account) -> object:
    return provider.services.account_recovery.running(account.id, now=provider.clock.now())


class TestFindingOut:
    """Nobody learns who is registered, or with what."""

    @pytest.fixture
    def people(self, town: tuple[Provider, Mailbox]) -> Provider:
        provider = town[0]
        for number, name in enumerate(("known", "disabled", "guarded")):
            claims = EVERY_CLAIM | {"email": f"{name}@mail.example", "phone_number": f"+861380000010{number}"}
            account = provider.person(name, claims=claims, active=name != "disabled")
            if name == "guarded":
                provider.enrol_totp(account)
        provider.person("unreachable", claims={"name": "Somebody"})
        return provider

    def seen(self, name: str, page: Page, work: Work) -> list[object]:
        text = TOKENS.sub("*", page.text).replace(name, "*")
        headers = [
            (header, len(page.headers[header])) for header in page.headers if header != "Content-Length"
        ]
        return [page.status, page.path, text, headers, work.take()]

    def walk(self, provider: Provider, name: str, work: Work) -> list[object]:
        """Everything that can be seen from outside, and what it cost inside."""
        browser, told = provider.browser(), []
        form = browser.get("/recover")
        work.take()
        anchors = browser.submit(form, "/recover", username=name)
        told.append(self.seen(name, anchors, work))
        for anchor in ("email", "text_message", "recovery_code"):
            asked = browser.submit(anchors, "/recover/anchors", f"anchor-{anchor}")
            told.append(self.seen(name, asked, work))
            told.append(self.seen(name, browser.submit(asked, "/recover/code", code="000000"), work))
        told.append(self.seen(name, browser.get("/recover/waiting"), work))
        told.append(self.seen(name, browser.get("/recover/finish"), work))
        return told

    def test_every_name_is_answered_alike_on_every_page(
        self, people: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Known, unknown, disabled, with an app, without any address: one answer after the same work."""
        work = Work(monkeypatch)

        first, *others = (self.walk(people, name, work) for name in NAMES)

        for name, other in zip(NAMES[1:], others, strict=True):
            assert other == first, name

    def test_a_wrong_code_from_the_counter_is_answered_alike_too(
        self, people: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        work = Work(monkeypatch)
        told = []
        for name in NAMES:
            browser = people.browser()
            form = browser.get("/recover/counter")
            work.take()
            page = browser.submit(form, "/recover/counter", username=name, code="AAAA-BBBB-CCCC")
            told.append(self.seen(name, page, work))

        assert all(one == told[0] for one in told)


class TestSkipping:
    """No step is reached without the one before it (CVE-2026-18963)."""

    def push(self, thief: Recovering, token_of: Page) -> None:
        """Every later form, with the tokens of the page at hand."""
        tokens = [form.fields.get("step_token", "") for form in token_of.forms]
        for token in (*tokens, ""):
            for path in ("/recover/finish", "/recover/passkey/options", "/recover/passkey", "/recover/code"):
                fields = {"step_token": token, "new_password": NEW_PASSWORD, "anchor": "totp", "code": "1"}
                thief.browser.post(path, fields)

    def test_nothing_is_set_with_no_anchor_or_one(self, thief: Recovering, owner: Account) -> None:
        before = guarded(thief.provider, owner)
        page = thief.begin()
        self.push(thief, page)
        own = Recovering(thief.provider, thief.mailbox, thief.provider.browser("192.0.2.66"))
        self.push(own, own.by_email(own.begin()))

        assert thief.browser.get("/recover/finish").path == "/recover/anchors"
        assert own.browser.get("/recover/finish").path == "/recover/anchors"
        assert guarded(thief.provider, owner) == before
        assert running(thief.provider, owner) is None

    def test_one_anchor_is_not_two(self, thief: Recovering, owner: Account) -> None:
        """Neither shown twice nor shown in two windows."""
        first, other = thief.begin(), thief.provider.browser("192.0.2.66")
        held = thief.browser.cookie(COOKIE)
        assert held is not None
        other.set_cookie(COOKIE, held)
        elsewhere = Recovering(thief.provider, thief.mailbox, other)
        in_other_window = elsewhere.choose(other.get("/recover/anchors"), "email")
        code = thief.mailbox.code_for(EMAIL)
        thief.by_email(first)

        again = elsewhere.enter(in_other_window, code)

        assert again.path == "/recover/anchors"
        assert running(thief.provider, owner) is None

    def test_the_waiting_cannot_be_talked_away(self, thief: Recovering, owner: Account) -> None:
        before = guarded(thief.provider, owner)
        self.push(thief, thief.two_anchors())
        thief.provider.clock.advance(hours=23)
        self.push(thief, thief.browser.get("/recover/waiting"))

        assert thief.browser.get("/recover/finish").path == "/recover/waiting"
        assert guarded(thief.provider, owner) == before

    def test_the_token_of_an_own_recovery_does_not_finish_another(
        self, thief: Recovering, owner: Account
    ) -> None:
        thief.by_phone(thief.by_email(thief.begin("mallory"), MALLORY), MALLORYS_PHONE)
        finish = thief.wait()
        token = finish.form("/recover/finish").fields["step_token"]
        thief.two_anchors()
        before = guarded(thief.provider, owner)

        fields = {"step_token": token, "new_password": NEW_PASSWORD}
        assert thief.browser.post("/recover/finish", fields).path == "/recover/waiting"
        thief.provider.clock.advance(days=1)
        assert thief.browser.post("/recover/finish", fields).status == 403

        assert guarded(thief.provider, owner) == before

    def test_what_is_over_stays_over(self, thief: Recovering, owner: Account) -> None:
        thief.two_anchors()
        finish = thief.wait()
        held = thief.browser.cookie(COOKIE)
        thief.set_password(finish)
        before = guarded(thief.provider, owner)
        thief.browser.set_cookie(COOKIE, held or "")

        again = thief.browser.submit(finish, "/recover/finish", new_password=PASSWORD)

        assert again.status == 400
        assert guarded(thief.provider, owner) == before

    def test_a_switched_off_account_is_not_recovered(self, thief: Recovering, owner: Account) -> None:
        thief.two_anchors()
        finish = thief.wait()
        thief.provider.services.stores.accounts.set_active(owner.id, False, now=thief.provider.clock.now())
        before = guarded(thief.provider, owner)

        assert thief.set_password(finish).status == 400
        assert guarded(thief.provider, owner) == before


class TestForeignProofs:
    """What proves one thing proves nothing else."""

    def test_an_own_code_does_not_open_somebody_elses_recovery(
        self, thief: Recovering, owner: Account
    ) -> None:
        """The answer names its own question: a right code, asked for elsewhere (security of linking)."""
        own = Recovering(thief.provider, thief.mailbox, thief.provider.browser("192.0.2.66"))
        asked = own.choose(own.begin("mallory"), "email")
        challenge = asked.form("/recover/code").fields["challenge"]
        code = own.mailbox.code_for(MALLORY)

        page = thief.choose(thief.begin(), "email")
        fields = page.form("/recover/code").fields | {"challenge": challenge, "code": code}
        refused = thief.browser.post("/recover/code", fields)

        assert (refused.status, refused.path) == (400, "/recover/code")
        assert "One more to go" not in thief.browser.get("/recover/anchors").text

    def test_a_code_works_only_in_the_browser_that_asked_for_it(self, thief: Recovering) -> None:
        """Somebody talked the owner out of their code."""
        asked = thief.choose(thief.begin(), "email")
        challenge = asked.form("/recover/code").fields["challenge"]
        code = thief.mailbox.code_for(EMAIL)
        other = Recovering(thief.provider, thief.mailbox, thief.provider.browser("192.0.2.67"))
        page = other.choose(other.begin(), "text_message")

        fields = page.form("/recover/code").fields | {"anchor": "email", "challenge": challenge, "code": code}

        assert other.browser.post("/recover/code", fields).status == 400

    def test_a_code_sent_to_an_address_that_changed_since_proves_nothing(
        self, thief: Recovering, owner: Account
    ) -> None:
        asked = thief.choose(thief.begin(), "email")
        code = thief.mailbox.code_for(EMAIL)
        moved = replace(owner, claims={**owner.claims, "email": "new@mail.example"})
        thief.provider.services.stores.accounts.set_claims(moved, ("gulbahar",))

        assert thief.enter(asked, code).status == 400

    def test_the_link_in_a_notice_stops_and_does_nothing_else(
        self, thief: Recovering, owner: Account
    ) -> None:
        """Whoever reads along in the mailbox holds that link."""
        thief.two_anchors()
        key = thief.stop_link().partition("key=")[2]
        thief.provider.clock.advance(days=1)
        reader = thief.provider.browser("192.0.2.67")
        for value in (key, key.replace("rs_", "rv_")):
            reader.set_cookie(COOKIE, value)
            assert reader.get("/recover/finish").status == 400

        # Not just "rv_": the random part of the link's key may hold these three.
        assert not [letter for letter in thief.mailbox.letters() if re.search(r"(?<![\w-])rv_", letter.text)]

    def test_somebody_elses_link_stops_nothing_of_mine(self, thief: Recovering, owner: Account) -> None:
        thief.by_phone(thief.by_email(thief.begin("mallory"), MALLORY), MALLORYS_PHONE)
        link = thief.stop_link(MALLORY)
        mine = Recovering(thief.provider, thief.mailbox, thief.provider.browser())
        mine.two_anchors()

        asked = thief.browser.get(link)
        thief.browser.submit(asked, "/recover/stop", "recover-stop")

        assert mine.browser.get("/recover/waiting").path == "/recover/waiting"
        for key in ("", "rs_" + "a" * 43, "x" * 5_000):
            assert thief.browser.get(f"/recover/stop?key={key}").status == 400


class TestBeyondThePassword:
    """Two messages replace a password, and never the factor beyond it (ASVS 6.4.3, 6.4.4)."""

    def test_an_app_that_was_not_shown_is_not_got_round_by_a_passkey(
        self, thief: Recovering, owner: Account
    ) -> None:
        thief.provider.enrol_totp(owner)
        thief.two_anchors()
        finish = thief.wait()
        assert finish.path == "/recover/finish"
        token = finish.form("/recover/finish").fields["step_token"]

        for path in ("/recover/passkey/options", "/recover/passkey"):
            refused = thief.browser.post(
                path, {"step_token": token, "challenge": "", "answer": ""}, follow=False
            )
            assert (refused.status, refused.headers["Location"]) == (303, "/recover/finish")

    def test_the_app_is_no_first_anchor(self, thief: Recovering, owner: Account) -> None:
        """Else anybody could wear it out, and its owner would be shut out of it."""
        thief.provider.enrol_totp(owner)
        page = thief.begin()
        token = page.form("/recover/anchors").fields["step_token"]

        assert thief.browser.post("/recover/anchors", {"step_token": token, "anchor": "totp"}).path == (
            "/recover/anchors"
        )
        assert thief.browser.get("/recover/code?anchor=totp").path == "/recover/anchors"

    def test_two_codes_off_one_sheet_are_one_anchor(self, thief: Recovering, owner: Account) -> None:
        codes = thief.provider.services.recovery_codes.renew(
            Permit(owner.id, Ground.OPERATOR), now=thief.provider.clock.now()
        )
        page = thief.enter(thief.choose(thief.begin(), "recovery_code"), codes[0])

        assert page.path == "/recover/anchors"
        assert "anchor-recovery_code" not in page.text
        assert thief.browser.get("/recover/code?anchor=recovery_code").path == "/recover/anchors"


class TestOtherSites:
    PATHS = (
        *(
            "/recover",
            "/recover/anchors",
            "/recover/code",
            "/recover/waiting",
            "/recover/finish",
            "/recover/stop",
        ),
        *("/recover/counter", "/recover/passkey", "/recover/passkey/options", "/account/recovery/stop"),
    )

    @pytest.mark.parametrize("path", PATHS)
    def test_a_form_of_another_site_changes_nothing(self, thief: Recovering, path: str) -> None:
        foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}

        assert thief.browser.post(path, {"username": "gulbahar"}, headers=foreign).status == 403

    def test_a_form_without_its_token_changes_nothing(self, thief: Recovering, owner: Account) -> None:
        thief.two_anchors()
        for path in ("/recover", "/recover/waiting", "/recover/stop", "/recover/counter"):
            assert thief.browser.post(path, {"username": "x", "key": thief.stop_link()}).status == 403

        assert running(thief.provider, owner) is not None
        finish = thief.wait()
        assert finish.path == "/recover/finish"
        assert thief.browser.post("/recover/finish", {"new_password": NEW_PASSWORD}).status == 403


class TestGuessing:
    def test_a_recovery_dies_with_its_sixth_wrong_answer_whatever_is_asked(
        self, thief: Recovering, owner: Account
    ) -> None:
        """Not six for each code, nor for each kind."""
        page = thief.begin()
        for anchor in ("email", "text_message", "recovery_code", "recovery_code", "recovery_code"):
            asked = thief.browser.get("/recover/anchors")
            page = thief.enter(thief.choose(asked, anchor), "000000")
            assert page.status == 400
        page = thief.enter(thief.choose(thief.browser.get("/recover/anchors"), "recovery_code"), "000000")

        assert "Too many wrong answers" in page.text
        assert thief.browser.get("/recover/anchors").status == 400

    def test_beginning_over_and_over_is_slowed_down(self, thief: Recovering) -> None:
        answers = [thief.begin().status for _ in range(6)]

        assert answers == [200] * 5 + [429]

    def test_nobody_elsewhere_keeps_the_owner_from_beginning(self, thief: Recovering) -> None:
        for _ in range(8):
            thief.begin()
        owner = Recovering(thief.provider, thief.mailbox, thief.provider.browser("198.51.100.7"))

        assert owner.begin().path == "/recover/anchors"

    def test_codes_of_the_counter_cannot_be_tried_out(self, thief: Recovering) -> None:
        form = thief.browser.get("/recover/counter")

        answers = [
            thief.browser.submit(form, "/recover/counter", username="gulbahar", code="AAAA-BBBB-CCCC").status
            for _ in range(6)
        ]

        assert answers == [400] * 5 + [429]
