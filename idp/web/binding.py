"""Ties a question we ask to the browser that we asked, and to what it was asked for."""

from __future__ import annotations

import flask

from idp.authn.message_codes import Asker
from idp.foundation.identifiers import keyed_digest
from idp.web import cookies
from idp.web.services import services


def asker(within: str) -> Asker:
    """Whoever is in front of this browser. `within` is the id of the transaction, or of the session or recovery."""
    return Asker(bound_to(within), flask.request.remote_addr or "")


def bound_to(within: str) -> bytes:
    """Digest of this browser's cookie and of what the question belongs to."""
    browser = cookies.ensure_browser_value()
    return bytes.fromhex(keyed_digest(services().form_key.reveal(), "asked", browser, within))
