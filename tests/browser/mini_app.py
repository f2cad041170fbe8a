"""The demo's mini-apps, served by this process and registered with the region under test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Any

from joserfc.jwk import ECKey
from werkzeug.serving import WSGIRequestHandler, make_server

from examples.mini_app import create_app
from examples.mini_app.config import Config
from examples.mini_app.services import HEALTH, TAX, Service
from idp.adapters import localhost
from idp.cli.demo.apps import document_of
from idp.oidc.vocabulary import ClientAuthMethod
from tests.support.relying_party import RelyingParty
from tests.support.server import RunningProvider, free_port

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@dataclass(frozen=True)
class Site:
    """Where a mini-app is, and how its region knows it."""

    address: str
    client: RelyingParty


class _Silent(WSGIRequestHandler):
    """Logs no requests: their addresses carry codes."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def running_tax(region: RunningProvider) -> Iterator[Site]:
    """Register Tax as the demo does, serve it, and stop it when done."""
    registration = {
        "name": {"en": "Tax", "zh-CN": "个人所得税"},
        "organisation": "East Tax Service (demonstration)",
        "scopes": ("openid", "profile", "phone", "address", "real_name"),
        "purposes": purposes_of("tax"),
    }
    with _running(region, TAX, registration) as site:
        yield site


@contextmanager
def running_health(region: RunningProvider) -> Iterator[Site]:
    """The same for Health."""
    registration = {
        "name": {"en": "Health record", "zh-CN": "健康档案"},
        "organisation": "West Health Service (demonstration)",
        "scopes": ("openid", "profile", "phone"),
        "purposes": purposes_of("health"),
    }
    with _running(region, HEALTH, registration) as site:
        yield site


def purposes_of(app: str) -> dict[str, Mapping[str, str]]:
    """Claim → why the app asks for it, by language."""
    document, _ = document_of(app, "")
    return {claim: reason["purpose"] for claim, reason in document["claims"].items()}


@contextmanager
def _running(region: RunningProvider, service: Service, registration: Mapping[str, Any]) -> Iterator[Site]:
    port, host = free_port(), f"{service.name}.apps.localhost"
    address = f"http://{host}:{port}"
    key = ECKey.generate_key("P-256", parameters={"use": "sig"}, auto_kid=True)
    client = region.client(
        service.name,
        auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
        jwks={"keys": [key.as_dict(private=False)]},
        redirect_uris=(f"{address}/callback",),
        post_logout_redirect_uris=(f"{address}/signed-out",),
        backchannel_logout_uri=f"{address}/backchannel-logout",
        sector=host,
        **registration,
    )
    config = Config(
        service=service,
        issuer=region.issuer,
        client_id=service.name,
        key=key.as_dict(private=True),
        address=address,
    )
    with localhost.installed(), serving(create_app(config), port):
        yield Site(address, client)


@contextmanager
def serving(app: WSGIApplication, port: int) -> Iterator[None]:
    """Serve an application of this process on `port` while the block runs."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Silent)
    thread = Thread(target=server.serve_forever, name=f"port {port}")
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
