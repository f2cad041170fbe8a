"""Whoever can choose where the answer goes can steal it (RFC 9700 §4.1): only registered addresses get one."""

from __future__ import annotations

import re

import pytest

from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty

REGISTERED = "https://tax.example/callback"

LEADS = re.compile(r"""(?:href|src|action|formaction|content)=["']?([^"'> ]*[/:][^"'> ]*)""")
"""Every address that a page could lead to."""

WRONG_ADDRESSES = [
    # Another place on the right host
    "https://tax.example/",
    "https://tax.example",
    "https://tax.example/callback/",
    "https://tax.example/callback/more",
    "https://tax.example/callbackmore",
    "https://tax.example/call",
    "https://tax.example/Callback",
    "https://tax.example/CALLBACK",
    "https://tax.example/callback/..",
    "https://tax.example/callback/../open?to=https://evil.example",
    "https://tax.example/x/../callback",
    "https://tax.example/./callback",
    "https://tax.example//callback",
    "https://tax.example/callback;x=1",
    "https://tax.example/callback/..;/open",
    "https://tax.example/..;/callback",
    "https://tax.example/callback%2f..%2fopen",
    "https://tax.example/callback%252f..%252fopen",
    "https://tax.example/%63allback",
    "https://tax.example/callback%00",
    "https://tax.example/callback%0d%0aLocation:%20https://evil.example",
    "https://tax.example/callback%20",
    "https://tax.example/callback%c0%af",
    "https://tax.example/callback.",
    "https://tax.example/callback?",
    "https://tax.example/callback?next=https://evil.example",
    "https://tax.example/callback?code=forged",
    "https://tax.example/callback&x=1",
    "https://tax.example/callback#",
    "https://tax.example/callback#fragment",
    "https://tax.example/callback#@evil.example",
    "https://tax.example/callback%23",
    # Another host that looks like the right one
    "https://evil.example/callback",
    "https://tax.example.evil.example/callback",
    "https://evil.example/https://tax.example/callback",
    "https://evil.example?https://tax.example/callback",
    "https://evil.example#https://tax.example/callback",
    "https://eviltax.example/callback",
    "https://tax-example/callback",
    "https://taxXexample/callback",
    "https://sub.tax.example/callback",
    "https://tax.example./callback",
    "https://TAX.example/callback",
    "https://tax.example:443/callback",
    "https://tax.example:8443/callback",
    "https://tax.example:/callback",
    "https://tax.example@evil.example/callback",
    "https://tax.example:443@evil.example/callback",
    "https://user@tax.example/callback",
    "https://user:password@tax.example/callback",
    "https://tax.example%40evil.example/callback",
    "https://tax.example%2eevil.example/callback",
    "https://tax.example%00.evil.example/callback",
    "https://tax.example\\@evil.example/callback",
    "https://evil.example\\@tax.example/callback",
    "https://tax.example\\.evil.example/callback",
    "https:\\\\tax.example\\callback",
    "https://tax\u3002example/callback",
    "https://tax\uff0eexample/callback",
    "https://t\u0430x.example/callback",
    "https://xn--tx-7lc.example/callback",
    "https://\u24e3ax.example/callback",
    "https://tax.example\u2044callback",
    "https://[::1]/callback",
    "https://127.0.0.1/callback",
    "https://2130706433/callback",
    # Another scheme, or none
    "http://tax.example/callback",
    "HTTPS://tax.example/callback",
    "Https://tax.example/callback",
    "ftp://tax.example/callback",
    "javascript://tax.example/callback%0aalert(1)",
    "javascript:alert(1)//https://tax.example/callback",
    "data:text/html,<script>alert(1)</script>",
    "//tax.example/callback",
    "//evil.example/callback",
    "///evil.example/callback",
    "/callback",
    "callback",
    "https:tax.example/callback",
    "https:/tax.example/callback",
    "https:///tax.example/callback",
    # Characters that some parser drops, and some other keeps
    " https://tax.example/callback",
    "https://tax.example/callback ",
    "\thttps://tax.example/callback",
    "https://tax.example/call\tback",
    "https://tax.example/callback\n",
    "https://tax.example/callback\r\nLocation: https://evil.example",
    "ht\ntps://tax.example/callback",
    "https://tax.example/callback\x00",
    "https://tax.example/callback\x00.evil.example",
    "https://tax.example/callback\u200b",
    "https://tax.example/callback\u202e",
    "\ufeffhttps://tax.example/callback",
    "https://tax.example/callback\x7f",
    "https://*.example/callback",
    "https://tax.example/*",
    "https://tax.example/callback" + "/" * 3_000,
    # Two at once
    "https://tax.example/callback https://evil.example/",
    "https://tax.example/callback,https://evil.example/",
]

NATIVE_ADDRESSES = ("http://127.0.0.1/callback", "http://[::1]/callback", "org.example.tax:/callback")

LOOPBACK = [
    "http://127.0.0.1/callback",
    "http://127.0.0.1:1/callback",
    "http://127.0.0.1:49152/callback",
    "http://[::1]:49152/callback",
    "org.example.tax:/callback",
]

NOT_LOOPBACK = [
    "http://127.0.0.1:80@evil.example/callback",
    "http://127.0.0.1@evil.example/callback",
    "http://127.0.0.1:@evil.example/callback",
    "http://127.0.0.1:49152@evil.example:80/callback",
    "http://127.0.0.1.evil.example/callback",
    "http://127.0.0.1:49152.evil.example/callback",
    "http://127.0.0.1:49152/callback/../open",
    "http://127.0.0.1:49152/callback?x=1",
    "http://127.0.0.1:49152/callback#x",
    "http://127.0.0.1:49152/other",
    "http://127.0.0.1:49152",
    "http://127.0.0.1:/callback",
    "http://127.0.0.1:-1/callback",
    "http://127.0.0.1:+80/callback",
    "http://127.0.0.1:80 /callback",
    "http://127.0.0.1:8\u0660/callback",
    "http://127.0.0.1:49152?x=/callback",
    "http://127.0.0.1#@evil.example/callback",
    "http://127.0.0.1\\@evil.example/callback",
    "http://127.0.0.2:49152/callback",
    "http://127.1:49152/callback",
    "http://0.0.0.0:49152/callback",
    "http://localhost:49152/callback",
    "http://[::1]evil.example:49152/callback",
    "http://[::2]:49152/callback",
    "http://[0:0:0:0:0:0:0:1]:49152/callback",
    "http://[::ffff:127.0.0.1]:49152/callback",
    "https://127.0.0.1:49152/callback",
    "HTTP://127.0.0.1:49152/callback",
    "http:/127.0.0.1:49152/callback",
    "org.example.tax:/other",
    "org.example.tax://callback",
    "org.example.evil:/callback",
]


def require_page_without_redirect(provider: Provider, app: RelyingParty, uri: str | list[str]) -> None:
    """Ask with `uri`, by GET and by POST: a page for the person, and nothing that leads away."""
    url = app.begin(redirect_uri=uri).url
    path, _, query = url.removeprefix(provider.issuer).partition("?")
    answers = [
        provider.send("GET", f"{path}?{query}"),
        provider.send("POST", path, data=query, content_type="application/x-www-form-urlencoded"),
    ]
    for answer in answers:
        assert answer.status_code == 400
        assert answer.mimetype == "text/html"
        assert "Location" not in answer.headers
        assert "Refresh" not in answer.headers
        assert all(lead.startswith(("/", "#")) for lead in LEADS.findall(answer.get_data(as_text=True)))


@pytest.mark.parametrize("uri", WRONG_ADDRESSES)
def test_an_address_that_is_not_registered_to_the_letter_gets_a_page(provider: Provider, uri: str) -> None:
    """RFC 9700 §2.1: compared character by character, before anything else is looked at."""
    app = provider.client(redirect_uris=(REGISTERED,))

    require_page_without_redirect(provider, app, uri)


def test_a_missing_or_repeated_address_gets_a_page(provider: Provider) -> None:
    """One registered address is no reason to guess that it is meant, nor the first of two."""
    app = provider.client(redirect_uris=(REGISTERED,))

    require_page_without_redirect(provider, app, [])
    require_page_without_redirect(provider, app, [REGISTERED, "https://evil.example/"])
    require_page_without_redirect(provider, app, [REGISTERED, REGISTERED])


def test_another_apps_address_gets_a_page(provider: Provider) -> None:
    app = provider.client()
    provider.client("health", redirect_uris=("https://health.example/callback",))

    require_page_without_redirect(provider, app, "https://health.example/callback")


def test_no_other_fault_of_the_request_makes_a_wrong_address_be_used(provider: Provider) -> None:
    """An error is sent to a proven address only, whichever check would have failed first."""
    app = provider.client(redirect_uris=(REGISTERED,))
    faults: list[dict[str, str | None]] = [
        {"response_type": None},
        {"response_type": "token"},
        {"scope": None},
        {"prompt": "none"},
        {"prompt": "none login"},
        {"code_challenge": None},
        {"request": "unread.request.object"},
        {"claims": "{"},
        {"max_age": "-1"},
    ]

    for fault in faults:
        page = provider.browser().get(app.begin(redirect_uri="https://evil.example/", **fault).url)

        assert (page.status, page.is_outside) == (400, False), fault


@pytest.mark.parametrize("uri", LOOPBACK)
def test_a_native_app_gets_its_answer_on_any_port_of_this_device(provider: Provider, uri: str) -> None:
    """RFC 8252 §7.3: the app takes whatever port is free."""
    app = provider.client(application_type="native", redirect_uris=NATIVE_ADDRESSES)

    page = provider.browser().get(app.begin(redirect_uri=uri, prompt="none").url)

    assert page.is_outside
    assert page.url.startswith(f"{uri}?error=login_required")


@pytest.mark.parametrize("uri", NOT_LOOPBACK)
def test_a_native_apps_answer_stays_on_its_device(provider: Provider, uri: str) -> None:
    """RFC 8252 §7.3, §8.10: the port may vary and nothing else."""
    app = provider.client(application_type="native", redirect_uris=NATIVE_ADDRESSES)

    require_page_without_redirect(provider, app, uri)


def test_only_native_apps_may_vary_the_port(provider: Provider) -> None:
    app = provider.client(application_type="web", redirect_uris=("http://127.0.0.1/callback",))

    require_page_without_redirect(provider, app, "http://127.0.0.1:49152/callback")


def test_a_form_page_names_the_verified_address_and_no_other(provider: Provider) -> None:
    """The browser itself then refuses to carry an answer anywhere else (CSP form-action)."""
    app = provider.client(redirect_uris=(REGISTERED,))

    page = provider.browser().get(app.begin().url)

    policy = page.headers["Content-Security-Policy"].split("; ")
    assert "form-action 'self' https://tax.example" in policy
