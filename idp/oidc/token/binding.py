"""Which key a token is bound to, and who may not do without one. Spec: RFC 9449 §5, §10."""

from __future__ import annotations

import hmac

from idp.oidc.client import Client
from idp.oidc.dpop import ProvedKey
from idp.oidc.errors import InvalidDpopProof, InvalidGrant
from idp.oidc.grant import AuthorizationCode, Grant


def jkt_of(proved: ProvedKey | None) -> str | None:
    """The thumbprint of the key that new tokens are bound to; None: to none."""
    return None if proved is None else proved.jkt


def require_registered_binding(client: Client, proved: ProvedKey | None) -> None:
    """Refuse a bearer token to a client that wants none. Raises: InvalidDpopProof. Spec: §5.2."""
    if client.dpop_bound_access_tokens and proved is None:
        raise InvalidDpopProof("this client gets no tokens without a DPoP proof")


def require_key_of_code(code: AuthorizationCode, proved: ProvedKey | None) -> None:
    """Refuse a code that another key was named for. Raises: InvalidDpopProof, InvalidGrant. Spec: §10."""
    if code.jkt is not None:
        _require_key(code.jkt, proved)


def require_key_of_grant(grant: Grant, client: Client, proved: ProvedKey | None) -> None:
    """Refuse to go on without a key where one was proved before.

    A public client's refresh token is bound to that key, because nothing else shows whose it is. A confidential client
    proves itself anyway, and may change its key.
    Raises: InvalidDpopProof, InvalidGrant. Spec: §5.
    """
    if grant.jkt is None:
        return
    if client.is_public:
        _require_key(grant.jkt, proved)
    elif proved is None:
        raise InvalidDpopProof("a DPoP proof is required: this grant began with one")


def _require_key(jkt: str, proved: ProvedKey | None) -> None:
    if proved is None:
        raise InvalidDpopProof("a DPoP proof is required: this grant is bound to a key")
    if not hmac.compare_digest(jkt.encode(), proved.jkt.encode()):
        raise InvalidGrant("the grant is bound to another key than the DPoP proof shows")
