"""The sign-in side of the wiring: what proves who somebody is, and how people are written to."""

from __future__ import annotations

from importlib.util import find_spec
from urllib.parse import urlsplit

from idp.accounts.names import normalise_identifier
from idp.adapters.argon2 import Argon2Hasher
from idp.adapters.device_keys import DeviceKeySignatures
from idp.adapters.dlib_face import DlibFaceEngine, missing_packages
from idp.adapters.face_pool import FacePool
from idp.adapters.file_messages import FolderMessenger
from idp.adapters.py_webauthn import PyWebauthn
from idp.adapters.pyotp_engine import PyotpEngine
from idp.adapters.sealing import Sealer
from idp.adapters.sms_command import CommandMessenger
from idp.adapters.smtp_mail import MailServer, SmtpMessenger
from idp.adapters.template_vault import KeyedVault, RotatingVault
from idp.authn.account_recovery import AccountRecovery
from idp.authn.factors.common_passwords import Blocklist
from idp.authn.factors.face import Faces
from idp.authn.factors.gesture import Gestures
from idp.authn.factors.passkey import Passkeys
from idp.authn.factors.passkey_options import RpIdentity
from idp.authn.factors.passkey_values import Makers
from idp.authn.factors.password import PasswordPolicy, Passwords
from idp.authn.factors.recovery_code import RecoveryCodes
from idp.authn.factors.totp import Totp
from idp.authn.factors.voice import Voices
from idp.authn.factors.voice_enrolment import VoiceEnrolments
from idp.authn.messages import Channel, Messenger
from idp.authn.sign_in import PasswordSignIn, SecondFactor
from idp.authn.throttle import Throttle
from idp.foundation.clock import Clock
from idp.foundation.entropy import Entropy
from idp.settings import Settings
from idp.storage.stores import Stores


class Factors:
    """The sign-in side: what proves who somebody is."""

    def __init__(self, settings: Settings, stores: Stores, sealer: Sealer, entropy: Entropy) -> None:
        hasher = Argon2Hasher(
            memory_kib=settings.argon2_memory_kib,
            passes=settings.argon2_passes,
            concurrency=settings.argon2_concurrency,
        )
        policy = PasswordPolicy(
            settings.password_min_length,
            Blocklist.load(settings.password_blocklist_file),
            tuple(settings.region_name.values()),
        )
        self.throttle = Throttle(stores.throttles, settings.secret_key)
        self.passwords = Passwords(stores.credentials, hasher, policy)
        self.totp = Totp(stores.credentials, sealer, PyotpEngine(), entropy)
        self.recovery_codes = RecoveryCodes(stores.credentials, settings.secret_key, entropy)
        self.password_sign_in = PasswordSignIn(
            stores.accounts, stores.credentials, hasher, self.throttle, normalise_identifier
        )
        self.second_factor = SecondFactor(self.totp, self.recovery_codes, self.throttle)


def passkeys_of(settings: Settings, stores: Stores, entropy: Entropy) -> Passkeys:
    """The passkeys of this region. Raises: BadMetadata — the makers' list cannot be believed."""
    place = urlsplit(settings.issuer)
    rp_id = settings.rp_id or place.hostname or ""
    name = next(iter(settings.region_name.values()), rp_id)
    return Passkeys(
        RpIdentity(rp_id, name, settings.issuer),
        stores.passkeys,
        stores.authenticators,
        stores.challenges,
        stores.accounts,
        PyWebauthn(rp_id, f"{place.scheme}://{place.netloc.lower()}"),
        _makers(settings),
        entropy,
    )


def _makers(settings: Settings) -> Makers | None:
    if settings.passkey_metadata_file is None:
        return None
    # A list of hundreds of models and the library to read it: only where an operator has one.
    from idp.adapters.fido_mds import FidoMetadata

    return FidoMetadata.load(settings.passkey_metadata_file, settings.passkey_metadata_root)


def gestures_of(settings: Settings, stores: Stores, entropy: Entropy) -> Gestures:
    """The patterns of this region; they belong to the issuer's origin."""
    place = urlsplit(settings.issuer)
    origin = f"{place.scheme}://{place.netloc.lower()}"
    return Gestures(stores.device_keys, stores.challenges, DeviceKeySignatures(), origin, entropy)


def account_recovery_of(
    settings: Settings, stores: Stores, factors: Factors, entropy: Entropy
) -> AccountRecovery:
    """The ways back into an account."""
    return AccountRecovery(
        stores.recoveries,
        stores.accounts,
        factors.recovery_codes,
        factors.second_factor,
        factors.throttle,
        normalise_identifier,
        wait=settings.recovery_wait,
        secret=settings.secret_key,
        entropy=entropy,
    )


def faces_of(
    settings: Settings, stores: Stores, sealer: Sealer, throttle: Throttle, entropy: Entropy
) -> Faces | None:
    """The face check; None where it is off, or its extra is not installed (`idp doctor` says so)."""
    if not settings.face or missing_packages():
        return None
    # Half of the threads at most are ever with faces, so that the others go on answering.
    at_once = max(1, settings.threads // 2)
    return Faces(
        stores.faces,
        stores.challenges,
        FacePool(DlibFaceEngine, processes=settings.face_processes, at_once=at_once),
        RotatingVault(settings.secret_key, entropy),
        sealer,
        throttle,
        entropy,
        is_declared=bool(settings.face_engine_declared),
    )


class Listening:
    """The voice check. Needs numpy, an extra of the installation."""

    def __init__(self, settings: Settings, stores: Stores, throttle: Throttle, entropy: Entropy) -> None:
        from idp.adapters.numpy_voice import NumpyListener

        listener, vault = NumpyListener(), KeyedVault(settings.secret_key, entropy)
        self.voices = Voices(
            stores.voices, stores.authenticators, stores.challenges, vault, listener, throttle, entropy
        )
        self.enrolments = VoiceEnrolments(
            stores.voices, stores.challenges, vault, listener, throttle, entropy
        )


def listening_of(
    settings: Settings, stores: Stores, throttle: Throttle, entropy: Entropy
) -> Listening | None:
    """None where the voice check is off, or its extra is not installed (`idp doctor` says so)."""
    if not settings.voice or find_spec("numpy") is None:
        return None
    return Listening(settings, stores, throttle, entropy)


def messengers_of(settings: Settings, clock: Clock, entropy: Entropy) -> dict[Channel, Messenger]:
    """How messages are sent here. Raises: BadMailServer, BadCommand."""
    if settings.message_folder is not None:
        return dict.fromkeys(Channel, FolderMessenger(settings.message_folder, clock, entropy))
    found: dict[Channel, Messenger] = {}
    if settings.mail_server:
        server = MailServer.parse(settings.mail_server)
        found[Channel.EMAIL] = SmtpMessenger(server, settings.mail_from, clock)
    if settings.text_message_command:
        found[Channel.SMS] = CommandMessenger(settings.text_message_command)
    return found
