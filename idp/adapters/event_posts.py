"""Pushing a security event token to its receiver. Spec: RFC 8935 §2.1 to §2.3."""

from __future__ import annotations

import logging

from idp.adapters.egress import Egress
from idp.adapters.egress_errors import EgressError
from idp.signals.pushing import Push
from idp.signals.telling import Reply

CONTENT_TYPE = "application/secevent+jwt"
SECONDS = 5.0
HEARD = (200, 202, 204)
"""§2.2 says 202; whoever says that all is well in other words has heard too."""
REFUSED = 400

log = logging.getLogger("idp.signals")


class EventPosts:
    """Shared by every thread that pushes."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    def carry(self, push: Push) -> Reply:
        """Bring the token, and say how it was taken. What else the receiver says is not read."""
        headers = {"Accept": "application/json"}
        if push.authorization is not None:
            headers["Authorization"] = push.authorization
        body = push.token.encode("ascii")
        try:
            answer = self._egress.post(
                push.address, body, CONTENT_TYPE, types=(), seconds=SECONDS, headers=headers
            )
        except EgressError as error:
            log.warning("no answer to an event", extra={"detail": f"{push.client_id}: {error}"})
            return Reply.NO_ANSWER
        if answer.status in HEARD:
            return Reply.HEARD
        log.warning("an event was not taken", extra={"detail": f"{push.client_id}: {answer.status}"})
        return Reply.REFUSED if answer.status == REFUSED else Reply.NO_ANSWER
