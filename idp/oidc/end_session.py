"""RP-initiated logout: may we sign out without asking, and may we send the browser back?

Spec: OpenID Connect RP-Initiated Logout 1.0 §2, §3, §4.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from idp.oidc.client import Client
from idp.oidc.errors import InvalidRequest
from idp.oidc.parameters import Parameters
from idp.oidc.ports import ClientDirectory, TokenVerifier


@dataclass(frozen=True, slots=True)
class PostLogoutTarget:
    """A post-logout address proven to belong to the client. Only `examine_logout` creates one."""

    uri: str
    state: str | None

    @property
    def location(self) -> str:
        """The address with `state` and nothing else added (§3)."""
        if self.state is None:
            return self.uri
        return self.uri + ("&" if "?" in self.uri else "?") + urlencode({"state": self.state})


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A sign-out request, checked."""

    client: Client | None
    subject: str | None
    """The `sub` of a verified hint: without confirmation only this person is signed out."""
    target: PostLogoutTarget | None
    ui_locales: tuple[str, ...]


def examine_logout(
    parameters: Parameters, clients: ClientDirectory, verifier: TokenVerifier, issuer: str
) -> LogoutRequest:
    """Check a sign-out request.

    Raises: InvalidRequest — a bad hint, or an address that cannot be proven to be the client's. Always a page.
    """
    hint = parameters.one("id_token_hint")
    claims = verifier.id_token_hint(hint) if hint else {}
    if hint and claims.get("iss") != issuer:
        raise InvalidRequest("id_token_hint was not issued here")
    client_id = parameters.one("client_id")
    if claims and client_id is not None and client_id != claims["aud"]:
        raise InvalidRequest("client_id and id_token_hint disagree")
    client = clients.find_by_id(claims["aud"] if claims else client_id or "")
    return LogoutRequest(
        client=client,
        subject=claims.get("sub"),
        target=_target(parameters, client if claims else None),
        ui_locales=parameters.words("ui_locales"),
    )


def _target(parameters: Parameters, proven: Client | None) -> PostLogoutTarget | None:
    uri = parameters.one("post_logout_redirect_uri")
    if uri is None:
        return None
    if proven is None or not proven.enabled:
        # §2: without a hint nothing proves which mini-app is asking, so nothing proves the address either.
        raise InvalidRequest("post_logout_redirect_uri needs an id_token_hint of a registered client")
    if uri not in proven.post_logout_redirect_uris:
        raise InvalidRequest("post_logout_redirect_uri is not registered for this client")
    return PostLogoutTarget(uri, parameters.one("state"))
