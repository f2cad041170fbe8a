"""What is for one person stays with that person: no cache keeps it, and no trick with the address makes one try."""

from __future__ import annotations

import pytest

from idp.web.endpoints import table
from tests.attacks.test_cors import OPEN_DOCUMENTS
from tests.support.provider import EVERY_CLAIM, PASSWORD, Provider

PERSONAL = (
    "/account",
    "/account/sessions",
    "/account/apps",
    "/account/security",
    "/consent",
    "/userinfo",
    "/token",
)

PUBLIC_PAGES = ("/apps",)
"""The directory: the same for everybody who reads the same language, and nobody's cookie is read for it."""

TRICKS = [
    "{path}/x.css",
    "{path}/x.js",
    "{path}.css",
    "{path};x.css",
    "{path}%2fx.css",
    "{path}/..%2fx.css",
    "{path}%00.css",
    "{path}%0a.css",
    "{path}%3fx.css",
    "{path}%23x.css",
    "{path}//x.css",
    "{path}/%2e%2e/static/x.css",
    "/static/..%2f..{path}",
    "/static/../{path}",
    "/static/%2e%2e%2f{path}",
    "/static/css/..;{path}",
    "/{path}",
    "{path}/",
    "{path}?x.css",
]

STRANGE_HEADERS = [
    {"Accept": "text/html"},
    {"Accept": "application/xml"},
    {"Accept-Language": "ar"},
    {"Accept-Encoding": "br, gzip"},
    {"Authorization": "Basic x"},
    {"Authorization": "Bearer x"},
    {"Cookie": "__Host-idp_session=se_x; __Host-idp_lang=en"},
    {"Origin": "https://evil.example"},
    {"Range": "bytes=0-10"},
    {"User-Agent": "<script>"},
    {"X-Forwarded-Proto": "http"},
    {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    {"If-None-Match": "*"},
    {"If-None-Match": '"other"'},
    {"X-Requested-With": "XMLHttpRequest"},
]


@pytest.mark.parametrize("trick", TRICKS)
def test_a_personal_page_is_not_kept_under_a_static_looking_address(provider: Provider, trick: str) -> None:
    """Web cache deception: either the address does not exist, or the answer says that nobody may keep it."""
    provider.person()
    browser = provider.browser()
    browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)

    for path in PERSONAL:
        address, _, query = trick.format(path=path).partition("?")
        answer = provider.send(
            "GET",
            address,
            query_string=query,
            headers={"Cookie": browser.cookie_header},
            follow_redirects=False,
        )
        is_public = answer.request.path in PUBLIC_PAGES
        assert is_public or answer.headers["Cache-Control"] == "no-store", address
        assert "ETag" not in answer.headers
        if not query:
            assert EVERY_CLAIM["name"] not in answer.get_data(as_text=True), address


def test_every_dynamic_answer_forbids_keeping_it(provider: Provider) -> None:
    """ASVS 14.3.2: pages, redirects, errors and machine endpoints, for every method."""
    paths = [rule.rule for rule in provider.app.url_map.iter_rules() if not rule.arguments]
    for path in (*paths, *table({}), "/nothing", "/static/nothing.css", "/favicon.ico"):
        for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
            answer = provider.send(method, path)
            if (method == "GET" and path in (*OPEN_DOCUMENTS, *PUBLIC_PAGES)) or (
                method == "OPTIONS" and "static" in path
            ):
                continue  # of which the latter is never kept (RFC 9110 §9.3.7)
            assert answer.headers["Cache-Control"] == "no-store", (method, path)


def test_a_missing_static_file_is_not_remembered(provider: Provider) -> None:
    """Asked for just before it is deployed, it would otherwise stay missing for a year in every cache on the way."""
    missing = provider.send("GET", "/static/css/next-release.css?v=0123456789ab")
    found = provider.send("GET", "/static/css/tokens.css")

    assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-store")
    assert found.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("headers", STRANGE_HEADERS, ids=str)
def test_open_documents_are_the_same_whatever_comes_with_the_request(
    provider: Provider, headers: dict[str, str]
) -> None:
    """Cache poisoning: no header that a cache does not key on has any influence."""
    for path in (
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/jwks.json",
        "/.well-known/webauthn",
        "/.well-known/passkey-endpoints",
    ):
        plain, strange = provider.send("GET", path), provider.send("GET", path, headers=headers)
        with_query = provider.send("GET", f"{path}?callback=evil&utm=1")

        assert plain.status_code == strange.status_code == with_query.status_code == 200
        assert plain.get_data() == strange.get_data() == with_query.get_data()
        assert dict(plain.headers) == dict(strange.headers) == dict(with_query.headers)
        assert "Set-Cookie" not in plain.headers
        assert plain.headers["Cache-Control"].startswith("public, max-age=")


def test_an_open_document_is_known_again_by_its_etag(provider: Provider) -> None:
    for path in ("/.well-known/openid-configuration", "/jwks.json"):
        etag = provider.send("GET", path).headers["ETag"]

        again = provider.send("GET", path, headers={"If-None-Match": etag})

        assert (again.status_code, again.get_data(), again.headers["ETag"]) == (304, b"", etag)


def test_nothing_personal_is_in_a_page_that_signed_out_people_see(provider: Provider) -> None:
    """After signing out, the back button finds nothing kept and the addresses show nothing."""
    provider.person()
    browser = provider.browser()
    browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    browser.submit(browser.get("/account"), "/account/sign-out")

    for path in ("/", "/account", "/account/sessions", "/account/apps", "/account/security", "/help"):
        assert EVERY_CLAIM["name"] not in browser.get(path).text
