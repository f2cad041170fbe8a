"""The hub's keys as the operator brought them: the file that the setting `trust_keys_file` names."""

from __future__ import annotations

from pathlib import Path

from idp.foundation.compact_jws import Malformed, parse_object
from idp.settings import BadSettings, Settings
from idp.trustlist.admission import Pinned
from idp.trustlist.bundle import Witnesses
from idp.trustlist.claims import BadBundle, Claims
from idp.trustlist.reading import read_log_keys, read_witnesses

MAX_SIZE = 64 * 1024


def pinned_keys(settings: Settings) -> Pinned:
    """A JWK Set, and beside `keys` perhaps a `root_version`, `log_keys` and `witnesses`.

    Raises: BadSettings — missing, or not such a file.
    """
    if settings.trust_keys_file is None:
        raise BadSettings(("IDP_TRUST_KEYS_FILE is needed with IDP_TRUST_ANCHOR",))
    try:
        return read_pinned(settings.trust_keys_file, settings.trust_anchor)
    except (OSError, Malformed, BadBundle) as error:
        raise BadSettings((f"IDP_TRUST_KEYS_FILE cannot be used: {error}",)) from error


def read_pinned(path: Path, hub: str) -> Pinned:
    """What is in such a file. Raises: OSError; Malformed, BadBundle — not such a file."""
    with path.open("rb") as file:
        raw = file.read(MAX_SIZE + 1)
    if len(raw) > MAX_SIZE:
        raise Malformed("the file is too large")
    found = {"root_version": 1, **parse_object(raw)}
    keys = Claims({"pinned": {"keys": found.get("keys")}}).jwks("pinned", least=1)
    claims = Claims(found)
    witnesses = read_witnesses(claims.object("witnesses")) if "witnesses" in found else Witnesses()
    logs = read_log_keys(claims) if "log_keys" in found else ()
    return Pinned(hub, keys, claims.whole("root_version", 1), witnesses, logs)
