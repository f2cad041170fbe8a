"""`idp trust keys` and `idp trust verify`: the hub's keys as a file, and a bundle looked at without network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idp.cli.opening import open_services
from idp.cli.output import Refused, json_option, say_facts, say_json

if TYPE_CHECKING:
    from idp.trustlist.bundle import Bundle

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--root-version",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Higher than in the file before, when regions are to begin again: after the hub's key was stolen.",
)
def keys(root_version: int) -> None:
    """Print the keys that sign bundles, as the file that regions set as IDP_TRUST_KEYS_FILE.

    Bring it to the regions over another way than the network, and let them compare the thumbprints (`kid`).
    """
    with open_services() as services:
        if services.hub is None:
            raise Refused("this is a region: the keys that sign bundles are the hub's (IDP_ROLE=hub)")
        services.open_keys()
        document = json.loads(services.hub.bundle_keys.jwks().body)
    say_json({"root_version": root_version, **document})


@click.command()
@click.argument("bundle_file", type=FILE, metavar="FILE")
@click.option(
    "--keys", "keys_file", type=FILE, required=True, help="The hub's keys, as `idp trust keys` prints."
)
@json_option
def verify(bundle_file: Path, keys_file: Path, as_json: bool) -> None:
    """Verify a bundle offline: its signature, every claim, and how long it still counts."""
    from idp.foundation.clock import SystemClock

    found = _read(bundle_file, keys_file)
    now = SystemClock().now()
    facts: dict[str, Any] = {
        "hub": found.issuer,
        "seq": found.seq,
        "signed_at": found.issued_at,
        "expires_at": found.expires_at,
        "content_hash": found.content_hash,
        "regions": {region.op: str(region.status) for region in found.regions},
        "revoked_keys": len(found.revoked),
    }
    if as_json:
        say_json(facts)
    else:
        say_facts([(label.replace("_", " "), value) for label, value in facts.items()])
    if found.expires_at <= now:
        raise Refused("the bundle has expired")


def _read(bundle_file: Path, keys_file: Path) -> Bundle:
    """Raises: Refused."""
    from idp.adapters.statement_signatures import StatementSignatures
    from idp.trustlist.claims import BadBundle
    from idp.trustlist.reading import MAX_BUNDLE
    from idp.wiring.following.bundle_reading import BadSignature, BundleReader

    try:
        jwks = json.loads(keys_file.read_text(encoding="utf-8"))
        with bundle_file.open("rb") as file:
            document = file.read(MAX_BUNDLE + 1).decode("ascii").strip()
        return BundleReader(StatementSignatures()).bundle(document, jwks)
    except (OSError, ValueError, AttributeError) as error:
        if isinstance(error, BadBundle):
            raise Refused(f"this is no trust bundle: {error}") from error
        raise Refused(f"a file cannot be read: {error}") from error
    except BadSignature as error:
        raise Refused(f"none of these keys signed this bundle: {error}") from error
