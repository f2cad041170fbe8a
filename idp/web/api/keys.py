"""The signing keys by API: which there are, and their schedule. They are changed by change requests (`keys.…`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from idp.governance.roles import Action
from idp.oidc.keys import KeyPurpose, KeyState
from idp.web.api import shapes
from idp.web.api.operation import Api, Json
from idp.web.services import services

api = Api.named("keys")

_MOMENTS = ("created_at", "signs_from", "signs_until", "published_until")
KEY = shapes.thing(
    {
        "kid": shapes.text(),
        "purpose": shapes.word(KeyPurpose),
        "algorithm": shapes.text(),
        "state": shapes.word(KeyState),
        **{name: shapes.maybe(shapes.moment()) for name in _MOMENTS},
    }
)


@api.get("/keys", Action.KEY_READ, answer=shapes.thing({"items": shapes.many(KEY)}))
def list_keys() -> Json:
    """List the keys in use, each with its state and when that changes."""
    return {
        "items": [_key(key) for key in services().stores.keys.every() if key.state is not KeyState.RETIRED]
    }


def _key(key: Any) -> dict[str, Any]:
    return {
        "kid": key.kid,
        "purpose": key.purpose.value,
        "algorithm": str(key.algorithm),
        "state": key.state.value,
        **{name: _moment(getattr(key, name)) for name in _MOMENTS},
    }


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
