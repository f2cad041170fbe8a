"""Every page with every one of its sample contexts, at an address that Chromium can open."""

from __future__ import annotations

from typing import Any

import flask
from playwright.sync_api import BrowserContext, Page, Route

from idp.app import create_app
from idp.web import render
from idp.web.pages import all_pages
from tests.support.server import RunningProvider

NAMES = tuple(page.__name__ for page in all_pages())
SAMPLES: dict[str, tuple[Any, ...]] = {page.__name__: page.samples() for page in all_pages()}


def draw(app: flask.Flask, sample: Any, language: str) -> flask.Response:
    """The page as the server would send it: headers, policy and all."""
    settings = app.extensions["tongxing"].settings
    headers = {"Accept-Language": language}
    with app.test_request_context("/", base_url=settings.issuer, headers=headers):
        return app.process_response(render.page(sample))


class Gallery:
    """Hangs the samples at `/sample/…` of the region; styles and scripts come from the region itself."""

    def __init__(self, region: RunningProvider) -> None:
        self._app = create_app(region.settings, region.services)
        self._issuer = region.issuer

    def hang(self, context: BrowserContext, language: str) -> None:
        """Answer for the samples in this browser profile."""

        def answer(route: Route) -> None:
            name, number = route.request.url.split("/")[-2:]
            drawn = draw(self._app, SAMPLES[name][int(number)], language)
            # Sample errors have their own status, which is not what is looked at here.
            route.fulfill(status=200, headers=dict(drawn.headers), body=drawn.get_data())

        context.route(f"{self._issuer}/sample/**", answer)

    def show(self, page: Page, name: str, number: int = 0) -> None:
        """Open one sample."""
        page.goto(f"{self._issuer}/sample/{name}/{number}")
