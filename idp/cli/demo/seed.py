"""Setting the demonstration up: files, database, keys, people and the mini-app. Doing it again changes nothing."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from idp.authn.permit import Ground, Permit
from idp.cli.demo.people import PEOPLE, Person
from idp.cli.demo.place import Place, write_private
from idp.foundation.entropy import SystemEntropy
from idp.oidc.client import Client
from idp.oidc.vocabulary import ClientAuthMethod, GrantType
from idp.registry.application import Application
from idp.registry.checks import Rules
from idp.registry.registration import changed_client, new_client

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from idp.settings import Settings
    from idp.wiring import Services

TAX_CLIENT_ID = "tax"
SECRET_KEY_BYTES = 48

PURPOSES = {
    "name": {"en": "To put your name on the assessment", "zh-CN": "用于在核定书上署名"},
    "birthdate": {"en": "To find the allowances for your age", "zh-CN": "用于核定与年龄有关的减免"},
    "phone_number": {"en": "To tell you when the assessment is ready", "zh-CN": "用于通知您核定结果"},
    "address": {"en": "To find the tax office responsible for you", "zh-CN": "用于确定您的主管税务机关"},
    "real_name_assurance": {
        "en": "To know whether a return may be filed in your name",
        "zh-CN": "用于判断能否以您的名义申报",
    },
}


def write_files(place: Place) -> None:
    """The folder, the secret key, the mini-app's key and the settings. Raises: OSError."""
    place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not place.secret_key_file.exists():
        write_private(place.secret_key_file, SystemEntropy().token(SECRET_KEY_BYTES))
    # The ports may differ from the last time.
    write_private(place.settings_file, _settings_text(place))


def fill(settings: Settings, place: Place) -> None:
    """Migrate the database and put into it what is missing."""
    from idp.storage import management
    from idp.wiring import build_services

    management.upgrade(settings.database_url)
    services = build_services(settings)
    try:
        services.keyring.open()
        for person in PEOPLE:
            if services.stores.accounts.find_by_id(person.account_id) is None:
                _add_person(services, person)
        _put_mini_app(services, place)
    finally:
        services.database.close()


def _settings_text(place: Place) -> str:
    values = {
        "issuer": place.issuer,
        "secret_key_file": str(place.secret_key_file),
        "mode": "demo",
        "region": "east",
        "rp_id": "id.localhost",
        "message_folder": str(place.messages),
        # Long enough to see the waiting page, short enough to see what follows.
        "recovery_wait": "2m",
        **_face_settings(),
        "database_url": f"sqlite:///{place.database_file}",
        "bind": str(place.provider),
        "workers": 1,
        "threads": 8,
    }
    # A JSON string is a TOML string.
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    return "\n".join(
        ["# Made by `idp demo` at each start.", *lines, 'region_name = { en = "East", zh-CN = "东区" }', ""]
    )


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
    enrolment = totp.begin(person.account_id, "demo", issuer="East", account=person.username, now=now)
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


def _put_mini_app(services: Services, place: Place) -> None:
    settings, registry = services.settings, services.stores.registry
    rules = Rules(issuer=settings.issuer, region=settings.region, allow_http_localhost=True)
    known = registry.find_by_id(TAX_CLIENT_ID)
    application = _application(place, _public_keys(place, known))
    if known is None:
        client = new_client(application, rules, entropy=services.entropy).client
        registry.add(client, now=services.clock.now())
    elif (changed := changed_client(known, application, rules, entropy=services.entropy).client) != known:
        registry.replace(changed)


def _public_keys(place: Place, known: Client | None) -> Mapping[str, Any]:
    """The mini-app's public key; a new pair when either half is missing."""
    from idp.adapters.jose_keys import generate
    from idp.oidc.vocabulary import Algorithm

    if known is not None and known.jwks is not None and place.tax_key_file.exists():
        return known.jwks
    pair = generate(Algorithm.ES256)
    body = base64.encodebytes(pair.private_der).decode()
    write_private(place.tax_key_file, f"-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\n")
    return {"keys": [dict(pair.public_jwk)]}


def _application(place: Place, jwks: Mapping[str, Any]) -> Application:
    return Application(
        client_id=TAX_CLIENT_ID,
        name={"en": "Tax", "zh-CN": "个人所得税"},
        organisation="东区税务局 East Tax Service",
        redirect_uris=(f"{place.tax_address}/callback",),
        post_logout_redirect_uris=(f"{place.tax_address}/signed-out",),
        auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
        grant_types=frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN}),
        # What it asks for claim by claim lies within these.
        scopes=("openid", "profile", "phone", "address", "real_name"),
        jwks=jwks,
        purposes=PURPOSES,
    )
