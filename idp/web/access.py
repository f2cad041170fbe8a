"""Every view says who may come in; a view that says nothing lets nobody in.

Enforced in one place before any view runs.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

import flask

from idp.governance.roles import Action
from idp.web import forms, presence, visiting
from idp.web.console import desk
from idp.web.flow import begin_account_sign_in

View = TypeVar("View", bound=Callable[..., object])


class Policy(Enum):
    """Who may come in."""

    PUBLIC = "public"
    """Anybody; a POST must come from our own page."""
    PROTOCOL = "protocol"
    """Anybody, from any site: the view checks the request as the specification says."""
    TRANSACTION = "transaction"
    """A browser in the middle of a sign-in; the view opens its transaction and checks the step token."""
    SIGNED_IN = "signed_in"
    """A signed-in person; a POST carries the session's token."""
    RECENTLY_SIGNED_IN = "recently_signed_in"
    """The same, having proved themselves in the last minutes (ASVS 7.5.1)."""
    STAFF = "staff"
    """A member of the staff at a page, whose role may take the view's action; a POST carries the session's token."""
    STAFF_API = "staff_api"
    """The same by an API token in the header: no cookie counts, and no page of another site may change anything."""


_OF_STAFF = (Policy.STAFF, Policy.STAFF_API)


def access(policy: Policy, *, visitors: bool = False, action: Action | None = None) -> Callable[[View], View]:
    """Declare a view's policy; where a person must be signed in, whether that may be a visitor; for staff, the action.

    A visitor's account is looked after by their own region: what is not declared for them is not for them.
    """
    if (policy in _OF_STAFF) is (action is None):
        raise ValueError("staff come in for an action, and nobody else does")

    def declare(view: View) -> View:
        view.access_policy = policy  # type: ignore[attr-defined]
        view.lets_visitors_in = visitors  # type: ignore[attr-defined]
        view.staff_action = action  # type: ignore[attr-defined]
        return view

    return declare


def policy_of(view: object) -> Policy | None:
    """The declared policy, or None."""
    return getattr(view, "access_policy", None)


def lets_visitors_in(view: object) -> bool:
    """Whether somebody from another region may use this view of an account."""
    return bool(getattr(view, "lets_visitors_in", False))


def action_of(view: object) -> Action | None:
    """What it takes of the staff to come in; None where others come in."""
    return getattr(view, "staff_action", None)


def enforce() -> flask.typing.ResponseReturnValue | None:
    """Runs before every view. Returns a response only to send the person to sign in first."""
    endpoint = flask.request.endpoint
    if endpoint is None or endpoint == "static":
        return None
    if not flask.request.query_string.isascii():
        # No address is written like this (RFC 3986 §3.4), and reading it would fail in the middle of a view.
        flask.abort(400)
    view = flask.current_app.view_functions[endpoint]
    policy = policy_of(view)
    if policy is None:
        flask.abort(403)
    if policy is Policy.PROTOCOL:
        return None
    action = action_of(view)
    if policy is Policy.STAFF_API and action is not None:
        desk.arrive_by_token(action)
    is_change = flask.request.method not in ("GET", "HEAD", "OPTIONS")
    if is_change:
        forms.require_same_origin()
    if policy in (Policy.SIGNED_IN, Policy.RECENTLY_SIGNED_IN):
        return _require_person(policy, is_change, visitors=lets_visitors_in(view))
    if policy is Policy.STAFF and action is not None:
        return desk.arrive(action, is_change=is_change)
    return None


def _require_person(
    policy: Policy, is_change: bool, *, visitors: bool
) -> flask.typing.ResponseReturnValue | None:
    here = presence.current()
    if here is None:
        return begin_account_sign_in(for_change=policy is Policy.RECENTLY_SIGNED_IN)
    if is_change:
        forms.require_csrf_token()
    if not visitors and visiting.is_visitor(here):
        return flask.redirect(visiting.AT_HOME, 303)
    if policy is Policy.RECENTLY_SIGNED_IN and not presence.is_recent(here):
        return begin_account_sign_in(for_change=True)
    return None
