"""No script on another site reads an answer that was given to a person or a client."""

from __future__ import annotations

import pytest

from idp.web.endpoints import table
from tests.support.provider import Provider

ORIGINS = [
    "https://evil.example",
    "null",
    "https://tax.example",
    "https://tax.example.evil.example",
    "https://eviltax.example",
    "http://east.id.localhost:8001",
    "http://east.id.localhost:8001.evil.example",
    "https://",
    "*",
]

OPEN_DOCUMENTS = {
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/jwks.json",
    "/.well-known/webauthn",
    "/.well-known/passkey-endpoints",
    "/.well-known/ssf-configuration",
    "/.well-known/openid-federation",
    "/fed/.well-known/openid-federation",
    "/rp/.well-known/openid-federation",
    "/fed/list",
    "/fed/historical-keys",
    "/jwks.jwt",
}


@pytest.mark.parametrize("origin", ORIGINS)
def test_no_route_with_credentials_lets_another_origin_read(provider: Provider, origin: str) -> None:
    """Not for a registered app's origin either: apps redeem codes on their servers."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    token = provider.tokens(browser, app).access_token
    preflight = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    paths = [rule.rule for rule in provider.app.url_map.iter_rules() if not rule.arguments]

    for path in {*paths, *table({})} - OPEN_DOCUMENTS:
        answers = [
            provider.send("GET", path, headers={"Origin": origin, "Cookie": browser.cookie_header}),
            provider.send("GET", path, headers={"Origin": origin, "Authorization": f"Bearer {token}"}),
            provider.send("POST", path, headers={"Origin": origin, "Cookie": browser.cookie_header}),
            provider.send("OPTIONS", path, headers=preflight),
        ]
        for answer in answers:
            assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")], (
                path
            )


def test_open_documents_are_open_to_all_without_credentials(provider: Provider) -> None:
    for path in OPEN_DOCUMENTS:
        answer = provider.send("GET", path, headers={"Origin": "https://evil.example"})

        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
