"""The hub's keys as the operator brought them: the file that the setting `trust_keys_file` names."""

from __future__ import annotations

from pathlib import Path

from idp.foundation.compact_jws import Malformed, parse_object
from idp.settings import BadSettings, Settings
from idp.trustlist.admission import Pinned
from idp.trustlist.claims import BadBundle, Claims

MAX_SIZE = 64 * 1024


def pinned_keys(settings: Settings) -> Pinned:
    """A JWK Set, and beside `keys` perhaps a `root_version`. Raises: BadSettings — missing, or not such a file."""
    if settings.trust_keys_file is None:
        raise BadSettings(("IDP_TRUST_KEYS_FILE is needed with IDP_TRUST_ANCHOR",))
    try:
        return _read(settings.trust_keys_file, settings.trust_anchor)
    except (OSError, Malformed, BadBundle) as error:
        raise BadSettings((f"IDP_TRUST_KEYS_FILE cannot be used: {error}",)) from error


def _read(path: Path, hub: str) -> Pinned:
    with path.open("rb") as file:
        raw = file.read(MAX_SIZE + 1)
    if len(raw) > MAX_SIZE:
        raise Malformed("the file is too large")
    found = {"root_version": 1, **parse_object(raw)}
    keys = Claims({"pinned": {"keys": found.get("keys")}}).jwks("pinned", least=1)
    return Pinned(hub, keys, Claims(found).whole("root_version", 1))
