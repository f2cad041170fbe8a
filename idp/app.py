"""Builds the application: reads like a table of contents."""

from __future__ import annotations

import flask

from idp.foundation.resources import folder
from idp.oidc.parameters import MAX_SIZE_BYTES
from idp.settings import Settings
from idp.web import access, authorize, consent, cookies, edges, headers, home, locale, logout, logs, render
from idp.web.account import apps, overview, password, security, sessions
from idp.web.fast import Front
from idp.web.login import cancel, identifier, second_factor
from idp.web.login import password as login_password
from idp.web.no_session import NoSession
from idp.wiring import Services, build_services

BLUEPRINTS = (
    home.blueprint,
    authorize.blueprint,
    identifier.blueprint,
    login_password.blueprint,
    second_factor.blueprint,
    cancel.blueprint,
    consent.blueprint,
    logout.blueprint,
    overview.blueprint,
    sessions.blueprint,
    apps.blueprint,
    security.blueprint,
    password.blueprint,
)


def create_app(settings: Settings, services: Services | None = None) -> flask.Flask:
    """The whole provider as a WSGI application.

    `services` replaces the real ones in tests. Raises what `build_services` raises.
    """
    services = services or build_services(settings)
    app = flask.Flask("idp", template_folder=str(folder("templates")), static_folder=str(folder("static")))
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_SIZE_BYTES, MAX_FORM_MEMORY_SIZE=MAX_SIZE_BYTES, MAX_FORM_PARTS=100
    )
    app.session_interface = NoSession()
    app.extensions["tongxing"] = services
    logs.init_logs(settings)
    locale.init_locale(app, default=settings.default_locale)
    render.init_pages(app)
    edges.init_edges(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.before_request(access.enforce)
    app.after_request(cookies.set_on)
    app.after_request(headers.secure)
    app.wsgi_app = Front(services, app.wsgi_app)  # type: ignore[method-assign]
    return app
