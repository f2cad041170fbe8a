"""The camera in the page, for a phone whose own camera does not read codes or opens another browser."""

from __future__ import annotations

import flask

from idp.web import forms
from idp.web.access import Policy, access
from idp.web.headers import allow_device
from idp.web.pages.qr import ScanPage
from idp.web.render import page

blueprint = flask.Blueprint("account_scan", __name__)


@blueprint.get("/account/scan")
@access(Policy.SIGNED_IN)
def scan() -> flask.typing.ResponseReturnValue:
    """The one page of these that may ask for the camera. What it reads goes where a scanned address would lead."""
    allow_device("camera")
    return page(ScanPage(forms.csrf_token()))
