"""A discovery document that is not the region's own: the demo's mini-app, made to be copied, refuses it.

OpenID Connect Discovery 1.0 §4.3; RFC 9700 §4.4.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import ECKey
from werkzeug.wrappers import Request, Response

from examples.mini_app import create_app
from examples.mini_app.config import Config
from examples.mini_app.services import TAX
from idp.adapters import localhost
from tests.browser.mini_app import serving
from tests.support.server import free_port

ELSEWHERE = "http://evil.id.localhost"
TAX_ADDRESS = "http://tax.apps.localhost:18542"


@dataclass
class Region:
    """Where the mini-app looks, and what it finds there."""

    issuer: str
    browser: FlaskClient
    says: dict[str, Any]

    def sign_in(self) -> tuple[int, str]:
        """Press the button of the mini-app; the status, and where it sends the browser."""
        answer = self.browser.post("/sign-in", base_url=TAX_ADDRESS, headers={"Origin": TAX_ADDRESS})
        return answer.status_code, answer.headers.get("Location", "")


@pytest.fixture
def region() -> Iterator[Region]:
    port = free_port()
    issuer = f"http://east.id.localhost:{port}"
    own = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks.json",
    }

    @Request.application
    def discovery(_request: Request) -> Response:
        return Response(json.dumps(here.says), content_type="application/json")

    key = ECKey.generate_key("P-256").as_pem(private=True).decode()
    config = Config(service=TAX, issuer=issuer, client_id="tax", key=key, address=TAX_ADDRESS)
    with localhost.installed(), serving(discovery, port):
        here = Region(issuer, create_app(config).test_client(), own)
        yield here


POISONS: dict[str, Callable[[str], dict[str, Any]]] = {
    "another issuer": lambda issuer: {"issuer": ELSEWHERE},
    "the issuer with a slash": lambda issuer: {"issuer": f"{issuer}/"},
    "no issuer": lambda issuer: {"issuer": None},
    "codes sent elsewhere": lambda issuer: {"token_endpoint": f"{ELSEWHERE}/token"},
    "people sent elsewhere": lambda issuer: {"authorization_endpoint": f"{ELSEWHERE}/authorize"},
    "foreign keys": lambda issuer: {"jwks_uri": f"{ELSEWHERE}/jwks.json"},
    "a host that begins alike": lambda issuer: {"token_endpoint": f"{issuer}0/token"},
    "a user name that looks like the host": lambda issuer: {"token_endpoint": f"{issuer}@evil.example/token"},
}


@pytest.mark.parametrize("poison", POISONS.values(), ids=list(POISONS))
def test_a_document_that_speaks_for_somebody_else_is_refused_and_not_kept(
    region: Region, poison: Callable[[str], dict[str, Any]]
) -> None:
    own = region.says
    region.says = own | poison(region.issuer)

    assert region.sign_in() == (400, "")

    region.says = own
    status, location = region.sign_in()
    assert (status, location.partition("?")[0]) == (302, f"{region.issuer}/authorize")
