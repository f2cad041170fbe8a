"""What each security profile demands, as data that the checks read.

`standard` is what new mini-apps get. `compat` is for entities of the federation, where the region's setting allows it.
`fapi2` is a name already carried by every client row; until its rules are built no client can be registered with it,
because a profile that promises more than it checks is worse than none.
"""

from __future__ import annotations

from idp.oidc.client import Client
from idp.oidc.vocabulary import Profile

AVAILABLE = frozenset({Profile.STANDARD})
"""The profiles a client may be registered with in the registry today."""


def may_omit_challenge(client: Client) -> bool:
    """Whether its signed requests may come without PKCE: it proves itself by its key when it redeems the code.

    Spec: RFC 9700 §2.1.1 (recommended, not required, of confidential clients).
    """
    return _is_lenient(client) and not client.is_public


def may_name_endpoint(client: Client) -> bool:
    """Whether its assertions may be addressed to the token endpoint, where they are sent there, instead of to us.

    Spec: OpenID Connect Core §9 (recommended there, before audience injection was known).
    """
    return _is_lenient(client)


def _is_lenient(client: Client) -> bool:
    return client.profile is Profile.COMPAT and client.is_federated and not client.is_broker
