"""A passkey answer is believed for what its signature covers, once, on our own page, and for its owner."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from idp.authn.authenticators import Authenticator
from idp.authn.factors.passkey_values import PasskeyKind, PasskeyRefused
from idp.authn.sign_in import WrongCredentials
from idp.authn.throttle import TooManyAttempts
from idp.foundation.events import EventKind
from idp.foundation.identifiers import digest
from idp.oidc.proofs import Method, Property
from tests.support import passkeys
from tests.support.browser import Browser, Page
from tests.support.fido_blob import entry, write_blob
from tests.support.passkeys import ADD, PASSKEYS
from tests.support.provider import PASSWORD, Provider
from tests.support.software_authenticator import TRUTH, Lies, Maker, SoftwareAuthenticator, encode

EVIL = "https://evil.example"

FALSE_ASSERTIONS = {
    "of a registration": Lies(type="webauthn.create"),
    "to another question": Lies(challenge=b"\0" * 32),
    "for another RP ID": Lies(rp_id="evil.example"),
    "for the domain above": Lies(rp_id="id.localhost"),
    "in a frame of another site": Lies(cross_origin=True),
    "in a frame, by its top origin": Lies(top_origin=EVIL),
    "in a frame of ourselves": Lies(top_origin="http://east.id.localhost:8001"),
    "without presence": Lies(user_present=False),
    "without verification": Lies(user_verified=False),
    "of a key that became copyable": Lies(backup_eligible=True),
    "of a key backed up that cannot be": Lies(backup_eligible=False, backed_up=True),
    "of another account": Lies(user_handle=b"somebody else"),
    "of nobody": Lies(no_user_handle=True),
    "with two ids": Lies(raw_id=b"another id"),
    "with an unknown id": Lies(credential_id=b"unknown"),
    "of no public key": Lies(credential_type="password"),
    "with somebody's signature": Lies(signature=b"0" * 64),
    "with no signature": Lies(signature=b"\0"),
    "with client data that is no JSON": Lies(client_data=b"\xff"),
    "with client data that is a list": Lies(client_data=b"[]"),
}

FALSE_ORIGINS = (
    EVIL,
    "null",
    "https://east.id.localhost:8001",
    "http://east.id.localhost",
    "http://east.id.localhost:8002",
    "http://west.id.localhost:8001",
    "http://east.id.localhost:8001.evil.example",
    "http://EAST.id.localhost:8001",
    "android:apk-key-hash:0000",
    "",
)


@pytest.fixture
def phone(provider: Provider) -> SoftwareAuthenticator:
    """The passkey of the one person here."""
    device = SoftwareAuthenticator()
    passkeys.enrol(provider, provider.person().id, device)
    return device


def key_of(device: SoftwareAuthenticator) -> bytes:
    (credential_id,) = device.credentials
    return credential_id


def stored_count(provider: Provider, device: SoftwareAuthenticator) -> int:
    found = provider.services.stores.passkeys.find(key_of(device))
    assert found is not None
    return found.sign_count


def answer_with(provider: Provider, device: SoftwareAuthenticator, **how: Any) -> tuple[Browser, Page]:
    browser = provider.browser()
    return browser, passkeys.sign_in(browser, browser.get("/account"), device, **how)


def is_in(browser: Browser) -> bool:
    return browser.get("/account").path == "/account"


@pytest.mark.parametrize("name", FALSE_ASSERTIONS)
def test_a_false_answer_opens_nothing_and_moves_no_counter(
    provider: Provider, phone: SoftwareAuthenticator, name: str
) -> None:
    before = stored_count(provider, phone)

    browser, page = answer_with(provider, phone, says=FALSE_ASSERTIONS[name])

    assert page.status == 400
    assert not is_in(browser)
    assert stored_count(provider, phone) == before
    _, again = answer_with(provider, phone)
    assert again.path == "/account"


@pytest.mark.parametrize("origin", FALSE_ORIGINS)
def test_an_answer_given_on_another_page_is_refused(
    provider: Provider, phone: SoftwareAuthenticator, origin: str
) -> None:
    """A phisher who relays our question gets an answer that names the phisher."""
    browser = provider.browser()
    page = browser.get("/account")
    asked = passkeys.question(browser, page, "/login/passkey", "/login/passkey/options")
    shown = phone.get(asked["options"], origin=origin)

    page = browser.submit(page, "/login/passkey", challenge=asked["challenge"], answer=json.dumps(shown))

    assert page.status == 400
    assert not is_in(browser)


def test_another_region_cannot_use_what_was_shown_to_it(
    provider: Provider, phone: SoftwareAuthenticator
) -> None:
    """Regions share an RP ID; each believes its own page alone, even one listed as related."""
    west = "http://west.id.localhost:8001"
    with provider.twin(passkey_origins=(west,)) as related:
        browser = related.browser()

        page = passkeys.sign_in(browser, browser.get("/account"), phone, origin=west)

        assert page.status == 400
        assert not is_in(browser)


def test_an_answer_is_used_once(provider: Provider, phone: SoftwareAuthenticator) -> None:
    phone.counts = False
    browser = provider.browser()
    page = browser.get("/account")
    asked = passkeys.question(browser, page, "/login/passkey", "/login/passkey/options")
    answer = json.dumps(phone.get(asked["options"], origin=browser.origin))
    browser.submit(page, "/login/passkey", challenge=asked["challenge"], answer=answer)
    assert is_in(browser)
    browser.submit(browser.get("/account"), "/account/sign-out")

    later = browser.get("/account")
    replayed = browser.submit(later, "/login/passkey", challenge=asked["challenge"], answer=answer)

    assert replayed.status == 400
    assert not is_in(browser)


def test_a_question_is_answered_by_the_browser_it_was_put_to(
    provider: Provider, phone: SoftwareAuthenticator
) -> None:
    """Whoever gets a victim's answer cannot send it from their own browser."""
    victim, thief = provider.browser(), provider.browser()
    asked = passkeys.question(victim, victim.get("/account"), "/login/passkey", "/login/passkey/options")
    answer = json.dumps(phone.get(asked["options"], origin=victim.origin))

    page = thief.submit(thief.get("/account"), "/login/passkey", challenge=asked["challenge"], answer=answer)

    assert page.status == 400
    assert not is_in(thief)


def test_a_question_is_answered_within_five_minutes(provider: Provider, phone: SoftwareAuthenticator) -> None:
    browser = provider.browser()
    page = browser.get("/account")
    asked = passkeys.question(browser, page, "/login/passkey", "/login/passkey/options")
    provider.clock.advance(minutes=5, seconds=1)
    answer = json.dumps(phone.get(asked["options"], origin=browser.origin))

    assert browser.submit(page, "/login/passkey", challenge=asked["challenge"], answer=answer).status == 400


def test_a_clone_is_refused_suspended_and_told_of(provider: Provider, phone: SoftwareAuthenticator) -> None:
    thiefs = phone.copy()
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    owner, _ = answer_with(provider, phone)
    answer_with(provider, phone)
    before = stored_count(provider, phone)
    provider.clock.advance(seconds=1)

    thief, page = answer_with(provider, thiefs)

    assert page.status == 400
    assert not is_in(thief)
    assert not is_in(owner)
    assert stored_count(provider, phone) == before
    events = [event.kind for event in provider.services.stores.events.of_account(account.id, 5)]
    assert EventKind.PASSKEY_CLONED in events
    lines = {one.method: one for one in provider.services.stores.authenticators.of(account.id)}
    assert not lines[Method.PASSKEY].is_active
    assert lines[Method.PASSWORD].is_active
    _, owners = answer_with(provider, phone)
    assert owners.status == 400


def test_nobody_suspends_a_passkey_without_its_key(provider: Provider, phone: SoftwareAuthenticator) -> None:
    """A counter that went back counts only under a right signature: credential ids are no secrets."""
    answer_with(provider, phone)
    stranger = SoftwareAuthenticator()
    (mine,) = phone.credentials.values()
    passkeys.enrol(provider, provider.person("stranger").id, stranger)
    (theirs,) = stranger.credentials.values()
    forged = replace(theirs, id=mine.id, user_handle=mine.user_handle, sign_count=-1)

    _, page = answer_with(provider, stranger, credential=forged)

    assert page.status == 400
    assert answer_with(provider, phone)[1].path == "/account"


def test_of_two_answers_that_count_alike_one_wins(provider: Provider, phone: SoftwareAuthenticator) -> None:
    """Two questions, two signatures, one count: a clone that is quick, and asked before the other had answered."""
    thiefs = phone.copy()

    assert answer_with(provider, phone)[1].path == "/account"
    assert answer_with(provider, thiefs)[1].status == 400
    assert not passkey_of(provider).is_active


def test_two_answers_in_the_other_order_are_no_clone(
    provider: Provider, phone: SoftwareAuthenticator
) -> None:
    """Two windows are open, and the page of the first is slow: one answer is refused, and nothing else happens."""
    first, second = provider.browser(), provider.browser()
    sends = [answered(browser, phone) for browser in (first, second)]
    provider.clock.advance(seconds=1)

    pages = [send() for send in reversed(sends)]

    assert [page.status for page in pages] == [200, 400]
    assert (is_in(first), is_in(second)) == (False, True)
    assert passkey_of(provider).is_active
    assert answer_with(provider, phone)[1].path == "/account"


def test_a_clone_gains_no_second_try_by_asking_early(
    provider: Provider, phone: SoftwareAuthenticator
) -> None:
    """Its answer to the early question is refused, and its next one, to a question asked since, gives it away."""
    thiefs, thief = phone.copy(), provider.browser()
    send = answered(thief, thiefs)
    answer_with(provider, phone)
    answer_with(provider, phone)
    provider.clock.advance(seconds=1)

    assert send().status == 400
    assert not is_in(thief)
    assert answer_with(provider, thiefs)[1].status == 400
    assert not passkey_of(provider).is_active


def passkey_of(provider: Provider) -> Authenticator:
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    lines = provider.services.stores.authenticators.of(account.id)
    return next(one for one in lines if one.method is Method.PASSKEY)


def answered(browser: Browser, device: SoftwareAuthenticator) -> Callable[[], Page]:
    """Have `device` answer the sign-in page of `browser`; what comes back sends the answer."""
    page = browser.get("/account")
    asked = passkeys.question(browser, page, "/login/passkey", "/login/passkey/options")
    answer = json.dumps(device.get(asked["options"], origin=browser.origin))
    return partial(browser.submit, page, "/login/passkey", challenge=asked["challenge"], answer=answer)


def test_a_suspended_passkey_opens_nothing(provider: Provider, phone: SoftwareAuthenticator) -> None:
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    (key,) = provider.services.stores.passkeys.of(account.id)
    provider.services.stores.authenticators.suspend(
        account.id, key.authenticator_id, now=provider.clock.now()
    )

    assert answer_with(provider, phone)[1].status == 400
    asked = provider.services.passkeys.begin_approval(account.id, "a sign-in", now=provider.clock.now())
    assert asked.options["allowCredentials"] == []
    answer = json.dumps(phone.get(asked.options, origin=provider.issuer))
    with pytest.raises(PasskeyRefused):
        provider.services.passkeys.complete_approval(
            account.id, "a sign-in", asked.challenge_id, answer, now=provider.clock.now()
        )

    provider.services.stores.authenticators.resume(account.id, key.authenticator_id, now=provider.clock.now())
    assert answer_with(provider, phone)[1].path == "/account"


def test_a_disabled_person_stays_out(provider: Provider, phone: SoftwareAuthenticator) -> None:
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    provider.services.stores.accounts.set_active(account.id, False, now=provider.clock.now())

    assert answer_with(provider, phone)[1].status == 400


def test_the_question_tells_nothing_about_anybody(provider: Provider, phone: SoftwareAuthenticator) -> None:
    """Known and unknown names, before a password, get the same question."""
    provider.person("without")
    shapes = []
    for name in ("gulbahar", "without", "nobody"):
        browser = provider.browser()
        typed = browser.submit(browser.get("/account"), "/login", username=name)
        page = browser.get(typed.url.replace("/login/password", "/login/passkey"))
        options = passkeys.question(browser, page, "/login/passkey", "/login/passkey/options")["options"]
        assert len(options.pop("challenge")) == 43
        shapes.append(options)

    assert shapes[0] == shapes[1] == shapes[2]
    assert shapes[0]["allowCredentials"] == []
    assert shapes[0]["userVerification"] == "required"


def test_a_known_passkey_gets_in_while_somebody_guesses(
    provider: Provider, phone: SoftwareAuthenticator
) -> None:
    """Line 33: wearing out the password, from the same address too, locks nobody out who holds a key."""
    browser, check = provider.browser(), provider.services.password_sign_in.check
    for _ in range(120):
        with pytest.raises((WrongCredentials, TooManyAttempts)):
            check("gulbahar", "not the password", browser.address, now=provider.clock.now())
    assert browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD).status == 429

    assert answer_with(provider, phone)[1].path == "/account"


def test_a_passkey_of_another_region_is_never_reported_as_gone(
    provider: Provider, phone: SoftwareAuthenticator
) -> None:
    """One RP ID for all: a region that said "unknown, forget it" of what it does not know would delete the others'."""
    with provider.twin(issuer="http://west.id.localhost:8001", rp_id="east.id.localhost") as west:
        abroad = west.services.passkeys.rp.user_handle("acct_of_the_west")
    unknown = b"made over there"
    pages = [
        answer_with(provider, phone, says=Lies(credential_id=unknown, user_handle=handle))[1]
        for handle in (abroad, provider.services.passkeys.rp.user_handle("acct_removed"))
    ]

    assert [page.status for page in pages] == [400, 400]
    assert ["data-passkey-forget" in page.text for page in pages] == [False, True]


def test_an_approval_counts_for_what_was_shown_and_once(
    provider: Provider, phone: SoftwareAuthenticator
) -> None:
    """For the sign-in on another screen: another sign-in, another person, a touch alone, a second time."""
    phone.counts = False
    service, now = provider.services.passkeys, provider.clock.now()
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    other = provider.person("other")
    assert account is not None

    def approve(context: str, account_id: str = account.id, says: Lies = TRUTH) -> None:
        asked = service.begin_approval(account.id, "sign-in one", now=now)
        answer = json.dumps(phone.get(asked.options, origin=provider.issuer, says=says))
        service.complete_approval(account_id, context, asked.challenge_id, answer, now=now)
        with pytest.raises(PasskeyRefused):
            service.complete_approval(account_id, context, asked.challenge_id, answer, now=now)

    approve("sign-in one")
    with pytest.raises(PasskeyRefused):
        approve("sign-in two")
    with pytest.raises(PasskeyRefused):
        approve("sign-in one", other.id)
    with pytest.raises(PasskeyRefused):
        approve("sign-in one", says=Lies(user_verified=False))


def test_an_approval_is_no_sign_in(provider: Provider, phone: SoftwareAuthenticator) -> None:
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    service, now = provider.services.passkeys, provider.clock.now()
    asked = service.begin_approval(account.id, "sign-in one", now=now)
    answer = json.dumps(phone.get(asked.options, origin=provider.issuer))

    with pytest.raises(PasskeyRefused):
        service.complete_sign_in(asked.challenge_id, digest("sign-in one"), answer, now=now)


def test_six_false_answers_end_a_sign_in(provider: Provider, phone: SoftwareAuthenticator) -> None:
    browser = provider.browser()
    page = browser.get("/account")
    for _ in range(5):
        page = passkeys.sign_in(browser, page, phone, says=Lies(user_verified=False))
        assert page.status == 400

    last = passkeys.sign_in(browser, page, phone, says=Lies(user_verified=False))

    assert "too_many_wrong_answers" in last.text


@pytest.mark.parametrize(
    "answer", ["", "null", "[]", "{}", "1", '"text"', "{" * 20_000, "[" * 100_000, "x" * 1_000_000, "\0"]
)
def test_what_is_no_answer_is_refused_in_words(
    provider: Provider, phone: SoftwareAuthenticator, answer: str
) -> None:
    browser = provider.browser()
    page = browser.get("/account")
    asked = passkeys.question(browser, page, "/login/passkey", "/login/passkey/options")

    page = browser.submit(page, "/login/passkey", challenge=asked["challenge"], answer=answer)

    assert page.status in (400, 413)


def test_an_oversized_answer_is_not_read(provider: Provider, phone: SoftwareAuthenticator) -> None:
    """Bounded work: what is too long is refused by its length, however right the rest."""
    service, now = provider.services.passkeys, provider.clock.now()
    asked = service.begin_sign_in(b"here", now=now)
    answer = phone.get(asked.options, origin=provider.issuer)

    with pytest.raises(PasskeyRefused):
        service.complete_sign_in(
            asked.challenge_id, b"here", json.dumps({**answer, "padding": "x" * 40_000}), now=now
        )


def test_broken_parts_of_an_answer_are_never_a_fault_of_ours(
    provider: Provider, phone: SoftwareAuthenticator
) -> None:
    """Every byte string of a good answer cut short, emptied or replaced, at sign-in and at enrolment."""
    for make in (broken_assertions, broken_registrations):
        for attempt in make(provider, phone):
            with pytest.raises(PasskeyRefused):
                attempt()


# --- enrolment -------------------------------------------------------------------------------------------------


FALSE_REGISTRATIONS = {
    "of a sign-in": Lies(type="webauthn.get"),
    "to another question": Lies(challenge=b"\0" * 32),
    "for another RP ID": Lies(rp_id="evil.example"),
    "in a frame of another site": Lies(cross_origin=True),
    "in a frame, by its top origin": Lies(top_origin=EVIL),
    "without presence": Lies(user_present=False),
    "without verification": Lies(user_verified=False),
    "with two ids": Lies(raw_id=b"another id"),
    "with an endless id": Lies(credential_id=b"0" * 1024),
    "of no public key": Lies(credential_type="password"),
}


@pytest.mark.parametrize("name", FALSE_REGISTRATIONS)
def test_a_false_registration_enrols_nothing(provider: Provider, name: str) -> None:
    account = provider.person()
    browser = provider.browser()
    browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)

    page = passkeys.add(browser, SoftwareAuthenticator(), says=FALSE_REGISTRATIONS[name])

    assert page.status == 400
    assert provider.services.stores.passkeys.of(account.id) == ()


def test_a_passkey_of_one_person_cannot_be_enrolled_for_another(
    provider: Provider, phone: SoftwareAuthenticator
) -> None:
    provider.person("thief")
    browser = provider.browser()
    browser.sign_in(browser.get("/account"), "thief", PASSWORD)

    page = passkeys.add(browser, SoftwareAuthenticator(), says=Lies(credential_id=key_of(phone)))

    assert page.status == 400
    assert answer_with(provider, phone)[1].path == "/account"


def test_an_enrolment_is_finished_in_the_session_that_began_it(provider: Provider) -> None:
    """Somebody else's question, answered on the victim's page, would enrol the attacker's key."""
    provider.person()
    victim, other = provider.browser(), provider.browser()
    for browser in (victim, other):
        browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    asked = passkeys.question(other, other.get(ADD), ADD, f"{PASSKEYS}/options")
    made = SoftwareAuthenticator().create(asked["options"], origin=victim.origin)

    page = victim.submit(victim.get(ADD), ADD, challenge=asked["challenge"], answer=json.dumps(made))

    assert page.status == 400


def test_an_old_session_enrols_nothing(provider: Provider) -> None:
    account = provider.person()
    browser = provider.browser()
    browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    page = browser.get(ADD)
    provider.clock.advance(minutes=11)

    asked = browser.post(f"{PASSKEYS}/options", page.form(ADD).fields)

    assert asked.path == "/login"
    assert provider.services.stores.passkeys.of(account.id) == ()


def test_a_password_alone_adds_no_passkey_where_there_is_one(
    provider: Provider, phone: SoftwareAuthenticator
) -> None:
    """A stolen password is asked for the key first."""
    browser = provider.browser()

    page = browser.sign_in(browser.get(ADD), "gulbahar", PASSWORD)

    assert page.path == "/login/passkey"


def test_only_a_listed_makers_signature_makes_a_key_attested(provider: Provider, tmp_path: Path) -> None:
    """Attack on level 3: no attestation, a self-made one, somebody else's root, another model."""
    account, model, maker = provider.person(), bytes(range(16)), Maker()
    blob, root = write_blob(tmp_path, [entry(model, maker)])
    genuine = SoftwareAuthenticator(aaguid=model, attestation="packed", maker=maker)
    false = [
        SoftwareAuthenticator(aaguid=model),
        SoftwareAuthenticator(aaguid=model, attestation="self"),
        SoftwareAuthenticator(aaguid=model, attestation="packed", maker=Maker()),
        SoftwareAuthenticator(aaguid=model, attestation="packed", maker=maker, certified_aaguid=bytes(16)),
    ]
    with provider.twin(passkey_metadata_file=blob, passkey_metadata_root=root) as strict:
        lines = [passkeys.enrol(strict, account.id, device) for device in (genuine, *false)]

    assert [Property.ATTESTED in line.properties for line in lines] == [True, False, False, False, False]
    assert lines[0].label == "Test key"


def test_a_model_that_lost_its_good_name_counts_no_longer_as_attested(
    provider: Provider, tmp_path: Path
) -> None:
    account, model, maker = provider.person(), bytes(range(16)), Maker()
    device = SoftwareAuthenticator(aaguid=model, attestation="packed", maker=maker)
    held = []
    for statuses in (("FIDO_CERTIFIED_L1",), ("FIDO_CERTIFIED_L1", "REVOKED")):
        blob, root = write_blob(tmp_path, [entry(model, maker, statuses=statuses)])
        with provider.twin(passkey_metadata_file=blob, passkey_metadata_root=root) as region:
            if not device.credentials:
                passkeys.enrol(region, account.id, device)
            browser = region.browser()
            passkeys.sign_in(browser, browser.get("/account"), device)
            (session,) = region.services.stores.sessions.list_of(account.id, now=region.clock.now())[:1]
            held.append(Property.ATTESTED in session.proofs[0].properties)
            region.services.stores.sessions.end_all(account.id, keep=None, now=region.clock.now())

    assert held == [True, False]


def broken_assertions(provider: Provider, phone: SoftwareAuthenticator) -> Any:
    service, now = provider.services.passkeys, provider.clock.now()
    for part in ("clientDataJSON", "authenticatorData", "signature", "userHandle"):
        for broken in _broken():
            asked = service.begin_sign_in(b"here", now=now)
            answer = phone.get(asked.options, origin=provider.issuer)
            whole = answer["response"][part]
            answer["response"][part] = broken(whole)
            if answer["response"][part] == whole:
                continue
            yield lambda asked=asked, answer=answer: service.complete_sign_in(
                asked.challenge_id, b"here", json.dumps(answer), now=now
            )


def broken_registrations(provider: Provider, _phone: SoftwareAuthenticator) -> Any:
    for part in ("clientDataJSON", "attestationObject"):
        for broken in _broken():
            yield lambda part=part, broken=broken: _enrol_broken(provider, part, broken)


def _enrol_broken(provider: Provider, part: str, broken: Any) -> None:
    from idp.authn.permit import Ground, Permit

    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    service, now, permit = (
        provider.services.passkeys,
        provider.clock.now(),
        Permit(account.id, Ground.OPERATOR),
    )
    asked = service.begin_enrolment(
        permit, b"here", PasskeyKind.PASSKEY, username="a", display_name="a", now=now
    )
    made = SoftwareAuthenticator(attestation="self").create(asked.options, origin=provider.issuer)
    whole = made["response"][part]
    made["response"][part] = broken(whole)
    assert made["response"][part] != whole
    service.complete_enrolment(permit, asked.challenge_id, b"here", json.dumps(made), "", now=now)


def _broken() -> list[Any]:
    cuts = [lambda text, at=at: text[:at] for at in (0, 1, 4, 30, 49, 51, 80, 120, 200)]
    odd = [
        lambda _, value=value: value for value in (None, 5, [], {}, "!!!", encode(b"\xa1" * 99), "A" * 4000)
    ]
    return [*cuts, *odd]
