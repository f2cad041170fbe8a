"""The regions of the list: found by state and by any of their names, and one of them with all that is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import flask

from idp.governance.kinds import Problems
from idp.governance.roles import Action
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.listing import ListedRegion
from idp.trustlist.search import LONGEST_WORDS, matching
from idp.trustlist.seen import RegionLine
from idp.web.access import Policy, access
from idp.web.console import desk
from idp.web.console.change_words import kind_words
from idp.web.console.effect_words import effect_words
from idp.web.console.framing import frame
from idp.web.figure_words import days_left_words
from idp.web.hub_words import line_words
from idp.web.locale import gettext as _
from idp.web.pages.console_changes import Option
from idp.web.pages.console_regions import (
    ChainLink,
    ConsoleRegionPage,
    ConsoleRegionsPage,
    EndLine,
    RegionKeyLine,
)
from idp.web.pages.hub import Mark
from idp.web.region_words import status_note
from idp.web.render import page
from idp.web.sentences import words
from idp.web.services import services
from idp.web.witness_words import part_of

if TYPE_CHECKING:
    from idp.wiring.hub.hub import Hub

blueprint = flask.Blueprint("console_regions", __name__)

PATH = "/console/regions"
NEW = "/console/changes/new"
ON_ONE_PAGE = 50
SOON_DAYS = 7
OF_A_REGION = ("trust.suspend", "trust.restore", "trust.ceiling", "trust.remove")
_POSSIBLE = {
    RegionStatus.ACTIVE: frozenset({"trust.suspend", "trust.ceiling", "trust.remove"}),
    RegionStatus.SUSPENDED: frozenset({"trust.restore", "trust.ceiling", "trust.remove"}),
    RegionStatus.REMOVED: frozenset[str](),
}


@blueprint.get(PATH)
@access(Policy.STAFF, action=Action.TRUST_READ)
def show_all() -> flask.typing.ResponseReturnValue:
    """The regions, in order of their issuers."""
    args = flask.request.args
    query = args.get("q", "").strip()[:LONGEST_WORDS]
    state = RegionStatus(args["state"]) if args.get("state") in set(RegionStatus) else None
    after, now = args.get("after", ""), desk.now()
    regions, standing = hub().overview(now), hub().standing(now=now)
    found = sorted(matching(_in_state(regions, state), query), key=lambda one: one.op)
    rest = [one for one in found if one.op > after]
    shown, is_more = rest[:ON_ONE_PAGE], len(rest) > ON_ONE_PAGE
    may_propose = desk.acting().can(Action.TRUST_PROPOSE)
    return page(
        ConsoleRegionsPage(
            frame(PATH),
            tuple(line_words(one, now=now, not_out=standing.not_out) for one in shown),
            _states(state),
            part_of(standing, regions, now=now),
            query=query,
            admit_href=f"{NEW}/trust.admit" if may_propose else None,
            first_href=_address(query, state) if after else None,
            later_href=_address(query, state, shown[-1].op) if is_more else None,
        )
    )


@blueprint.get(f"{PATH}/<host>")
@access(Policy.STAFF, action=Action.TRUST_READ)
def show(host: str) -> flask.typing.ResponseReturnValue:
    """One region, by the host of its issuer."""
    region = region_at(host)
    now = desk.now()
    visit = services().stores.trust_reports.visit_of(region.op)
    return page(
        ConsoleRegionPage(
            frame=frame(PATH),
            region=line_words(_line(region.op), now=now, not_out=hub().standing(now=now).not_out),
            issuer=region.op,
            ceiling=str(int(region.ceiling)),
            domains=region.domains,
            keys=tuple(_keys(region)),
            chain=_chain(region),
            ends=_ends(region, now),
            effect=_effect(region, now),
            visited_at=visit.visited_at if visit else None,
            fault=words(visit.fault) if visit and visit.fault else "",
            propose=_proposals(region),
        )
    )


def hub() -> Hub:
    """The hub at work; 404 in a region."""
    found = services().hub
    if found is None:
        flask.abort(404)
    return found


def region_at(host: str) -> ListedRegion:
    """The region whose issuer is at this host; 404 when there is none."""
    lists = services().stores.trust_list
    region = lists.region(f"https://{host}") or lists.region(f"http://{host}")
    if region is None:
        flask.abort(404)
    return region


def _line(op: str) -> RegionLine:
    return next(one for one in hub().overview(desk.now()) if one.op == op)


def _in_state(regions: tuple[RegionLine, ...], state: RegionStatus | None) -> tuple[RegionLine, ...]:
    return tuple(one for one in regions if state is None or one.state is state)


def _keys(region: ListedRegion) -> Iterator[RegionKeyLine]:
    revoked = services().stores.trust_list.revoked()
    for key in region.keys:
        if key.is_former:
            yield RegionKeyLine(key.thumbprint, _("Federation"), _("Former"), Mark.NOTHING)
        else:
            yield _key(region.id, key.thumbprint, _("Federation"))
    for entity, use in ((region.op, _("Provider")), (region.rp, _("Broker"))):
        for kid in sorted(region.key_names(entity)):
            if (entity, kid) in revoked:
                yield RegionKeyLine(kid, use, _("Revoked"), Mark.BAD)
            else:
                yield _key(entity, kid, use)


def _key(entity: str, kid: str, use: str) -> RegionKeyLine:
    may_propose = desk.acting().can(Action.TRUST_PROPOSE)
    href = f"{NEW}/trust.revoke_key?{urlencode({'issuer': entity, 'kid': kid})}" if may_propose else None
    return RegionKeyLine(kid, use, _("In force"), Mark.GOOD, href)


def _chain(region: ListedRegion) -> tuple[ChainLink, ...]:
    until = region.vouched.expires_at if region.status is RegionStatus.ACTIVE else None
    return (
        ChainLink(_("The hub"), services().settings.issuer, None),
        ChainLink(_("Intermediate"), region.id, until),
        ChainLink(_("Provider"), region.op, until),
        ChainLink(_("Broker"), region.rp, until),
    )


def _ends(region: ListedRegion, now: datetime) -> tuple[EndLine, ...]:
    """What ends when nobody does anything, the next first."""
    if region.status is not RegionStatus.ACTIVE:
        return ()
    until = (
        (_("What it said at our last visit is renewed"), region.vouched.renew_at),
        (
            _("What it said at our last visit ends: without another visit nobody believes it"),
            region.vouched.expires_at,
        ),
    )
    return tuple(_end(what, at, now) for what, at in sorted(until, key=lambda one: one[1]))


def _end(what: str, at: datetime, now: datetime) -> EndLine:
    left = at - now
    mark = Mark.BAD if left.total_seconds() <= 0 else Mark.WAITING if left.days < SOON_DAYS else Mark.GOOD
    return EndLine(what, at, days_left_words(left), mark)


def _effect(region: ListedRegion, now: datetime) -> tuple[str, ...]:
    """What suspending it would do, without doing it."""
    if region.status is not RegionStatus.ACTIVE:
        return ()
    kind = services().changes.kind("trust.suspend")
    try:
        payload = kind.read({"issuer": region.op, "reason": "review"})
        return tuple(map(effect_words, kind.effect(payload, now=now)))
    except Problems as wrong:
        return tuple(words(one.sentence) for one in wrong.problems)


def _proposals(region: ListedRegion) -> tuple[tuple[str, str], ...]:
    if not desk.acting().can(Action.TRUST_PROPOSE):
        return ()
    issuer = quote(region.op, safe="")
    return tuple(
        (f"{NEW}/{kind}?issuer={issuer}", kind_words(kind))
        for kind in OF_A_REGION
        if kind in _POSSIBLE[region.status]
    )


def _states(chosen: RegionStatus | None) -> tuple[Option, ...]:
    return (
        Option("", _("Any"), chosen is None),
        *(Option(state.value, status_note(state) or _("In use"), state is chosen) for state in RegionStatus),
    )


def _address(query: str, state: RegionStatus | None, after: str = "") -> str:
    known = {"q": query, "state": state.value if state else "", "after": after}
    text = urlencode({name: value for name, value in known.items() if value})
    return f"{PATH}?{text}" if text else PATH
