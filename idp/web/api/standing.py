"""How the installation stands, by API: figures, event streams, the assurance policy, trust marks."""

from __future__ import annotations

from datetime import timedelta

from idp.foundation.events import EventKind
from idp.governance.roles import Action
from idp.web import dashboard
from idp.web.api import shapes
from idp.web.api.operation import Api, Json, body, query
from idp.web.api.problems import BadRequestBody
from idp.web.console.desk import acting, now
from idp.web.console.support import support
from idp.web.dashboard import Period
from idp.web.services import services

api = Api.named("standing")
of_region = Api.named("standing_of_region")

ON_ONE_PAGE = 100
COUNTS = {"type": "object", "additionalProperties": shapes.number()}
SECONDS = {"type": "number", "minimum": 0}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}


@api.get(
    "/figures",
    Action.FIGURES_READ,
    query={"days": shapes.word(str(period.days) for period in Period)},
    answer=shapes.thing(
        {
            "days": shapes.number(),
            "sign_ins": shapes.number(),
            "passkey_share": shapes.maybe(SHARE),
            "median_seconds": shapes.maybe(SECONDS),
            "slow_seconds": shapes.maybe(SECONDS),
            "ways": COUNTS,
            "homes": COUNTS,
            "wrong_answers": COUNTS,
            "consents": COUNTS,
            "reasons": COUNTS,
            "stretches": shapes.many(
                shapes.thing(
                    {
                        "begins_at": shapes.moment(),
                        "sign_ins": shapes.number(),
                        "wrong_answers": shapes.number(),
                        "median_seconds": shapes.maybe(SECONDS),
                        "slow_seconds": shapes.maybe(SECONDS),
                    }
                )
            ),
        }
    ),
)
def get_figures() -> Json:
    """Say what happened in the last day, or in the last thirty: counts alone, about nobody."""
    wanted = query().get("days")
    period = next((one for one in Period if str(one.days) == wanted), Period.DAY)
    seen = dashboard.read(services(), period, timedelta(0), now=now())
    return {"days": period.days, **dashboard.document(seen)}


@api.get(
    "/trust-marks",
    Action.MARK_READ,
    answer=shapes.thing(
        {
            "items": shapes.many(
                shapes.thing(
                    {
                        "type": shapes.text(),
                        "subject": shapes.text(),
                        "issuer": shapes.text(),
                        "status": shapes.text(),
                        "issued_at": shapes.moment(),
                        "expires_at": shapes.moment(),
                        "reason": shapes.text(),
                    }
                )
            )
        }
    ),
)
def list_trust_marks() -> Json:
    """List the trust marks that have not run out: those given here, and those that our entities were given."""
    moment = now()
    ours, kids = services().own_entities.marks.issuer, services().statements.kids
    return {
        "items": [
            {
                "type": one.mark_type,
                "subject": one.subject,
                "issuer": one.issuer,
                "status": str(one.status(kids if one.issuer == ours else {one.kid}, now=moment)),
                "issued_at": one.issued_at.isoformat(),
                "expires_at": one.expires_at.isoformat(),
                "reason": one.reason or "",
            }
            for one in services().stores.federation_entities.roll(ended_before=moment).marks
        ]
    }


@of_region.get(
    "/streams",
    Action.STREAM_READ,
    query={"after": shapes.text(200), "limit": shapes.number(1, ON_ONE_PAGE)},
    answer=shapes.page_of(shapes.anything()),
)
def list_streams() -> Json:
    """List who receives our security events, and how far behind each is."""
    limit = query().get("limit", ON_ONE_PAGE)
    lines = services().stores.streams.lines(query().get("after", ""), limit + 1)
    shown = lines[:limit]
    return {
        "items": [dict(line.to_json()) for line in shown],
        "next": shown[-1].stream.client_id if len(lines) > limit else None,
    }


@of_region.get("/assurance-policy", Action.POLICY_READ, answer=shapes.thing({"policy": shapes.text(40_000)}))
def get_assurance_policy() -> Json:
    """Read the assurance policy in force, as TOML. It is changed by the change request `policy.assurance`."""
    return dict(services().changes.kind("policy.assurance").fill_in({}, now=now()))


@of_region.post(
    "/account-looks",
    Action.ACCOUNT_SUPPORT,
    body=shapes.thing({"identifier": shapes.text(320, least=1), "reason": shapes.text(200, least=1)}),
    answer=shapes.thing(
        {
            "name": shapes.text(),
            "username": shapes.text(),
            "is_active": shapes.truth(),
            "created_at": shapes.moment(),
            "ways": shapes.many(
                shapes.thing(
                    {
                        "method": shapes.text(),
                        "is_active": shapes.truth(),
                        "last_used_at": shapes.maybe(shapes.moment()),
                    }
                )
            ),
            "events": shapes.many(shapes.thing({"kind": shapes.word(EventKind), "at": shapes.moment()})),
        }
    ),
)
def look_at_account() -> Json:
    """See, masked, how an account stands, to help its owner; who is told."""
    asked = body()
    try:
        found = support().look(acting(), asked["identifier"], asked["reason"], now=now())
    except ValueError as error:
        raise BadRequestBody(("reason", str(error))) from error
    return {
        "name": found.name,
        "username": found.username,
        "is_active": found.is_active,
        "created_at": found.created_at.isoformat(),
        "ways": [
            {
                "method": one.method.value,
                "is_active": one.is_active,
                "last_used_at": one.last_used_at.isoformat() if one.last_used_at else None,
            }
            for one in found.authenticators
        ],
        "events": [{"kind": one.kind.value, "at": one.at.isoformat()} for one in found.events],
    }
