"""Whether this region is a witness, and of which logs."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urlsplit

from idp.adapters.keyring import Keyring
from idp.settings import BadSettings, Role, Settings
from idp.storage.stores import Stores
from idp.transparency.note import BadNote, NoteKey, SignatureType
from idp.transparency.witness import Logs
from idp.trustlist.belief import LogHead
from idp.wiring.witnessing.witness_desk import WitnessDesk
from idp.wiring.witnessing.witness_memory import WitnessMemory


class HubLog(Protocol):
    """The log of the hub that is followed."""

    def watched(self) -> Logs:
        """Its keys, by its origin; empty as long as nobody named them."""
        ...

    def shown(self, origin: str) -> LogHead | None:
        """The head that it showed to us with a bundle."""
        ...


def witness_of(
    settings: Settings, stores: Stores, keyring: Keyring, hub_log: HubLog | None
) -> WitnessDesk | None:
    """None where we are none. Raises: BadSettings — a log's key cannot be read."""
    if not is_witness(settings) or settings.witness_memory_file is None:
        return None
    named = named_logs(settings)
    return WitnessDesk(
        witness_name(settings.issuer),
        keyring,
        stores.witness_heads,
        WitnessMemory(settings.witness_memory_file),
        lambda: {**named, **(hub_log.watched() if hub_log else {})},
        lambda origin: hub_log.shown(origin) if hub_log else None,
        stores.events,
    )


def is_witness(settings: Settings) -> bool:
    """A region with a place to remember what it cosigned. A hub is watched, and watches nobody."""
    return settings.role is Role.REGION and settings.witness_memory_file is not None


def witness_name(issuer: str) -> str:
    """What a region is called as a witness: the name in its key."""
    return f"{urlsplit(issuer).netloc}/witness"


def named_logs(settings: Settings) -> Logs:
    """The logs in the settings, each by the name in its keys. Raises: BadSettings."""
    logs: dict[str, tuple[NoteKey, ...]] = {}
    for text in settings.witness_logs:
        try:
            key = NoteKey.parse(text)
        except BadNote as error:
            raise BadSettings((f"IDP_WITNESS_LOGS has something else than a key: {error}",)) from error
        if key.type is not SignatureType.ED25519:
            raise BadSettings(("IDP_WITNESS_LOGS has the key of a witness where a log's belongs",))
        logs[key.name] = (*logs.get(key.name, ()), key)
    return logs
