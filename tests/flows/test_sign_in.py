"""A citizen opens a mini-app, signs in, agrees, and the mini-app holds verified tokens."""

from __future__ import annotations

from tests.support.browser import Browser, Page
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import Pending, RelyingParty, answer_of, claims_of


def arrive(
    provider: Provider, browser: Browser, app: RelyingParty, **parameters: str | None
) -> tuple[Pending, Page]:
    """Open the mini-app's link and walk to the end, whatever is asked on the way."""
    pending = app.begin(**parameters)
    page = browser.get(pending.url)
    if page.path == "/login":
        page = browser.sign_in(page, "gulbahar", PASSWORD)
    if page.path == "/consent":
        page = browser.allow(page)
    return pending, page


def test_a_citizen_signs_in_agrees_and_the_mini_app_holds_verified_tokens(provider: Provider) -> None:
    provider.person()
    app, browser = provider.client(), provider.browser()

    pending, page = arrive(provider, browser, app)
    answer = answer_of(page.url)
    tokens = app.redeem(answer["code"], pending.verifier)

    assert page.url.startswith("https://tax.example/callback?")
    assert (answer["state"], answer["iss"]) == (pending.state, provider.issuer)
    claims = claims_of(tokens.id_token)
    assert (claims["aud"], claims["nonce"], claims["acr"]) == ("tax", pending.nonce, "urn:tongxing:acr:1")
    told = app.userinfo(tokens.access_token)
    assert told.status == 200
    assert told.members["name"] == "古丽巴哈尔·阿卜杜热依木"
    assert "email" not in told.members
