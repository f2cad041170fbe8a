"""Subject identifiers: who a person is to one sector, and to nobody else.

Each (account, sector) gets a random `sub` once and it is stored: no key rotation ever changes it, and two sectors
cannot tell that they know the same person. Spec: OpenID Connect Core §8.1.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from idp.foundation.entropy import Entropy
from idp.foundation.sentence import N_, Refusal
from idp.oidc.client import Client
from idp.oidc.vocabulary import SubjectType

PUBLIC_SECTOR = "public"
"""The sector shared by all clients with public subjects; a host name cannot collide with it (no dot, reserved)."""

SUBJECT_BYTES = 20


class NoSingleSector(Refusal):
    """The redirect addresses have several hosts and nothing says which sector they form."""


def sector_of(redirect_uris: tuple[str, ...], sector_identifier_uri: str | None) -> str:
    """The sector of a client to be registered. Spec: OpenID Connect Core §8.1.

    Raises: NoSingleSector.
    """
    if sector_identifier_uri:
        return urlsplit(sector_identifier_uri).hostname or ""
    hosts = {_host_of(uri) for uri in redirect_uris}
    if len(hosts) > 1:
        raise NoSingleSector(
            "sector-of-several-hosts", N_("Redirect URIs on several hosts need a sector_identifier_uri.")
        )
    return hosts.pop() if hosts else ""


def _host_of(uri: str) -> str:
    """The host of an address; for a private-use scheme the scheme with its colon, which no host can be."""
    parts = urlsplit(uri)
    return parts.hostname or f"{parts.scheme}:"


def sector_for(client: Client) -> str:
    """The sector under which this client's subjects are kept."""
    return PUBLIC_SECTOR if client.subject_type is SubjectType.PUBLIC else client.sector


def new_subject(entropy: Entropy) -> str:
    """A fresh `sub`: 160 random bits."""
    return entropy.token(SUBJECT_BYTES)
