"""The hub's pages for everybody: the list of regions, and help. No citizen signs in here."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import flask

from idp.trustlist.bundle import Bundle, RegionStatus
from idp.trustlist.search import LONGEST_WORDS, matching
from idp.trustlist.seen import RegionLine
from idp.trustlist.standing import WitnessStanding
from idp.web.access import Policy, access
from idp.web.hub_words import age_words, lag_mark, line_words
from idp.web.locale import gettext as _
from idp.web.pages.hub import HubHelpPage, HubKey, HubPage, Mark
from idp.web.render import page
from idp.web.services import services
from idp.web.witness_words import part_of

blueprint = flask.Blueprint("hub_home", __name__)

ON_ONE_PAGE = 50


@blueprint.get("/")
@access(Policy.PUBLIC)
def home() -> flask.typing.ResponseReturnValue:
    """The regions, narrowed by `q`, one page of them; and the keys to check against."""
    hub, now = services().hub, services().clock.now()
    if hub is None:
        flask.abort(404)
    query = flask.request.args.get("q", "").strip()[:LONGEST_WORDS]
    return page(_page(hub.overview(now), hub.snapshot().bundle, hub.standing(now=now), query, now))


@blueprint.get("/help")
@access(Policy.PUBLIC)
def help_page() -> flask.typing.ResponseReturnValue:
    """What this site is, and what its words mean."""
    return page(HubHelpPage())


def _page(
    regions: tuple[RegionLine, ...],
    bundle: Bundle | None,
    standing: WitnessStanding,
    query: str,
    now: datetime,
) -> HubPage:
    found = matching(regions, query)
    pages = max(1, math.ceil(len(found) / ON_ONE_PAGE))
    number = min(_number(flask.request.args.get("page", "")), pages)
    shown = found[(number - 1) * ON_ONE_PAGE : number * ON_ONE_PAGE]
    not_out = standing.not_out
    active = [one for one in regions if one.state is RegionStatus.ACTIVE and one.op not in not_out]
    return HubPage(
        seq=bundle.seq if bundle else None,
        age=age_words(now - bundle.issued_at) if bundle else "",
        count_active=len(active),
        count_behind=sum(lag_mark(region, now=now) is not Mark.GOOD for region in active),
        regions=tuple(line_words(region, now=now, not_out=not_out) for region in shown),
        count=len(found),
        total=len(regions),
        keys=_keys(bundle),
        witnesses=part_of(standing, regions, now=now),
        query=query,
        number=number,
        pages=pages,
        earlier_href=_address(query, number - 1) if number > 1 else None,
        later_href=_address(query, number + 1) if number < pages else None,
    )


def _keys(bundle: Bundle | None) -> tuple[HubKey, ...]:
    if bundle is None:
        return ()
    return (
        *(HubKey(_kid(key), _("Signs the list")) for key in bundle.bundle_jwks["keys"]),
        *(HubKey(_kid(key), _("Signs statements about regions")) for key in bundle.anchor_jwks["keys"]),
    )


def _kid(key: dict[str, Any]) -> str:
    """The name of a key of ours is its thumbprint (RFC 7638)."""
    return str(key["kid"])


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


def _address(query: str, number: int) -> str:
    return "/?" + urlencode({"q": query, "page": number} if query else {"page": number})
