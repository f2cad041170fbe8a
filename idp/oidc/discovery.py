"""The provider's metadata. Only registered names.

Spec: OpenID Connect Discovery 1.0 §3; RFC 8414 §2; RFC 9207 §3; RP-Initiated Logout 1.0 §2.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from idp.oidc.acr import AcrNames
from idp.oidc.claims import ALL_CLAIMS
from idp.oidc.scopes import IDENTITY_SCOPES
from idp.oidc.vocabulary import AcrLevel, Algorithm, ClientAuthMethod, GrantType, Prompt

USERINFO_PATH = "/userinfo"

_CLIENT_AUTH = [str(method) for method in ClientAuthMethod]
_CONFIDENTIAL_AUTH = [str(method) for method in ClientAuthMethod if method is not ClientAuthMethod.NONE]
_ALGORITHMS = [str(algorithm) for algorithm in Algorithm]
# Newer clients write Ed25519 for what RFC 8037 called EdDSA (RFC 9864 §2.2); we read both and write the older one.
_READ_ALGORITHMS = [*_ALGORITHMS, "Ed25519"]


def metadata(issuer: str, acr: AcrNames, ui_locales: Iterable[str]) -> dict[str, Any]:
    """The document served at both well-known addresses."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": issuer + USERINFO_PATH,
        "jwks_uri": f"{issuer}/jwks.json",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "end_session_endpoint": f"{issuer}/logout",
        "scopes_supported": list(IDENTITY_SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [str(grant) for grant in GrantType],
        # Level three belongs to a factor that does not exist yet: advertise only what can be reached.
        "acr_values_supported": [acr.name(level) for level in AcrLevel if level <= acr.highest_level],
        "subject_types_supported": ["pairwise", "public"],
        "id_token_signing_alg_values_supported": _ALGORITHMS,
        "token_endpoint_auth_methods_supported": _CLIENT_AUTH,
        "token_endpoint_auth_signing_alg_values_supported": _READ_ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": _CONFIDENTIAL_AUTH,
        "introspection_endpoint_auth_signing_alg_values_supported": _READ_ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": _CLIENT_AUTH,
        "revocation_endpoint_auth_signing_alg_values_supported": _READ_ALGORITHMS,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": [str(prompt) for prompt in Prompt],
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "auth_time",
            "nonce",
            "acr",
            "amr",
            "at_hash",
            *ALL_CLAIMS,
        ],
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "ui_locales_supported": list(ui_locales),
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{issuer}/help",
    }
