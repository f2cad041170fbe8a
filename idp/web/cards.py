"""A mini-app in the reader's language, out of its registration."""

from __future__ import annotations

from collections.abc import Mapping

from idp.accounts.names import is_forbidden
from idp.oidc.authorization.examine import ExaminedRequest
from idp.oidc.client import Client
from idp.oidc.rp_display import OUR_PAGES, RpDisplay
from idp.web.locale import current_language
from idp.web.pages.common import AppCard
from idp.web.services import services

LOGOS = "/apps/logos"
"""Where the directory serves pictures, each by the digest of its bytes."""
MAX_HINT = 256


def app_card(examined: ExaminedRequest | None) -> AppCard | None:
    """Who is asking; None when the person only visits their own account."""
    return card_for(examined) if examined else None


def card_for(examined: ExaminedRequest) -> AppCard:
    """Who is asking: of another region's broker the mini-app that it asks for."""
    if examined.display is not None:
        return relayed_card(examined.client.client_id, examined.display)
    return card_of(examined.client)


def relayed_card(broker: str, display: RpDisplay) -> AppCard:
    """A mini-app of another region: named by that region's broker, the region named by our own list of regions."""
    region = services().trust().by_entity.get(broker)
    name, via = in_language(display.name), in_language(region.name) if region else broker
    # For a region's own pages its broker names the region itself. A mini-app that has its name stays a mini-app.
    is_region_itself = display.sector == OUR_PAGES and name == via
    return AppCard(
        name=name,
        organisation="" if is_region_itself else display.organisation,
        via="" if is_region_itself else via,
    )


def card_of(client: Client) -> AppCard:
    """How pages show a client."""
    return AppCard(
        name=in_language(client.name) or client.client_id,
        organisation=client.organisation,
        logo=logo_address(client.logo),
        policy_uri=client.policy_uri,
        tos_uri=client.tos_uri,
    )


def logo_address(digest: str | None) -> str | None:
    """Where the directory serves the picture of a published mini-app."""
    return f"{LOGOS}/{digest}.png" if digest else None


def in_language(texts: Mapping[str, str]) -> str:
    """The text for the reader; in any language rather than none; empty when there is none at all."""
    return texts.get(current_language().tag) or next(iter(texts.values()), "")


def login_hint(examined: ExaminedRequest | None) -> str:
    """What the app thinks the person signs in as; a suggestion in the field, never more."""
    hint = examined.request.login_hint if examined else None
    return hint if hint is not None and len(hint) <= MAX_HINT and not any(map(is_forbidden, hint)) else ""
