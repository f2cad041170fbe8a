"""Off to another region to prove who one is there, so that the account there and the one here become one way in.

The way is that of a sign-in, up to the answer: then nobody is signed in, and the person is asked whether they mean it.
"""

from __future__ import annotations

from urllib.parse import urlencode

import flask

from idp.accounts.visitors import AlreadyLinked
from idp.authn.session import Presence
from idp.federation.upstream_attempt import OpenAttempt
from idp.foundation.identifiers import digest
from idp.oidc.authorization.transaction import Transaction, TransactionPurpose
from idp.web import flow, presence
from idp.web.problems import PageExpired
from idp.web.services import services

PATH = "/account/security/regions"
_JOINING = "joining"
"""The session that began it, among the wishes of the transaction."""


def begin(here: Presence) -> flask.typing.ResponseReturnValue:
    """To the list of regions; what comes of it counts in this session alone."""
    return flow.begin_choosing_region({_JOINING: (here.session.id,)}, PATH)


def is_wanted(transaction: Transaction) -> bool:
    """Whether it is about joining accounts, and not about signing in."""
    # The parameters of any other purpose are whatever a mini-app sent.
    return transaction.purpose is TransactionPurpose.ACCOUNT and _JOINING in transaction.parameters.values


def proved(opened: OpenAttempt, code: str, transaction: Transaction) -> str:
    """Keep who the person is there, and ask them; the address of that page.

    Raises: PageExpired — the session that began it is over; HomeUnavailable.
    """
    here, broker, now = presence.current(), services().broker, services().clock.now()
    if here is None or broker is None or here.session.id != transaction.parameters.one(_JOINING):
        # Somebody else signed in here meanwhile: their account is not what was meant.
        raise PageExpired(PATH)
    try:
        link_id = broker.links.prove(opened, code, here.session.account_id, bound_to(here), now=now)
    except AlreadyLinked:
        link_id = ""
    if not services().stores.transactions.finish(transaction.id, now=now):
        raise PageExpired(PATH)
    return f"{PATH}/join?{urlencode({'link': link_id})}" if link_id else f"{PATH}?taken"


def bound_to(here: Presence) -> bytes:
    """The question is answered in the session in which it was begun."""
    return digest(f"joining accounts {here.session.id}")
