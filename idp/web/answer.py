"""The successful answer: everything is proved and agreed, so a code is kept and the browser sent back with it."""

from __future__ import annotations

import flask

from idp.authn.session import Presence
from idp.foundation.identifiers import Kind, digest, new_value
from idp.oidc.authorization.examine import ExaminedRequest
from idp.oidc.authorization.next_step import Respond
from idp.oidc.authorization.refusal import PageError
from idp.oidc.authorization.response import success_uri
from idp.oidc.authorization.transaction import Transaction
from idp.oidc.errors import InvalidRequestUri
from idp.oidc.grant import AuthorizationCode, Grant
from idp.oidc.scopes import OFFLINE_ACCESS
from idp.oidc.subject import new_subject, sector_for
from idp.web import visiting
from idp.web.problems import PageExpired
from idp.web.services import services

GRANT_ID_BYTES = 16


def respond(
    examined: ExaminedRequest,
    here: Presence,
    step: Respond,
    transaction: Transaction | None = None,
    *,
    pushed_digest: bytes | None = None,
) -> flask.typing.ResponseReturnValue:
    """Issue a code. Leaving the transaction, claiming the pushed request and keeping the code are one.

    `pushed_digest`: the pushed request of somebody who needs no transaction; a transaction knows its own.
    Raises: PageExpired — the transaction was finished elsewhere. PageError — the pushed request was.
    """
    now = services().clock.now()
    value = new_value(Kind.CODE, services().entropy)
    code = _code(examined, here, step.claims)
    if transaction is not None:
        if not services().stores.transactions.fulfil(
            transaction.id, digest(value), code, transaction.pushed_digest, now=now
        ):
            raise PageExpired
    elif pushed_digest is None:
        services().stores.codes.add(digest(value), code)
    elif not services().stores.pushed_requests.answer(pushed_digest, digest(value), code, now=now):
        raise PageError(InvalidRequestUri("the request_uri was used before"))
    return flask.redirect(success_uri(examined.target, value, services().settings.issuer), 303)


def _code(examined: ExaminedRequest, here: Presence, claims: tuple[str, ...]) -> AuthorizationCode:
    request = examined.request
    return AuthorizationCode(
        grant=_grant(examined, here, claims),
        redirect_uri=examined.target.uri,
        nonce=request.nonce,
        code_challenge=request.code_challenge,
        expires_at=services().clock.now() + services().settings.code_lifetime,
        jkt=request.dpop_jkt,
    )


def _grant(examined: ExaminedRequest, here: Presence, claims: tuple[str, ...]) -> Grant:
    request, session = examined.request, here.session
    scope = visiting.scope_for(request.scope, session)
    offline = OFFLINE_ACCESS in scope
    now = services().clock.now()
    return Grant(
        id=new_value(Kind.GRANT, services().entropy, GRANT_ID_BYTES),
        client_id=examined.client.client_id,
        account_id=session.account_id,
        session_id=session.id,
        subject=_subject(examined, here),
        scope=scope,
        userinfo_claims=claims,
        id_token_claims=tuple(claim for claim in claims if claim in request.claims.id_token),
        resources=request.resources,
        level=session.level,
        amr=session.amr,
        auth_time=session.auth_time,
        home_iss=session.home_iss,
        offline=offline,
        expires_at=now + services().settings.offline_grant_lifetime if offline else session.expires_at,
    )


def _subject(examined: ExaminedRequest, here: Presence) -> str:
    if here.standing is not None and here.standing.subject is not None:
        return here.standing.subject
    return services().stores.subjects.find_or_add(
        here.session.account_id, sector_for(examined.client), new_subject(services().entropy)
    )
