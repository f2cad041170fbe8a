"""No grant ever gives more than the person agreed to and the app is registered for."""

from __future__ import annotations

import pytest

from idp.oidc.vocabulary import ClientAuthMethod, GrantType
from tests.support.provider import Provider
from tests.support.relying_party import answer_of, claims_of

WIDER = [
    "openid profile email",
    "openid email",
    "openid offline_access",
    "openid admin",
    "admin",
    "openid profile tax.read",
    "OPENID",
    "openid  admin",
    "openid\tadmin",
    "*",
]


@pytest.mark.parametrize("scope", WIDER)
def test_a_refresh_never_widens_the_scope(provider: Provider, scope: str) -> None:
    """RFC 6749 §6: not even to what the app might have asked for at first."""
    provider.person()
    app = provider.client()
    tokens = provider.tokens(provider.browser(), app, scope="openid profile")

    answer = app.refresh(tokens.refresh_token, scope=scope)

    assert answer.error in ("invalid_scope", "invalid_request")
    assert claims_of(app.refresh(tokens.refresh_token).access_token)["scope"] == "openid profile"


def test_a_narrower_token_tells_less(provider: Provider) -> None:
    """And the family keeps what was granted, no more and no less."""
    provider.person()
    app = provider.client()
    tokens = provider.tokens(provider.browser(), app, scope="openid profile email")
    narrow = app.refresh(tokens.refresh_token, scope="openid email")
    without_openid = app.refresh(narrow.refresh_token, scope="email")

    assert set(app.userinfo(narrow.access_token).members) == {"sub", "email", "email_verified"}
    assert app.userinfo(without_openid.access_token).error == "insufficient_scope"
    assert app.refresh(without_openid.refresh_token, scope="openid phone").error == "invalid_scope"


@pytest.mark.parametrize("scope", ["openid admin", "openid tax.write", "profile", "", "openid real_name"])
def test_an_app_asks_for_what_it_is_registered_for(provider: Provider, scope: str) -> None:
    provider.person()
    app, browser = provider.client(scopes=("openid", "profile", "tax.read")), provider.browser()

    page = browser.get(app.begin(scope=scope).url)

    assert answer_of(page.url)["error"] == "invalid_scope"


def test_a_claim_asked_for_by_name_is_released_only_within_the_apps_scopes(provider: Provider) -> None:
    """The claims parameter is no way around the registration."""
    provider.person()
    app = provider.client(scopes=("openid", "profile"))
    asked = '{"userinfo": {"email": {"essential": true}, "name": null}, "id_token": {"phone_number": null}}'

    tokens = provider.tokens(provider.browser(), app, scope="openid", claims=asked)

    assert set(app.userinfo(tokens.access_token).members) == {"sub", "name"}
    assert not {"email", "phone_number"} & set(claims_of(tokens.id_token))


@pytest.mark.parametrize(
    "scope",
    ["openid", "profile", "offline_access", "email phone", "admin", "tax.read openid", "tax.read admin"],
)
def test_a_machine_gets_nothing_about_people(provider: Provider, scope: str) -> None:
    """RFC 6749 §4.4: with client credentials only the app's own permissions exist."""
    app = provider.client()

    answer = app.token(grant_type="client_credentials", scope=scope)

    assert answer.error == "invalid_scope"


def test_a_machines_token_opens_no_userinfo_and_is_not_refreshed(provider: Provider) -> None:
    app = provider.client()

    tokens = app.token(grant_type="client_credentials")

    assert tokens.scope == "tax.read"
    assert "refresh_token" not in tokens.members
    assert "id_token" not in tokens.members
    assert app.userinfo(tokens.access_token).error == "invalid_token"
    asked = app.token(grant_type="client_credentials", resource=f"{provider.issuer}/userinfo")
    assert asked.error == "invalid_target"


@pytest.mark.parametrize("grant_type", GrantType)
def test_an_app_uses_only_its_own_grant_types(provider: Provider, grant_type: GrantType) -> None:
    """Each restriction holds at every grant, not at the first one thought of."""
    provider.person()
    app = provider.client()
    restricted = provider.client("restricted", grant_types=frozenset(GrantType) - {grant_type})
    tokens = provider.tokens(provider.browser(), app)

    answer = restricted.token(grant_type=str(grant_type), code="ac_x", refresh_token=tokens.refresh_token)

    assert answer.error == "unauthorized_client"


def test_an_app_without_refresh_gets_no_refresh_token(provider: Provider) -> None:
    provider.person()
    app = provider.client(grant_types=frozenset({GrantType.AUTHORIZATION_CODE}))

    tokens = provider.tokens(provider.browser(), app, scope="openid offline_access", prompt="consent")

    assert "refresh_token" not in tokens.members


@pytest.mark.parametrize(
    "grant_type",
    [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:device_code",
        "AUTHORIZATION_CODE",
        "authorization_code ",
        "client_credentials refresh_token",
    ],
)
def test_a_grant_type_that_is_not_offered_is_refused(provider: Provider, grant_type: str) -> None:
    app = provider.client()

    answer = app.token(grant_type=grant_type, username="gulbahar", password="x", scope="openid")

    assert answer.error == "unsupported_grant_type"


@pytest.mark.parametrize(
    "resource", ["https://other.example", "https://api.tax.example/", "HTTPS://API.tax.example"]
)
def test_a_token_for_another_resource_cannot_be_had(provider: Provider, resource: str) -> None:
    """RFC 8707 §2: neither at the beginning, nor with a code, nor with a refresh token, nor for a machine."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    arrival = provider.arrive(browser, app)
    tokens = provider.tokens(browser, app)

    asked = browser.get(app.begin(resource=resource).url)

    assert answer_of(asked.url)["error"] == "invalid_target"
    assert app.redeem(arrival.code, arrival.pending.verifier, resource=resource).error == "invalid_target"
    assert app.refresh(tokens.refresh_token, resource=resource).error == "invalid_target"
    assert app.token(grant_type="client_credentials", resource=resource).error == "invalid_target"


def test_a_resource_that_was_not_agreed_to_is_not_granted_later(provider: Provider) -> None:
    """Registered for the app, but not part of this grant."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    arrival = provider.arrive(browser, app)
    tokens = provider.tokens(browser, app)
    resource = "https://api.tax.example"

    assert app.redeem(arrival.code, arrival.pending.verifier, resource=resource).error == "invalid_target"
    assert app.refresh(tokens.refresh_token, resource=resource).error == "invalid_target"


def test_a_token_of_one_audience_is_refused_by_another(provider: Provider) -> None:
    """What is meant for the app's API opens no userinfo, and an API may not look into foreign tokens."""
    provider.person()
    app = provider.client()
    api = provider.client("api", audiences=("https://api.tax.example",))
    stranger = provider.client("stranger", audiences=("https://api.other.example",))
    tokens = provider.tokens(provider.browser(), app, resource="https://api.tax.example")

    assert app.userinfo(tokens.access_token).error == "invalid_token"
    assert api.introspect(tokens.access_token).members["active"] is True
    assert stranger.introspect(tokens.access_token).members == {"active": False}
    for_userinfo = app.refresh(tokens.refresh_token, resource=f"{provider.issuer}/userinfo")
    assert api.introspect(for_userinfo.access_token).members == {"active": False}


def test_a_public_client_may_not_introspect_nor_act_for_itself(provider: Provider) -> None:
    app = provider.client("public", auth_method=ClientAuthMethod.NONE)

    assert app.introspect("x").error == "unauthorized_client"
    assert app.token(grant_type="client_credentials").error == "unauthorized_client"
