"""A consent form is worth one code, however often it is sent."""

from __future__ import annotations

from tests.fire.ledger import Ledger
from tests.fire.volley import Volley, written_by_browser
from tests.support.provider import PASSWORD
from tests.support.server import RunningProvider

TIMES = 20
ROUNDS = 5


def test_a_consent_form_sent_20_times_at_once_gives_one_code(
    region: RunningProvider, volley: Volley, ledger: Ledger
) -> None:
    region.person("agreeing")
    for number in range(ROUNDS):
        app = region.client(f"agreed-{number}")
        browser = region.browser()
        page = browser.sign_in(browser.get(app.begin().url), "agreeing", PASSWORD)
        form = written_by_browser(browser, lambda browser, page=page: browser.allow(page))

        answers = volley.fire([form] * TIMES)

        back = [answer for answer in answers if answer.headers.get("Location", "").startswith("https://tax")]
        assert len(back) == 1
        assert "code=ac_" in back[0].headers["Location"]
        assert ledger.codes_for(app.client_id) == 1
