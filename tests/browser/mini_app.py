"""The demo's mini-app Tax, served by this process and registered with the provider under test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

from joserfc.jwk import ECKey
from werkzeug.serving import WSGIRequestHandler, make_server

from examples.tax import create_app
from examples.tax.config import Config
from idp.adapters import localhost
from idp.cli.demo.seed import PURPOSES
from idp.oidc.vocabulary import ClientAuthMethod
from tests.support.relying_party import RelyingParty
from tests.support.server import RunningProvider, free_port

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOST = "tax.apps.localhost"


@dataclass(frozen=True)
class TaxSite:
    """Where Tax is, and how the provider knows it."""

    address: str
    client: RelyingParty


class _Silent(WSGIRequestHandler):
    """Logs no requests: their addresses carry codes."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def running_tax(region: RunningProvider) -> Iterator[TaxSite]:
    """Register Tax as the demo does, serve it, and stop it when done."""
    port = free_port()
    address = f"http://{HOST}:{port}"
    key = ECKey.generate_key("P-256", parameters={"use": "sig"}, auto_kid=True)
    client = region.client(
        "tax",
        name={"en": "Tax", "zh-CN": "个人所得税"},
        organisation="East Tax Service (demonstration)",
        auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
        jwks={"keys": [key.as_dict(private=False)]},
        redirect_uris=(f"{address}/callback",),
        post_logout_redirect_uris=(f"{address}/signed-out",),
        sector=HOST,
        scopes=("openid", "profile", "phone", "address", "real_name"),
        purposes=PURPOSES,
    )
    config = Config(issuer=region.issuer, client_id="tax", key=key.as_dict(private=True), address=address)
    with localhost.installed(), serving(create_app(config), port):
        yield TaxSite(address, client)


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
