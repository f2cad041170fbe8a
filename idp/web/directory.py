"""The public directory: which mini-apps there are, what each asks for and why. Nobody is known here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

import flask

from idp.registry.app_store import Listed
from idp.registry.search_words import MAX_QUESTION_LENGTH, words_of_question
from idp.registry.submission import Category
from idp.web import headers
from idp.web.access import Policy, access
from idp.web.app_words import CATEGORIES, in_language
from idp.web.cards import LOGOS, logo_address
from idp.web.claim_words import claim_label
from idp.web.locale import current_language
from idp.web.locale import gettext as _
from idp.web.pages.console_apps import Choice
from idp.web.pages.directory import AskedClaim, DirectoryAppPage, DirectoryLine, DirectoryPage
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("directory", __name__)

PATH = "/apps"
ON_ONE_PAGE = 30
KEPT_SECONDS = 60
"""How long a browser may show a page again: a suspended mini-app is gone from the directory as fast."""
DIGEST_LENGTH = 64


@blueprint.get(PATH)
@access(Policy.PUBLIC)
def show() -> flask.typing.ResponseReturnValue:
    """Mini-apps, the newest first, narrowed by `q` and `category`."""
    arguments = flask.request.args
    query = arguments.get("q", "").strip()[:MAX_QUESTION_LENGTH]
    category = _category(arguments.get("category", ""))
    before = _place(arguments.get("before", ""))
    shown = services().stores.directory.page(words_of_question(query, category), before, ON_ONE_PAGE)
    headers.may_be_kept(KEPT_SECONDS)
    return page(
        DirectoryPage(
            apps=tuple(map(_line, shown.found)),
            categories=_categories(category),
            query=query,
            is_narrowed=bool(query or category),
            first_href=_address(query, category, None) if before is not None else None,
            later_href=_address(query, category, shown.before) if shown.before is not None else None,
        )
    )


@blueprint.get(f"{PATH}/<client_id>")
@access(Policy.PUBLIC)
def show_app(client_id: str) -> flask.typing.ResponseReturnValue:
    """What one of them is, what it asks for and why, and whom to ask."""
    listed = services().stores.directory.find(client_id)
    if listed is None:
        flask.abort(404)
    headers.may_be_kept(KEPT_SECONDS)
    card, tag = cast("Mapping[str, Any]", listed.card), current_language().tag
    return page(
        DirectoryAppPage(
            app=_line(listed),
            claims=tuple(
                AskedClaim(
                    claim_label(claim),
                    in_language(reason["purpose"], tag),
                    in_language(reason["legal_basis"], tag),
                )
                for claim, reason in card["claims"].items()
            ),
            privacy_summary=in_language(card["privacy_summary"], tag),
            policy_uri=card["policy_uri"],
            homepage=card["homepage"],
            contact=card["contact"],
            since=listed.since,
            tos_uri=card["tos_uri"],
        )
    )


@blueprint.get(f"{LOGOS}/<digest>.png")
@access(Policy.PUBLIC)
def logo(digest: str) -> flask.typing.ResponseReturnValue:
    """A picture, by the digest of its bytes: we made the file, and it is a picture and nothing else."""
    is_digest = len(digest) == DIGEST_LENGTH and digest.isascii() and digest.isalnum()
    png = services().stores.app_logos.find(digest) if is_digest else None
    if png is None:
        flask.abort(404)
    headers.may_be_kept_for_ever()
    return flask.Response(png, mimetype="image/png")


def _line(listed: Listed) -> DirectoryLine:
    card, tag = cast("Mapping[str, Any]", listed.card), current_language().tag
    return DirectoryLine(
        client_id=listed.client_id,
        name=in_language(card["name"], tag),
        organisation=card["organisation"],
        description=in_language(card["description"], tag),
        category=str(CATEGORIES[Category(card["category"])]),
        logo=logo_address(card["logo"]),
    )


def _category(text: str) -> Category | None:
    return Category(text) if text in set(Category) else None


def _categories(chosen: Category | None) -> tuple[Choice, ...]:
    return (
        Choice("", _("All"), chosen is None),
        *(Choice(one.value, str(words), one is chosen) for one, words in CATEGORIES.items()),
    )


def _place(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _address(query: str, category: Category | None, before: int | None) -> str:
    given = {"q": query, "category": category, "before": before}
    found = urlencode({name: str(value) for name, value in given.items() if value})
    return f"{PATH}?{found}" if found else PATH
