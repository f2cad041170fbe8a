"""A pushed request gets one answer, however many windows finish it at the same moment (RFC 9126 §4)."""

from __future__ import annotations

from datetime import timedelta

from idp.oidc.vocabulary import ClientAuthMethod
from tests.fire.ledger import Ledger
from tests.fire.verdicts import outcomes
from tests.fire.volley import SIZE, Volley, written_by_app, written_by_browser
from tests.support.provider import PASSWORD
from tests.support.relying_party import Answer
from tests.support.server import RunningProvider

ROUNDS = 5
WINDOWS = 20
ENTITY = "https://west.example/rp"


def sent_back(answers: list[Answer]) -> list[str]:
    """Where those were sent who were sent back to the app."""
    places = [answer.headers.get("Location", "") for answer in answers]
    return [place for place in places if place.startswith("https://tax.example/callback")]


def test_50_silent_visits_with_one_request_uri_get_one_code(
    region: RunningProvider, volley: Volley, ledger: Ledger
) -> None:
    region.person("silent")
    app = region.client("silent-app")
    browser = region.browser()
    region.arrive(browser, app, "silent")
    before = ledger.codes_for(app.client_id)

    for number in range(1, ROUNDS + 1):
        pending, _ = app.push(prompt="none")
        visit = written_by_browser(browser, lambda browser, url=pending.url: browser.get(url))
        answers = volley.fire([visit] * SIZE)

        assert len([place for place in sent_back(answers) if "code=ac_" in place]) == 1
        assert len([answer for answer in answers if answer.status == 400]) == SIZE - 1
        assert ledger.codes_for(app.client_id) == before + number


def test_50_silent_refusals_tell_the_app_once(region: RunningProvider, volley: Volley) -> None:
    """Nobody is signed in: one `login_required`, and the request is used up."""
    app = region.client("refused-app")
    pending, _ = app.push(prompt="none")
    visit = written_by_browser(region.browser(), lambda browser: browser.get(pending.url))

    answers = volley.fire([visit] * SIZE)

    assert len([place for place in sent_back(answers) if "error=login_required" in place]) == 1
    assert len([answer for answer in answers if answer.status == 400]) == SIZE - 1


def test_20_windows_that_finish_one_request_at_once_get_one_code(
    region: RunningProvider, volley: Volley, ledger: Ledger
) -> None:
    """Each window has a sign-in of its own; half of them agree and half cancel."""
    region.person("windows")
    for number in range(ROUNDS):
        app = region.client(f"windows-{number}")
        browser = region.browser()
        pending, _ = app.push()
        pages = [browser.sign_in(browser.get(pending.url), "windows", PASSWORD)]
        pages += [browser.get(pending.url) for _ in range(WINDOWS - 1)]
        buttons = ["consent-allow", "consent-deny"] * (WINDOWS // 2)
        forms = [
            written_by_browser(
                browser,
                lambda browser, page=page, button=button: browser.submit(page, "/consent", button),
            )
            for page, button in zip(pages, buttons, strict=True)
        ]

        answers = volley.fire(forms)

        assert len(sent_back(answers)) == 1
        won_by_code = "code=ac_" in sent_back(answers)[0]
        assert ledger.codes_for(app.client_id) == (1 if won_by_code else 0)


def test_an_entity_s_request_object_is_accepted_once_by_all_workers(
    region: RunningProvider, volley: Volley
) -> None:
    """Its `jti` is claimed where every worker sees it (OpenID Federation 1.0 §12.1.1.1)."""
    app = region.client(
        ENTITY,
        auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
        redirect_uris=("https://west.example/callback",),
        trust_expires_at=region.clock.now() + timedelta(days=1),
    )
    for _ in range(ROUNDS):
        _, token = app.request_object()
        pushes = [
            written_by_app(
                app, lambda app, token=token: app.call("/par", {"client_id": ENTITY, "request": token})
            )
            for _ in range(SIZE)
        ]

        answers = volley.fire(pushes)

        assert outcomes(answers) == {(201, None): 1, (400, "invalid_request_object"): SIZE - 1}
