"""`idp trust keys` and `idp trust verify`: the hub's keys as a file, and a bundle looked at without network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idp.cli.log_verification import say_verified, verified_folder
from idp.cli.on_hub import on_hub
from idp.cli.output import Refused, json_option, say_facts, say_json

if TYPE_CHECKING:
    from idp.trustlist.admission import Pinned
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

    With them the keys of the trust log, and the witnesses that must stand by a region's first bundle.
    Bring it to the regions over another way than the network, and let them compare the thumbprints (`kid`).
    """
    with on_hub() as (_, hub):
        say_json({"root_version": root_version, **hub.keys_file()})


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--keys", "keys_file", type=FILE, help="Of a bundle: the hub's keys, as `idp trust keys` prints."
)
@click.option(
    "--key", "log_keys", multiple=True, help="Of a log: its key, as `idp log list` shows it; repeatable."
)
@click.option(
    "--previous", type=FILE, help="Of a log: a checkpoint that you kept; the log must have grown from it."
)
@json_option
def verify(
    path: Path, keys_file: Path | None, log_keys: tuple[str, ...], previous: Path | None, as_json: bool
) -> None:
    """Verify offline: a bundle in a file, or the trust log in a folder.

    Of a bundle: its signature, every claim, its place in the log, its witnesses, and how long it still counts. Of a
    log: every entry, its place, what follows from what, and the signed root, as `idp log verify` does.
    """
    if path.is_dir():
        if not log_keys:
            raise click.UsageError("a log is verified with its own key: --key")
        say_verified(verified_folder(path, log_keys, previous), as_json)
        return
    if keys_file is None:
        raise click.UsageError("a bundle is verified with the hub's keys: --keys")
    _verify_bundle(path, keys_file, as_json)


def _verify_bundle(bundle_file: Path, keys_file: Path, as_json: bool) -> None:
    from idp.adapters.note_keys import verify_ed25519
    from idp.foundation.clock import SystemClock
    from idp.wiring.witnessing.evidence import evidence

    found, pinned = _read(bundle_file, keys_file)
    now = SystemClock().now()
    standing = evidence(
        found,
        pinned.witnesses,
        pinned.log_keys or found.log_keys,
        verify_ed25519,
        is_log_due=bool(pinned.log_keys),
        now=now,
    )
    facts: dict[str, Any] = {
        "hub": found.issuer,
        "seq": found.seq,
        "signed_at": found.issued_at,
        "expires_at": found.expires_at,
        "content_hash": found.content_hash,
        "regions": {region.op: str(region.status) for region in found.regions},
        "revoked_keys": len(found.revoked),
        "log_size": None if standing.head is None else standing.head.size,
        "witnessed_at": standing.witnessed_at,
    }
    if as_json:
        say_json(facts)
    else:
        say_facts([(label.replace("_", " "), value) for label, value in facts.items()])
    if found.expires_at <= now:
        raise Refused("the bundle has expired")
    if standing.lack:
        raise Refused(f"nobody but the hub stands by this bundle: {standing.lack}")


def _read(bundle_file: Path, keys_file: Path) -> tuple[Bundle, Pinned]:
    """The bundle, and the keys that it was verified with. Raises: Refused."""
    from idp.adapters.statement_signatures import StatementSignatures
    from idp.trustlist.claims import BadBundle
    from idp.trustlist.reading import MAX_BUNDLE
    from idp.wiring.following.bundle_reading import BadSignature, BundleReader
    from idp.wiring.following.pinned_keys import read_pinned

    try:
        pinned = read_pinned(keys_file, "")
        with bundle_file.open("rb") as file:
            document = file.read(MAX_BUNDLE + 1).decode("ascii").strip()
        return BundleReader(StatementSignatures()).bundle(document, pinned.jwks), pinned
    except (OSError, ValueError) as error:
        if isinstance(error, BadBundle):
            raise Refused(f"this is no trust bundle: {error}") from error
        raise Refused(f"a file cannot be read: {error}") from error
    except BadSignature as error:
        raise Refused(f"none of these keys signed this bundle: {error}") from error
