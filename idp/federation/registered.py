"""What an entity is told after it registered explicitly: as what it is a client here, and by whose word.

Pure. Spec: OpenID Federation 1.0 §12.2.3; OpenID Connect Dynamic Client Registration 1.0 §2.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from idp.federation.trust_chain import TrustChain
from idp.oidc.client import Client


def registration_claims(client: Client, chain: TrustChain, *, issuer: str, now: datetime) -> dict[str, Any]:
    """The claims of the answer. It ends with the chain, as the registration does."""
    return {
        "iss": issuer,
        "sub": chain.subject,
        "aud": chain.subject,
        "iat": int(now.timestamp()),
        "exp": int(chain.expires_at.timestamp()),
        "trust_anchor": chain.anchor,
        "authority_hints": [chain.superior],
        "metadata": {"openid_relying_party": registered_metadata(client)},
    }


def registered_metadata(client: Client) -> dict[str, Any]:
    """What counts of a client's metadata; what it asked for beyond that is not in it."""
    metadata = {
        "client_id": client.client_id,
        "client_registration_types": ["explicit"],
        "application_type": client.application_type,
        "redirect_uris": list(client.redirect_uris),
        "post_logout_redirect_uris": list(client.post_logout_redirect_uris),
        "response_types": ["code"],
        "grant_types": sorted(client.grant_types),
        "scope": " ".join(client.scopes),
        "subject_type": str(client.subject_type),
        "token_endpoint_auth_method": str(client.auth_method),
        "id_token_signed_response_alg": str(client.signing_alg),
        "jwks": client.jwks,
        "logo_uri": client.logo_uri,
        "policy_uri": client.policy_uri,
        "tos_uri": client.tos_uri,
        "require_pushed_authorization_requests": client.require_pushed_authorization_requests,
        "require_signed_request_object": client.require_signed_request_object,
        "dpop_bound_access_tokens": client.dpop_bound_access_tokens,
        "backchannel_logout_uri": client.backchannel_logout_uri,
        "backchannel_logout_session_required": client.backchannel_logout_session_required,
    }
    named = {
        "client_name" if tag == "en" else f"client_name#{tag}": name for tag, name in client.name.items()
    }
    return {name: value for name, value in (metadata | named).items() if value not in (None, [])}
