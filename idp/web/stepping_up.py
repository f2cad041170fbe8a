"""What somebody who is signed in may still prove, to become as strong as is wanted."""

from __future__ import annotations

from idp.authn.authenticators import Authenticator
from idp.authn.session import Presence
from idp.oidc.authorization.next_step import StepUp
from idp.oidc.authorization.transaction import Transaction
from idp.oidc.proofs import Method
from idp.web import presence, transactions
from idp.web.deciding import decide
from idp.web.services import services

FOR_CHANGE = "for_change"
"""Marks the transaction of somebody on the way to change what guards their account."""

_NEVER_PERMIT = frozenset({Method.FACE, Method.VOICE})
"""What never leads to a permit, so that nobody is asked for it in vain."""


def missing(transaction: Transaction) -> tuple[Authenticator, ...]:
    """What the signed-in person may use to become as strong as wanted. Empty: there is no step-up to be made."""
    here = presence.current()
    # Who comes from another region proves more there, and never a mixture of both.
    if here is None or here.session.home_iss is not None:
        return ()
    enrolled = services().stores.authenticators.of(here.session.account_id)
    now, proofs = services().clock.now(), here.session.proofs
    examined = transactions.examined_request(transaction)
    if examined is None:
        return _missing_for_change(transaction, here, enrolled)
    step = decide(
        examined, presence.current(examined.client, examined.display), transactions.progress_of(transaction)
    )
    if not isinstance(step, StepUp):
        return ()
    return services().assurance.missing(proofs, enrolled, step.wanted, now=now)


def _missing_for_change(
    transaction: Transaction, here: Presence, enrolled: tuple[Authenticator, ...]
) -> tuple[Authenticator, ...]:
    is_wanted = (
        transaction.session_id == here.session.id and transaction.parameters.one(FOR_CHANGE) is not None
    )
    if not is_wanted or presence.is_recent(here):
        return ()
    fresh = {proof.method for proof in here.session.proofs if presence.is_fresh(proof)}
    return tuple(
        one
        for one in enrolled
        if one.is_active and one.method not in fresh and one.method not in _NEVER_PERMIT
    )
