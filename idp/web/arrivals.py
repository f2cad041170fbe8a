"""What is kept when somebody's region has vouched for them: the session, who it is at home, and what they agreed to."""

from __future__ import annotations

from idp.authn.home_session import HomeSession
from idp.federation.upstream_answer import Arrived
from idp.federation.upstream_attempt import OpenAttempt
from idp.foundation.events import Event, EventKind
from idp.oidc.authorization.transaction import Transaction
from idp.oidc.scopes import IDENTITY_SCOPES, OFFLINE_ACCESS
from idp.web import sessions, transactions
from idp.web.services import services

_ASKED_AT_HOME = frozenset(IDENTITY_SCOPES) - {OFFLINE_ACCESS}
"""What the home region's page names to the person: data about them. What an app may do here is asked here."""


def keep(arrived: Arrived, opened: OpenAttempt, transaction: Transaction) -> Transaction:
    """Sign the person in within this transaction; returns it as it is now."""
    identity = arrived.identity
    session = sessions.arrive(arrived.account_id, arrived.level, identity)
    services().stores.home_sessions.put(
        HomeSession(
            session.id,
            identity.home_iss,
            identity.sub,
            identity.sid,
            arrived.id_token_sealed,
            identity.issued_at,
        )
    )
    return _agreed(transactions.proved(transaction, session.id), arrived.account_id, opened.claims)


def _agreed(transaction: Transaction, account_id: str, claims: tuple[str, ...]) -> Transaction:
    """Keep what the person agreed to at home, where the page named this mini-app and these claims: asked once."""
    examined = transactions.examined_request(transaction)
    if examined is None:
        return transaction
    scopes, now = frozenset(examined.request.scope) - {OFFLINE_ACCESS}, services().clock.now()
    client_id = examined.client.client_id
    if services().stores.consents.was_withdrawn(account_id, client_id):
        # Taken back here since: their region does not know of it and may have asked nothing, so our own page asks.
        return transaction
    services().stores.consents.agree(
        account_id, client_id, scopes & _ASKED_AT_HOME, frozenset(claims), now=now
    )
    event = Event(EventKind.CONSENT_GIVEN, now, account_id=account_id, client_id=client_id)
    services().stores.events.record(event)
    return transactions.agreed(transaction) if scopes <= _ASKED_AT_HOME else transaction
