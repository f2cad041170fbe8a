"""Setting the demonstration up: files, databases, keys, people. Doing it again changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from idp.authn.permit import Ground, Permit
from idp.cli.demo.apps import put_mini_app
from idp.cli.demo.people import PEOPLE_OF, Person
from idp.cli.demo.place import MINI_APP_DOMAINS, Installation, Place, write_private
from idp.foundation.entropy import SystemEntropy

if TYPE_CHECKING:
    from idp.settings import Settings
    from idp.wiring import Services

SECRET_KEY_BYTES = 48


def write_files(place: Place) -> None:
    """The folder, the secret keys and the settings. Raises: OSError."""
    place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in place.installations:
        if not one.secret_key_file.exists():
            write_private(one.secret_key_file, SystemEntropy().token(SECRET_KEY_BYTES))
        # The ports may differ from the last time.
        own = _hub_settings() if one == place.hub else _region_settings(place, one)
        write_private(one.settings_file, _settings_text(one, own))


def fill_hub(settings: Settings, place: Place) -> None:
    """Migrate the hub's database, make its keys, and hand them to the regions as an operator would."""
    from idp.storage import management
    from idp.wiring import build_services

    management.upgrade(settings.database_url)
    services = build_services(settings)
    try:
        services.open_keys()
        assert services.hub is not None
        write_private(place.trust_keys_file, json.dumps(services.hub.keys_file(), indent=1) + "\n")
    finally:
        services.close()


def fill_region(settings: Settings, place: Place, region: Installation) -> None:
    """Migrate a region's database and put into it what is missing."""
    from idp.storage import management
    from idp.wiring import build_services

    management.upgrade(settings.database_url)
    services = build_services(settings)
    try:
        services.open_keys()
        for person in PEOPLE_OF[region.key]:
            if services.stores.accounts.find_by_id(person.account_id) is None:
                _add_person(services, person)
        for app in place.mini_apps:
            if app.region == region:
                put_mini_app(services, app)
    finally:
        services.close()


def _hub_settings() -> dict[str, object]:
    return {"role": "hub", "region": "hub"}


def _region_settings(place: Place, region: Installation) -> dict[str, object]:
    return {
        "region": region.key,
        "rp_id": "id.localhost",
        "trust_anchor": place.hub.issuer,
        "trust_keys_file": str(place.trust_keys_file),
        "witness_memory_file": str(region.witness_memory_file),
        # So that a removal is seen at once, also when the hub's push is lost.
        "trust_poll": "2s",
        "mini_app_domains": ",".join(MINI_APP_DOMAINS),
        "message_folder": str(place.messages),
        # Long enough to see the waiting page, short enough to see what follows.
        "recovery_wait": "2m",
        **_face_settings(),
    }


def _settings_text(one: Installation, own: dict[str, object]) -> str:
    values = {
        "issuer": one.issuer,
        "secret_key_file": str(one.secret_key_file),
        "mode": "demo",
        "database_url": f"sqlite:///{one.database_file}",
        "bind": str(one.listens),
        "workers": 1,
        "threads": 8,
        **own,
    }
    # A JSON string is a TOML string.
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    names = ", ".join(f"{tag} = {json.dumps(name, ensure_ascii=False)}" for tag, name in one.name.items())
    return "\n".join(["# Made by `idp demo` at each start.", *lines, f"region_name = {{ {names} }}", ""])


def _face_settings() -> dict[str, object]:
    """The face check, where its engine is installed; declared, because this is a demonstration and says so."""
    from idp.adapters.dlib_face import missing_packages

    return {} if missing_packages() else {"face": True, "face_engine_declared": "demonstration"}


def _add_person(services: Services, person: Person) -> None:
    from idp.accounts.registration import identifiers_of, new_account

    now = services.clock.now()
    account = replace(
        new_account(person.username, person.claims, person.assurance, services.entropy, now=now),
        id=person.account_id,
    )
    services.stores.accounts.add(account, identifiers_of(account))
    services.passwords.set(
        Permit(account.id, Ground.OPERATOR), person.password, about=(person.username, person.name), now=now
    )
    if person.totp_seed is not None:
        _enrol(services, person, person.totp_seed)
    if not person.is_active:
        services.stores.accounts.set_active(account.id, False, now=now)


def _enrol(services: Services, person: Person, seed: bytes) -> None:
    from idp.adapters.pyotp_engine import PyotpEngine
    from idp.adapters.sealing import Sealer
    from idp.authn.factors.totp import Totp
    from idp.cli.demo.totp import STEP, code_at

    sealer = Sealer(services.settings.secret_key, services.entropy)
    totp = Totp(services.stores.credentials, sealer, PyotpEngine(), _Known(seed))
    # A while ago, so that the code which the app shows now is still good for signing in.
    now = services.clock.now() - 10 * STEP
    enrolment = totp.begin(
        person.account_id,
        "demo",
        issuer=services.settings.region_name["en"],
        account=person.username,
        now=now,
    )
    totp.confirm(
        Permit(person.account_id, Ground.OPERATOR), "demo", enrolment.sealed, code_at(seed, now), now=now
    )


class _Known:
    """Entropy that is none: draws the seed that `idp demo totp` knows."""

    def __init__(self, value: bytes) -> None:
        self._value = value

    def bytes(self, size_bytes: int) -> bytes:
        assert size_bytes == len(self._value)
        return self._value

    def token(self, size_bytes: int = 32) -> str:
        raise NotImplementedError("a seed is bytes")
