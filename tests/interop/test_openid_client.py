"""npm openid-client, a certified relying party, completes everything it knows how to ask for.

It checks each answer itself: `iss` of the response, state, nonce, PKCE, every signature against the JWKS, the ID
token's claims, `sub` of userinfo. That it goes on is the test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.accounts.person import Account
from idp.oidc.vocabulary import Algorithm, ClientAuthMethod
from tests.interop.openid_client import OpenidClient, Refused
from tests.support.provider import PASSWORD
from tests.support.relying_party import RelyingParty
from tests.support.server import RunningProvider

pytestmark = pytest.mark.node

SCOPE = "openid profile email offline_access"


@dataclass
class NodeApp:
    """A mini-app that consists of openid-client."""

    region: RunningProvider
    node: OpenidClient
    registered: RelyingParty

    def do(self, command: str, **arguments: Any) -> Any:
        return self.node.do(command, self.registered.client_id, **arguments)

    def sign_in(self, person: Account, by: tuple[str, ...] = (), **parameters: str) -> str:
        """Send a new browser off and return the address it comes back to. `by`: `push`, `sign`, both or neither."""
        browser = self.region.browser()
        page = browser.get(self.do("begin", parameters={"scope": SCOPE, **parameters}, by=by))
        if page.path == "/login":
            page = browser.allow(browser.sign_in(page, person.username, PASSWORD))
        assert page.is_outside
        return page.url


def set_up(
    region: RunningProvider,
    node: OpenidClient,
    client_id: str,
    method: ClientAuthMethod = ClientAuthMethod.SECRET_BASIC,
    id_token_alg: Algorithm = Algorithm.ES256,
    key_alg: Algorithm = Algorithm.ES256,
    dpop: str | None = None,
    **changes: Any,
) -> NodeApp:
    """Register a mini-app with the provider, and the provider with openid-client."""
    key = make_key(key_alg)
    if method is ClientAuthMethod.PRIVATE_KEY_JWT:
        changes["jwks"] = {"keys": [key.as_dict(private=False)]}
    registered = region.client(client_id, auth_method=method, signing_alg=id_token_alg, **changes)
    app = NodeApp(region, node, registered)
    metadata = app.do(
        "register",
        issuer=region.issuer,
        redirect_uri=registered.redirect_uri,
        id_token_alg=id_token_alg,
        auth={
            "method": method,
            "secret": registered.secret,
            # The key's own `alg` would have to be spelt as Web Crypto does.
            "jwk": {name: value for name, value in key.as_dict(private=True).items() if name != "alg"},
            "alg": key_alg,
        },
        dpop=dpop,
    )
    assert metadata["issuer"] == region.issuer
    return app


def make_key(algorithm: Algorithm) -> ECKey | OKPKey | RSAKey:
    """A key pair for client assertions."""
    parameters = {"kid": f"{algorithm}-1", "alg": str(algorithm)}
    if algorithm is Algorithm.ES256:
        return ECKey.generate_key("P-256", parameters)
    if algorithm is Algorithm.EDDSA:
        return OKPKey.generate_key("Ed25519", parameters)
    return RSAKey.generate_key(2048, parameters)


def complete_everything(app: NodeApp, person: Account) -> None:
    """Sign in, ask who it is, refresh, introspect, revoke."""
    tokens = app.do("complete", url=app.sign_in(person))
    told = app.do("userinfo", access_token=tokens["access_token"], sub=tokens["claims"]["sub"])
    fresh = app.do("refresh", refresh_token=tokens["refresh_token"])

    assert told["name"] == person.claims["name"]
    assert tokens["claims"]["acr"] == "urn:tongxing:acr:1"
    assert fresh["refresh_token"] != tokens["refresh_token"]
    if app.registered.auth_method != ClientAuthMethod.NONE:
        assert app.do("introspect", token=fresh["access_token"])["active"] is True
    app.do("revoke", token=fresh["refresh_token"])
    with pytest.raises(Refused) as refused:
        app.do("refresh", refresh_token=fresh["refresh_token"])
    assert refused.value.error == "invalid_grant"


@pytest.mark.parametrize("method", ClientAuthMethod)
def test_everything_with_each_way_to_authenticate(
    region: RunningProvider,
    node_client: OpenidClient,
    person: Account,
    client_id: str,
    method: ClientAuthMethod,
) -> None:
    app = set_up(region, node_client, client_id, method)

    complete_everything(app, person)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_everything_with_each_signature_of_ours(
    region: RunningProvider, node_client: OpenidClient, person: Account, client_id: str, algorithm: Algorithm
) -> None:
    app = set_up(region, node_client, client_id, id_token_alg=algorithm)

    complete_everything(app, person)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_client_assertion_with_each_signature_of_theirs(
    region: RunningProvider, node_client: OpenidClient, client_id: str, algorithm: Algorithm
) -> None:
    app = set_up(
        region, node_client, client_id, ClientAuthMethod.PRIVATE_KEY_JWT, key_alg=algorithm, redirect_uris=()
    )

    tokens = app.do("machine", parameters={"resource": "https://api.tax.example", "scope": "tax.read"})

    assert tokens["token_type"] == "bearer"


@pytest.mark.parametrize("by", [("push",), ("sign",), ("push", "sign")], ids=" and ".join)
@pytest.mark.parametrize("algorithm", Algorithm)
def test_its_pushed_and_signed_requests_are_understood(
    region: RunningProvider,
    node_client: OpenidClient,
    person: Account,
    client_id: str,
    algorithm: Algorithm,
    by: tuple[str, ...],
) -> None:
    """RFC 9126 and RFC 9101, each alone and one in the other."""
    app = set_up(
        region,
        node_client,
        client_id,
        ClientAuthMethod.PRIVATE_KEY_JWT,
        key_alg=algorithm,
        require_pushed_authorization_requests="push" in by,
        require_signed_request_object="sign" in by,
    )

    tokens = app.do(
        "complete", url=app.sign_in(person, by, max_age="600", claims='{"userinfo":{"email":null}}')
    )

    assert tokens["claims"]["auth_time"]
    assert app.do("userinfo", access_token=tokens["access_token"], sub=tokens["claims"]["sub"])["email"]


@pytest.mark.parametrize("algorithm", ["ES256", "Ed25519", "PS256"])
@pytest.mark.parametrize("method", [ClientAuthMethod.PRIVATE_KEY_JWT, ClientAuthMethod.NONE])
def test_it_proves_a_key_with_every_request(
    region: RunningProvider,
    node_client: OpenidClient,
    person: Account,
    client_id: str,
    method: ClientAuthMethod,
    algorithm: str,
) -> None:
    """RFC 9449, with the provider's nonces: it asks again by itself when one is wanted."""
    app = set_up(region, node_client, client_id, method, dpop=algorithm, dpop_bound_access_tokens=True)

    tokens = app.do("complete", url=app.sign_in(person, ("push",)))
    told = app.do("userinfo", access_token=tokens["access_token"], sub=tokens["claims"]["sub"])
    fresh = app.do("refresh", refresh_token=tokens["refresh_token"])

    assert (tokens["token_type"], fresh["token_type"]) == ("dpop", "dpop")
    assert told["name"] == person.claims["name"]
    assert app.do("userinfo", access_token=fresh["access_token"], sub=tokens["claims"]["sub"]) == told
    assert app.registered.userinfo(fresh["access_token"]).error == "invalid_token"


def test_it_gets_a_bound_token_of_its_own(
    region: RunningProvider, node_client: OpenidClient, client_id: str
) -> None:
    app = set_up(region, node_client, client_id, dpop="ES256")

    tokens = app.do("machine", parameters={"resource": "https://api.tax.example", "scope": "tax.read"})

    told = app.do("introspect", token=tokens["access_token"])
    assert tokens["token_type"] == told["token_type"].lower() == "dpop"
    assert told["cnf"]["jkt"]


def test_a_public_client_may_not_introspect(
    region: RunningProvider, node_client: OpenidClient, person: Account, client_id: str
) -> None:
    app = set_up(region, node_client, client_id, ClientAuthMethod.NONE)
    tokens = app.do("complete", url=app.sign_in(person))

    with pytest.raises(Refused) as refused:
        app.do("introspect", token=tokens["access_token"])

    assert refused.value.error == "unauthorized_client"


def test_signing_out_by_its_link_ends_the_session(
    region: RunningProvider, node_client: OpenidClient, person: Account, client_id: str
) -> None:
    app, browser = set_up(region, node_client, client_id), region.browser()
    page = browser.get(app.do("begin", parameters={"scope": "openid"}))
    page = browser.allow(browser.sign_in(page, person.username, PASSWORD))
    tokens = app.do("complete", url=page.url)
    back = "https://tax.example/signed-out"

    parameters = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": back, "state": "s1"}
    page = browser.get(app.do("end_session", parameters=parameters))

    assert page.url == f"{back}?state=s1"
    assert browser.get(f"{region.issuer}/account").path == "/login"


def test_an_error_comes_back_in_a_way_it_understands(
    region: RunningProvider, node_client: OpenidClient, person: Account, client_id: str
) -> None:
    app = set_up(region, node_client, client_id)

    with pytest.raises(Refused) as refused:
        app.do("complete", url=app.sign_in(person, prompt="none"))

    assert refused.value.error == "login_required"


def test_a_code_is_good_once(
    region: RunningProvider, node_client: OpenidClient, person: Account, client_id: str
) -> None:
    app = set_up(region, node_client, client_id)
    url = app.sign_in(person)
    app.do("complete", url=url)

    with pytest.raises(Refused) as refused:
        app.do("complete", url=url)

    assert refused.value.error == "invalid_grant"


def test_it_notices_an_answer_from_another_issuer(
    region: RunningProvider, node_client: OpenidClient, person: Account, client_id: str
) -> None:
    """RFC 9207: the response names its issuer, so a mix-up is seen before the code is sent anywhere."""
    app = set_up(region, node_client, client_id)
    url = app.sign_in(person)
    assert "&iss=" in url

    with pytest.raises(Refused) as refused:
        app.do("complete", url=url.replace("&iss=http%3A%2F%2Feast", "&iss=http%3A%2F%2Fwest"))

    assert refused.value.code == "OAUTH_INVALID_RESPONSE"
