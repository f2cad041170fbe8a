"""Asking another region silently (prompt=none): whether the person is signed in there."""

from __future__ import annotations

import flask

from idp.authn.session import Presence
from idp.federation.home_region import HomeUnavailable
from idp.oidc.authorization.arrival import ArrivedRequest
from idp.oidc.authorization.examine import ExaminedRequest
from idp.oidc.authorization.refusal import RedirectError
from idp.oidc.authorization.transaction import TransactionPurpose
from idp.oidc.errors import LoginRequired
from idp.web import homes, transactions
from idp.web.locale import current_language
from idp.web.services import services


def silent_home(examined: ExaminedRequest, here: Presence | None) -> str | None:
    """The region that may know the person though nothing can be shown: theirs, or the one last used in this browser."""
    if services().broker is None or examined.client.is_broker:
        return None
    if here is not None:
        return here.session.home_iss
    home = homes.last()
    return home.op if home else None


def ask_silently(
    home: str, examined: ExaminedRequest, arrived: ArrivedRequest
) -> flask.typing.ResponseReturnValue:
    """Send the browser there and back without a page.

    Raises: RedirectError — that region cannot be asked, or there is an acr that it does not know.
    """
    broker, now = services().broker, services().clock.now()
    assert broker is not None
    transaction_id = transactions.begin(
        TransactionPurpose.AUTHORIZATION, arrived.parameters, "", pushed_digest=arrived.pushed_digest
    )
    try:
        address = broker.begin(transaction_id, home, current_language().tag, now, silently=True)
    except HomeUnavailable as error:
        services().stores.transactions.cancel(transaction_id, arrived.pushed_digest, now=now)
        raise RedirectError(examined.target, LoginRequired("the person is not signed in")) from error
    except RedirectError:
        services().stores.transactions.cancel(transaction_id, arrived.pushed_digest, now=now)
        raise
    return flask.redirect(address, 303)
