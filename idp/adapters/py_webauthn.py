"""WebAuthn by the `webauthn` library, the only module that imports it.

Imported with the first answer: it brings OpenSSL bindings and a CBOR parser that a worker may never need.
What the library does not check is checked in `idp.authn.factors.passkey`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from idp.authn.factors.passkey_values import (
    PasskeyRefused,
    UnverifiedAssertion,
    VerifiedAssertion,
    VerifiedRegistration,
)

MAX_ANSWER_LENGTH = 32_768
"""Characters. The largest we know, an attestation with three certificates, has about nine thousand."""
_TRANSPORTS = frozenset({"usb", "nfc", "ble", "smart-card", "hybrid", "internal", "cable"})


class PyWebauthn:
    """Implements `PasskeyLibrary` for one RP ID and the one origin that our pages have."""

    def __init__(self, rp_id: str, origin: str) -> None:
        self._rp_id = rp_id
        self._origin = origin

    def read_assertion(self, answer: str) -> UnverifiedAssertion:
        from webauthn.helpers import parse_authentication_credential_json

        _require_bounded(answer)
        with _refusals():
            parsed = parse_authentication_credential_json(answer)
            return UnverifiedAssertion(
                parsed.raw_id, parsed.response.user_handle, parsed.response.client_data_json
            )

    def verify_assertion(
        self, answer: str, *, challenge: bytes, public_key: bytes, needs_user_verification: bool
    ) -> VerifiedAssertion:
        from webauthn import verify_authentication_response
        from webauthn.helpers.structs import CredentialDeviceType

        _require_bounded(answer)
        with _refusals():
            verified = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=public_key,
                # The library compares counters before the signature; we compare after it (`Passkeys._count`).
                credential_current_sign_count=0,
                require_user_verification=needs_user_verification,
            )
        return VerifiedAssertion(
            user_verified=verified.user_verified,
            is_backup_eligible=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            is_backed_up=verified.credential_backed_up,
            sign_count=verified.new_sign_count,
        )

    def verify_registration(
        self, answer: str, *, challenge: bytes, needs_user_verification: bool
    ) -> VerifiedRegistration:
        from webauthn import verify_registration_response
        from webauthn.helpers import parse_registration_credential_json
        from webauthn.helpers.structs import CredentialDeviceType

        _require_bounded(answer)
        with _refusals():
            verified = verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                require_user_verification=needs_user_verification,
            )
            client_data = parse_registration_credential_json(answer).response.client_data_json
            extras = _extras(answer)
        return VerifiedRegistration(
            credential_id=verified.credential_id,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            user_verified=verified.user_verified,
            is_backup_eligible=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            is_backed_up=verified.credential_backed_up,
            aaguid=verified.aaguid,
            attestation_object=verified.attestation_object,
            client_data=client_data,
            is_discoverable=extras[0],
            transports=extras[1],
        )


def _extras(answer: str) -> tuple[bool, tuple[str, ...]]:
    """What the browser says beside the signature: whether the key is discoverable, and how it is reached."""
    said: Any = json.loads(answer)
    properties = said.get("clientExtensionResults", {}).get("credProps", {})
    transports = said["response"].get("transports", ())
    known = (one for one in transports if isinstance(one, str) and one in _TRANSPORTS)
    return properties.get("rk") is True, tuple(dict.fromkeys(known))


def _require_bounded(answer: str) -> None:
    if len(answer) > MAX_ANSWER_LENGTH:
        raise PasskeyRefused("an oversized answer")


@contextmanager
def _refusals() -> Iterator[None]:
    """Everything the library raises for a bad answer, as our refusal."""
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        yield
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PasskeyRefused(f"{type(error).__name__}: {error}") from error
