"""What we sign, and how we know it again."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.adapters.jose import CACHED_TOKENS, MAX_ACCESS_TOKEN, JoseVerifier
from idp.oidc.errors import InvalidRequest, InvalidToken
from idp.oidc.vocabulary import Algorithm
from tests.unit.adapters.keys import (
    ACCESS_CLAIMS,
    ID_CLAIMS,
    Region,
    keyring,
    region,
    with_header,
    with_payload,
)

ALGORITHMS = list(Algorithm)


@pytest.fixture(scope="module")
def east() -> Region:
    return region()


@pytest.fixture
def fresh() -> Region:
    return region()


def header_of(token: str) -> dict[str, Any]:
    encoded = token.split(".")[0]
    parsed: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(encoded + "=="))
    return parsed


def access_token(east: Region, **changes: Any) -> str:
    return east.signer.sign(Algorithm.ES256, "at+jwt", ACCESS_CLAIMS | changes)


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_anybody_can_verify_our_tokens_with_the_published_keys(east: Region, algorithm: Algorithm) -> None:
    published = KeySet.import_key_set(orjson.loads(east.keyring.jwks().body))

    token = east.signer.sign(algorithm, "at+jwt", ACCESS_CLAIMS)

    verified = jwt.decode(token, published, algorithms=[str(algorithm)])
    assert verified.claims == ACCESS_CLAIMS
    assert verified.header == {
        "alg": str(algorithm),
        "typ": "at+jwt",
        "kid": east.keyring.signing_key(algorithm).kid,
    }


def test_the_header_never_changes_its_spelling(east: Region) -> None:
    """ID tokens come back as hints long after, and are known by these bytes."""
    kid = east.keyring.signing_key(Algorithm.ES256).kid

    header = base64.urlsafe_b64decode(east.signer.sign(Algorithm.ES256, "JWT", {}).split(".")[0] + "==")

    assert header == b'{"alg":"ES256","typ":"JWT","kid":"%s"}' % kid.encode()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_we_accept_the_access_tokens_that_we_signed(east: Region, algorithm: Algorithm) -> None:
    token = east.signer.sign(algorithm, "at+jwt", ACCESS_CLAIMS)

    assert east.verifier.access_token(token) == ACCESS_CLAIMS
    assert east.verifier.access_token(token) == ACCESS_CLAIMS


def test_another_process_accepts_them_too(east: Region) -> None:
    other = keyring(east.store, east.clock)

    claims = JoseVerifier(other).access_token(access_token(east))

    assert claims == ACCESS_CLAIMS


def test_claims_come_back_with_every_character(east: Region) -> None:
    token = access_token(east, sub="𠮷·阿依古丽·买买提 — ‮")

    assert east.verifier.access_token(token)["sub"] == "𠮷·阿依古丽·买买提 — ‮"


def test_verified_claims_cannot_be_changed_for_the_next_reader(east: Region) -> None:
    claims = east.verifier.access_token(access_token(east))

    with pytest.raises(TypeError):
        claims["sub"] = "somebody else"  # type: ignore[index]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_changed_token_is_refused(east: Region, algorithm: Algorithm) -> None:
    token = east.signer.sign(algorithm, "at+jwt", ACCESS_CLAIMS)
    header, payload, signature = token.split(".")
    raised = orjson.dumps(ACCESS_CLAIMS | {"scope": "openid admin"})

    for changed in (
        with_payload(token, raised),
        f"{header}.{payload}.{signature[:-2]}",
        f"{header}.{payload}.{signature}AA",
        f"{header}.{payload}.",
        f"{header}..{signature}",
        f"{header}.{payload}",
        f"{token}.{signature}",
        f"{header}.{payload}.{'A' * len(signature)}",
        f" {token}",
        f"{token}\n",
        f"{token}=",
        token.swapcase(),
    ):
        with pytest.raises(InvalidToken):
            east.verifier.access_token(changed)


def test_a_second_spelling_of_the_same_signature_is_refused(east: Region) -> None:
    """The last character carries bits that mean nothing; another choice of them would be another token."""
    token = access_token(east)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    again = token[:-1] + alphabet[alphabet.index(token[-1]) + 1]

    assert base64.urlsafe_b64decode(token.split(".")[2] + "==") == base64.urlsafe_b64decode(
        again.split(".")[2] + "=="
    )
    with pytest.raises(InvalidToken):
        east.verifier.access_token(again)


def test_a_token_of_one_type_is_none_of_the_other(east: Region) -> None:
    """Spec: RFC 9068 §4; RFC 8725 §3.11."""
    claims = ACCESS_CLAIMS | ID_CLAIMS
    as_access, as_id = (east.signer.sign(Algorithm.ES256, typ, claims) for typ in ("at+jwt", "JWT"))

    with pytest.raises(InvalidToken):
        east.verifier.access_token(as_id)
    with pytest.raises(InvalidRequest):
        east.verifier.id_token_hint(as_access)


@pytest.mark.parametrize("typ", ["at+JWT", "application/at+jwt", "logout+jwt", ""])
def test_only_one_type_makes_an_access_token(east: Region, typ: str) -> None:
    token = east.signer.sign(Algorithm.ES256, typ, ACCESS_CLAIMS)

    with pytest.raises(InvalidToken):
        east.verifier.access_token(token)


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "client_id", "scope", "jti", "exp", "iat"])
@pytest.mark.parametrize("value", [None, [], ["a"], True, 1.5, {}])
def test_an_access_token_lacking_something_is_refused(east: Region, name: str, value: object) -> None:
    """Even one of ours: whoever reads the claims relies on their types."""
    with pytest.raises(InvalidToken):
        east.verifier.access_token(access_token(east, **{name: value}))


def test_a_token_of_another_region_is_refused(east: Region) -> None:
    west = region()

    with pytest.raises(InvalidToken):
        east.verifier.access_token(access_token(west))
    with pytest.raises(InvalidRequest):
        east.verifier.id_token_hint(west.signer.sign(Algorithm.ES256, "JWT", ID_CLAIMS))


def test_a_token_naming_our_key_but_signed_with_another_is_refused(east: Region) -> None:
    forged = with_header(access_token(region()), header_of(access_token(east)))

    with pytest.raises(InvalidToken):
        east.verifier.access_token(forged)


def test_a_token_keeps_being_accepted_while_keys_change(fresh: Region) -> None:
    token = access_token(fresh)

    fresh.keyring.rotate(immediately=True)

    assert fresh.verifier.access_token(token) == ACCESS_CLAIMS


def test_tokens_of_a_revoked_key_are_refused_even_when_remembered(fresh: Region) -> None:
    token = access_token(fresh)
    fresh.verifier.access_token(token)

    fresh.keyring.revoke(fresh.keyring.signing_key(Algorithm.ES256).kid)

    with pytest.raises(InvalidToken):
        fresh.verifier.access_token(token)


def test_tokens_of_a_key_revoked_by_another_process_are_refused_a_second_later(fresh: Region) -> None:
    token = access_token(fresh)
    fresh.verifier.access_token(token)
    other = keyring(fresh.store, fresh.clock)

    other.revoke(fresh.keyring.signing_key(Algorithm.ES256).kid)
    fresh.clock.advance(seconds=1)

    with pytest.raises(InvalidToken):
        fresh.verifier.access_token(token)


def test_access_tokens_of_a_retired_key_are_refused(fresh: Region) -> None:
    token = access_token(fresh)

    fresh.clock.advance(days=89, seconds=1)
    fresh.keyring.jwks()
    fresh.clock.advance(days=2)

    with pytest.raises(InvalidToken):
        fresh.verifier.access_token(token)


def test_only_so_many_verified_tokens_are_remembered(east: Region) -> None:
    verifier = JoseVerifier(east.keyring)

    for number in range(CACHED_TOKENS + 10):
        verifier._verified.keep((0, number.to_bytes(4, "big")), {})

    assert len(verifier._verified) == CACHED_TOKENS


def test_a_refused_token_is_not_remembered(east: Region) -> None:
    verifier = JoseVerifier(east.keyring)

    with pytest.raises(InvalidToken):
        verifier.access_token(access_token(east)[:-4])

    assert len(verifier._verified) == 0


def test_an_access_token_has_a_size_that_we_would_make(east: Region) -> None:
    long = access_token(east, scope="openid " + "x" * MAX_ACCESS_TOKEN)

    with pytest.raises(InvalidToken):
        east.verifier.access_token(long)


def test_an_id_token_is_a_hint_whenever_it_was_issued(fresh: Region) -> None:
    """Signing out must work years later, too (OpenID Connect RP-Initiated Logout §2)."""
    token = fresh.signer.sign(Algorithm.RS256, "JWT", ID_CLAIMS)

    for _ in range(8):
        fresh.clock.advance(days=89, seconds=1)
        fresh.keyring.jwks()

    assert fresh.verifier.id_token_hint(token) == ID_CLAIMS


def test_an_id_token_of_a_revoked_key_is_no_hint(fresh: Region) -> None:
    token = fresh.signer.sign(Algorithm.RS256, "JWT", ID_CLAIMS)

    fresh.keyring.revoke(fresh.keyring.signing_key(Algorithm.RS256).kid)

    with pytest.raises(InvalidRequest):
        fresh.verifier.id_token_hint(token)


@pytest.mark.parametrize("change", [{"aud": ["tax"]}, {"aud": None}, {"sub": 1}, {"iss": None}])
def test_a_hint_says_who_for_whom_and_by_whom_in_strings(east: Region, change: dict[str, Any]) -> None:
    token = east.signer.sign(Algorithm.ES256, "JWT", ID_CLAIMS | change)

    with pytest.raises(InvalidRequest):
        east.verifier.id_token_hint(token)
