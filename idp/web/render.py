"""Turns a page's context into a response: the template, and the chrome around every page.

Owns what all pages share: language, region, the way back after a change of language, addresses of styles and
scripts. It does not own security headers (`idp.web.headers`) nor what a page says (`templates/`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import flask

from idp.federation import addresses
from idp.settings import Mode, Role
from idp.web import locale
from idp.web.pages import Page
from idp.web.pages.site import ErrorPage
from idp.web.templates import Templates

MAX_RETURN_LENGTH = 2000
"""Characters of path and query the language switch carries; anything longer goes back to the first page."""
_ONCE = frozenset({addresses.BROKER_CALLBACK})
"""Its address has another region's answer in it: nothing that a page shows, nor anything that counts again."""


@dataclass(frozen=True, slots=True)
class Chrome:
    """What the layout needs to know besides the page itself."""

    language: locale.Language
    direction: locale.Direction
    languages: tuple[locale.Language, ...]
    here: str
    """The local address to come back to after a change of language."""
    region_name: str
    site_host: str
    """The host people should see in the address bar: the issuer's, never the request's."""
    support_contact: str
    is_demo: bool
    """A demonstration must not call itself official."""
    is_hub: bool
    """No citizen signs in at a hub."""


def init_pages(app: flask.Flask) -> None:
    """Give `app` its templates, in every language, knowing the addresses of our assets."""
    if app.jinja_loader is None:
        raise ValueError("the application has no folder of templates")
    app.extensions["tongxing-templates"] = Templates(app.jinja_loader, asset=asset_addresses(app).__getitem__)


def warm_pages(app: flask.Flask) -> None:
    """Compile every template, so that nobody's first page waits for it."""
    templates: Templates = app.extensions["tongxing-templates"]
    templates.warm()


def page(context: Page, status: int = 200) -> flask.Response:
    """The page `context` describes, in the reader's language. An ErrorPage brings its own status."""
    chrome = _chrome(context)
    templates: Templates = flask.current_app.extensions["tongxing-templates"]
    body = templates.find(context.template, chrome.language).render(page=context, chrome=chrome)
    if isinstance(context, ErrorPage):
        status = context.status
    response = flask.Response(body, status, mimetype="text/html")
    response.headers["Content-Language"] = chrome.language.tag
    return response


def asset_addresses(app: flask.Flask) -> dict[str, str]:
    """The address of every static file, with a digest of its content, so that caches may keep it for ever."""
    if app.static_folder is None:
        raise ValueError("the application has no static folder")
    folder = Path(app.static_folder)
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: f"{app.static_url_path}/{name}?v={_digest(path)}" for name, path in files.items()}


def local_address(path: str, query: str) -> str:
    """`path?query` if it can only mean a place on this site, else the first page."""
    address = quote(path) + (f"?{query}" if query else "")
    is_local = address.startswith("/") and not address.startswith("//")
    return address if is_local and len(address) <= MAX_RETURN_LENGTH and address.isascii() else "/"


def _chrome(context: Page) -> Chrome:
    settings = flask.current_app.extensions["tongxing"].settings
    language = locale.current_language()
    return Chrome(
        language=language,
        direction=locale.direction(language.tag),
        languages=locale.LANGUAGES,
        here=_here(context),
        region_name=_in_language(settings.region_name, language.tag),
        site_host=urlsplit(settings.issuer).netloc,
        support_contact=settings.support_contact,
        is_demo=settings.mode is Mode.DEMO,
        is_hub=settings.role is Role.HUB,
    )


def _here(context: Page) -> str:
    """Where a GET shows this page again. A page that answered a POST is found by its transaction."""
    request = flask.request
    if request.path in _ONCE:
        transaction = getattr(context, "transaction", "")
        return local_address("/login", urlencode({"transaction": transaction})) if transaction else "/"
    if request.method in ("GET", "HEAD"):
        return local_address(request.path, request.query_string.decode("latin-1"))
    # The rule that matched answers POST alone: whether the path can be opened is the map's to say.
    addresses = flask.current_app.create_url_adapter(request)
    if addresses is None or not addresses.test(request.path, method="GET"):
        return "/"
    transaction = getattr(context, "transaction", "")
    return local_address(request.path, urlencode({"transaction": transaction}) if transaction else "")


def _in_language(names: Mapping[str, str], tag: str) -> str:
    """The region's name for the reader; in any language rather than none."""
    return names.get(tag) or next(iter(names.values()), "")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
