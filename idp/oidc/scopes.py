"""Scopes: which exist here, and which of those asked for are granted."""

from __future__ import annotations

from idp.oidc.claims import SCOPE_CLAIMS
from idp.oidc.errors import InvalidScope

OPENID = "openid"
OFFLINE_ACCESS = "offline_access"

IDENTITY_SCOPES = (OPENID, OFFLINE_ACCESS, *SCOPE_CLAIMS)
"""Scopes about a person; every other scope names a permission at some resource."""

SHOW_CODE = "show_code"
"""The client may redeem codes that citizens show (`show_code.py`). Registered, never asked for in a request."""


def narrow(asked: tuple[str, ...], granted: tuple[str, ...]) -> tuple[str, ...]:
    """The scope of a new token: what is asked, or all that was granted when nothing is.

    Raises: InvalidScope — more than was granted. Spec: RFC 6749 §6.
    """
    if not asked:
        return granted
    if not set(asked) <= set(granted):
        raise InvalidScope("the scope exceeds what was granted")
    return asked


def for_machines(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Of a client's scopes those that make sense without a person (client_credentials)."""
    return tuple(scope for scope in scopes if scope not in (*IDENTITY_SCOPES, SHOW_CODE))
