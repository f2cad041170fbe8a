"""Assertions of clients: whose signature counts, and which headers."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import ECKey, OctKey, RSAKey

from idp.oidc.errors import InvalidClient
from idp.oidc.vocabulary import Algorithm
from tests.unit.adapters.keys import (
    ISSUER,
    ClientKey,
    Region,
    client_key,
    region,
    registered,
    segment,
    signed,
)

CLAIMS = {"iss": "tax", "sub": "tax", "aud": ISSUER, "exp": 1_700_000_060, "jti": "once"}
PAYLOAD = orjson.dumps(CLAIMS)
ES256_KEY = client_key(Algorithm.ES256)


@pytest.fixture(scope="module")
def east() -> Region:
    return region()


def public(key: ClientKey, **members: Any) -> dict[str, Any]:
    return dict(key.as_dict(private=False, **members))


def assertion(payload: bytes = PAYLOAD, key: ClientKey | OctKey = ES256_KEY, **header: Any) -> str:
    return signed({"alg": "ES256", **header}, payload, key)


@pytest.mark.parametrize("algorithm", list(Algorithm))
@pytest.mark.parametrize("kid", ["2026", None])
def test_an_assertion_signed_with_a_registered_key_is_accepted(
    east: Region, algorithm: Algorithm, kid: str | None
) -> None:
    name = {} if kid is None else {"kid": kid}
    client = registered(public(client_key(algorithm), **name))

    claims = east.verifier.client_assertion(
        assertion(key=client_key(algorithm), alg=str(algorithm), **name), client
    )

    assert claims == CLAIMS


@pytest.mark.parametrize("key_name", ["2026", None])
@pytest.mark.parametrize("header_name", ["2026", None])
def test_a_kid_is_needed_neither_in_the_header_nor_in_the_registry(
    east: Region, key_name: str | None, header_name: str | None
) -> None:
    client = registered(public(ES256_KEY, **({"kid": key_name} if key_name else {})))
    token = assertion(**({"kid": header_name} if header_name else {}))

    assert east.verifier.client_assertion(token, client) == CLAIMS


def test_with_several_keys_the_one_named_is_used(east: Region) -> None:
    old, new = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    client = registered(public(old, kid="old"), public(new, kid="new"))

    assert east.verifier.client_assertion(assertion(key=new, kid="new"), client) == CLAIMS
    assert east.verifier.client_assertion(assertion(key=new), client) == CLAIMS
    with pytest.raises(InvalidClient):
        east.verifier.client_assertion(assertion(key=new, kid="old"), client)
    with pytest.raises(InvalidClient):
        east.verifier.client_assertion(assertion(key=new, kid="newest"), client)


def test_a_new_key_counts_as_soon_as_it_is_registered(east: Region) -> None:
    old, new = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    east.verifier.client_assertion(assertion(key=old), registered(public(old)))

    changed = registered(public(new))

    assert east.verifier.client_assertion(assertion(key=new), changed) == CLAIMS
    with pytest.raises(InvalidClient):
        east.verifier.client_assertion(assertion(key=old), changed)


def test_the_key_of_one_client_is_nothing_to_another(east: Region) -> None:
    health = registered(public(ECKey.generate_key("P-256")), client_id="health")

    with pytest.raises(InvalidClient):
        east.verifier.client_assertion(assertion(), health)


@pytest.mark.parametrize("typ", ["JWT", "jwt", "client-authentication+jwt", "application/jwt"])
def test_the_type_of_an_assertion_may_be_given(east: Region, typ: str) -> None:
    assert east.verifier.client_assertion(assertion(typ=typ), registered(public(ES256_KEY))) == CLAIMS


@pytest.mark.parametrize(
    "typ", ["at+jwt", "dpop+jwt", "logout+jwt", "oauth-authz-req+jwt", "", 1, None, ["JWT"]]
)
def test_a_token_made_for_another_use_is_no_assertion(east: Region, typ: Any) -> None:
    """Spec: RFC 8725 §3.11."""
    with pytest.raises(InvalidClient):
        east.verifier.client_assertion(assertion(typ=typ), registered(public(ES256_KEY)))


def test_our_own_tokens_are_nobodys_assertion(east: Region) -> None:
    token = east.signer.sign(Algorithm.ES256, "JWT", CLAIMS)

    with pytest.raises(InvalidClient):
        east.verifier.client_assertion(token, registered(public(ES256_KEY)))


@pytest.mark.parametrize(
    ("registered_for", "used"),
    [("PS256", "RS256"), ("RS256", "PS256"), ("RS256", "RS384"), ("RS256", "RS512"), ("RS256", "HS256")],
)
def test_a_key_serves_the_one_algorithm_it_was_registered_for(
    east: Region, registered_for: str, used: str
) -> None:
    key = client_key(Algorithm.RS256)
    client = registered(public(key, alg=registered_for))
    by: ClientKey | OctKey = OctKey.import_key("0" * 64) if used.startswith("HS") else key

    with pytest.raises(InvalidClient):
        east.verifier.client_assertion(assertion(key=by, alg=used), client)


@pytest.mark.parametrize("members", [{"use": "enc"}, {"use": "sig", "d": "AQAB"}, {"k": "AQAB"}])
def test_a_key_for_another_use_or_with_its_private_half_verifies_nothing(
    east: Region, members: dict[str, str]
) -> None:
    with pytest.raises(InvalidClient):
        east.verifier.client_assertion(assertion(), registered(public(ES256_KEY) | members))


@pytest.mark.filterwarnings("ignore:Key size should be")
def test_a_short_rsa_key_verifies_nothing(east: Region) -> None:
    short = RSAKey.generate_key(1024)

    with pytest.raises(InvalidClient):
        east.verifier.client_assertion(assertion(key=short, alg="RS256"), registered(public(short)))


@pytest.mark.parametrize("exponent", ["AQ", "Ag"])
def test_an_rsa_exponent_that_makes_no_key_lets_nobody_in(east: Region, exponent: str) -> None:
    """With an exponent of one every padded message is its own signature."""
    key = public(client_key(Algorithm.RS256)) | {"e": exponent}

    with pytest.raises(InvalidClient):
        east.verifier.client_assertion(
            assertion(key=client_key(Algorithm.RS256), alg="RS256"), registered(key)
        )


def test_a_small_rsa_exponent_verifies_nothing(east: Region) -> None:
    small = RSAKey.import_key(rsa.generate_private_key(public_exponent=3, key_size=2048))

    with pytest.raises(InvalidClient):
        east.verifier.client_assertion(assertion(key=small, alg="RS256"), registered(public(small)))


@pytest.mark.parametrize(
    "jwks",
    [
        None,
        {},
        {"keys": None},
        {"keys": {}},
        {"keys": []},
        {"keys": [None, 1, "key", [], {}]},
        {"keys": [{"kty": 1}, {"kty": "EC"}, {"kty": "EC", "crv": []}, {"kty": "oct", "k": "AQAB"}]},
        {"keys": [{"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB"}]},
        {"keys": [{"kty": "EC", "crv": "P-256", "x": "%", "y": "\ud800"}]},
        {"keys": [{"kty": "RSA", "n": "", "e": ""}, {"kty": "RSA", "n": "é", "e": "AQAB"}]},
        {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": ""}, {"kty": "OKP", "crv": "X25519", "x": "A" * 43}]},
        {"keys": [{"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}]},
    ],
)
def test_a_registry_entry_without_usable_keys_refuses_and_never_fails(east: Region, jwks: Any) -> None:
    client = registered()
    object.__setattr__(client, "jwks", jwks)

    for algorithm in Algorithm:
        with pytest.raises(InvalidClient):
            east.verifier.client_assertion(assertion(key=client_key(algorithm), alg=str(algorithm)), client)


def test_a_broken_key_does_not_hide_a_good_one(east: Region) -> None:
    client = registered({"kty": "EC", "crv": "P-256", "x": "A", "y": "A"}, public(ES256_KEY))

    assert east.verifier.client_assertion(assertion(), client) == CLAIMS


def test_no_more_keys_are_tried_than_may_be_registered(east: Region) -> None:
    others = [public(ECKey.generate_key("P-256")) for _ in range(10)]

    with pytest.raises(InvalidClient):
        east.verifier.client_assertion(assertion(), registered(*others, public(ES256_KEY)))


def test_an_assertion_says_whom_it_is_from(east: Region) -> None:
    assert east.verifier.unverified_assertion_subject(assertion()) == "tax"


@pytest.mark.parametrize(
    "change",
    [
        {"sub": None},
        {"sub": 1},
        {"sub": ["tax"]},
        {"sub": ""},
        {"sub": "t" * 256},
        {"sub": "tax\n"},
        {"sub": "tax\0"},
        {"iss": None},
        {"iss": 7},
    ],
)
def test_an_assertion_from_nobody_is_refused(east: Region, change: dict[str, Any]) -> None:
    with pytest.raises(InvalidClient):
        east.verifier.unverified_assertion_subject(assertion(orjson.dumps(CLAIMS | change)))


@pytest.mark.parametrize(
    "payload",
    [
        b'{"iss":"tax","sub":"tax","sub":"health"}',
        b'{"iss":"tax","sub":"tax","jti":{"a":1,"a":2}}',
        b'{"iss":"tax","sub":"tax","exp":NaN}',
        b'{"iss":"tax","sub":"tax","exp":-Infinity}',
        b'{"iss":"tax","sub":"tax","exp":' + b"9" * 5_000 + b"}",
        b'{"iss":"tax","sub":"\\ud800"}',
        b'{"iss":"tax","sub":"t\xffx"}',
        b'["iss","sub"]',
        b'"tax"',
        b"null",
        b"1",
        b"",
        b"\xef\xbb\xbf" + PAYLOAD,
        PAYLOAD + b"{}",
        PAYLOAD[:-1],
        b'{"iss":"tax","sub":"tax","x":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
        b'{"iss":"tax","sub":"tax","x":' + b'{"x":' * 1_000 + b"1" + b"}" * 1_000 + b"}",
    ],
)
def test_ambiguous_or_deep_json_is_refused(east: Region, payload: bytes) -> None:
    with pytest.raises(InvalidClient):
        east.verifier.unverified_assertion_subject(assertion(payload))


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"ES256","alg":"ES256"}',
        b'{"alg":"none","alg":"ES256"}',
        b'["ES256"]',
        b"{",
        b"",
        b'{"alg":"ES256","x":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
    ],
)
def test_an_ambiguous_or_deep_header_is_refused(east: Region, header: bytes) -> None:
    _, payload, signature = assertion().split(".")

    with pytest.raises(InvalidClient):
        east.verifier.client_assertion(
            f"{segment(header)}.{payload}.{signature}", registered(public(ES256_KEY))
        )
