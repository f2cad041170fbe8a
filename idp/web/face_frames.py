"""What both camera pages share: beginning a check, and taking its frames.

A page begins a check once its camera runs, sends one frame at a time, and sends its form when the check is over: the
outcome is decided there, and nowhere before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flask

from idp.authn.challenges import ChallengePurpose
from idp.authn.factors.face import Faces
from idp.authn.factors.face_values import Asked, BadImage, CaptureOver
from idp.authn.factors.liveness import Hint, Move
from idp.authn.factors.password import Busy
from idp.web.binding import bound_to
from idp.web.locale import gettext as _
from idp.web.services import services

MOST_BYTES = 310_000
"""Of a request with a frame: the largest picture that is looked at, and the form around it."""
BUSY_SECONDS = "1"


def faces() -> Faces:
    """The face check of this region; where there is none, these pages do not exist."""
    found: Faces | None = services().faces
    if found is None:
        flask.abort(404)
    return found


def let_frames_in(endpoint: str | None, values: Mapping[str, Any] | None) -> None:
    """For a blueprint's `url_value_preprocessor`: runs before the guards read the form, which carries a picture."""
    if endpoint is not None and endpoint.endswith(".take_frame"):
        flask.request.max_content_length = MOST_BYTES


def asked(purpose: ChallengePurpose, account_id: str, within: str) -> Asked:
    """The check that this request means. `within` is the transaction's id, or the session's."""
    return Asked(flask.request.form.get("challenge", ""), purpose, account_id, bound_to(within))


def begun(challenge_id: str) -> dict[str, Any]:
    """What the page needs for its first frame."""
    return {"challenge": challenge_id, "step": 0, "hint": Hint.AHEAD, "passed": 0, "of": len(Move)}


def look(check: Asked) -> flask.typing.ResponseReturnValue:
    """Look at the frame of this request, and say what to do next."""
    step, frame = flask.request.form.get("step", ""), flask.request.files.get("frame")
    if frame is None or not (step.isascii() and step.isdecimal()) or len(step) > 4:
        return {"problem": _("Your browser sent something that is no picture. Load the page again.")}, 400
    try:
        seen = faces().see(check, int(step), frame.read(), now=services().clock.now())
    except CaptureOver:
        return {"over": True}
    except BadImage:
        return {"problem": _("Your browser sent something that is no picture. Load the page again.")}, 400
    except Busy:
        return {"busy": True}, 503, {"Retry-After": BUSY_SECONDS}
    if seen.is_over:
        return {"over": True}
    return {"step": seen.step, "hint": seen.hint, "passed": seen.passed, "of": seen.of}
