"""Form tokens: proof that a form came from the page we showed, in the browser we showed it to.

Two guards stand in front of every state change: the browser's own word about where the request came from (Origin,
Sec-Fetch-Site), and a token bound to the transaction and step, or to the session. Spec: OWASP ASVS 5.0 V3.5.
"""

from __future__ import annotations

import hmac
from enum import StrEnum

import flask

from idp.foundation.identifiers import keyed_digest
from idp.web import cookies
from idp.web.problems import CrossSiteForm
from idp.web.services import services


class Step(StrEnum):
    """The pages of a sign-in that carry a form."""

    IDENTIFIER = "identifier"
    PASSWORD = "password"
    PASSKEY = "passkey"
    PASSKEY_OFFER = "passkey_offer"
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"
    SECOND_FACTOR_NEEDED = "second_factor_needed"
    WAYS = "ways"
    GESTURE = "gesture"
    HOTP = "hotp"
    TEXT_MESSAGE = "text_message"
    QR = "qr"
    FACE = "face"
    VOICE = "voice"
    REGION = "region"
    CONSENT = "consent"
    RECOVER = "recover"
    RECOVER_ANCHORS = "recover_anchors"
    RECOVER_CODE = "recover_code"
    RECOVER_WAITING = "recover_waiting"
    RECOVER_FINISH = "recover_finish"
    RECOVER_COUNTER = "recover_counter"
    RECOVER_STOP = "recover_stop"
    CONSOLE_SIGN_IN = "console_sign_in"
    CONSOLE_JOIN = "console_join"


def step_token(transaction_id: str, step: Step, *shown: str) -> str:
    """The token of one step of one transaction in this browser; of `shown` too, where what was shown matters."""
    return _token("step", transaction_id, step, cookies.ensure_browser_value(), *shown)


def csrf_token() -> str:
    """The token of this browser's account pages; dies with the session."""
    return _token("account", cookies.session_value() or "", cookies.ensure_browser_value())


def require_step_token(transaction_id: str, step: Step, *shown: str) -> None:
    """Raises: CrossSiteForm — the form is not from our page for this step."""
    _require(flask.request.form.get("step_token", ""), step_token(transaction_id, step, *shown))


def require_any_step(transaction_id: str) -> Step:
    """The step whose page sent this form. Raises: CrossSiteForm — none of them."""
    given = flask.request.form.get("step_token", "").encode()
    for step in Step:
        if hmac.compare_digest(given, step_token(transaction_id, step).encode()):
            return step
    raise CrossSiteForm


def require_csrf_token(given: str | None = None) -> None:
    """`given` is the token of a form that was read already.

    Raises: CrossSiteForm — the form is not from our page in this session.
    """
    _require(flask.request.form.get("csrf_token", "") if given is None else given, csrf_token())


def require_same_origin() -> None:
    """Refuse what the browser itself says came from elsewhere.

    Raises: CrossSiteForm. Absent headers pass (old browsers, no-JS clients): the token still guards them.
    """
    headers = flask.request.headers
    origin, site = headers.get("Origin"), headers.get("Sec-Fetch-Site")
    if origin is not None and origin != services().settings.issuer:
        raise CrossSiteForm
    if site is not None and site not in ("same-origin", "none"):
        raise CrossSiteForm


def _require(given: str, expected: str) -> None:
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise CrossSiteForm


def _token(*parts: str) -> str:
    return keyed_digest(services().form_key.reveal(), *parts)
