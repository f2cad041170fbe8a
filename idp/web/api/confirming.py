"""What takes a passkey, by API: one operation asks for it, the operation that decides takes the answer along.

The token only asks. Whoever decides unlocks a passkey for our own origin: a program beside a security key can show one,
a page of another site cannot. An answer counts once, within two minutes, for one token and for what `context` says: the
same words that the console's page of the same step asks for, made in both operations by the same function.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from idp.authn.factors.passkey_values import Ceremony
from idp.foundation.identifiers import MAX_TOKEN_LENGTH, Kind, is_kind
from idp.governance.staff import CONFIRMATION_LIFETIME, FreshPasskey
from idp.web.api import shapes
from idp.web.api.operation import Json, body
from idp.web.console.desk import acting, now
from idp.web.services import services

QUESTION = shapes.thing({"id": shapes.text(), "expires_at": shapes.moment(), "options": shapes.anything()})
"""`options` is what `PublicKeyCredential.parseRequestOptionsFromJSON` reads. Spec: WebAuthn Level 3 §5.1.9."""
ANSWER = shapes.thing({"id": shapes.text(MAX_TOKEN_LENGTH), "answer": shapes.anything()})
"""`answer` is what `PublicKeyCredential.toJSON` makes. Spec: WebAuthn Level 3 §5.1.4."""
CONFIRMATION = {"confirmation": ANSWER}


def question(context: str) -> Json:
    """Ask whoever has the token for a passkey that confirms `context`. Raises: PasskeyRefused — too long a context."""
    return asked_document(services().staff.begin_confirmation(acting(), context, now=now()))


def confirmed(context: str) -> FreshPasskey:
    """That a passkey was unlocked for `context`: out of the request's body.

    Call it outside of a transaction. Raises: PasskeyRefused and its kinds.
    """
    asked, answer = answered(body()["confirmation"])
    return services().staff.complete_confirmation(acting(), asked, answer, context, now=now())


def asked_document(ceremony: Ceremony) -> Json:
    """A question as `QUESTION` has it."""
    until = now() + CONFIRMATION_LIFETIME
    return {"id": ceremony.challenge_id, "expires_at": until.isoformat(), "options": dict(ceremony.options)}


def answered(given: Mapping[str, Any]) -> tuple[str, str]:
    """Which question an `ANSWER` is to, and the answer as the rules read it."""
    return given["id"] if is_kind(Kind.CHALLENGE, given["id"]) else "", json.dumps(given["answer"])
