"""Security headers of every page. Strict: no inline script or style, no frames, nothing kept by caches.

Spec: OWASP ASVS 5.0 V3.4; RFC 9700 §4.16 (framing); CSP Level 3 §6.4.1 (form-action applies to redirects too).
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

import flask

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)

_FOR_EVER = "public, max-age=31536000, immutable"

_ALWAYS = {
    # Not no-referrer: that would make browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def allow_form_redirect(uri: str) -> None:
    """Let forms of this page lead to the one verified redirect address of this transaction, and nowhere else."""
    parts = urlsplit(uri)
    flask.g.form_target = f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def allow_device(device: Literal["camera", "microphone"]) -> None:
    """Let this page ask for the camera or the microphone; every other page may not."""
    flask.g.allowed_device = device


def may_be_kept(seconds: int) -> None:
    """Let caches keep this page so long: one that says the same to everybody who reads its language."""
    flask.g.cache_control = f"public, max-age={seconds}"


def may_be_kept_for_ever() -> None:
    """Let caches keep this: its address carries a digest of its content."""
    flask.g.cache_control = _FOR_EVER


def secure(response: flask.Response) -> flask.Response:
    """Put the headers on a response on its way out."""
    response.headers.update(_ALWAYS)
    device = flask.g.get("allowed_device")
    if device is not None:
        closed = _ALWAYS["Permissions-Policy"]
        response.headers["Permissions-Policy"] = closed.replace(f"{device}=()", f"{device}=(self)")
    target = flask.g.get("form_target")
    response.headers["Content-Security-Policy"] = f"{_POLICY} {target}" if target else _POLICY
    if flask.request.endpoint == "static" and response.status_code in (200, 206, 304):
        # The address carries a digest of the content, so it may be kept for ever; that it is missing may not.
        response.headers["Cache-Control"] = _FOR_EVER
    elif response.status_code == 200 and "cache_control" in flask.g and "Set-Cookie" not in response.headers:
        response.headers["Cache-Control"] = flask.g.cache_control
        response.headers["Vary"] = "Accept-Language, Cookie"
    else:
        response.headers["Cache-Control"] = "no-store"
    if flask.current_app.extensions["tongxing"].settings.issuer.startswith("https:"):
        response.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return response
