"""Every operation of an installation's API, and the document about them."""

from __future__ import annotations

from functools import cache

import flask

from idp.settings import Role
from idp.web.access import Policy, access
from idp.web.api import (
    apps,
    audit,
    changes,
    decisions,
    keys,
    myself,
    own_passkeys,
    regions,
    staff,
    standing,
)
from idp.web.api.document import document
from idp.web.api.operation import PREFIX, Api, Operation
from idp.web.api.problems import handle_on
from idp.web.services import services

OF_BOTH: tuple[Api, ...] = (
    changes.api,
    decisions.api,
    staff.api,
    myself.api,
    own_passkeys.api,
    keys.api,
    audit.api,
    standing.api,
)
OF_HUB: tuple[Api, ...] = (regions.api,)
OF_REGION: tuple[Api, ...] = (apps.api, standing.of_region)

about = flask.Blueprint("api_about", __name__, url_prefix=PREFIX)

for _api in (*OF_BOTH, *OF_HUB, *OF_REGION):
    handle_on(_api.blueprint)


def operations_of(role: Role) -> tuple[Operation, ...]:
    """What the API of a hub, or of a region, can do."""
    return tuple(operation for api in _of(role) for operation in api.operations)


def blueprints_of(role: Role) -> tuple[flask.Blueprint, ...]:
    """The same as views."""
    return (about, *(api.blueprint for api in _of(role)))


@about.get("/openapi.json")
@access(Policy.PUBLIC)
def openapi() -> flask.typing.ResponseReturnValue:
    """The description of the API, for everybody."""
    settings = services().settings
    return flask.Response(_description(settings.issuer, settings.role), mimetype="application/json")


@cache
def _description(issuer: str, role: Role) -> str:
    """Written once: operations come with the code, and this is long, and anybody may ask for it."""
    return flask.json.dumps(document(issuer, operations_of(role)))


def _of(role: Role) -> tuple[Api, ...]:
    return (*OF_BOTH, *(OF_HUB if role is Role.HUB else OF_REGION))
