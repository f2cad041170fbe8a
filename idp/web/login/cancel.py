"""Going back to the app without having signed in, from any step."""

from __future__ import annotations

import flask

from idp.oidc.errors import AccessDenied, UnmetAuthenticationRequirements
from idp.web import flow, forms, transactions
from idp.web.access import Policy, access
from idp.web.services import services

blueprint = flask.Blueprint("login_cancel", __name__)


@blueprint.post("/login/cancel")
@access(Policy.TRANSACTION)
def cancel() -> flask.typing.ResponseReturnValue:
    """End the transaction; nobody's session changes. Spec: OpenID Connect Core §3.1.2.6."""
    transaction = transactions.current()
    step = forms.require_any_step(transaction.id)
    examined = transactions.examined_request(transaction)
    if examined is None:
        services().stores.transactions.cancel(transaction.id, now=services().clock.now())
        return flask.redirect("/", 303)
    if step is forms.Step.SECOND_FACTOR_NEEDED:
        return flow.refuse(
            transaction, examined, UnmetAuthenticationRequirements("the person has no second factor")
        )
    return flow.refuse(transaction, examined, AccessDenied("the person cancelled"))
