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

SSF_READ = "ssf.read"
"""The client may read its event stream, and fetch from it."""
SSF_MANAGE = "ssf.manage"
"""The client may make and change its event stream, and whatever SSF_READ allows."""
SIGNAL_SCOPES = (SSF_READ, SSF_MANAGE)
"""They count at the transmitter alone, and nothing else does there. Spec: CAEP Interoperability Profile 1.0 §2.7.2."""
TRANSMITTER_PATH = "/ssf"
"""Behind the issuer: the transmitter's name as a resource."""


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
    """Of a client's scopes those that make sense without a person, at a resource that is not ours."""
    return tuple(scope for scope in scopes if scope not in (*IDENTITY_SCOPES, *SIGNAL_SCOPES, SHOW_CODE))


def for_signals(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Of a client's scopes those that count at the transmitter."""
    return tuple(scope for scope in scopes if scope in SIGNAL_SCOPES)
