"""An authenticator in software: makes passkeys and shows them as a browser would, and lies when a test says so.

`create` and `get` take the options that the provider sends and return what `PublicKeyCredential.toJSON()` gives.
A lie is a keyword: `get(options, origin=…, says=Lies(rp_id="evil.example", user_present=False))`.
"""

from __future__ import annotations

import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_bytes
from typing import Any, Literal

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier

KeyOfPasskey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PrivateKey = KeyOfPasskey | rsa.RSAPrivateKey
Attestation = Literal["none", "self", "packed"]

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40
AAGUID_EXTENSION = ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
MADE = datetime(2026, 1, 1, tzinfo=UTC)
FOR_YEARS = timedelta(days=3650)


@dataclass(frozen=True, kw_only=True)
class Lies:
    """What the answer says in place of the truth. None: the truth."""

    type: str | None = None
    challenge: bytes | None = None
    rp_id: str | None = None
    cross_origin: bool | None = None
    top_origin: str | None = None
    client_data: bytes | None = None
    """The whole of it, as sent and as signed."""
    user_present: bool | None = None
    user_verified: bool | None = None
    backup_eligible: bool | None = None
    backed_up: bool | None = None
    sign_count: int | None = None
    user_handle: bytes | None = None
    no_user_handle: bool = False
    credential_id: bytes | None = None
    raw_id: bytes | None = None
    """Only in `rawId`, so that it differs from `id`."""
    signature: bytes | None = None
    credential_type: str = "public-key"


TRUTH = Lies()


@dataclass
class Credential:
    """One passkey in the authenticator."""

    id: bytes
    rp_id: str
    user_handle: bytes
    key: KeyOfPasskey = field(repr=False)
    sign_count: int = 0


@dataclass
class Maker:
    """Who makes authenticators: signs for their keys with a certificate of its own root."""

    name: str = "Test Maker"
    root_key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )
    leaf_key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )

    @property
    def root(self) -> x509.Certificate:
        subject = _name(self.name, "Root")
        builder = _certificate(subject, subject, self.root_key.public_key())
        return builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
            self.root_key, hashes.SHA256()
        )

    def leaf(self, aaguid: bytes | None) -> x509.Certificate:
        """The certificate of a model. Spec: WebAuthn Level 3 §8.2.1."""
        subject = _name(self.name, "Authenticator Attestation")
        builder = _certificate(subject, _name(self.name, "Root"), self.leaf_key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        if aaguid is not None:
            value = x509.UnrecognizedExtension(AAGUID_EXTENSION, b"\x04\x10" + aaguid)
            builder = builder.add_extension(value, critical=False)
        return builder.sign(self.root_key, hashes.SHA256())


@dataclass
class SoftwareAuthenticator:
    """One authenticator with its passkeys. Device-bound, with a fingerprint reader, unless told otherwise."""

    algorithm: Literal["ES256", "EdDSA"] = "ES256"
    aaguid: bytes = bytes(16)
    attestation: Attestation = "none"
    maker: Maker | None = None
    certified_aaguid: bytes | None = None
    """What the maker's certificate says in place of `aaguid`."""
    user_verifies: bool = True
    is_discoverable: bool = True
    is_synced: bool = False
    counts: bool = True
    """Many authenticators of phones always say zero."""
    credentials: dict[bytes, Credential] = field(default_factory=dict)

    def create(self, options: Mapping[str, Any], *, origin: str, says: Lies = TRUTH) -> dict[str, Any]:
        """Answer `navigator.credentials.create`. Options as served: WebAuthn's JSON."""
        rp_id = options["rp"]["id"]
        credential = Credential(token_bytes(32), rp_id, decode(options["user"]["id"]), self._new_key())
        self.credentials[credential.id] = credential
        client_data = _client_data("webauthn.create", options, origin, says)
        data = self._authenticator_data(credential, says, AT) + self._attested(credential, says)
        statement = self._statement(credential, data + sha256(client_data).digest(), says)
        return {
            **_envelope(credential, says),
            "response": {
                "clientDataJSON": encode(client_data),
                "attestationObject": encode(
                    cbor2.dumps({"fmt": _format(self.attestation), "attStmt": statement, "authData": data})
                ),
                "transports": ["internal"],
            },
            "clientExtensionResults": {"credProps": {"rk": self.is_discoverable}},
        }

    def get(
        self,
        options: Mapping[str, Any],
        *,
        origin: str,
        credential: Credential | None = None,
        says: Lies = TRUTH,
    ) -> dict[str, Any]:
        """Answer `navigator.credentials.get` with `credential`, or with the first that the options ask for."""
        shown = credential or self._asked_for(options)
        if self.counts:
            shown.sign_count += 1
        client_data = _client_data("webauthn.get", options, origin, says)
        data = self._authenticator_data(shown, says, 0)
        handle = says.user_handle or (shown.user_handle if self.is_discoverable else None)
        return {
            **_envelope(shown, says),
            "response": {
                "clientDataJSON": encode(client_data),
                "authenticatorData": encode(data),
                "signature": encode(
                    says.signature or signature(shown.key, data + sha256(client_data).digest())
                ),
                "userHandle": None if handle is None or says.no_user_handle else encode(handle),
            },
            "clientExtensionResults": {},
        }

    def copy(self) -> SoftwareAuthenticator:
        """A clone: the same keys, counters that go their own way from here."""
        copied = {one.id: Credential(**vars(one)) for one in self.credentials.values()}
        return SoftwareAuthenticator(**{**vars(self), "credentials": copied})

    def _asked_for(self, options: Mapping[str, Any]) -> Credential:
        allowed = [decode(one["id"]) for one in options.get("allowCredentials", ())] or list(self.credentials)
        return next(
            one for one in self.credentials.values() if one.id in allowed and one.rp_id == options["rpId"]
        )

    def _new_key(self) -> KeyOfPasskey:
        if self.algorithm == "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
        return ec.generate_private_key(ec.SECP256R1())

    def _authenticator_data(self, credential: Credential, says: Lies, flags: int) -> bytes:
        truth = ((UP, True), (UV, self.user_verifies), (BE, self.is_synced), (BS, self.is_synced))
        said = (says.user_present, says.user_verified, says.backup_eligible, says.backed_up)
        for (flag, is_true), lie in zip(truth, said, strict=True):
            flags |= flag if (is_true if lie is None else lie) else 0
        counter = credential.sign_count if says.sign_count is None else says.sign_count
        rp_id = says.rp_id or credential.rp_id
        return sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, counter)

    def _attested(self, credential: Credential, says: Lies) -> bytes:
        credential_id = says.credential_id or credential.id
        length = len(credential_id).to_bytes(2, "big")
        return self.aaguid + length + credential_id + cbor2.dumps(cose(credential.key))

    def _statement(self, credential: Credential, signed: bytes, says: Lies) -> dict[str, Any]:
        if self.attestation == "none":
            return {}
        if self.attestation == "self":
            algorithm = -8 if self.algorithm == "EdDSA" else -7
            return {"alg": algorithm, "sig": says.signature or signature(credential.key, signed)}
        assert self.maker is not None, "a packed attestation needs a maker"
        certificate = self.maker.leaf(self.certified_aaguid or self.aaguid)
        return {
            "alg": -7,
            "sig": says.signature or signature(self.maker.leaf_key, signed),
            "x5c": [der(certificate)],
        }


def signature(key: PrivateKey, message: bytes) -> bytes:
    """As the key's kind signs."""
    match key:
        case ed25519.Ed25519PrivateKey():
            return key.sign(message)
        case rsa.RSAPrivateKey():
            return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(message, ec.ECDSA(hashes.SHA256()))


def cose(key: KeyOfPasskey) -> dict[int, Any]:
    """The public key as authenticators write it. Spec: RFC 9053 §7."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {1: 1, 3: -8, -1: 6, -2: key.public_key().public_bytes_raw()}
    point = key.public_key().public_numbers()
    return {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}


def encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def der(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)


def _client_data(kind: str, options: Mapping[str, Any], origin: str, says: Lies) -> bytes:
    if says.client_data is not None:
        return says.client_data
    challenge = options["challenge"] if says.challenge is None else encode(says.challenge)
    said: dict[str, Any] = {"type": says.type or kind, "challenge": challenge, "origin": origin}
    said["crossOrigin"] = bool(says.cross_origin)
    if says.top_origin is not None:
        said["topOrigin"] = says.top_origin
    return json.dumps(said).encode()


def _envelope(credential: Credential, says: Lies) -> dict[str, Any]:
    credential_id = says.credential_id or credential.id
    return {
        "id": encode(credential_id),
        "rawId": encode(says.raw_id or credential_id),
        "type": says.credential_type,
        "authenticatorAttachment": "platform",
    }


def _format(attestation: Attestation) -> str:
    return "none" if attestation == "none" else "packed"


def _name(organisation: str, unit: str) -> x509.Name:
    parts = (
        (NameOID.COUNTRY_NAME, "CN"),
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
        (NameOID.COMMON_NAME, f"{organisation} {unit}"),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(MADE)
        .not_valid_after(MADE + FOR_YEARS)
    )
