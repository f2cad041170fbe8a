"""Carrying a logout token to a mini-app. Spec: OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8."""

from __future__ import annotations

import logging
from urllib.parse import urlencode

from idp.adapters.egress import Egress
from idp.adapters.egress_errors import EgressError
from idp.signals.telling import Errand, Reply

FORM = "application/x-www-form-urlencoded"
SECONDS = 5.0
HEARD = (200, 204)
REFUSED = 400

log = logging.getLogger("idp.telling")


class LogoutPosts:
    """Shared by every thread that carries errands."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    def carry(self, errand: Errand) -> Reply:
        """Bring the token, and say how it was taken. What else the mini-app says is not read."""
        body = urlencode({"logout_token": errand.token}).encode("ascii")
        try:
            answer = self._egress.post(errand.address, body, FORM, types=(), seconds=SECONDS)
        except EgressError as error:
            log.warning("no answer to a logout token", extra={"detail": f"{errand.client_id}: {error}"})
            return Reply.NO_ANSWER
        if answer.status in HEARD:
            return Reply.HEARD
        log.warning("a logout token was not taken", extra={"detail": f"{errand.client_id}: {answer.status}"})
        return Reply.REFUSED if answer.status == REFUSED else Reply.NO_ANSWER
