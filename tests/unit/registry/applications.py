"""Applications as owners make them."""

from __future__ import annotations

from typing import Any

from idp.registry.application import Application
from idp.registry.rules import Rules

PRODUCTION = Rules(issuer="https://id.east.example", region="east", allow_http_localhost=False)
DEMO = Rules(issuer="http://east.id.localhost:8001", region="east", allow_http_localhost=True)

P256_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "kid": "one",
    "use": "sig",
    "alg": "ES256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}


def tax(**changes: Any) -> Application:
    """An ordinary web app that signs people in with a secret."""
    fields: dict[str, Any] = {
        "client_id": "tax",
        "name": {"en": "Tax", "zh-CN": "个人所得税"},
        "organisation": "East Tax Service",
        "redirect_uris": ("https://tax.example/callback",),
    }
    return Application(**{**fields, **changes})
