"""The regions of the list, and its witnesses, by API, at the hub. They are changed by change requests (`trust.…`)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from idp.governance.roles import Action
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.search import LONGEST_WORDS, matching
from idp.trustlist.seen import RegionLine
from idp.trustlist.standing import Waiting
from idp.web.api import shapes
from idp.web.api.change_documents import EFFECT, effect_members
from idp.web.api.operation import Api, Json, query
from idp.web.console.desk import now
from idp.web.console.regions import hub, region_at
from idp.web.services import services

api = Api.named("regions")

ON_ONE_PAGE = 100
LINE = {
    "issuer": shapes.text(),
    "name": shapes.texts_by_name(),
    "state": shapes.word(RegionStatus),
    "is_held_up": shapes.truth(),
    "since": shapes.moment(),
    "reason": shapes.text(),
    "honoured_seq": shapes.maybe(shapes.number()),
    "reported_at": shapes.maybe(shapes.moment()),
    "lag_seconds": shapes.maybe(shapes.number()),
}
REGION = shapes.thing(
    {
        **LINE,
        "ceiling": shapes.number(1, 3),
        "domains": shapes.many(shapes.text()),
        "federation_keys": shapes.many(shapes.text()),
        "former_keys": shapes.many(shapes.text()),
        "provider_keys": shapes.many(shapes.text()),
        "broker_keys": shapes.many(shapes.text()),
        "known_until": shapes.moment(),
        "fault": shapes.text(),
    }
)

WITNESSES = shapes.thing(
    {
        "quorum": shapes.number(),
        "log_size": shapes.number(),
        "cosigned_at": shapes.maybe(shapes.moment()),
        "waiting": shapes.maybe(
            shapes.thing(
                {
                    "since": shapes.moment(),
                    "standing": shapes.number(),
                    "needed": shapes.number(),
                    "not_out": shapes.many(shapes.text()),
                }
            )
        ),
        "witnesses": shapes.many(
            shapes.thing(
                {
                    "key": shapes.text(),
                    "address": shapes.text(),
                    "size": shapes.number(),
                    "answered_at": shapes.maybe(shapes.moment()),
                    "fault": shapes.text(),
                }
            )
        ),
    }
)


@api.get(
    "/regions",
    Action.TRUST_READ,
    query={
        "state": shapes.word(RegionStatus),
        "name": shapes.text(LONGEST_WORDS),
        "after": shapes.text(500),
        "limit": shapes.number(1, ON_ONE_PAGE),
    },
    answer=shapes.page_of(shapes.thing(LINE)),
)
def list_regions() -> Json:
    """List the regions in order of their issuers, by state and by any of their names."""
    asked = query()
    limit, state = asked.get("limit", ON_ONE_PAGE), asked.get("state")
    found = matching(hub().overview(now()), asked.get("name", ""))
    in_order = sorted(
        (one for one in found if (state is None or one.state == state) and one.op > asked.get("after", "")),
        key=lambda one: one.op,
    )
    shown, not_out = in_order[:limit], hub().standing(now=now()).not_out
    return {
        "items": [_line(one, not_out) for one in shown],
        "next": shown[-1].op if len(in_order) > limit else None,
    }


@api.get("/regions/<host>", Action.TRUST_READ, answer=REGION)
def get_region(host: str) -> Json:
    """Read one region, by the host of its issuer."""
    region = region_at(host)
    line = next(one for one in hub().overview(now()) if one.op == region.op)
    visit = services().stores.trust_reports.visit_of(region.op)
    return {
        **_line(line, hub().standing(now=now()).not_out),
        "ceiling": int(region.ceiling),
        "domains": list(region.domains),
        "federation_keys": [key.thumbprint for key in region.keys if not key.is_former],
        "former_keys": [key.thumbprint for key in region.keys if key.is_former],
        "provider_keys": sorted(region.key_names(region.op)),
        "broker_keys": sorted(region.key_names(region.rp)),
        "known_until": region.vouched.expires_at.isoformat(),
        "fault": str(visit.fault) if visit and visit.fault else "",
    }


@api.get("/regions/<host>/suspension-effect", Action.TRUST_READ, answer=shapes.thing({"effect": EFFECT}))
def get_suspension_effect(host: str) -> Json:
    """Say whom suspending a region now would reach, without doing it."""
    kind = services().changes.kind("trust.suspend")
    payload = kind.read({"issuer": region_at(host).op, "reason": "review"})
    return {"effect": effect_members(kind.effect(payload, now=now()))}


@api.get("/witnesses", Action.TRUST_READ, answer=WITNESSES)
def get_witnesses() -> Json:
    """Say how the witnesses stand to the trust log, and whether something that gives trust waits for them."""
    found = hub().standing(now=now())
    return {
        "quorum": found.quorum,
        "log_size": found.log_size,
        "cosigned_at": found.cosigned_at.isoformat() if found.cosigned_at else None,
        "waiting": None if found.waiting is None else _waiting(found.waiting),
        "witnesses": [
            {
                "key": one.key,
                "address": one.address,
                "size": one.size,
                "answered_at": one.answered_at.isoformat() if one.answered_at else None,
                "fault": str(one.fault or ""),
            }
            for one in found.witnesses
        ],
    }


def _waiting(waiting: Waiting) -> dict[str, Any]:
    return {
        "since": waiting.since.isoformat(),
        "standing": waiting.standing,
        "needed": waiting.needed,
        "not_out": sorted(waiting.not_out),
    }


def _line(one: RegionLine, not_out: Collection[str]) -> dict[str, Any]:
    return {
        "issuer": one.op,
        "name": dict(one.name),
        "state": one.state.value,
        "is_held_up": one.op in not_out,
        "since": one.since.isoformat(),
        "reason": one.reason,
        "honoured_seq": one.honoured_seq,
        "reported_at": one.reported_at.isoformat() if one.reported_at else None,
        "lag_seconds": None if one.lag is None else max(0, int(one.lag.total_seconds())),
    }
