"""The verified redirect address: the only thing an answer can be sent to."""

from __future__ import annotations

from dataclasses import dataclass

from idp.oidc.client import Client
from idp.oidc.errors import InvalidRequest
from idp.oidc.redirect_uri import is_registered
from idp.oidc.vocabulary import ResponseMode


@dataclass(frozen=True, slots=True)
class VerifiedTarget:
    """A redirect URI proven to belong to the client. Only `verify_target` creates one."""

    uri: str
    mode: ResponseMode
    state: str | None


def verify_target(client: Client, redirect_uri: str | None, state: str | None) -> VerifiedTarget:
    """Prove that the answer may go to `redirect_uri`.

    Raises: InvalidRequest — missing, or not one of the client's. Spec: RFC 9700 §2.1; OpenID Connect Core §3.1.2.1.
    """
    if redirect_uri is None:
        raise InvalidRequest("redirect_uri is required")
    if not is_registered(redirect_uri, client):
        raise InvalidRequest(
            "redirect_uri is not registered for this client",
            detail=f"client {client.client_id} asked for {_address(redirect_uri)}; has {client.redirect_uris!r}",
        )
    return VerifiedTarget(redirect_uri, ResponseMode.QUERY, state)


def _address(uri: str) -> str:
    """As much of a wrong address as helps the integrator: what follows may be anything, secrets too."""
    head = uri.partition("?")[0].partition("#")[0]
    return repr(head) if "://" in head and "@" not in head else "what is no address"
