"""Whether the moment after a sign-in is one for offering a passkey."""

from __future__ import annotations

import flask

from idp.authn.factors.passkey_offers import is_offer_due
from idp.oidc.authorization.transaction import Transaction
from idp.web import presence, stepping_up
from idp.web.services import services


def is_due(transaction: Transaction) -> bool:
    """After a password was typed, in a browser whose script says that it could make a passkey, and seldom enough."""
    here = presence.current()
    if not flask.request.form.get("passkeys") or here is None or transaction.session_id != here.session.id:
        return False
    if stepping_up.FOR_CHANGE in transaction.parameters.values:
        # On the way to the very pages where one can be made.
        return False
    account_id = here.session.account_id
    fresh = [proof for proof in here.session.proofs if presence.is_fresh(proof)]
    return presence.is_recent(here) and is_offer_due(
        fresh,
        services().stores.authenticators.of(account_id),
        services().stores.passkey_offers.find(account_id),
        now=services().clock.now(),
    )
