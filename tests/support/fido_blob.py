"""A metadata list as the FIDO Alliance publishes it, with makers and a root of our own."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.software_authenticator import Maker, der, encode, signature


def entry(
    aaguid: bytes,
    maker: Maker,
    *,
    statuses: Sequence[str] = ("FIDO_CERTIFIED_L1",),
    key_protection: Sequence[str] = ("hardware", "secure_element"),
    description: str = "Test key",
) -> dict[str, Any]:
    """One model."""
    model = str(UUID(bytes=aaguid))
    return {
        "aaguid": model,
        "statusReports": [{"status": status, "effectiveDate": "2026-01-01"} for status in statuses],
        "timeOfLastStatusChange": "2026-01-01",
        "metadataStatement": {
            "legalHeader": "test",
            "description": description,
            "aaguid": model,
            "authenticatorVersion": 1,
            "schema": 3,
            "protocolFamily": "fido2",
            "upv": [{"major": 1, "minor": 1}],
            "authenticationAlgorithms": ["secp256r1_ecdsa_sha256_raw"],
            "publicKeyAlgAndEncodings": ["cose"],
            "attestationTypes": ["basic_full"],
            "userVerificationDetails": [[{"userVerificationMethod": "fingerprint_internal"}]],
            "keyProtection": list(key_protection),
            "matcherProtection": ["on_chip"],
            "attachmentHint": ["external"],
            "tcDisplay": [],
            "attestationRootCertificates": [b64encode(der(maker.root)).decode()],
        },
    }


def write_blob(folder: Path, entries: Sequence[dict[str, Any]]) -> tuple[Path, Path]:
    """The list, signed, and the certificate to believe it by."""
    # As in life: the library cannot read ES256 signatures as RFC 7518 writes them.
    publisher = Maker("Test Metadata", leaf_key=rsa.generate_private_key(65537, 2048))
    header = {"alg": "RS256", "typ": "JWT", "x5c": [b64encode(der(publisher.leaf(None))).decode()]}
    payload = {"legalHeader": "test", "no": 1, "nextUpdate": "2026-12-01", "entries": list(entries)}
    message = ".".join(encode(json.dumps(part).encode()) for part in (header, payload))
    blob, root = folder / "blob.jwt", folder / "root.pem"
    blob.write_text(f"{message}.{encode(signature(publisher.leaf_key, message.encode()))}")
    root.write_bytes(publisher.root.public_bytes(Encoding.PEM))
    return blob, root
