"""The provider's metadata. Only registered names.

Spec: OpenID Connect Discovery 1.0 §3; RFC 8414 §2; RFC 9101 §10.5; RFC 9126 §5; RFC 9207 §3; RFC 9449 §5.1;
RP-Initiated Logout 1.0 §2.1; Back-Channel Logout 1.0 §2.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from idp.oidc.acr import AcrNames
from idp.oidc.claims import ALL_CLAIMS
from idp.oidc.dpop import ALGORITHMS as PROOF_ALGORITHMS
from idp.oidc.request_object import CONTENT_ENCRYPTIONS, KEY_ENCRYPTIONS
from idp.oidc.scopes import IDENTITY_SCOPES, SIGNAL_SCOPES
from idp.oidc.vocabulary import AcrLevel, Algorithm, ClientAuthMethod, GrantType, Prompt

USERINFO_PATH = "/userinfo"

_CLIENT_AUTH = [str(method) for method in ClientAuthMethod]
_CONFIDENTIAL_AUTH = [str(method) for method in ClientAuthMethod if method is not ClientAuthMethod.NONE]
_ALGORITHMS = [str(algorithm) for algorithm in Algorithm]
# Newer clients write Ed25519 for what RFC 8037 called EdDSA (RFC 9864 §2.2); we read both and write the older one.
_READ_ALGORITHMS = [*_ALGORITHMS, "Ed25519"]
_OF_ID_TOKENS = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid")
_PROOF_ALGORITHMS = [*(str(algorithm) for algorithm in PROOF_ALGORITHMS), "Ed25519"]


def metadata(
    issuer: str, acr: AcrNames, ui_locales: Iterable[str], key_encryptions: Iterable[str] = KEY_ENCRYPTIONS
) -> dict[str, Any]:
    """The document served at both well-known addresses. `key_encryptions`: of request objects."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": issuer + USERINFO_PATH,
        "jwks_uri": f"{issuer}/jwks.json",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "end_session_endpoint": f"{issuer}/logout",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "scopes_supported": [*IDENTITY_SCOPES, *SIGNAL_SCOPES],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [str(grant) for grant in GrantType],
        # A ladder may have fewer levels than there are: advertise only what can be reached.
        "acr_values_supported": [acr.name(level) for level in AcrLevel if level <= acr.highest_level],
        "subject_types_supported": ["pairwise", "public"],
        "id_token_signing_alg_values_supported": _ALGORITHMS,
        "token_endpoint_auth_methods_supported": _CLIENT_AUTH,
        "token_endpoint_auth_signing_alg_values_supported": _READ_ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": _CONFIDENTIAL_AUTH,
        "introspection_endpoint_auth_signing_alg_values_supported": _READ_ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": _CLIENT_AUTH,
        "revocation_endpoint_auth_signing_alg_values_supported": _READ_ALGORITHMS,
        "dpop_signing_alg_values_supported": _PROOF_ALGORITHMS,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": [str(prompt) for prompt in Prompt],
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "claims_supported": [*_OF_ID_TOKENS, *ALL_CLAIMS],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        # By reference we would have to fetch it; a pushed one is told by the endpoint above (RFC 9126 §5).
        "request_uri_parameter_supported": False,
        "request_object_signing_alg_values_supported": _READ_ALGORITHMS,
        "request_object_encryption_alg_values_supported": list(key_encryptions),
        "request_object_encryption_enc_values_supported": list(CONTENT_ENCRYPTIONS),
        "require_signed_request_object": False,
        "require_pushed_authorization_requests": False,
        "ui_locales_supported": list(ui_locales),
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{issuer}/help",
    }
