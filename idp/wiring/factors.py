"""The sign-in side of the wiring: what proves who somebody is, and the ways back into an account."""

from __future__ import annotations

from urllib.parse import urlsplit

from idp.accounts.contacts import Contacts
from idp.accounts.names import normalise_identifier
from idp.adapters.argon2 import Argon2Hasher
from idp.adapters.device_keys import DeviceKeySignatures
from idp.adapters.py_webauthn import PyWebauthn
from idp.adapters.pyotp_engine import PyotpEngine
from idp.authn.account_recovery import AccountRecovery
from idp.authn.counter_visits import CounterVisits
from idp.authn.factors.common_passwords import Blocklist
from idp.authn.factors.gesture import Gestures
from idp.authn.factors.hotp import Hotp
from idp.authn.factors.passkey import Passkeys
from idp.authn.factors.passkey_options import RpIdentity
from idp.authn.factors.passkey_values import Makers
from idp.authn.factors.password import PasswordPolicy, Passwords
from idp.authn.factors.qr import QrSignIns
from idp.authn.factors.recovery_code import RecoveryCodes
from idp.authn.factors.text_message import TextMessages
from idp.authn.factors.totp import Totp
from idp.authn.recovery_door import RecoveryDoor
from idp.authn.sign_in import PasswordSignIn, SecondFactor
from idp.authn.throttle import Throttle
from idp.settings import Settings
from idp.wiring.ground import Ground
from idp.wiring.messages import Messages


class Factors:
    """Every factor that needs no extra of the installation."""

    def __init__(self, ground: Ground, throttle: Throttle, messages: Messages) -> None:
        settings, stores, entropy = ground.settings, ground.stores, ground.entropy
        secret, hasher, otp = settings.secret_key, _hasher(settings), PyotpEngine()
        self.contacts = Contacts(stores.accounts)
        self.passwords = Passwords(stores.credentials, hasher, _password_policy(settings))
        self.totp = Totp(stores.credentials, ground.sealer, otp, entropy)
        self.hotp = Hotp(stores.hotp, ground.sealer, otp, throttle)
        self.recovery_codes = RecoveryCodes(stores.credentials, secret, entropy)
        self.text_messages = TextMessages(stores.text_messages, self.contacts, messages.codes, secret)
        self.qr_sign_ins = QrSignIns(
            stores.qr_sign_ins, stores.authenticators, stores.throttles, secret, entropy
        )
        self.passkeys = _passkeys(ground)
        self.gestures = Gestures(
            stores.device_keys, stores.challenges, DeviceKeySignatures(), _origin(settings), entropy
        )
        self.password_sign_in = PasswordSignIn(
            stores.accounts, stores.credentials, hasher, throttle, normalise_identifier
        )
        self.second_factor = SecondFactor(self.totp, self.recovery_codes, throttle)
        door = RecoveryDoor(stores.accounts, throttle, normalise_identifier)
        self.counter_visits = CounterVisits(stores.recoveries, door, secret, entropy)
        self.account_recovery = AccountRecovery(
            stores.recoveries,
            door,
            self.recovery_codes,
            self.second_factor,
            wait=settings.recovery_wait,
            secret=secret,
            entropy=entropy,
        )


def _hasher(settings: Settings) -> Argon2Hasher:
    return Argon2Hasher(
        memory_kib=settings.argon2_memory_kib,
        passes=settings.argon2_passes,
        concurrency=settings.argon2_concurrency,
    )


def _password_policy(settings: Settings) -> PasswordPolicy:
    return PasswordPolicy(
        settings.password_min_length,
        Blocklist.load(settings.password_blocklist_file),
        tuple(settings.region_name.values()),
    )


def _passkeys(ground: Ground) -> Passkeys:
    """Raises: BadMetadata — the makers' list cannot be believed."""
    settings, stores = ground.settings, ground.stores
    rp_id = settings.rp_id or urlsplit(settings.issuer).hostname or ""
    name = next(iter(settings.region_name.values()), rp_id)
    return Passkeys(
        RpIdentity(rp_id, name, settings.issuer),
        stores.passkeys,
        stores.authenticators,
        stores.challenges,
        stores.accounts,
        PyWebauthn(rp_id, _origin(settings)),
        _makers(settings),
        ground.entropy,
    )


def _makers(settings: Settings) -> Makers | None:
    if settings.passkey_metadata_file is None:
        return None
    # A list of hundreds of models and the library to read it: only where an operator has one.
    from idp.adapters.fido_mds import FidoMetadata

    return FidoMetadata.load(settings.passkey_metadata_file, settings.passkey_metadata_root)


def _origin(settings: Settings) -> str:
    place = urlsplit(settings.issuer)
    return f"{place.scheme}://{place.netloc.lower()}"
