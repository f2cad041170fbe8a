"""What views count, each in one call: on the board in memory, so that nobody waits for it."""

from __future__ import annotations

import flask

from idp.authn.session import Session
from idp.authn.ways import way_of
from idp.foundation.figures import CONSENT, SIGN_IN, Outcome, Way
from idp.oidc.authorization.transaction import Transaction
from idp.web.services import services

_TRIED = {
    "login_gesture": Way.GESTURE,
    "login_passkey": Way.PASSKEY,
    "login_password": Way.PASSWORD,
    "login_qr": Way.QR,
}
"""Which page takes which first answer."""


def signed_in(session: Session) -> None:
    """Somebody finished signing in."""
    way = way_of((proof.method for proof in session.proofs), session.home_iss)
    services().board.count(SIGN_IN, way, Outcome.DONE)


def answered_wrong(transaction: Transaction) -> None:
    """Somebody gave a wrong answer on the way."""
    tried = _TRIED.get(flask.request.blueprint or "", Way.OTHER)
    way = Way.PASSWORD_AND_MORE if transaction.proved is not None else tried
    services().board.count(SIGN_IN, way, Outcome.REFUSED)


def asked_to_share(client_id: str, transaction: Transaction) -> None:
    """Somebody is shown what an app wants: once in a transaction, however often the page is loaded."""
    if services().stores.app_figures.asking.asked(client_id, transaction.id):
        services().board.count(CONSENT, "asked")


def decided_to_share(client_id: str, *, is_agreed: bool) -> None:
    """They agreed, or did not."""
    services().stores.app_figures.asking.answered(client_id)
    services().board.count(CONSENT, "given" if is_agreed else "declined")
