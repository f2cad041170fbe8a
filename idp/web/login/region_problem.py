"""The page for a region that cannot be used: why, since when, and what still works."""

from __future__ import annotations

import flask

from idp.federation.home_region import HomeTrouble, HomeUnavailable
from idp.oidc.authorization.transaction import Transaction
from idp.trustlist.bundle import Region, RegionStatus
from idp.web import forms, homes, transactions
from idp.web.cards import app_card
from idp.web.pages.regions import RegionProblemPage
from idp.web.region_words import here_name, reason_words, region_line, region_name, trouble_words
from idp.web.render import page
from idp.web.request_ids import reference

STATUS = 400
"""Of every such page. Not 5xx: that another region is away must not make a load balancer give up on this one."""


def explain(error: HomeUnavailable) -> flask.typing.ResponseReturnValue:
    """The page for a region that failed somebody on their way. Raises: PageExpired — the sign-in is over as well."""
    transaction = transactions.pending(error.transaction_id or "")
    return trouble(transaction, error.why, homes.find(error.issuer))


def trouble(
    transaction: Transaction, why: HomeTrouble, region: Region | None
) -> flask.typing.ResponseReturnValue:
    """What to tell somebody who wanted to sign in with `region`; None when we do not know that one."""
    words = trouble_words(why, region_name(region) if region else "")
    is_out = region is not None and region.status is not RegionStatus.ACTIVE
    return page(
        RegionProblemPage(
            app=app_card(transactions.examined_request(transaction)),
            transaction=transaction.id,
            step_token=forms.step_token(transaction.id, forms.Step.REGION),
            here=here_name(),
            region=region_line(region) if region else None,
            title=words.title,
            explanation=words.explanation,
            advice=words.advice,
            reference=reference(),
            reason=reason_words(region.reason) if region and is_out else "",
            since=region.since if region and is_out else None,
            can_retry=words.can_retry,
            has_others=len(homes.others()) > 1 or region is None,
        ),
        STATUS,
    )
