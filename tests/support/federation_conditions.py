"""What the OpenID Foundation's test programme for OpenID Federation holds statements against, in our own words.

require_configuration(joined, EAST)         # everything that is asked of an entity's configuration
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from joserfc import jws
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from tests.support.federation import STATEMENT, Json, seconds
from tests.support.federation_joined import Joined
from tests.support.federation_programme import WELL_KNOWN
from tests.support.published import claims_of, header_of

FIVE_YEARS = timedelta(days=5 * 365)

ENTITY_TYPES = frozenset(
    {
        "federation_entity",
        "openid_relying_party",
        "openid_provider",
        "oauth_authorization_server",
        "oauth_client",
        "oauth_resource",
    }
)
_SECRET = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_PATH = re.compile(r"[\w\-.~!$&'()*+,;=:@/%]*", re.ASCII)
_BASE64URL = re.compile(r"[\w-]+", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")


def require_configuration(joined: Joined, entity: str) -> Json:
    """An entity's configuration by everything that is asked of one; returns its claims."""
    answer = joined.get(entity + WELL_KNOWN)
    claims = require_statement(joined, answer, entity, entity, claims_of(answer.text)["jwks"])
    assert "metadata_policy" not in claims
    metadata = claims["metadata"]
    for name, address in metadata["federation_entity"].items():
        if name.startswith("federation_") and name.endswith("_endpoint"):
            require_address(address)
    return claims


def require_statement(
    joined: Joined, answer: TestResponse, issuer: str, subject: str, jwks: Mapping[str, Any]
) -> Json:
    """A statement of one about another: its type, its times, its keys and its signature; returns its claims."""
    assert (answer.status_code, answer.content_type) == (200, f"application/{STATEMENT}"), answer.text
    claims, header = claims_of(answer.text), header_of(answer.text)
    now = joined.clock.now()
    assert (claims["iss"], claims["sub"]) == (issuer, subject)
    assert seconds(now - FIVE_YEARS) < claims["iat"] <= seconds(now)
    assert seconds(now) < claims["exp"] < seconds(now + FIVE_YEARS)
    assert claims.get("metadata", {}).keys() <= ENTITY_TYPES
    assert header["typ"] == STATEMENT
    assert header["kid"] in {key["kid"] for key in jwks["keys"]}
    require_keys(claims["jwks"])
    keys = KeySet.import_key_set({"keys": list(jwks["keys"])})
    assert jws.deserialize_compact(answer.text, keys, algorithms=["ES256"])
    return claims


def require_keys(jwks: Mapping[str, Any]) -> None:
    """A set of public keys, each with a name of its own, long enough, and written without padding."""
    keys = jwks["keys"]
    assert len({key["kid"] for key in keys}) == len(keys) > 0
    for key in keys:
        assert key["kty"] in ("EC", "OKP", "RSA")
        assert _SECRET.isdisjoint(key)
        for name in ("x", "y", "n", "e"):
            assert _BASE64URL.fullmatch(key.get(name, "A"))
        assert len(key.get("n", "A" * 342)) * 6 >= 2048
        assert key.get("crv", "P-256") in ("P-256", "P-384", "P-521", "Ed25519")


def require_address(address: str) -> None:
    """https, nothing behind a #, and nothing that would have to be escaped."""
    parts = urlsplit(address)
    assert parts.scheme == "https"
    assert "#" not in address
    assert _PATH.fullmatch(parts.path)
    assert _PATH.fullmatch(parts.query)


def require_languages(tags: list[str]) -> None:
    """Language tags in the usual spelling. BCP 47."""
    assert all(_LANGUAGE.fullmatch(tag) for tag in tags)
