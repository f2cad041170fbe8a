"""The rules of registration, one function each, and their order as data. Each yields every fault it finds."""

from __future__ import annotations

from idp.foundation.sentence import Problem
from idp.registry.address_checks import (
    backchannel_logout,
    links,
    post_logout_redirect_uris,
    redirect_uris,
    resources,
    sector_identifier,
)
from idp.registry.application import Application
from idp.registry.grant_checks import authentication, grants, profile, scopes, shown_codes, ways_to_ask
from idp.registry.rules import Check, Rules
from idp.registry.text_checks import identifier, names, purposes

CHECKS: tuple[Check, ...] = (
    identifier,
    names,
    redirect_uris,
    post_logout_redirect_uris,
    backchannel_logout,
    sector_identifier,
    authentication,
    grants,
    ways_to_ask,
    scopes,
    shown_codes,
    resources,
    links,
    profile,
    purposes,
)


OF_ENTITIES: tuple[Check, ...] = tuple(check for check in CHECKS if check not in (identifier, profile))
"""For entities of the federation, whose id is an address that others vouch for, and whose profile is a setting of the
region. All else holds for them too."""


def problems_of(
    application: Application, rules: Rules, checks: tuple[Check, ...] = CHECKS
) -> tuple[Problem, ...]:
    """Everything that speaks against an application; empty when nothing does."""
    return tuple(found for check in checks for found in check(application, rules))
