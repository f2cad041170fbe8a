"""One answer of a passkey signs in once, and one credential is enrolled once, whichever process looks at it."""

from __future__ import annotations

import json
from functools import partial

from tests.fire.verdicts import statuses
from tests.fire.volley import Volley, written_by_browser
from tests.support import passkeys
from tests.support.browser import Browser, Page
from tests.support.provider import PASSWORD
from tests.support.server import RunningProvider
from tests.support.software_authenticator import Lies, SoftwareAuthenticator

AT_ONCE = 6
"""The sixth false answer would end the sign-in itself."""


def submit(browser: Browser, *, page: Page, action: str, fields: dict[str, str]) -> Page:
    return browser.submit(page, action, **fields)


def test_one_answer_signs_in_once(region: RunningProvider, volley: Volley) -> None:
    account, phone, browser = region.person("passkey"), SoftwareAuthenticator(counts=False), region.browser()
    passkeys.enrol(region, account.id, phone)
    page = browser.get("/account")
    asked = passkeys.question(browser, page, "/login/passkey", "/login/passkey/options")
    answer = json.dumps(phone.get(asked["options"], origin=browser.origin))

    fields = {"challenge": asked["challenge"], "answer": answer}
    send = partial(submit, page=page, action="/login/passkey", fields=fields)

    answers = volley.fire([written_by_browser(browser, send) for _ in range(AT_ONCE)])

    assert statuses(answers)[303] == 1
    assert len(region.services.stores.sessions.list_of(account.id, now=region.clock.now())) == 1


def test_one_count_signs_in_once(region: RunningProvider, volley: Volley) -> None:
    """A device and its copies at the same moment, each with a question and a signature of its own."""
    account, phone = region.person("copied"), SoftwareAuthenticator()
    passkeys.enrol(region, account.id, phone)
    forms = []
    for _ in range(16):
        browser = region.browser()
        page = browser.get("/account")
        asked = passkeys.question(browser, page, "/login/passkey", "/login/passkey/options")
        shown = phone.get(asked["options"], origin=browser.origin, says=Lies(sign_count=7))
        fields = {"challenge": asked["challenge"], "answer": json.dumps(shown)}
        forms.append(
            written_by_browser(browser, partial(submit, page=page, action="/login/passkey", fields=fields))
        )

    answers = volley.fire(forms)

    # None, where the second was noticed before the first was through: the passkey is suspended at once.
    assert statuses(answers)[303] <= 1


def test_one_credential_is_enrolled_for_one_person(region: RunningProvider, volley: Volley) -> None:
    forms, accounts, credential_id = [], [], b"the same id for all"
    for number in range(6):
        accounts.append(region.person(f"enrols{number}"))
        browser = region.browser()
        page = browser.sign_in(browser.get(passkeys.ADD), f"enrols{number}", PASSWORD)
        asked = passkeys.question(browser, page, passkeys.ADD, f"{passkeys.PASSKEYS}/options")
        made = SoftwareAuthenticator().create(
            asked["options"], origin=browser.origin, says=Lies(credential_id=credential_id)
        )
        fields = {"challenge": asked["challenge"], "answer": json.dumps(made)}
        forms.append(
            written_by_browser(browser, partial(submit, page=page, action=passkeys.ADD, fields=fields))
        )

    answers = volley.fire(forms)

    assert statuses(answers)[303] == 1
    owners = [account for account in accounts if region.services.stores.passkeys.of(account.id)]
    assert len(owners) == 1
