"""The token endpoint: RFC 6749 §3.2, §4.1.3, §4.4, §5, §6; OpenID Connect Core §3.1.3, §9, §12."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any
from urllib.parse import quote_plus

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.oidc.vocabulary import ClientAuthMethod
from tests.support.provider import Provider
from tests.support.relying_party import ASSERTION_TYPE, claims_of, signed

METHODS = pytest.mark.parametrize("method", ClientAuthMethod)


@METHODS
def test_each_kind_of_client_redeems_refreshes_and_revokes(
    provider: Provider, method: ClientAuthMethod
) -> None:
    """Core §9: basic, post, private_key_jwt, and none for a public client."""
    provider.person()
    app = provider.client(auth_method=method)

    tokens = provider.tokens(provider.browser(), app)
    refreshed = app.refresh(tokens.refresh_token)
    revoked = app.revoke(refreshed.refresh_token)

    assert (refreshed.status, revoked.status) == (200, 200)
    assert app.refresh(refreshed.refresh_token).error == "invalid_grant"


@METHODS
def test_a_success_looks_as_specified(provider: Provider, method: ClientAuthMethod) -> None:
    """RFC 6749 §5.1; Core §3.1.3.3."""
    provider.person()
    app = provider.client(auth_method=method)

    tokens = provider.tokens(provider.browser(), app)

    assert tokens.headers["Content-Type"] == "application/json"
    assert tokens.headers["Cache-Control"] == "no-store"
    assert tokens.headers["Pragma"] == "no-cache"
    members = {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert tokens.members.keys() == members
    assert tokens.token_type == "Bearer"
    assert tokens.expires_in == 300
    assert tokens.scope == "openid profile"


def test_basic_credentials_are_form_encoded(provider: Provider) -> None:
    """RFC 6749 §2.3.1: id and secret each, before they are joined; the scheme in any case (RFC 9110 §11.1)."""
    app = provider.client("app.with-signs_~1")
    for encode in (str, quote_plus, lambda text: "".join(f"%{byte:02X}" for byte in text.encode())):
        joined = f"{encode(app.client_id)}:{encode(app.secret or '')}".encode()
        for scheme in ("Basic", "basic", "BASIC"):
            header = {"Authorization": f"{scheme} {base64.b64encode(joined).decode()}"}

            assert app.send("POST", "/token", {"grant_type": "client_credentials"}, header).status == 200


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic dGF4",
        "Basic OnNlY3JldA==",
        "Bearer x",
        "Digest x",
        "Basic \u20ac",
        "x",
    ],
)
def test_malformed_credentials_are_invalid_client(provider: Provider, header: str) -> None:
    """RFC 6749 §5.2: 401, and the scheme that would be right."""
    app = provider.client()

    raw = header.encode("utf-8").decode("latin-1")
    answer = app.send("POST", "/token", {"grant_type": "client_credentials"}, {"Authorization": raw})

    assert (answer.status, answer.error) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


KEYS: dict[str, tuple[str, Any]] = {
    "ES256": ("ES256", ECKey.generate_key("P-256", {"kid": "k"})),
    "PS256": ("PS256", RSAKey.generate_key(2048, {"kid": "k"})),
    "RS256": ("RS256", RSAKey.generate_key(2048, {"kid": "k"})),
    "Ed25519": ("Ed25519", OKPKey.generate_key("Ed25519", {"kid": "k"})),
}


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("named", [True, False], ids=["with kid", "without kid"])
def test_assertions_in_every_advertised_algorithm(provider: Provider, kind: str, named: bool) -> None:
    """Core §9; RFC 7523 §2.2. A key registered without a kid is found by trying."""
    algorithm, key = KEYS[kind]
    jwk = key.as_dict(private=False)
    if not named:
        del jwk["kid"]
    app = provider.client(auth_method=ClientAuthMethod.PRIVATE_KEY_JWT, jwks={"keys": [jwk]})
    app = dataclasses.replace(app, key=ECKey.generate_key("P-256", {"kid": "k"}))
    claims = claims_of(app.assertion())
    header = {"alg": algorithm, "kid": "k" if named else None}

    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed(header, claims, key)}
    answer = app.send("POST", "/token", {"grant_type": "client_credentials", **proof})

    assert answer.status == 200, answer.members


@pytest.mark.parametrize("offset", [-25, 0, 8, 25])
def test_clocks_may_differ_a_little(provider: Provider, offset: int) -> None:
    """RFC 7523 §3: iat and nbf a few seconds ahead are an ordinary thing."""
    app = provider.client(auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)
    now = int(provider.clock.now().timestamp()) + offset

    proof = {
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": app.assertion(iat=now, nbf=now, exp=now + 60),
    }

    assert app.send("POST", "/token", {"grant_type": "client_credentials", **proof}).status == 200


class TestRequests:
    """RFC 6749 §3.2, §5.2: what is refused, and how."""

    def test_only_forms_are_read(self, provider: Provider) -> None:
        for content_type in ("application/json", "text/plain", "multipart/form-data; boundary=x", ""):
            answer = provider.send("POST", "/token", data=b"grant_type=x", content_type=content_type)
            assert (answer.status_code, answer.json and answer.json["error"]) == (400, "invalid_request")

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "PATCH"])
    def test_only_post_is_answered(self, provider: Provider, method: str) -> None:
        answer = provider.send(method, "/token")

        assert answer.status_code == 405
        assert answer.headers["Allow"] == "POST"
        assert answer.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        "name", ["grant_type", "client_id", "client_secret", "code", "code_verifier", "redirect_uri", "scope"]
    )
    def test_no_parameter_is_sent_twice(self, provider: Provider, name: str) -> None:
        app = provider.client(auth_method=ClientAuthMethod.SECRET_POST)
        grant = "client_credentials" if name == "scope" else "authorization_code"
        right: dict[str, Any] = {"grant_type": grant, "code": "ac_" + "x" * 43, "code_verifier": "v" * 43}
        twice = {"client_id": app.client_id, "client_secret": app.secret}
        value = {**right, **twice}.get(name) or "x"

        answer = app.token(**{**right, name: [value, value]})

        assert answer.error in ("invalid_request", "invalid_grant")
        assert answer.status == 400

    def test_unknown_parameters_are_ignored(self, provider: Provider) -> None:
        provider.person()
        app = provider.client()
        arrival = provider.arrive(provider.browser(), app)

        assert (
            app.redeem(arrival.code, arrival.pending.verifier, extra=["a", "b"], audience="x").status == 200
        )

    def test_parameters_in_the_address_do_not_count(self, provider: Provider) -> None:
        """§2.3.1: credentials never; and so nothing else."""
        app = provider.client(auth_method=ClientAuthMethod.SECRET_POST)
        query = {"client_id": app.client_id, "client_secret": app.secret, "grant_type": "client_credentials"}

        answer = provider.send("POST", "/token", query_string=query)

        assert answer.status_code in (400, 401)

    def test_a_code_is_required(self, provider: Provider) -> None:
        app = provider.client()

        assert app.token(grant_type="authorization_code").error == "invalid_request"
        assert app.token(grant_type="refresh_token").error == "invalid_request"
        assert app.token().error == "invalid_request"
        assert app.token(grant_type="nonsense").error == "unsupported_grant_type"
