"""A member's own passkeys and console sessions by API. What lets somebody in, or takes a way in, wants a passkey."""

from __future__ import annotations

from idp.authn.authenticators import LABEL_LENGTH, Authenticator, LastWayIn
from idp.governance.roles import Action
from idp.governance.staff import ADDING_A_PASSKEY, removal_context, sign_out_context
from idp.governance.staff_sessions import StaffSession
from idp.web.api import shapes
from idp.web.api.confirming import (
    ANSWER,
    CONFIRMATION,
    QUESTION,
    answered,
    asked_document,
    confirmed,
    question,
)
from idp.web.api.operation import Api, Json, body
from idp.web.api.problems import BadRequestBody
from idp.web.console.desk import acting, now
from idp.web.services import services

api = Api.named("own_passkeys")

NAME = shapes.text(LABEL_LENGTH, least=1)
PASSKEY = shapes.thing(
    {
        "id": shapes.text(),
        "label": shapes.text(),
        "is_active": shapes.truth(),
        "created_at": shapes.moment(),
        "last_used_at": shapes.maybe(shapes.moment()),
    }
)
SESSION = shapes.thing(
    {
        "id": shapes.text(),
        "user_agent": shapes.text(),
        "address": shapes.text(),
        "created_at": shapes.moment(),
        "last_seen_at": shapes.moment(),
    }
)


@api.get("/me/passkeys", Action.SELF, answer=shapes.thing({"items": shapes.many(PASSKEY)}))
def list_passkeys() -> Json:
    """List one's own passkeys, suspended ones too."""
    return {"items": [_document(one) for one in services().staff.passkeys.of(acting().member.id)]}


@api.post("/me/passkeys/<passkey_id>/name", Action.SELF, body=shapes.thing({"label": NAME}), answer=PASSKEY)
def rename_passkey(passkey_id: str) -> Json:
    """Give one of one's own passkeys another name."""
    one = _found(passkey_id)
    if not services().staff.passkeys.rename(acting(), one.id, body()["label"]):
        raise BadRequestBody(("label", "write characters that can be seen"))
    return _document(_found(passkey_id))


@api.post("/me/passkey-questions", Action.SELF, answer=QUESTION, status=201)
def begin_adding_passkey() -> Json:
    """Ask for a passkey to add another one with: for a token that may all that its owner may."""
    acting().require_whole_reach()
    return question(ADDING_A_PASSKEY)


@api.post("/me/passkey-creations", Action.SELF, body=shapes.thing(CONFIRMATION), answer=QUESTION, status=201)
def begin_passkey() -> Json:
    """Ask, with a passkey, for another one to be made. `options` is for creating one."""
    acting().require_whole_reach()
    confirmed(ADDING_A_PASSKEY)
    return asked_document(services().staff.passkeys.begin_adding(acting(), now=now()))


@api.post(
    "/me/passkeys",
    Action.SELF,
    body=shapes.thing({"label": shapes.text(LABEL_LENGTH), "created": ANSWER}),
    answer=PASSKEY,
    status=201,
)
def add_passkey() -> Json:
    """Keep the passkey that was made."""
    asked, answer = answered(body()["created"])
    return _document(
        services().staff.passkeys.add(acting(), asked, answer, _visible(body()["label"]), now=now())
    )


@api.post("/me/passkeys/<passkey_id>/removal-question", Action.SELF, answer=QUESTION, status=201)
def begin_removing_passkey(passkey_id: str) -> Json:
    """Ask for a passkey to remove one of one's own with: for a token that may all that its owner may."""
    acting().require_whole_reach()
    return question(removal_context(_found(passkey_id).id))


@api.post(
    "/me/passkeys/<passkey_id>/removal",
    Action.SELF,
    body=shapes.thing(CONFIRMATION),
    answer=shapes.thing({"removed": shapes.truth()}),
)
def remove_passkey(passkey_id: str) -> Json:
    """Remove one of one's own passkeys for good, with a passkey; never the last. All console sessions end."""
    acting().require_whole_reach()
    one = _found(passkey_id)
    confirmed(removal_context(one.id))
    if not services().staff.passkeys.remove(acting(), one.id, now=now()):
        raise LastWayIn
    services().staff.sessions.end_others(acting(), now=now())
    return {"removed": True}


@api.get("/me/sessions", Action.SELF, answer=shapes.thing({"items": shapes.many(SESSION)}))
def list_sessions() -> Json:
    """List where one is signed in to the console."""
    return {
        "items": [
            {
                "id": one.id,
                "user_agent": one.user_agent,
                "address": one.address,
                "created_at": one.created_at.isoformat(),
                "last_seen_at": one.last_seen_at.isoformat(),
            }
            for one in services().staff.sessions.of(acting(), now=now())
        ]
    }


@api.post("/me/sessions/<session_id>/sign-out-question", Action.SELF, answer=QUESTION, status=201)
def begin_ending_session(session_id: str) -> Json:
    """Ask for a passkey to sign out of the console at one place with."""
    return question(sign_out_context(_session(session_id).id))


@api.post(
    "/me/sessions/<session_id>/sign-out",
    Action.SELF,
    body=shapes.thing(CONFIRMATION),
    answer=shapes.thing({"ended": shapes.truth()}),
)
def end_session(session_id: str) -> Json:
    """Sign out of the console at one place with a passkey: a stolen token keeps nobody out of their pages."""
    one = _session(session_id)
    proof = confirmed(sign_out_context(one.id))
    return {"ended": services().staff.sessions.end(acting(), one.id, proof=proof, now=now())}


def _session(session_id: str) -> StaffSession:
    """Raises: LookupError — none of one's own."""
    for one in services().staff.sessions.of(acting(), now=now()):
        if one.id == session_id:
            return one
    raise LookupError(session_id)


def _found(passkey_id: str) -> Authenticator:
    """Raises: LookupError — none of one's own."""
    for one in services().staff.passkeys.of(acting().member.id):
        if one.id == passkey_id:
            return one
    raise LookupError(passkey_id)


def _visible(label: str) -> str:
    return "".join(letter for letter in label if letter.isprintable())


def _document(one: Authenticator) -> Json:
    return {
        "id": one.id,
        "label": one.label,
        "is_active": one.is_active,
        "created_at": one.created_at.isoformat(),
        "last_used_at": one.last_used_at.isoformat() if one.last_used_at else None,
    }
