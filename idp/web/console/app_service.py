"""The desk of mini-apps, for views of a region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from idp.web.services import services

if TYPE_CHECKING:
    from idp.wiring.governing.app_desk import AppDesk


def apps() -> AppDesk:
    """404 where there are no mini-apps: on a hub, which has none of these pages either."""
    found = services().apps
    if found is None:
        flask.abort(404)
    return found
