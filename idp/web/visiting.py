"""People whom another region vouches for: who they are to a page, and where their account is looked after."""

from __future__ import annotations

from idp.accounts.visitors import is_visitor as is_name_of_visitor
from idp.authn.session import Presence, Session
from idp.oidc.scopes import OFFLINE_ACCESS
from idp.web import homes
from idp.web.locale import gettext as _
from idp.web.region_words import region_name

AT_HOME = "/account?at-home"
"""Where visitors learn that their own region has what they asked for."""


def is_visitor(here: Presence) -> bool:
    """Whether their account was made for them on arrival, so that nothing here guards or opens it.

    Not so for somebody who linked an account that they have here: that one is looked after here.
    """
    return here.session.home_iss is not None and is_name_of_visitor(here.owner.username)


def scope_for(asked: tuple[str, ...], session: Session) -> tuple[str, ...]:
    """The scopes that can be given in a session: never to stay connected, where another region vouches for the person.

    It tells us when their session there ends, and not when their account does.
    """
    if session.home_iss is None:
        return asked
    return tuple(scope for scope in asked if scope != OFFLINE_ACCESS)


def home_name(here: Presence) -> str:
    """What the reader calls the region that a person came from; empty for one of our own."""
    issuer = here.session.home_iss
    home = homes.find(issuer) if issuer else None
    return region_name(home) if home else issuer or ""


def shown_name(here: Presence) -> str:
    """The person's name; of a visitor whose region did not say it, where they come from."""
    if is_visitor(here) and not here.owner.person.get("name"):
        return _("A guest from %(region)s", region=home_name(here))
    return here.owner.name
