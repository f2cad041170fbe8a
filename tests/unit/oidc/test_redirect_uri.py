"""Redirect addresses: the answer goes to the registered one or nowhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc.redirect_uri import MAX_LENGTH, UnsafeRedirectUri, is_registered, require_registrable
from tests.unit.oidc.given import CALLBACK, a_client, a_native_app

LOOKALIKES = [
    # Another host that looks, or parses, like the registered one.
    "https://tax.example.evil.example/callback",
    "https://evil.example/tax.example/callback",
    "https://evil.example/?https://tax.example/callback",
    "https://evil.example#https://tax.example/callback",
    "https://taxxexample/callback",
    "https://xtax.example/callback",
    "https://sub.tax.example/callback",
    "https://tax.example@evil.example/callback",
    "https://tax.example:pw@evil.example/callback",
    "https://evil.example\\@tax.example/callback",
    "https://evil.example\\.tax.example/callback",
    "https://tax.example\\.evil.example/callback",
    "https://tax.example%2eevil.example/callback",
    "https://tax.example%00.evil.example/callback",
    "https://tax.example%0a.evil.example/callback",
    "https://tax.example;.evil.example/callback",
    "https://tax.example,evil.example/callback",
    "https://tax.example&evil.example/callback",
    "https://tax.example。evil.example/callback",
    "https://tax．example/callback",
    "https://tаx.example/callback",
    "https://xn--tx-7ka.example/callback",
    "https://tax.example./callback",
    "https://[tax.example]/callback",
    "https://2130706433/callback",
    "//tax.example/callback",
    "///tax.example/callback",
    "https:tax.example/callback",
    "https:/tax.example/callback",
    "https:///tax.example/callback",
    "/callback",
    "callback",
    # Another scheme, port, user or spelling of the same place.
    "http://tax.example/callback",
    "HTTPS://tax.example/callback",
    "https://TAX.example/callback",
    "https://tax.example:443/callback",
    "https://tax.example:8443/callback",
    "https://tax.example:/callback",
    "https://user@tax.example/callback",
    "javascript://tax.example/callback",
    "data:text/html,https://tax.example/callback",
    # Another path, query or fragment.
    "https://tax.example/Callback",
    "https://tax.example/callback/",
    "https://tax.example/callback/../evil",
    "https://tax.example/callback/..;/evil",
    "https://tax.example/callback/%2e%2e/evil",
    "https://tax.example/callback%2f..%2fevil",
    "https://tax.example/callback%252f..%252fevil",
    "https://tax.example/callback\\..\\evil",
    "https://tax.example/evil/../callback",
    "https://tax.example/./callback",
    "https://tax.example//callback",
    "https://tax.example/%63allback",
    "https://tax.example/callback;x",
    "https://tax.example/callback?",
    "https://tax.example/callback?next=https://evil.example",
    "https://tax.example/callback#",
    "https://tax.example/callback#fragment",
    "https://tax.example/callback%00",
    "https://tax.example/callback%23@evil.example",
    # Characters that some parsers drop.
    " https://tax.example/callback",
    "https://tax.example/callback ",
    "https://tax.example/callback\t",
    "https://tax.example/call\tback",
    "https://tax.example/callback\r\nLocation: https://evil.example",
    "https://tax.example/callback\u200b",
    "https://tax.example/callback\u202e",
    "",
]


def test_the_list_of_lookalikes_is_long_and_has_no_repetitions() -> None:
    assert len(set(LOOKALIKES)) == len(LOOKALIKES) >= 60


@pytest.mark.parametrize("uri", LOOKALIKES)
@pytest.mark.parametrize("application_type", ["web", "native"])
def test_a_lookalike_of_a_registered_address_is_not_it(uri: str, application_type: str) -> None:
    assert not is_registered(uri, a_client(application_type=application_type))


def test_the_registered_address_is_recognised_to_the_letter() -> None:
    client = a_client(redirect_uris=("https://tax.example/a", "https://tax.example/b?x=1"))

    assert is_registered("https://tax.example/a", client)
    assert is_registered("https://tax.example/b?x=1", client)
    assert not is_registered("https://tax.example/b", client)
    assert not is_registered("https://tax.example/a?x=1", client)


@given(st.text(max_size=60))
def test_nothing_but_the_registered_address_is_accepted(uri: str) -> None:
    for candidate in (uri, CALLBACK + uri, uri + CALLBACK, CALLBACK[:12] + uri + CALLBACK[12:]):
        assert is_registered(candidate, a_client()) == (candidate == CALLBACK)


@pytest.mark.parametrize("port", [":1", ":80", ":8080", ":51004", ":65535", ""])
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_a_native_app_may_listen_on_any_loopback_port(host: str, port: str) -> None:
    """Spec: RFC 8252 §7.3."""
    app = a_native_app(f"http://{host}:3000/callback")

    assert is_registered(f"http://{host}{port}/callback", app)


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:80@evil.example/callback",
        "http://127.0.0.1:80:90/callback",
        "http://127.0.0.1:@evil.example/callback",
        "http://127.0.0.1@evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1:8080.evil.example/callback",
        "http://127.0.0.1:８０/callback",
        "http://127.0.0.1:-1/callback",
        "http://127.0.0.1:+1/callback",
        "http://127.0.0.1:1_0/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:100000/callback",
        "http://127.0.0.1:8080/other",
        "http://127.0.0.1:8080/callback/",
        "http://127.0.0.1:8080/callback?x=1",
        "http://127.0.0.1:8080/callback#x",
        "http://127.0.0.1:8080?/callback",
        "http://127.0.0.1:8080\\callback",
        "http://127.0.0.1:8080",
        "http://127.0.0.2:8080/callback",
        "http://127.1:8080/callback",
        "http://2130706433:8080/callback",
        "http://0.0.0.0:8080/callback",
        "http://localhost:8080/callback",
        "http://[::1]:8080/callback",
        "http://[::ffff:127.0.0.1]:8080/callback",
        "http://[0:0:0:0:0:0:0:1]:8080/callback",
        "https://127.0.0.1:8080/callback",
        "HTTP://127.0.0.1:8080/callback",
        "http://127.0.0.1:8080/callback" + "x" * MAX_LENGTH,
    ],
)
def test_only_the_port_of_a_loopback_address_may_vary(uri: str) -> None:
    assert not is_registered(uri, a_native_app("http://127.0.0.1:3000/callback"))


def test_the_port_of_a_web_app_never_varies() -> None:
    app = a_client(redirect_uris=("http://127.0.0.1:3000/callback",))

    assert is_registered("http://127.0.0.1:3000/callback", app)
    assert not is_registered("http://127.0.0.1:3001/callback", app)


def test_the_port_of_a_native_app_varies_on_loopback_alone() -> None:
    app = a_native_app("https://tax.example:3000/callback", "http://localhost:3000/callback")

    assert not is_registered("https://tax.example:3001/callback", app)
    assert not is_registered("http://localhost:3001/callback", app)


@pytest.mark.parametrize(
    "uri",
    [
        "https://tax.example/callback",
        "https://tax.example",
        "https://tax.example:8443/callback?keep=this&and=that",
        "https://tax.example/%E7%A8%8E?x=%2F",
        "https://xn--ob0b.example/callback",
        "https://[2001:db8::1]/callback",
    ],
)
def test_an_https_address_may_be_registered(uri: str) -> None:
    require_registrable(uri, native=False, allow_http_localhost=False)
    require_registrable(uri, native=True, allow_http_localhost=False)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "callback",
        "/callback",
        "//tax.example/callback",
        "https:",
        "https://",
        "https:///callback",
        "https://tax.example/callback#fragment",
        "https://tax.example/callback#",
        "https://user@tax.example/callback",
        "https://user:pw@tax.example/callback",
        "https://@tax.example/callback",
        "https://tax.example:99999/callback",
        "https://tax.example:port/callback",
        "https://[::1/callback",
        "https://*.tax.example/callback",
        "https://tax.example/*",
        "https://tax.example\\@evil.example/",
        "https://tax.example/ callback",
        " https://tax.example/callback",
        "https://tax.example/call\tback",
        "https://tax.example/callback\n",
        "https://tax.example/<script>",
        'https://tax.example/"',
        "https://tax.example/{x}",
        "https://税务.example/callback",
        "https://tax.example/回调",
        "http://tax.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "ftp://tax.example/callback",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "javascript://tax.example/%0aalert(1)",
        "data:text/html,hello",
        "vbscript:x",
        "blob:https://tax.example/1",
        "about:blank",
        "urn:ietf:wg:oauth:2.0:oob",
        "https://tax.example/" + "x" * MAX_LENGTH,
    ],
)
@pytest.mark.parametrize("native", [True, False])
def test_an_unsafe_address_may_not_be_registered(uri: str, native: bool) -> None:
    with pytest.raises(UnsafeRedirectUri) as refused:
        require_registrable(uri, native=native, allow_http_localhost=True)

    assert str(refused.value)


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1/callback",
        "http://127.0.0.1:3000/callback",
        "http://[::1]/callback",
        "http://[::1]:3000/callback",
        "example.tax.app:/callback",
    ],
)
def test_a_native_app_may_register_loopback_and_its_own_scheme(uri: str) -> None:
    """Spec: RFC 8252 §7.1, §7.3."""
    require_registrable(uri, native=True, allow_http_localhost=False)
    with pytest.raises(UnsafeRedirectUri):
        require_registrable(uri, native=False, allow_http_localhost=False)


@pytest.mark.parametrize("uri", ["example.tax.app://callback", "taxapp:/callback", "http://localhost:3000/x"])
def test_a_scheme_that_others_could_claim_too_is_refused_for_native_apps(uri: str) -> None:
    with pytest.raises(UnsafeRedirectUri):
        require_registrable(uri, native=True, allow_http_localhost=False)


@pytest.mark.parametrize(
    "uri", ["http://localhost/x", "http://tax.apps.localhost:8011/callback", "http://127.0.0.1:8011/callback"]
)
def test_plain_http_is_for_this_machine_and_only_where_the_setting_allows_it(uri: str) -> None:
    require_registrable(uri, native=False, allow_http_localhost=True)
    with pytest.raises(UnsafeRedirectUri):
        require_registrable(uri, native=False, allow_http_localhost=False)


@given(st.text(max_size=80), st.booleans(), st.booleans())
def test_whatever_is_typed_gets_an_answer(uri: str, native: bool, local: bool) -> None:
    for candidate in (uri, f"https://{uri}", f"http://[{uri}]/"):
        try:
            require_registrable(candidate, native=native, allow_http_localhost=local)
        except UnsafeRedirectUri:
            continue
        assert candidate.isascii()
        assert candidate.isprintable()
        assert " " not in candidate
