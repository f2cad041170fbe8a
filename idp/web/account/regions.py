"""A person's accounts in other regions that lead to this one: join one, part from it. It takes a recent sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from idp.accounts.visitors import AlreadyLinked, LinkedSubject, LinkOver
from idp.foundation.events import EventKind
from idp.web import forms, homes, joining, notices
from idp.web.access import Policy, access
from idp.web.joining import PATH, bound_to
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.joined_regions import JoinedLine, JoinedRegionsPage, JoinRegionPage
from idp.web.presence import permit, required
from idp.web.region_words import here_name, region_name
from idp.web.render import page
from idp.web.services import services

if TYPE_CHECKING:
    from idp.wiring.brokering.home_links import HomeLinks

blueprint = flask.Blueprint("account_regions", __name__)


@blueprint.get(PATH)
@access(Policy.RECENTLY_SIGNED_IN)
def show() -> flask.typing.ResponseReturnValue:
    """All of them."""
    _links()
    joined = services().stores.linked_subjects.of(permit().account_id)
    return page(
        JoinedRegionsPage(
            csrf_token=forms.csrf_token(),
            here=here_name(),
            joined=tuple(map(_line, joined)),
            notice=_notice(),
            problem=_problem() if "taken" in flask.request.args else None,
        )
    )


@blueprint.post(PATH)
@access(Policy.RECENTLY_SIGNED_IN)
def begin() -> flask.typing.ResponseReturnValue:
    """Off to prove who they are there."""
    _links()
    return joining.begin(required())


@blueprint.get(f"{PATH}/join")
@access(Policy.RECENTLY_SIGNED_IN)
def ask() -> flask.typing.ResponseReturnValue:
    """Show what would become one."""
    here, link_id = required(), flask.request.args.get("link", "")
    try:
        identity = _links().find(permit(), link_id, bound_to(here), now=services().clock.now())
    except LinkOver:
        return flask.redirect(PATH, 303)
    return page(
        JoinRegionPage(
            csrf_token=forms.csrf_token(),
            link=link_id,
            region=_name(identity.home_iss),
            here=here_name(),
            username=here.owner.username,
            proved_at=identity.auth_time,
        )
    )


@blueprint.post(f"{PATH}/join")
@access(Policy.RECENTLY_SIGNED_IN)
def join() -> flask.typing.ResponseReturnValue:
    """Make them one way in, once."""
    here, now = required(), services().clock.now()
    try:
        with services().database.transaction():
            identity = _links().join(permit(), flask.request.form.get("link", ""), bound_to(here), now=now)
            _changed(EventKind.REGION_JOINED, identity.home_iss)
    except LinkOver:
        return flask.redirect(PATH, 303)
    except AlreadyLinked:
        return flask.redirect(f"{PATH}?taken", 303)
    return flask.redirect(f"{PATH}?joined", 303)


@blueprint.post(f"{PATH}/part")
@access(Policy.RECENTLY_SIGNED_IN)
def part() -> flask.typing.ResponseReturnValue:
    """From now on whoever comes from there comes as a guest."""
    home, subject = flask.request.form.get("home", ""), flask.request.form.get("subject", "")
    with services().database.transaction():
        if _links().part(permit(), home, subject):
            _changed(EventKind.REGION_PARTED, home)
    return flask.redirect(f"{PATH}?parted", 303)


def _links() -> HomeLinks:
    broker = services().broker
    if broker is None:
        flask.abort(404)
    return broker.links


def _changed(kind: EventKind, home: str) -> None:
    notices.changed(permit().account_id, kind, _name(home), keep_session=required().session.id)


def _line(link: LinkedSubject) -> JoinedLine:
    return JoinedLine(
        home=link.home_iss,
        subject=link.home_sub,
        region=_name(link.home_iss),
        joined_at=link.created_at,
        last_used_at=link.last_used_at,
    )


def _name(issuer: str) -> str:
    region = homes.find(issuer)
    return region_name(region) if region else issuer


def _problem() -> Problem:
    words = _(
        "That account cannot be joined: it was used in %(region)s before, or is joined already. "
        "Apps know it as somebody of its own.",
        region=here_name(),
    )
    return Problem(words)


def _notice() -> str | None:
    if "joined" in flask.request.args:
        return _("The two accounts are joined. Either one brings you here.")
    if "parted" in flask.request.args:
        return _("They are not joined any more. Every other browser was signed out.")
    return None
