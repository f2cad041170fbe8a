"""What an application must not contain, one attack or slip a line."""

from __future__ import annotations

from typing import Any

import pytest

from idp.oidc.vocabulary import ClientAuthMethod, GrantType, Profile
from idp.registry.checks import CHECKS, problems_of
from tests.unit.registry.applications import DEMO, P256_KEY, PRODUCTION, tax

REFRESHING = frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN})
MACHINE: dict[str, Any] = {
    "redirect_uris": (),
    "grant_types": frozenset({GrantType.CLIENT_CREDENTIALS}),
    "scopes": ("records:read",),
    "resources": ("https://records.example/",),
}
NATIVE: dict[str, Any] = {"native": True, "auth_method": ClientAuthMethod.NONE}


def problems(**changes: Any) -> tuple[str, ...]:
    """By their codes."""
    return tuple(one.sentence.code for one in problems_of(tax(**changes), PRODUCTION))


def test_an_ordinary_app_has_no_problem() -> None:
    assert problems() == ()


@pytest.mark.parametrize(
    "changes",
    [
        MACHINE,
        {**NATIVE, "redirect_uris": ("com.example.tax:/callback", "http://127.0.0.1/callback")},
        {"grant_types": REFRESHING, "scopes": ("openid", "offline_access", "profile")},
        {"scopes": ("openid", "tax:read", "https://tax.example/scope")},
        {"resources": ("https://api.tax.example/", "urn:example:tax")},
        {"name": {"zh-CN": "个人所得税"}, "organisation": "𬭚𠮷·国家税务"},
        {"name": {"ug": "باج\u200cبېجىرىش"}},
        {"policy_uri": "https://tax.example/privacy", "logo_uri": "https://tax.example/logo.svg"},
        {"purposes": {"birthdate": {"en": "To find your allowance", "zh-CN": "用于核定免税额"}}},
        {"redirect_uris": ("https://tax.example/callback?region=east",)},
        {"require_pushed_authorization_requests": True},
        {
            "backchannel_logout_uri": "https://tax.example/told?by=region",
            "backchannel_logout_session_required": True,
        },
        {"require_signed_request_object": True, "jwks": {"keys": [P256_KEY]}},
    ],
)
def test_what_real_apps_ask_for_is_admitted(changes: dict[str, Any]) -> None:
    assert problems(**changes) == ()


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/callback",
        "tax.example/callback",
        "https://",
        "https:///callback",
        "http://tax.example/callback",
        "ftp://tax.example/callback",
        "javascript:alert(1)",
        "JavaScript://tax.example/%0aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "com.example.tax:/callback",
        "https://tax.example/callback#fragment",
        "https://tax.example/callback#",
        "https://ada@tax.example/callback",
        "https://tax.example@evil.example/callback",
        "https://tax.example:port/callback",
        "https://[::1/callback",
        "https://*.tax.example/callback",
        "https://tax.example/*",
        "https://tax.example\\@evil.example/",
        "https://tax.example/call back",
        " https://tax.example/callback",
        "https://tax.example/callback\n",
        "https://tax.example/\r\nSet-Cookie: a=b",
        "https://tax.example/\tcallback",
        "https://tax.example/\x00",
        "https://täx.example/callback",
        'https://tax.example/"onload="x',
        "https://tax.example/<script>",
        "http://localhost/callback",
        "http://127.0.0.1/callback",
        "https://tax.example/" + "a" * 2_048,
        "https://tax.example/callback?code=mine",
        "https://tax.example/callback?a=b&state=",
        "https://tax.example/callback?%63ode=mine",
        "https://tax.example/callback?iss=https://evil.example",
        "https://id.east.example/account",
        "https://ID.East.example:8443/",
    ],
)
def test_an_unsafe_address_is_refused_for_both_ways_back(uri: str) -> None:
    assert problems(redirect_uris=(uri,))
    assert problems(post_logout_redirect_uris=(uri,))
    assert problems(backchannel_logout_uri=uri)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "[::1]",
        "[fd00::1]",
        "[::ffff:10.0.0.1]",
    ],
)
def test_a_server_that_we_are_to_call_has_a_name(host: str) -> None:
    assert problems(backchannel_logout_uri=f"https://{host}/backchannel-logout")


def test_an_installed_app_is_told_of_sign_outs_at_a_server() -> None:
    native = {**NATIVE, "redirect_uris": ("com.example.tax:/callback",)}

    assert not problems(**native, backchannel_logout_uri="https://tax.example/backchannel-logout")
    assert problems(**native, backchannel_logout_uri="com.example.tax:/backchannel-logout")
    assert problems(**native, backchannel_logout_uri="http://127.0.0.1/backchannel-logout")


def test_who_signs_nobody_in_is_told_of_no_sign_out() -> None:
    assert problems(**MACHINE, backchannel_logout_uri="https://tax.example/backchannel-logout")
    assert problems(backchannel_logout_session_required=True)


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "tax:/callback",
        "com.example.tax://evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1@evil.example/callback",
        "http://localhost/callback",
    ],
)
def test_a_native_app_may_use_its_own_scheme_or_loopback_and_nothing_like_it(uri: str) -> None:
    assert problems(**NATIVE, redirect_uris=(uri,))


@pytest.mark.parametrize("client_id", ["", "a" * 65, "a b", "a:b", "a/b", "-a", "税务", "a\n", "<b>", "%61"])
def test_a_client_id_is_the_same_wherever_it_is_written(client_id: str) -> None:
    assert problems(client_id=client_id)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        " Tax",
        "Tax\n",
        "Tax\x1b[31m",
        "Tax\u202exaT",
        "T\u200bax",
        "Tax\u2028",
        "Tax\x00",
        "T" * 101,
    ],
)
def test_a_name_says_what_it_shows(text: str) -> None:
    assert problems(name={"en": text})
    assert problems(organisation=text)
    assert problems(purposes={"birthdate": {"en": text * 3}})


@pytest.mark.parametrize("tag", ["", "english", "zh_CN", "zh-", "e", "en<"])
def test_a_language_is_named_by_its_tag(tag: str) -> None:
    assert problems(name={tag: "Tax"})


def test_an_app_has_a_name() -> None:
    assert problems(name={}) == ("name-missing",)


@pytest.mark.parametrize(
    "changes",
    [
        {"auth_method": ClientAuthMethod.PRIVATE_KEY_JWT},
        {"jwks": {"keys": [P256_KEY]}},
        {"require_signed_request_object": True},
        {**MACHINE, "require_pushed_authorization_requests": True},
        {"native": True},
        {"grant_types": frozenset()},
        {"grant_types": frozenset({GrantType.REFRESH_TOKEN}), "redirect_uris": ()},
        {**MACHINE, "auth_method": ClientAuthMethod.NONE},
        {**MACHINE, "scopes": ("openid", "profile")},
        {**MACHINE, "resources": ()},
        {**MACHINE, "redirect_uris": ("https://tax.example/callback",)},
        {"auth_method": ClientAuthMethod.NONE, "audiences": ("https://records.example/",)},
        {"redirect_uris": ()},
        {"redirect_uris": ("https://tax.example/a",) * 2},
        {"redirect_uris": tuple(f"https://tax.example/{number}" for number in range(51))},
        {"profile": Profile.FAPI2},
        {"profile": Profile.COMPAT},
        {"purposes": {"shoe_size": {"en": "To know"}}},
    ],
)
def test_what_does_not_go_together_is_refused(changes: dict[str, Any]) -> None:
    assert problems(**changes)


@pytest.mark.parametrize(
    "scopes", [(), ("profile",), ("openid", "a b"), ("openid", 'a"b'), ("openid", "ä"), ("openid", "")]
)
def test_scopes_are_scope_words_and_contain_openid(scopes: tuple[str, ...]) -> None:
    assert problems(scopes=scopes)


def test_offline_access_is_for_those_who_may_refresh() -> None:
    assert problems(scopes=("openid", "offline_access"))


@pytest.mark.parametrize(
    "uri",
    [
        "records",
        "/records",
        "https:///records",
        "urn:",
        "https://records.example/#a",
        "https://records.example/#",
        "javascript:alert(1)",
        "https://a@records.example/",
        "https://records.example/\n",
        "https://id.east.example/userinfo",
        "https://ID.EAST.example/userinfo",
        "http://id.east.example:80/",
    ],
)
def test_a_resource_is_an_absolute_address_of_somebody_else(uri: str) -> None:
    """A client that *is* the provider's own userinfo could introspect everybody's tokens (RFC 7662 §2.1)."""
    assert problems(resources=(uri,))
    assert problems(audiences=(uri,))


@pytest.mark.parametrize("field", ["logo_uri", "policy_uri", "tos_uri", "sector_identifier_uri"])
@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "http://tax.example/",
        "//tax.example/",
        "https://a@b.example/",
        "https:\n//x.example",
    ],
)
def test_a_link_is_https_and_nothing_else(field: str, uri: str) -> None:
    assert problems(**{field: uri})


def test_the_demo_admits_links_to_this_machine() -> None:
    assert problems_of(tax(policy_uri="http://tax.apps.localhost:8011/privacy"), DEMO) == ()


def test_a_problem_quotes_what_was_wrong_without_letting_it_speak_to_the_terminal() -> None:
    (found,) = problems_of(tax(redirect_uris=("https://tax.example/\x1b[2J",)), PRODUCTION)
    problem = str(found)

    assert "\x1b" not in problem
    assert "https://tax.example/" in problem


def test_every_check_is_in_the_order() -> None:
    assert len(set(CHECKS)) == len(CHECKS) == 15


EVENTS: dict[str, Any] = {
    "grant_types": frozenset({GrantType.AUTHORIZATION_CODE, GrantType.CLIENT_CREDENTIALS}),
    "scopes": ("openid", "ssf.read", "ssf.manage"),
}


def test_who_receives_events_needs_no_resource_of_its_own() -> None:
    """The transmitter is ours; a scope for elsewhere still needs to know where."""
    elsewhere = problems(**{**EVENTS, "scopes": (*EVENTS["scopes"], "records:read")})

    assert problems(**EVENTS) == ()
    assert elsewhere == ("machine-without-resource",)


def test_who_receives_events_acts_for_itself() -> None:
    (problem,) = problems(scopes=EVENTS["scopes"])

    assert problem == "signals-without-machine"
