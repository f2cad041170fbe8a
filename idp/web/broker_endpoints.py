"""The broker's machine endpoint: other regions tell it that somebody signed out there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from idp.federation import addresses
from idp.oidc.errors import NotFound
from idp.web.wire import NO_STORE, Handler, WireResponse, read_form

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from idp.wiring import Services


def backchannel_logout(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """Back-Channel Logout 1.0 §2.5, §2.8."""
    if services.broker is None:
        raise NotFound("there is no broker here")
    token = read_form(environ).required("logout_token")
    if services.broker.sign_outs.hear(token, now=services.clock.now()):
        services.telling.hurry()
    return WireResponse(200, b"", NO_STORE)


WRITE: Mapping[str, Handler] = {addresses.BROKER_LOGOUT: backchannel_logout}
