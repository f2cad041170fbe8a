"""Builds the application: reads like a table of contents."""

from __future__ import annotations

import flask

from idp.foundation.resources import folder
from idp.oidc.parameters import MAX_SIZE_BYTES
from idp.settings import Role, Settings
from idp.web import (
    access,
    authorize,
    consent,
    cookies,
    directory,
    edges,
    headers,
    home,
    hub_home,
    locale,
    logout,
    logs,
    qr_phone,
    render,
    rp,
)
from idp.web.account import apps, code, overview, passkeys, password, scan, security, sessions
from idp.web.account import authenticators as account_authenticators
from idp.web.account import face as account_face
from idp.web.account import gesture as account_gesture
from idp.web.account import history as account_history
from idp.web.account import hotp as account_hotp
from idp.web.account import regions as account_regions
from idp.web.account import text_message as account_text_message
from idp.web.account import voice as account_voice
from idp.web.api.table import blueprints_of
from idp.web.console import app_form as console_app_form
from idp.web.console import app_moves as console_app_moves
from idp.web.console import apps as console_apps
from idp.web.console import audit as console_audit
from idp.web.console import change_proposals as console_change_proposals
from idp.web.console import changes as console_changes
from idp.web.console import figures as console_figures
from idp.web.console import home as console_home
from idp.web.console import join as console_join
from idp.web.console import keys as console_keys
from idp.web.console import myself as console_myself
from idp.web.console import regions as console_regions
from idp.web.console import sign_in as console_sign_in
from idp.web.console import staff as console_staff
from idp.web.console import standing as console_standing
from idp.web.console import streams as console_streams
from idp.web.console import support as console_support
from idp.web.console import tokens as console_tokens
from idp.web.fast import Front
from idp.web.login import cancel, identifier, passkey, passkey_offer, second_factor, ways
from idp.web.login import face as login_face
from idp.web.login import gesture as login_gesture
from idp.web.login import hotp as login_hotp
from idp.web.login import password as login_password
from idp.web.login import qr as login_qr
from idp.web.login import region as login_region
from idp.web.login import text_message as login_text_message
from idp.web.login import voice as login_voice
from idp.web.no_session import NoSession
from idp.web.recover import anchors as recover_anchors
from idp.web.recover import begin as recover_begin
from idp.web.recover import counter as recover_counter
from idp.web.recover import finish as recover_finish
from idp.web.recover import waiting as recover_waiting
from idp.wiring import Services, build_services

BLUEPRINTS = (
    home.blueprint,
    home.language,
    authorize.blueprint,
    identifier.blueprint,
    login_password.blueprint,
    second_factor.blueprint,
    login_hotp.blueprint,
    login_text_message.blueprint,
    passkey.blueprint,
    passkey_offer.blueprint,
    login_gesture.blueprint,
    login_face.blueprint,
    login_voice.blueprint,
    ways.blueprint,
    login_region.blueprint,
    login_qr.blueprint,
    qr_phone.blueprint,
    rp.blueprint,
    cancel.blueprint,
    recover_begin.blueprint,
    recover_anchors.blueprint,
    recover_waiting.blueprint,
    recover_finish.blueprint,
    recover_counter.blueprint,
    consent.blueprint,
    logout.blueprint,
    overview.blueprint,
    sessions.blueprint,
    scan.blueprint,
    apps.blueprint,
    security.blueprint,
    account_authenticators.blueprint,
    account_history.blueprint,
    account_face.blueprint,
    account_voice.blueprint,
    account_hotp.blueprint,
    account_text_message.blueprint,
    account_regions.blueprint,
    passkeys.blueprint,
    account_gesture.blueprint,
    code.blueprint,
    password.blueprint,
    directory.blueprint,
    console_apps.blueprint,
    console_app_form.blueprint,
    console_app_moves.blueprint,
    console_streams.blueprint,
    console_standing.policy,
    console_support.blueprint,
)

OF_HUB = (hub_home.blueprint, home.language, console_regions.blueprint)
"""A hub signs no citizen in: it shares the choice of language with a region, and a region's address
leads nowhere on it."""

CONSOLE = (
    console_sign_in.blueprint,
    console_join.blueprint,
    console_home.blueprint,
    console_myself.blueprint,
    console_tokens.blueprint,
    console_staff.blueprint,
    console_change_proposals.blueprint,
    console_changes.blueprint,
    console_figures.blueprint,
    console_keys.blueprint,
    console_audit.blueprint,
    console_standing.marks,
)
"""What a hub's staff and a region's have alike."""


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
    of_role = OF_HUB if settings.role is Role.HUB else BLUEPRINTS
    for blueprint in (*of_role, *CONSOLE, *blueprints_of(settings.role)):
        app.register_blueprint(blueprint)
    app.before_request(access.enforce)
    app.after_request(cookies.set_on)
    app.after_request(headers.secure)
    front = Front(services, app.wsgi_app, app.view_functions)
    app.extensions["tongxing-meter"] = front.meter
    app.wsgi_app = front  # type: ignore[method-assign]
    return app
