"""Codes relayed, replayed, swapped, stolen: a screen is signed in only by who stands in front of it (RFC 10027)."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from idp.authn.factors.qr import SCANS, STARTS
from idp.foundation.events import EventKind
from idp.foundation.identifiers import digest
from idp.oidc.proofs import Method, Property
from idp.web.cookies import BROWSER, SESSION
from tests.support.browser import Page
from tests.support.provider import Provider
from tests.support.scanning import (
    PhoneInHand,
    Screen,
    give_passkey,
    open_account_screen,
    open_screen,
    phone_of,
    screen_in,
)
from tests.support.software_authenticator import Lies


def matched(phone: PhoneInHand, screen: Screen) -> Page:
    """The phone's page that asks for the passkey."""
    return phone.type_number(phone.scan(screen.code()), screen.state()["number"])


def is_signed_in(screen: Screen) -> bool:
    return screen.browser.cookie(SESSION) is not None


class TestTheCode:
    """What a camera, a chat or a phishing page can carry away from a screen."""

    def test_a_picture_of_the_code_is_worth_nothing_ten_seconds_later(self, provider: Provider) -> None:
        phone, screen = phone_of(provider), open_account_screen(provider)
        picture = screen.code()
        provider.clock.advance(seconds=10)

        page = phone.scan(picture)

        assert "This code is too old" in page.text
        assert screen.state()["state"] == "waiting"

    @pytest.mark.parametrize("change", ["the next step", "another sign-in", "no seal", "a shorter seal"])
    def test_nobody_makes_a_code_but_us(self, provider: Provider, change: str) -> None:
        phone, screen, other = (
            phone_of(provider),
            open_account_screen(provider),
            open_account_screen(provider),
        )
        sign_in, step, mac = screen.code().split(".")
        forged = {
            "the next step": f"{sign_in}.{int(step) + 1}.{mac}",
            "another sign-in": f"{other.sign_in}.{step}.{mac}",
            "no seal": f"{sign_in}.{step}.",
            "a shorter seal": f"{sign_in}.{step}.{mac[:8]}",
        }[change]

        page = phone.scan(forged)

        assert "not a sign-in code of ours" in page.text
        assert screen.state()["state"] == other.state()["state"] == "waiting"

    def test_the_code_is_in_no_address_that_a_server_or_a_log_sees(self, provider: Provider) -> None:
        """Only in the fragment of what is drawn; the page itself does not hold it."""
        screen = open_account_screen(provider)

        assert screen.code() not in screen.page.text
        assert screen.sign_in not in screen.page.text
        assert screen.sign_in not in screen.page.url

    def test_a_code_that_was_claimed_is_nobody_elses(self, provider: Provider) -> None:
        first, second = phone_of(provider), phone_of(provider, "bo")
        screen = open_account_screen(provider)
        code = screen.code()
        first.scan(code)

        page = second.scan(code)

        assert "Another phone was faster" in page.text
        assert second.browser.get(f"/qr/confirm?sign_in={screen.sign_in}").status == 400

    def test_who_is_not_signed_in_claims_nothing(self, provider: Provider) -> None:
        screen, stranger = open_account_screen(provider), provider.browser()

        answer = stranger.post("/qr", {"code": screen.code()}, follow=False)

        assert answer.status == 303
        assert answer.headers["Location"].startswith("/login?")
        assert screen.state()["state"] == "waiting"

    @pytest.mark.parametrize("after", ["cancel", "time"])
    def test_a_code_that_is_over_stays_over(self, provider: Provider, after: str) -> None:
        phone, screen = phone_of(provider), open_account_screen(provider)
        if after == "cancel":
            screen.browser.post("/login/qr/cancel", screen.fields)
        else:
            provider.clock.advance(minutes=2)

        page = phone.scan(screen.code())

        assert page.status == 400
        assert screen.state()["state"] in ("over", "expired")


class TestTheNumber:
    """A code relayed live reaches a victim; the number on the attacker's screen does not."""

    def test_one_wrong_number_ends_a_blind_relay(self, provider: Provider) -> None:
        victim, attackers_screen = phone_of(provider), open_account_screen(provider)
        page = victim.scan(attackers_screen.code())
        number = int(attackers_screen.state()["number"])

        guess = victim.type_number(page, str(10 + (number - 9) % 90))

        assert "Nobody was signed in" in guess.text
        assert attackers_screen.state()["state"] == "denied"
        assert victim.type_number(page, str(number)).status == 400
        assert not is_signed_in(attackers_screen)
        kinds = [event.kind for event in provider.services.stores.events.of_account(victim.account.id, 5)]
        assert EventKind.SIGN_IN_REFUSED in kinds

    def test_the_victim_sees_whose_screen_it_is_and_is_asked_before_every_yes(
        self, provider: Provider
    ) -> None:
        """Consent phishing made visible: where, which browser, and No as easy as Yes."""
        victim = phone_of(provider)
        attackers_screen = open_screen(provider, provider.client())

        for page in (victim.scan(attackers_screen.code()), matched_from(victim, attackers_screen)):
            assert "Are you in front of that screen? Did you open it yourself?" in page.text
            assert "If somebody sent you this code" in page.text
            assert "In another network than this phone" in page.text
            assert "No, stop it" in page.text

    def test_after_a_no_the_next_try_has_to_wait_and_waits_longer_each_time(self, provider: Provider) -> None:
        victim = phone_of(provider)
        victim.say_no(victim.scan(open_account_screen(provider).code()))

        at_once = victim.scan(open_account_screen(provider).code())
        provider.clock.advance(seconds=61)
        victim.say_no(victim.scan(open_account_screen(provider).code()))
        provider.clock.advance(seconds=61)
        after_two = victim.scan(open_account_screen(provider).code())

        assert "Wait a little" in at_once.text
        assert "Wait a little" in after_two.text

    def test_the_number_cannot_be_left_out(self, provider: Provider) -> None:
        """The passkey's page and answer do not exist before the number was right."""
        phone, screen = phone_of(provider), open_account_screen(provider)
        page = phone.scan(screen.code())
        question = provider.services.passkeys.begin_approval(
            phone.account.id, context_of(phone, screen), now=provider.clock.now()
        )
        answer = phone.authenticator.get(question.options, origin=provider.issuer)

        sent = phone.browser.post(
            "/qr/approve",
            {**phone.fields_of(page), "challenge": question.challenge_id, "answer": json.dumps(answer)},
        )

        assert sent.status == 400
        assert screen.state()["state"] == "claimed"
        assert screen.finish().status == 400


class TestTheApproval:
    """What counts as a Yes."""

    def test_a_passkey_that_did_not_check_its_user_approves_nothing(self, provider: Provider) -> None:
        phone, screen = phone_of(provider), open_account_screen(provider)

        answer = phone.approve(matched(phone, screen), says=Lies(user_verified=False))

        assert answer.status == 400
        assert screen.state()["state"] == "matched"
        assert screen.finish().status == 400

    def test_an_approval_of_one_sign_in_is_none_of_another(self, provider: Provider) -> None:
        """Two screens wait for the same phone; the answer made for one is sent for the other."""
        phone, mine, attackers = (
            phone_of(provider),
            open_account_screen(provider),
            open_account_screen(provider),
        )
        my_page, other_page = matched(phone, mine), matched(phone, attackers)
        answer = phone.authenticator.get(phone.question(my_page), origin=provider.issuer)

        swapped = phone.browser.post(
            "/qr/approve",
            {
                **phone.fields_of(other_page),
                "challenge": phone.fields_of(my_page)["challenge"],
                "answer": json.dumps(answer),
            },
        )

        assert swapped.status == 400
        assert attackers.state()["state"] == "matched"

    def test_somebody_elses_passkey_approves_nothing(self, provider: Provider) -> None:
        phone, screen = phone_of(provider), open_account_screen(provider)
        thief = give_passkey(provider, provider.person("thief"))
        page = matched(phone, screen)
        credential = next(iter(thief.credentials.values()))
        answer = thief.get(phone.question(page), origin=provider.issuer, credential=credential)

        sent = phone.browser.post("/qr/approve", {**phone.fields_of(page), "answer": json.dumps(answer)})

        assert sent.status == 400
        assert screen.state()["state"] == "matched"

    def test_another_session_of_the_same_person_neither_sees_nor_approves(self, provider: Provider) -> None:
        phone, screen = phone_of(provider), open_account_screen(provider)
        page = matched(phone, screen)
        other = passkey_session(provider, phone)

        seen = other.browser.get(f"/qr/confirm?sign_in={screen.sign_in}")
        sent = other.browser.post(
            "/qr/deny",
            {
                **phone.fields_of(page),
                "csrf_token": other.browser.get("/qr").form("/qr").fields["csrf_token"],
            },
        )

        assert (seen.status, sent.status) == (400, 400)
        assert screen.state()["state"] == "matched"

    def test_an_answer_counts_once(self, provider: Provider) -> None:
        phone, first = phone_of(provider, counts=False), open_account_screen(provider)
        page = matched(phone, first)
        answer = json.dumps(phone.authenticator.get(phone.question(page), origin=provider.issuer))
        fields = {**phone.fields_of(page), "answer": answer}
        assert phone.browser.post("/qr/approve", fields).status == 200

        again = phone.browser.post("/qr/approve", fields)

        assert again.status == 400

    @pytest.mark.parametrize("path", ["/qr", "/qr/number", "/qr/approve", "/qr/deny"])
    def test_another_site_cannot_press_anything_on_the_phone(self, provider: Provider, path: str) -> None:
        """Not even with everything right but the place it comes from, or the token of the page."""
        phone, screen = phone_of(provider), open_account_screen(provider)
        page = matched(phone, screen)
        sent = {**phone.fields_of(page), "code": screen.code(), "number": "10", "answer": "{}"}

        foreign = phone.browser.post(path, sent, headers={"Origin": "https://evil.example"})
        tokenless = phone.browser.post(path, {**sent, "csrf_token": ""})

        assert (foreign.status, tokenless.status) == (403, 403)
        assert screen.state()["state"] == "matched"

    def test_approvals_do_not_make_approvals(self, provider: Provider) -> None:
        """A session that came by scanning cannot let in the next: one tricked Yes is not a foothold."""
        phone, screen = phone_of(provider), open_account_screen(provider)
        phone.confirm(screen)
        screen.finish()
        chained = PhoneInHand(provider, screen.browser, phone.account, phone.authenticator)
        next_screen = open_account_screen(provider)

        page = chained.scan(next_screen.code())

        assert "This device cannot approve sign-ins" in page.text
        assert next_screen.state()["state"] == "waiting"


class TestTheScreen:
    """Who gets the session, and what it is worth."""

    def test_a_stolen_poll_token_tells_and_opens_nothing(self, provider: Provider) -> None:
        """Everything the page's script sends, from another browser."""
        phone, screen = phone_of(provider), open_account_screen(provider)
        phone.confirm(screen)
        thief = provider.browser()
        thief.get("/")
        thief.set_cookie(BROWSER, "br_the-cookie-is-what-the-thief-does-not-have")

        for path in ("/login/qr/state", "/login/qr/begin", "/login/qr", "/login/qr/cancel"):
            answer = thief.post(path, screen.fields)
            assert answer.status == 400
            assert "another browser" in answer.text

        assert thief.cookie(SESSION) is None
        assert screen.finish().path == "/account"

    def test_another_browsers_sign_in_is_not_told_of_within_an_own_transaction(
        self, provider: Provider
    ) -> None:
        phone, screen, attackers = (
            phone_of(provider),
            open_account_screen(provider),
            open_account_screen(provider),
        )
        phone.scan(screen.code())

        told = attackers.ask("/login/qr/state", sign_in=screen.sign_in)
        finished = attackers.finish(sign_in=screen.sign_in)

        assert told == {"state": "over"}
        assert finished.status == 400
        assert screen.state()["state"] == "claimed"

    def test_what_was_approved_for_one_app_is_not_used_for_another(self, provider: Provider) -> None:
        """The same browser, another transaction: the person agreed to Tax and to nothing else."""
        phone, browser = phone_of(provider), provider.browser()
        for_tax = screen_in(provider, browser, provider.client("tax"))
        for_bank = screen_in(
            provider, browser, provider.client("bank", redirect_uris=("https://bank.example/callback",))
        )
        page = matched(phone, for_tax)
        assert "Tax" in page.text
        phone.approve(page)

        swapped = for_bank.finish(sign_in=for_tax.sign_in)

        assert swapped.status == 400
        assert browser.cookie(SESSION) is None

    def test_an_approval_is_used_once(self, provider: Provider) -> None:
        phone, screen = phone_of(provider), open_account_screen(provider)
        phone.confirm(screen)
        screen.finish()
        first = screen.browser.cookie(SESSION)

        again = screen.finish()

        assert again.status == 400
        assert screen.browser.cookie(SESSION) == first

    def test_an_approval_that_nobody_picks_up_expires(self, provider: Provider) -> None:
        phone, screen = phone_of(provider), open_account_screen(provider)
        phone.confirm(screen)
        provider.clock.advance(minutes=2)

        assert screen.finish().status == 400
        assert not is_signed_in(screen)

    @pytest.mark.parametrize("change", ["phone signed out", "passkey suspended", "account switched off"])
    def test_what_is_withdrawn_before_the_use_counts_no_more(self, provider: Provider, change: str) -> None:
        phone, screen = phone_of(provider), open_account_screen(provider)
        phone.confirm(screen)
        stores, now = provider.services.stores, provider.clock.now()
        match change:
            case "phone signed out":
                stores.sessions.end_all(phone.account.id, keep=None, now=now)
            case "passkey suspended":
                (passkey,) = [
                    one for one in stores.authenticators.of(phone.account.id) if one.method is Method.PASSKEY
                ]
                stores.authenticators.suspend(phone.account.id, passkey.id, now=now)
            case "account switched off":
                stores.accounts.set_active(phone.account.id, False, now=now)

        screen.finish()

        assert screen.browser.get("/account").path == "/login"

    def test_no_session_travels(self, provider: Provider) -> None:
        """The screen's session is its own, new, and ends without the phone's."""
        phone, screen = phone_of(provider), open_account_screen(provider)
        screen.browser.set_cookie(SESSION, "se_planted-by-the-attacker-before-the-sign-in")
        phone.confirm(screen)
        screen.finish()

        on_screen, on_phone = screen.browser.cookie(SESSION), phone.browser.cookie(SESSION)

        assert on_screen is not None
        assert on_screen not in (on_phone, "se_planted-by-the-attacker-before-the-sign-in")
        assert phone.browser.get("/account").path == "/account"

    def test_a_screen_signed_in_by_scanning_may_not_change_what_guards_the_account(
        self, provider: Provider
    ) -> None:
        """Else one tricked Yes would bind the attacker's own passkey for good (RFC 10027, NIST SP 800-63B-4 §4.1.2)."""
        phone, screen = phone_of(provider), open_account_screen(provider)
        phone.confirm(screen)
        page = screen.finish()
        token = page.form("/account/sign-out").fields["csrf_token"]
        changing = sorted(
            rule.rule
            for rule in provider.app.url_map.iter_rules()
            if rule.rule.startswith("/account/security") and "POST" in (rule.methods or ())
        )

        ends = {path: screen.browser.post(path, {"csrf_token": token}, follow=False) for path in changing}

        assert changing
        assert {urlsplit(end.headers.get("Location", "")).path for end in ends.values()} == {"/login"}

    def test_what_the_app_learns_is_never_phishing_resistant_nor_more_than_two_factors(
        self, provider: Provider
    ) -> None:
        phone, screen = phone_of(provider), open_account_screen(provider)
        phone.confirm(screen)
        screen.finish()

        value = screen.browser.cookie(SESSION)
        assert value is not None
        here = provider.services.stores.sessions.find(digest(value), now=provider.clock.now())
        assert here is not None
        (proof,) = here.session.proofs
        assert not proof.properties & {Property.PHISHING_RESISTANT, Property.ATTESTED}
        assert provider.services.assurance.judge((proof,), now=provider.clock.now()).level == 2


class TestFloods:
    """Codes by the thousand."""

    def test_one_network_is_slowed_and_others_are_not(self, provider: Provider) -> None:
        screen = open_account_screen(provider)
        answers = [screen.browser.post("/login/qr/begin", screen.fields) for _ in range(STARTS.free + 2)]
        elsewhere = open_screen(provider, provider.client(), address="192.0.2.200")

        assert answers[0].status == 200
        assert answers[-1].status == 429
        assert "Wait" in json.loads(answers[-1].text)["problem"]
        assert elsewhere.state()["state"] == "waiting"

    def test_one_person_scans_a_few_codes_a_minute(self, provider: Provider) -> None:
        phone = phone_of(provider)
        pages = [phone.scan("qr_guess.1.guess") for _ in range(SCANS.free + 1)]

        assert "not a sign-in code of ours" in pages[0].text
        assert "That was a lot of codes" in pages[-1].text


def matched_from(phone: PhoneInHand, screen: Screen) -> Page:
    """The passkey's page of a sign-in that this phone has claimed."""
    page = phone.browser.get(f"/qr/confirm?sign_in={screen.sign_in}")
    return phone.type_number(page, screen.state()["number"])


def context_of(phone: PhoneInHand, screen: Screen) -> str:
    value = phone.browser.cookie(SESSION)
    assert value is not None
    here = phone.provider.services.stores.sessions.find(digest(value), now=phone.provider.clock.now())
    assert here is not None
    return f"sign in by scanning: {screen.sign_in} account {here.session.id}"


def passkey_session(provider: Provider, phone: PhoneInHand) -> PhoneInHand:
    """Another browser of the same person, signed in with the passkey."""
    browser = provider.browser()
    page = browser.get("/account")
    fields = {name: page.form("/login").fields[name] for name in ("transaction", "step_token")}
    asked = json.loads(browser.post("/login/passkey/options", fields).text)
    answer = phone.authenticator.get(asked["options"], origin=provider.issuer)
    sent = {**fields, "challenge": asked["challenge"], "answer": json.dumps(answer)}
    assert browser.post("/login/passkey", sent).path == "/account"
    return PhoneInHand(provider, browser, phone.account, phone.authenticator)
