"""Signing in with the region: an OpenID Connect client made with Authlib.

What it asks for, how it proves itself, and what it verifies before it believes anything. Everything else it
learns from the region's discovery document.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from authlib.integrations.flask_client import FlaskOAuth2App, OAuth, OAuthError
from authlib.oauth2.rfc7523 import PrivateKeyJWT, private_key_jwt_sign
from flask import Flask, Response, request
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from requests import RequestException

from .config import Config

STRONGER_PROOF = "urn:tongxing:acr:2"
"""Two factors. To ask for it as an essential claim means: this, or nothing (OpenID Connect Core §5.5.1.1)."""

DISCOVERY = "/.well-known/openid-configuration"
TIMEOUT_SECONDS = 10


class SignInFailed(Exception):
    """Something did not work out; `code` says what, for the page that tells the person."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Visit:
    """A signed-in person: what was verified, and the tokens that stay with us."""

    id_token: str
    proof: dict[str, Any]
    """The claims of the ID token: who (`sub`), when (`auth_time`), how (`acr`, `amr`)."""
    person: dict[str, Any]
    """The claims from userinfo."""
    refresh_token: str | None


class AssertionForIssuer(PrivateKeyJWT):
    """Proves who we are: a signed statement, for this region alone, good for a minute and used once."""

    def __init__(self, issuer: str) -> None:
        super().__init__(issuer)

    def sign(self, auth: Any, token_endpoint: str) -> str:
        key: ECKey = auth.client_secret
        # jti is made new each time by Authlib; the audience is the issuer, never the endpoint.
        header = {"kid": key.thumbprint()}
        signed: str = private_key_jwt_sign(
            key, auth.client_id, token_endpoint, alg="ES256", header=header, expires_in=60
        )
        return signed


class OwnMetadata(FlaskOAuth2App):
    """Believes a discovery document only when it is the region's own, and forgets any other.

    Authlib does not look: codes would go to whatever address stands there (OpenID Connect Discovery §4.3).
    """

    def load_server_metadata(self) -> dict[str, Any]:
        """Raises: SignInFailed, RequestException."""
        found: dict[str, Any] = super().load_server_metadata()
        issuer = self._server_metadata_url.removesuffix(DISCOVERY)
        addresses = [value for name, value in found.items() if name.endswith(("_endpoint", "_uri"))]
        is_own = all(str(address).startswith(f"{issuer}/") for address in addresses)
        if found.get("issuer") != issuer or not is_own:
            found.clear()
            raise SignInFailed("wrong_issuer")
        return found


class Region:
    """The region as this mini-app sees it."""

    def __init__(self, app: Flask, config: Config) -> None:
        self._config = config
        self._client = OAuth(app).register(
            "region",
            client_cls=OwnMetadata,
            client_id=config.client_id,
            client_secret=ECKey.import_key(config.key),
            client_auth_methods=[AssertionForIssuer(config.issuer)],
            server_metadata_url=f"{config.issuer}{DISCOVERY}",
            client_kwargs={
                "scope": "openid",
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "private_key_jwt",
                "default_timeout": TIMEOUT_SECONDS,
            },
        )

    def send_to_sign_in(self, language: str, *, stronger: bool = False) -> Response:
        """Send the browser to the region. Authlib adds and remembers state, nonce and the PKCE challenge.

        Raises: SignInFailed.
        """
        claims: dict[str, Any] = {"userinfo": dict(self._config.service.wanted_claims)}
        if stronger:
            claims["id_token"] = {"acr": {"essential": True, "values": [STRONGER_PROOF]}}
        try:
            answer: Response = self._client.authorize_redirect(
                self._config.callback, claims=json.dumps(claims), ui_locales=language
            )
        except RequestException as error:
            raise SignInFailed("unreachable") from error
        return answer

    def complete_sign_in(self) -> Visit:
        """Turn the answer that the browser brought into a verified visit.

        Raises: SignInFailed.
        """
        # Another server's answer must not be taken for this one's (RFC 9207 §2.4).
        if request.args.get("iss") != self._config.issuer:
            raise SignInFailed("wrong_issuer")
        try:
            tokens = self._client.authorize_access_token(
                claims_options={
                    "iss": {"essential": True, "value": self._config.issuer},
                    "aud": {"essential": True, "value": self._config.client_id},
                    "nonce": {"essential": True},
                }
            )
            proof = tokens.get("userinfo")
            if proof is None:
                raise SignInFailed("unverified")
            return self._visit(tokens, dict(proof))
        except OAuthError as error:
            raise SignInFailed(error.error or "unverified") from error
        except (JoseError, ValueError) as error:
            raise SignInFailed("unverified") from error
        except RequestException as error:
            raise SignInFailed("unreachable") from error

    def refresh(self, visit: Visit) -> Visit:
        """Ask again what the region knows, without the person. The refresh token is used up and replaced.

        Raises: SignInFailed — with code `invalid_grant` when the region no longer lets us.
        """
        if visit.refresh_token is None:
            raise SignInFailed("invalid_grant")
        try:
            tokens = self._client.fetch_access_token(
                grant_type="refresh_token", refresh_token=visit.refresh_token
            )
            return self._visit({"id_token": visit.id_token, **tokens}, visit.proof)
        except OAuthError as error:
            raise SignInFailed(error.error or "unverified") from error
        except RequestException as error:
            raise SignInFailed("unreachable") from error

    def send_to_sign_out(self, visit: Visit, language: str) -> Response:
        """Send the browser to the region to end the session there too. Authlib makes and remembers `state`.

        Raises: SignInFailed.
        """
        try:
            answer: Response = self._client.logout_redirect(
                post_logout_redirect_uri=self._config.signed_out,
                id_token_hint=visit.id_token,
                ui_locales=language,
            )
        except RequestException as error:
            raise SignInFailed("unreachable") from error
        return answer

    def complete_sign_out(self) -> bool:
        """Whether the browser comes from a sign-out that we began."""
        try:
            self._client.validate_logout_response()
        except OAuthError:
            return False
        return True

    def keys(self, *, anew: bool = False) -> Any:
        """The region's public keys, as it publishes them. Raises: RequestException."""
        return self._client.fetch_jwk_set(force=anew)

    def _visit(self, tokens: dict[str, Any], proof: dict[str, Any]) -> Visit:
        person = dict(self._client.userinfo(token=tokens))
        # Claims about somebody else must not be put under this person's name (OpenID Connect Core §5.3.2).
        if person.pop("sub", None) != proof["sub"]:
            raise SignInFailed("unverified")
        return Visit(tokens["id_token"], proof, person, tokens.get("refresh_token"))
