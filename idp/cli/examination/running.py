"""Whether what answers at our address is ourselves."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPException
from urllib.error import HTTPError

from idp.cli.finding import Finding, advice, fault, good
from idp.cli.json_fetch import fetch_json
from idp.settings import Role, Settings


def running_server(settings: Settings) -> Iterator[Finding]:
    """Whether the issuer's address leads to a hub or provider that calls itself so."""
    is_hub = settings.role is Role.HUB
    who, path = ("hub", "/trust/keys.json") if is_hub else ("provider", "/.well-known/openid-configuration")
    url = f"{settings.issuer}{path}"
    try:
        document = fetch_json(url)
    except (HTTPError, HTTPException, ValueError):
        yield fault(f"something else than this {who} answers at {url}: look at the proxy and at DNS")
        return
    except OSError:
        yield advice(f"nothing answers at {settings.issuer}: start it with `idp serve`, if it should run now")
        return
    if is_hub and not document.get("keys"):
        yield fault(f"what answers at {url} has no keys")
    elif not is_hub and document.get("issuer") != settings.issuer:
        yield fault(
            f"the provider at {settings.issuer} calls itself {document.get('issuer')!r}: mini-apps will refuse it"
        )
    else:
        yield good(f"the {who} answers at {settings.issuer}")
