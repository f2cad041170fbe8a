"""What the hub's statement about a region allows below it: how deep, under which names, what kinds, and how strict.

Policy here only ever restricts: what a region says of its provider and its mini-apps stays its own word, cut to this.
Spec: OpenID Federation 1.0 §6.1, §6.2; RFC 5280 §4.2.1.10.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

PATH_LENGTH = 1
"""The region's intermediate itself, and leaves right below it. 0 would forbid every one of them (§6.2.1)."""
KINDS = ("openid_provider", "openid_relying_party", "oauth_resource")
ALGORITHMS = ("ES256", "PS256", "EdDSA")
"""With what anything may be signed that crosses a border."""

_OF_PROVIDERS = (
    "id_token_signing_alg_values_supported",
    "request_object_signing_alg_values_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "userinfo_signing_alg_values_supported",
)
_OF_CLIENTS = (
    "id_token_signed_response_alg",
    "request_object_signing_alg",
    "token_endpoint_auth_signing_alg",
    "userinfo_signed_response_alg",
)


def constraints(op: str, domains: Sequence[str]) -> Json:
    """The region's own host, everything below it, and the domains of its mini-apps."""
    host = urlsplit(op).hostname or ""
    return {
        "max_path_length": PATH_LENGTH,
        "naming_constraints": {"permitted": [host, f".{host}", *domains]},
        "allowed_entity_types": list(KINDS),
    }


def metadata_policy(believed: Sequence[str]) -> Json:
    """`believed`: every `acr` up to the region's ceiling."""
    provider: Json = {name: {"subset_of": list(ALGORITHMS)} for name in _OF_PROVIDERS}
    client: Json = {name: {"one_of": list(ALGORITHMS)} for name in _OF_CLIENTS}
    return {
        "openid_provider": {
            **provider,
            "acr_values_supported": {"subset_of": list(believed)},
            "subject_types_supported": {"superset_of": ["pairwise"]},
        },
        "openid_relying_party": {
            **client,
            "token_endpoint_auth_method": {"one_of": ["private_key_jwt", "self_signed_tls_client_auth"]},
        },
    }
