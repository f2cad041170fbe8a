"""What a maker's signature is worth: nothing without a listed model in good standing, and the right model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from idp.adapters.fido_mds import FidoMetadata
from idp.adapters.py_webauthn import PyWebauthn
from idp.authn.factors.passkey_values import BadMetadata, VerifiedRegistration
from tests.support.fido_blob import entry, write_blob
from tests.support.software_authenticator import Maker, SoftwareAuthenticator, encode

MODEL, OTHER_MODEL = bytes(range(16)), bytes(range(1, 17))
ORIGIN = "https://id.example"
CHALLENGE = b"\0" * 32
OPTIONS = {
    "rp": {"id": "id.example"},
    "user": {"id": encode(b"handle")},
    "challenge": encode(CHALLENGE),
}

Load = Callable[..., FidoMetadata]


@pytest.fixture(scope="module")
def maker() -> Maker:
    return Maker()


@pytest.fixture
def load(tmp_path: Path, maker: Maker) -> Load:
    """Reads a list with one model of `maker`, changed by keyword."""

    def read(**changes: Any) -> FidoMetadata:
        blob, root = write_blob(tmp_path, [entry(MODEL, maker, **changes)])
        return FidoMetadata.load(blob, root)

    return read


def made_by(device: SoftwareAuthenticator) -> VerifiedRegistration:
    answer = json.dumps(device.create(OPTIONS, origin=ORIGIN))
    return PyWebauthn("id.example", ORIGIN).verify_registration(
        answer, challenge=CHALLENGE, needs_user_verification=True
    )


def device(maker: Maker, **changes: Any) -> SoftwareAuthenticator:
    return SoftwareAuthenticator(**{"aaguid": MODEL, "attestation": "packed", "maker": maker, **changes})


def test_a_listed_maker_vouches_for_its_model(load: Load, maker: Maker) -> None:
    makers = load()

    assert makers.name_if_vouched(made_by(device(maker))) == "Test key"
    assert makers.still_vouched(made_by(device(maker)).aaguid)


@pytest.mark.parametrize("attestation", ["none", "self"])
def test_nobody_vouches_for_a_key_without_a_certificate(load: Load, maker: Maker, attestation: str) -> None:
    """The library takes both for verified, even when roots are given."""
    assert load().name_if_vouched(made_by(device(maker, attestation=attestation))) is None


def test_a_certificate_of_an_unknown_root_is_worth_nothing(load: Load) -> None:
    """The same names, another key: what anybody can make at home."""
    assert load().name_if_vouched(made_by(device(Maker()))) is None


def test_a_certificate_of_one_model_does_not_vouch_for_another(load: Load, maker: Maker) -> None:
    assert load().name_if_vouched(made_by(device(maker, certified_aaguid=OTHER_MODEL))) is None


def test_a_model_that_is_not_listed_is_not_vouched_for(load: Load, maker: Maker) -> None:
    makers = load()

    assert makers.name_if_vouched(made_by(device(maker, aaguid=OTHER_MODEL))) is None
    assert not makers.still_vouched(made_by(device(maker, aaguid=OTHER_MODEL)).aaguid)


@pytest.mark.parametrize(
    "status",
    [
        "REVOKED",
        "USER_VERIFICATION_BYPASS",
        "ATTESTATION_KEY_COMPROMISE",
        "USER_KEY_REMOTE_COMPROMISE",
        "USER_KEY_PHYSICAL_COMPROMISE",
    ],
)
def test_a_model_with_a_bad_name_is_not_vouched_for(load: Load, maker: Maker, status: str) -> None:
    makers = load(statuses=["FIDO_CERTIFIED_L1", status])

    assert makers.name_if_vouched(made_by(device(maker))) is None
    assert not makers.still_vouched(made_by(device(maker)).aaguid)


def test_a_key_kept_in_software_is_not_vouched_for(load: Load, maker: Maker) -> None:
    assert load(key_protection=["software"]).name_if_vouched(made_by(device(maker))) is None


def test_a_list_that_somebody_else_signed_is_refused(tmp_path: Path, maker: Maker) -> None:
    blob, _ = write_blob(tmp_path, [entry(MODEL, maker)])
    other = tmp_path / "other.pem"
    other.write_bytes(Maker("Somebody Else").root.public_bytes(Encoding.PEM))

    for root in (other, None):
        with pytest.raises(BadMetadata):
            FidoMetadata.load(blob, root)


def test_a_list_changed_after_signing_is_refused(tmp_path: Path, maker: Maker) -> None:
    blob, root = write_blob(tmp_path, [entry(MODEL, maker)])
    header, payload, signature = blob.read_bytes().split(b".")
    blob.write_bytes(b".".join((header, payload[:-4] + b"AAAA", signature)))

    with pytest.raises(BadMetadata):
        FidoMetadata.load(blob, root)


@pytest.mark.parametrize("content", [b"", b"..", b"{}", b"a.b.c", b"\xff\xfe", b"eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_list_is_refused(tmp_path: Path, content: bytes) -> None:
    blob = tmp_path / "blob.jwt"
    blob.write_bytes(content)

    with pytest.raises(BadMetadata):
        FidoMetadata.load(blob, None)


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMetadata):
        FidoMetadata.load(tmp_path / "nothing", None)
