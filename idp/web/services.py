"""The services of the running application, for views."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

if TYPE_CHECKING:
    from idp.wiring import Services


def services() -> Services:
    """What `create_app` was given."""
    found: Services = flask.current_app.extensions["tongxing"]
    return found
