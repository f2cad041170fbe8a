"""The face check as people meet it: agree, be taken, be recognised, delete."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from idp.accounts.person import Account
from idp.adapters import dlib_face
from idp.authn.factors.face import AUTHENTICATOR_ID
from idp.cli.examination.signing_in import face_engine
from idp.cli.examination.tables import faces
from idp.foundation.events import EventKind
from idp.oidc.proofs import Method
from idp.web.cookies import BROWSER, SESSION
from tests.support.browser import Browser
from tests.support.drawn_faces import BO, DA
from tests.support.provider import EVERY_CLAIM, PASSWORD, Authenticator, Provider
from tests.support.relying_party import claims_of
from tests.support.sitter import HOME, at_enrolment, at_sign_in, before_camera, enrol, sign_in, willing


@pytest.fixture
def region(provider: Provider, tmp_path: Path) -> Provider:
    return before_camera(provider, tmp_path)


@pytest.fixture
def account(region: Provider) -> Account:
    return region.person()


@pytest.fixture
def phone(region: Provider, account: Account) -> Authenticator:
    return region.enrol_totp(account)


@pytest.fixture
def browser(region: Provider, phone: Authenticator) -> Browser:
    """Of the person, signed in with password and code."""
    browser = region.browser()
    sign_in(region, browser, phone)
    return browser


def events(region: Provider, account: Account) -> list[EventKind]:
    return [event.kind for event in region.services.stores.events.of_account(account.id, 50)]


def test_a_face_is_taken_after_a_consent_of_its_own(
    region: Provider, account: Account, browser: Browser
) -> None:
    asking = browser.get(HOME)
    assert "No picture and no film is kept" in asking.text
    assert "You do not have to" in asking.text

    page = at_enrolment(region, browser).walk(willing(DA))

    assert page.path == HOME
    assert "Your face is set up" in page.text
    kept = region.services.stores.faces.find(account.id)
    assert kept is not None
    assert asking.form(HOME).fields["consent"] == kept.consent.text_hash
    assert kept.consent.version == "2026-11"
    assert EventKind.FACE_ENROLLED in events(region, account)


def test_the_camera_is_open_to_the_pages_that_need_it_alone(region: Provider, browser: Browser) -> None:
    assert "camera=()" in browser.get(HOME).headers["Permissions-Policy"]

    assert "camera=(self)" in at_enrolment(region, browser).page.headers["Permissions-Policy"]


def test_an_agreement_to_other_words_is_none(region: Provider, browser: Browser) -> None:
    page = browser.submit(browser.get(HOME), HOME, consent="00" * 32)

    assert page.path == HOME
    assert "camera" not in page.text
    sitter = at_enrolment(region, browser)
    refused = sitter.ask(f"{HOME}/begin", consent="00" * 32)
    assert refused["status"] == 400


def test_the_face_raises_the_session_to_the_third_step(
    region: Provider, account: Account, browser: Browser
) -> None:
    enrol(region, account, DA)

    page = at_sign_in(region, browser).walk(willing(DA))

    assert page.path == "/consent" or page.is_outside
    (session,) = region.services.stores.sessions.list_of(account.id, now=region.clock.now())
    assert Method.FACE in {proof.method for proof in session.proofs}
    used = region.services.stores.authenticators.find(account.id, AUTHENTICATOR_ID)
    assert used is not None
    assert used.last_used_at is not None


def test_the_token_says_face(region: Provider, account: Account, browser: Browser) -> None:
    enrol(region, account, DA)
    at_sign_in(region, browser).walk(willing(DA))

    claims = claims_of(region.tokens(browser, region.client("later")).id_token)

    assert claims["acr"].endswith("3")
    assert claims["amr"] == ["pwd", "otp", "face", "mfa"]


def test_whoever_is_not_recognised_hears_so_and_no_more(
    region: Provider, account: Account, browser: Browser
) -> None:
    enrol(region, account, DA)
    sitter = at_sign_in(region, browser)

    page = sitter.walk(willing(BO))

    assert page.status == 400
    assert "We could not make sure that it is you" in page.text
    assert {key for answer in sitter.answers for key in answer} <= {
        *("status", "challenge", "step", "hint", "passed", "of", "over")
    }


def test_there_is_always_another_way_of_the_same_rank(
    region: Provider, account: Account, browser: Browser
) -> None:
    enrol(region, account, DA)

    assert "No, use a passkey or an app" in browser.get(HOME).text
    assert "No, use a passkey or an app" in at_enrolment(region, browser).page.text
    assert "You do not have to use your face" in at_sign_in(region, browser).page.text


def test_deleting_the_face_destroys_its_key(region: Provider, account: Account, browser: Browser) -> None:
    enrol(region, account, DA)
    kept = region.services.stores.faces.find(account.id)
    assert kept is not None

    page = browser.submit(browser.get(HOME), f"{HOME}/remove")

    assert "the key to it is destroyed" in page.text
    assert region.services.stores.faces.find(account.id) is None
    assert region.services.stores.authenticators.find(account.id, AUTHENTICATOR_ID) is None
    assert EventKind.FACE_REMOVED in events(region, account)


def test_a_new_face_takes_the_place_of_the_old(region: Provider, account: Account, browser: Browser) -> None:
    enrol(region, account, BO)

    at_enrolment(region, browser).walk(willing(DA))

    kept = region.services.stores.faces.find(account.id)
    assert kept is not None
    assert kept.owner.version == 2
    assert at_sign_in(region, browser).walk(willing(DA)).status == 200


def test_a_change_is_told_to_other_browsers_by_signing_them_out(
    region: Provider, account: Account, browser: Browser, phone: Authenticator
) -> None:
    other = region.browser()
    sign_in(region, other, phone)

    at_enrolment(region, browser).walk(willing(DA))

    assert other.get("/account").path == "/login"
    assert browser.get("/account").path == "/account"


def assert_cannot_enrol(browser: Browser, consent: str) -> None:
    """Neither by the page nor past it, with the words of the consent at hand."""
    page = browser.get(HOME)
    assert not [form for form in page.forms if form.action == HOME]
    fields = {"csrf_token": page.form("/account/sign-out").fields["csrf_token"], "consent": consent}
    assert "face-start" not in browser.post(HOME, fields).text
    assert browser.post(f"{HOME}/begin", fields, follow=False).status == 400


def test_a_password_alone_sets_up_no_face(region: Provider, browser: Browser) -> None:
    """Its thief could put their own face there."""
    region.person("bo")
    other = region.browser()
    other.sign_in(other.get("/account"), "bo", PASSWORD)

    assert "First set up something that you hold" in other.get(HOME).text
    assert_cannot_enrol(other, browser.get(HOME).form(HOME).fields["consent"])


def test_children_are_not_asked(region: Provider, browser: Browser) -> None:
    child = region.person("child", claims={**EVERY_CLAIM, "birthdate": "2015-01-01"})
    other = region.browser()
    sign_in(region, other, region.enrol_totp(child), "child")

    assert "Under 14" in other.get(HOME).text
    assert_cannot_enrol(other, browser.get(HOME).form(HOME).fields["consent"])


def test_a_region_without_the_check_has_none_of_its_pages(provider: Provider) -> None:
    phone = provider.enrol_totp(provider.person())
    browser = provider.browser()
    sign_in(provider, browser, phone)

    assert browser.get(HOME).status == 404
    assert "Face check" not in browser.get("/account/security").text


def test_a_template_of_another_model_is_not_compared(
    region: Provider, account: Account, browser: Browser, tmp_path: Path
) -> None:
    """Numbers of two models have nothing to do with each other: the person is asked to enrol again."""
    enrol(region, account, DA)
    engine = type("Newer", (), {"model_id": "newer", "same_person": 9.0, "same_capture": 9.0})()
    newer = before_camera(region, tmp_path, engine=engine)
    later = newer.browser()
    for name in (SESSION, BROWSER):
        later.set_cookie(name, browser.cookie(name) or "")

    page = at_sign_in(newer, later).page

    assert "it must be taken again" in page.text
    assert "face-start" not in page.text
    assert "must be taken again" in later.get(HOME).text


def test_from_ninety_thousand_on_every_enrolment_raises_the_alarm(
    region: Provider,
    account: Account,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(type(region.services.stores.faces), "count", lambda self: 90_000)

    at_enrolment(region, browser).walk(willing(DA))

    assert "nears the one for filing" in caplog.text
    path = region.settings.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        alarms = connection.execute("SELECT subject FROM audit_events WHERE kind = 'face_filing_near'")
        assert alarms.fetchall() == [("90000",)]


@pytest.mark.parametrize(
    ("people", "severity"), [(0, None), (7, "good"), (89_999, "good"), (90_000, "advice"), (100_000, "fault")]
)
def test_the_doctor_counts_faces(
    region: Provider, monkeypatch: pytest.MonkeyPatch, people: int, severity: str | None
) -> None:
    monkeypatch.setattr(type(region.services.stores.faces), "count", lambda self: people)
    told = replace(region.services, settings=region.settings)

    assert [finding.severity.value for finding in faces(told)] == ([severity] if severity else [])


def test_the_doctor_looks_at_the_engine(region: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    off, on = replace(region.settings, face=False), region.settings

    assert list(face_engine(off)) == []
    assert [finding.severity.value for finding in face_engine(on)] == ["good", "advice"]
    monkeypatch.setitem(dlib_face.DIGESTS, dlib_face.RESNET, "00" * 32)
    assert "is not the model" in next(iter(face_engine(on))).sentence
    monkeypatch.setattr(dlib_face, "missing_packages", lambda: ("dlib",))
    assert "dlib is not installed" in next(iter(face_engine(on))).sentence


def test_no_picture_is_kept_anywhere(
    region: Provider, account: Account, browser: Browser, tmp_path: Path
) -> None:
    """Not in the database, nor in the folder: no JPEG, whole or in pieces."""
    sitter = at_enrolment(region, browser)
    sitter.walk(willing(DA))

    path = Path(region.settings.database_url.removeprefix("sqlite:///"))
    written = b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())
    assert not [picture for picture in sitter.sent if picture[200:264] in written]
    assert b"\xff\xd8\xff" not in written
    assert json.dumps("embedding") not in repr(written)
