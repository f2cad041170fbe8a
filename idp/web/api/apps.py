"""Mini-apps by API, in regions: every step that the console's page takes, by the same desk.

Putting a version in force, suspending, restoring and retiring somebody else's are change requests (`app.…`).
"""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta

from idp.governance.roles import Action
from idp.registry.app_store import AppFigure, AppFilter
from idp.registry.life_cycle import Stage, Standing
from idp.registry.logo import MAX_SIZE_BYTES as MAX_LOGO_BYTES
from idp.registry.reasons import MAX_LENGTH, MOST_REASONS, Reason
from idp.web.api import shapes
from idp.web.api.app_documents import (
    APP,
    APPEAL,
    FINDINGS,
    LINE,
    STEP,
    appeal_document,
    findings_of,
    line,
    step,
    whole,
)
from idp.web.api.operation import Api, Json, body, query
from idp.web.api.problems import BadRequestBody
from idp.web.console.app_service import apps
from idp.web.console.desk import acting, now

api = Api.named("apps")

ON_ONE_PAGE = 100
MOST_REVISIONS = 2**31

SUBMISSION = shapes.thing(
    {"submission": shapes.anything(), "logo": shapes.text(2 * MAX_LOGO_BYTES)}, optional=("logo",)
)
REVISION = {"revision": shapes.number(0, MOST_REVISIONS)}
SAID = shapes.text(MAX_LENGTH, least=1)


@api.get(
    "/apps",
    Action.APP_READ,
    query={
        "organisation": shapes.text(200),
        "standing": shapes.word(Standing),
        "stage": shapes.word(Stage),
        "after": shapes.text(200),
        "limit": shapes.number(1, ON_ONE_PAGE),
    },
    answer=shapes.page_of(shapes.thing(LINE)),
)
def list_apps() -> Json:
    """List mini-apps in order of their ids; a developer sees those of their organisation."""
    asked = query()
    if "standing" in asked and "stage" in asked:
        raise BadRequestBody(("stage", "ask for a standing or for a stage, not for both"), status=400)
    limit = asked.get("limit", ON_ONE_PAGE)
    wanted = AppFilter(
        asked.get("organisation"),
        Standing(asked["standing"]) if "standing" in asked else None,
        Stage(asked["stage"]) if "stage" in asked else None,
    )
    found = apps().page(acting(), wanted, asked.get("after", ""), limit + 1)
    shown = found[:limit]
    return {
        "items": [line(one) for one in shown],
        "next": shown[-1].client_id if len(found) > limit else None,
    }


@api.post("/app-checks", Action.APP_SUBMIT, body=SUBMISSION, answer=FINDINGS)
def check_app() -> Json:
    """Say what the checks find in a submission, and keep nothing."""
    found = apps().check(acting(), body()["submission"], _logo())
    return {"findings": findings_of(found)}


@api.post("/apps", Action.APP_SUBMIT, body=SUBMISSION, answer=APP, status=201)
def save_app() -> Json:
    """Keep a draft: of a new mini-app, or of the next version of one. The logo is PNG or JPEG, base64."""
    return whole(apps().save(acting(), body()["submission"], _logo(), now=now()))


@api.get("/apps/<client_id>", Action.APP_READ, answer=APP)
def get_app(client_id: str) -> Json:
    """Read one mini-app: how it stands, the version in force and the one under way."""
    return whole(apps().find(acting(), client_id))


@api.get("/apps/<client_id>/findings", Action.APP_READ, answer=FINDINGS)
def list_findings(client_id: str) -> Json:
    """Say what the checks find in the version under way, now."""
    return {"findings": findings_of(apps().findings(acting(), client_id))}


@api.get(
    "/apps/<client_id>/history",
    Action.APP_READ,
    answer=shapes.thing({"steps": shapes.many(STEP), "appeal": shapes.maybe(APPEAL)}),
)
def get_app_history(client_id: str) -> Json:
    """Say what was done with a mini-app, the latest first, and its latest appeal.

    A developer reads of nobody but members of their own organisation: others are null.
    """
    appeal = apps().appeal_of(acting(), client_id)
    return {
        "steps": [step(one) for one in apps().history(acting(), client_id, now=now())],
        "appeal": appeal_document(appeal) if appeal else None,
    }


@api.get(
    "/apps/<client_id>/figures",
    Action.APP_READ,
    answer=shapes.thing(
        {
            "days": shapes.many(
                shapes.thing({"day": shapes.text(10), **{one.value: shapes.number() for one in AppFigure}})
            )
        }
    ),
)
def get_app_figures(client_id: str) -> Json:
    """Say how a mini-app did in the last thirty days: counts alone, about nobody."""
    days = apps().figures(acting(), client_id, now=now())
    return {
        "days": [
            {
                "day": one.day.date().isoformat(),
                **{figure.value: one.figures.get(figure, 0) for figure in AppFigure},
            }
            for one in days
        ]
    }


@api.post("/apps/<client_id>/submission", Action.APP_SUBMIT, body=shapes.thing(REVISION), answer=APP)
def submit_app(client_id: str) -> Json:
    """Hand a draft in for review, if the checks find no error."""
    record, _found = apps().submit(acting(), client_id, body()["revision"], now=now())
    return whole(record)


@api.post("/apps/<client_id>/withdrawal", Action.APP_SUBMIT, body=shapes.thing(REVISION), answer=APP)
def withdraw_app(client_id: str) -> Json:
    """Take a version back, until it is in force."""
    return whole(apps().withdraw(acting(), client_id, body()["revision"], now=now()))


@api.post(
    "/apps/<client_id>/secret",
    Action.APP_SUBMIT,
    answer=shapes.thing({"client_secret": shapes.text()}),
    status=201,
)
def make_app_secret(client_id: str) -> Json:
    """Make the first secret of a mini-app that uses one. It is shown this once."""
    return {"client_secret": apps().new_secret(acting(), client_id, now=now()).reveal()}


@api.post("/apps/<client_id>/taking", Action.APP_REVIEW, body=shapes.thing(REVISION), answer=APP)
def take_app(client_id: str) -> Json:
    """Begin the review of a version that somebody else submitted."""
    return whole(apps().take(acting(), client_id, body()["revision"], now=now()))


@api.post("/apps/<client_id>/acceptance", Action.APP_REVIEW, body=shapes.thing(REVISION), answer=APP)
def accept_app(client_id: str) -> Json:
    """Approve a version. But for mere words, putting it in force is a change request."""
    return whole(apps().accept(acting(), client_id, body()["revision"], now=now()))


@api.post(
    "/apps/<client_id>/return",
    Action.APP_REVIEW,
    body=shapes.thing(
        {
            **REVISION,
            "reasons": shapes.many(
                shapes.thing({"field": shapes.text(200, least=1), "what_to_do": SAID}), MOST_REASONS
            ),
        }
    ),
    answer=APP,
)
def return_app(client_id: str) -> Json:
    """Return a version with what is to be put right, field by field."""
    reasons = tuple(Reason(one["field"], one["what_to_do"]) for one in body()["reasons"])
    return whole(apps().send_back(acting(), client_id, body()["revision"], reasons, now=now()))


@api.post("/apps/<client_id>/appeal", Action.APP_APPEAL, body=shapes.thing({"text": SAID}), answer=APP)
def appeal_for_app(client_id: str) -> Json:
    """Say something against a suspension, once."""
    return whole(apps().appeal(acting(), client_id, body()["text"], now=now()))


@api.post("/apps/<client_id>/appeal-answer", Action.APP_REVIEW, body=shapes.thing({"text": SAID}), answer=APP)
def answer_appeal(client_id: str) -> Json:
    """Answer an appeal, as somebody else than who suspended."""
    return whole(apps().answer(acting(), client_id, body()["text"], now=now()))


@api.post(
    "/apps/<client_id>/retirement",
    Action.APP_RETIRE,
    body=shapes.thing({**REVISION, "drain_days": shapes.number(0, 365), "why": SAID}),
    answer=APP,
)
def retire_app(client_id: str) -> Json:
    """Retire a mini-app of one's own organisation: nobody new signs in, tokens run out until the day."""
    asked = body()
    drain = timedelta(days=asked["drain_days"])
    return whole(apps().retire(acting(), client_id, asked["revision"], drain, asked["why"], now=now()))


def _logo() -> bytes | None:
    given = body().get("logo")
    if given is None:
        return None
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequestBody(("logo", "write it in base64")) from None
