"""What our tokens say."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idp.foundation.clock import to_seconds
from idp.foundation.identifiers import digest, sid_of
from idp.oidc.errors import InvalidTarget
from idp.oidc.token.issue import Lifetimes, Mint, half_hash
from idp.oidc.vocabulary import AcrLevel, Algorithm
from tests.unit.oidc.given import ACR, API, ISSUER, NOW, OTHER_API, USERINFO, a_client, a_grant
from tests.unit.oidc.memory import PERSON, OpenSigner
from tests.unit.oidc.office import CountingEntropy

LIFETIMES = Lifetimes(
    access_token=timedelta(minutes=5), id_token=timedelta(minutes=6), refresh_token=timedelta(days=14)
)


def a_mint() -> Mint:
    return Mint(ISSUER, USERINFO, ACR, LIFETIMES, OpenSigner(), CountingEntropy())


def claims_of(token: str, token_type: str = "at+jwt") -> dict[str, Any]:
    claims = OpenSigner().read(token, token_type)
    assert claims is not None
    return claims


def test_an_access_token_for_a_person_says_everything_a_resource_needs() -> None:
    """Spec: RFC 9068 §2.2."""
    response = a_mint().for_person(a_client(), a_grant(), ("openid", "email"), API, now=NOW)

    claims = claims_of(response["access_token"])
    assert claims.pop("jti").startswith("gr_grant.")
    assert claims == {
        "iss": ISSUER,
        "sub": "subject-at-tax",
        "aud": API,
        "client_id": "tax",
        "scope": "openid email",
        "iat": to_seconds(NOW),
        "exp": to_seconds(NOW) + 300,
        "auth_time": to_seconds(NOW) - 600,
        "acr": "urn:tongxing:acr:1",
        "amr": ["pwd"],
    }
    assert response["token_type"] == "Bearer"
    assert response["expires_in"] == 300
    assert response["scope"] == "openid email"


def test_an_access_token_carries_nothing_about_the_person() -> None:
    response = a_mint().for_person(a_client(), a_grant(), ("openid",), USERINFO, now=NOW)

    assert not PERSON.keys() & claims_of(response["access_token"]).keys()


def test_an_access_token_does_not_outlive_its_grant() -> None:
    grant = a_grant(expires_at=NOW + timedelta(seconds=40))

    response = a_mint().for_person(a_client(), grant, ("openid",), API, now=NOW)

    assert response["expires_in"] == 40
    assert claims_of(response["access_token"])["exp"] == to_seconds(NOW) + 40


def test_a_machine_speaks_for_itself() -> None:
    """Spec: RFC 9068 §2.2: without a person the subject is the client."""
    response = a_mint().for_machine(a_client(), ("returns.read",), API, now=NOW)

    claims = claims_of(response["access_token"])
    assert claims["sub"] == claims["client_id"] == "tax"
    assert "." not in claims["jti"]
    assert not {"acr", "amr", "auth_time"} & claims.keys()


def test_no_two_tokens_have_the_same_name() -> None:
    mint = a_mint()

    tokens = [mint.for_person(a_client(), a_grant(), ("openid",), API, now=NOW) for _ in range(20)]
    tokens += [mint.for_machine(a_client(), (), API, now=NOW) for _ in range(20)]

    assert len({claims_of(token["access_token"])["jti"] for token in tokens}) == 40


def test_an_id_token_says_who_signed_in_when_and_how_strongly() -> None:
    """Spec: OpenID Connect Core §2."""
    grant = a_grant(level=AcrLevel.TWO_FACTORS, amr=("pwd", "otp", "mfa"))

    token = a_mint().id_token(a_client(), grant, PERSON, "the access token", "the-nonce", now=NOW)

    assert claims_of(token, "JWT") == {
        "iss": ISSUER,
        "sub": "subject-at-tax",
        "aud": "tax",
        "exp": to_seconds(NOW) + 360,
        "iat": to_seconds(NOW),
        "auth_time": to_seconds(NOW) - 600,
        "acr": "urn:tongxing:acr:2",
        "amr": ["pwd", "otp", "mfa"],
        "at_hash": half_hash("the access token", Algorithm.ES256),
        "sid": sid_of(grant.session_id, "tax"),
        "nonce": "the-nonce",
    }


def test_without_a_nonce_there_is_no_nonce() -> None:
    token = a_mint().id_token(a_client(), a_grant(), PERSON, "the access token", None, now=NOW)

    assert "nonce" not in claims_of(token, "JWT")


def test_claims_are_in_the_id_token_when_they_were_asked_for_there() -> None:
    grant = a_grant(id_token_claims=("name", "phone_number"))

    claims = claims_of(a_mint().id_token(a_client(), grant, PERSON, "token", None, now=NOW), "JWT")

    assert claims["name"] == PERSON["name"]
    assert not {"email", "phone_number", "nickname"} & claims.keys()


def test_a_person_cannot_overwrite_what_the_token_says() -> None:
    grant = a_grant(id_token_claims=("sub", "iss", "acr", "aud"))
    liar = {"sub": "root", "iss": "https://evil.example", "acr": "urn:tongxing:acr:3", "aud": "health"}

    claims = claims_of(a_mint().id_token(a_client(), grant, liar, "token", None, now=NOW), "JWT")

    assert not set(liar.values()) & {str(value) for value in claims.values()}


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_tokens_are_signed_as_the_client_chose(algorithm: Algorithm) -> None:
    client = a_client(signing_alg=algorithm)

    access_token = a_mint().for_person(client, a_grant(), ("openid",), API, now=NOW)["access_token"]
    id_token = a_mint().id_token(client, a_grant(), PERSON, access_token, None, now=NOW)

    assert access_token.startswith(f"{algorithm} at+jwt ")
    assert id_token.startswith(f"{algorithm} JWT ")


def test_half_a_hash_is_the_left_half_of_the_hash_that_belongs_to_the_signature() -> None:
    """Spec: OpenID Connect Core §3.1.3.6, with the example of §A.4."""
    example = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"

    assert half_hash(example, Algorithm.RS256) == "77QmUPtjPfzWtF2AnpK9RQ"
    assert (
        half_hash(example, Algorithm.ES256) == half_hash(example, Algorithm.PS256) == "77QmUPtjPfzWtF2AnpK9RQ"
    )
    long = base64.urlsafe_b64encode(hashlib.sha512(example.encode()).digest()[:32]).rstrip(b"=").decode()
    assert half_hash(example, Algorithm.EDDSA) == long


@pytest.mark.parametrize(
    ("asked", "granted", "audience"),
    [
        ((), (), USERINFO),
        ((), (API,), API),
        ((), (API, OTHER_API), USERINFO),
        ((API,), (API,), API),
        ((OTHER_API,), (API, OTHER_API), OTHER_API),
        ((USERINFO,), (API,), USERINFO),
    ],
)
def test_every_token_has_one_audience(
    asked: tuple[str, ...], granted: tuple[str, ...], audience: str
) -> None:
    """Spec: RFC 8707 §2.2."""
    assert a_mint().audience(asked, granted) == audience


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ((API,), ()),
        ((OTHER_API,), (API,)),
        ((API, OTHER_API), (API, OTHER_API)),
        (("https://evil.example",), (API,)),
    ],
)
def test_an_audience_that_was_not_granted_is_refused(
    asked: tuple[str, ...], granted: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidTarget):
        a_mint().audience(asked, granted)


def test_a_refresh_token_is_stored_as_a_digest_and_ends_with_its_grant() -> None:
    mint = a_mint()

    value, record = mint.refresh_token(a_grant(), now=NOW)
    _, long = mint.refresh_token(replace(a_grant(), expires_at=NOW + timedelta(days=90)), now=NOW)

    assert value.startswith("rt_")
    assert record.digest == digest(value)
    assert record.expires_at == a_grant().expires_at
    assert long.expires_at == NOW + timedelta(days=14)
