"""A token bound to a key is worth nothing without the key, and a proof made for one request serves no other."""

from __future__ import annotations

import base64
import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from idp.oidc.vocabulary import ClientAuthMethod
from tests.support.dpop import KeyHolder, hash_of, signed
from tests.support.provider import Provider
from tests.support.relying_party import Answer

AT_ONCE = 20
REFUSED = (400, "invalid_dpop_proof")


@pytest.fixture
def holder(provider: Provider) -> KeyHolder:
    """A client that has heard a nonce."""
    found = KeyHolder(provider.client())
    assert found.machine().status == 200
    return found


@pytest.fixture
def token(provider: Provider, holder: KeyHolder) -> str:
    """A bound access token for userinfo."""
    provider.person()
    arrival = provider.arrive(provider.browser(), holder.app)
    return str(holder.redeem(arrival.code, arrival.pending.verifier).access_token)


def thief(holder: KeyHolder) -> KeyHolder:
    """Somebody with all the client has but its key."""
    return dataclasses.replace(holder, key=ECKey.generate_key("P-256"))


def verdict(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.error


def with_changed(proof: str, part: int, **changes: Any) -> str:
    """A proof whose header (0) or payload (1) was changed after it was signed."""
    segments = proof.split(".")
    raw = base64.urlsafe_b64decode(segments[part] + "=" * (-len(segments[part]) % 4))
    changed = json.dumps({**json.loads(raw), **changes}).encode()
    segments[part] = base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
    return ".".join(segments)


HEADERS: dict[str, dict[str, Any]] = {
    "no typ": {"typ": None},
    "typ JWT": {"typ": "JWT"},
    "typ at+jwt": {"typ": "at+jwt"},
    "typ in capitals": {"typ": "DPOP+JWT"},
    "no jwk": {"jwk": None},
    "jwk no object": {"jwk": "a key"},
    "jwk empty": {"jwk": {}},
    "crit": {"crit": ["b64"], "b64": True},
    "crit empty": {"crit": []},
    "jku": {"jku": "https://evil.example/jwks"},
    "x5c": {"x5c": ["MIIB"]},
    "x5u": {"x5u": "https://evil.example/cert"},
    "zip": {"zip": "DEF"},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_a_header_for_another_use_or_with_an_extension_is_refused(
    holder: KeyHolder, header: dict[str, Any]
) -> None:
    proof = holder.proof("POST", "/token", header)

    assert verdict(holder.machine(proof)) == REFUSED


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS256", "ES384", "ES256K", "", 1, None])
def test_an_algorithm_that_is_not_offered_is_refused(holder: KeyHolder, algorithm: Any) -> None:
    """RFC 9449 §4.3 (5): asymmetric, never `none`, and one that we say we take."""
    proof = holder.proof("POST", "/token", {"alg": algorithm})

    assert verdict(holder.machine(proof)) == REFUSED
    assert verdict(holder.machine(proof.rpartition(".")[0] + ".")) == REFUSED


def test_a_proof_signed_with_rs256_is_refused(provider: Provider, holder: KeyHolder) -> None:
    other = dataclasses.replace(holder, key=RSAKey.generate_key(2048), algorithm="RS256")

    assert verdict(other.machine(other.proof("POST", "/token"))) == REFUSED


def test_a_shared_secret_is_no_key(provider: Provider, holder: KeyHolder) -> None:
    """With HS256 the secret would stand in the header for all to read."""
    secret, now = OctKey.generate_key(256), int(provider.clock.now().timestamp())
    header = {"typ": "dpop+jwt", "alg": "HS256", "jwk": secret.as_dict(private=True)}
    claims = {"jti": "one", "htm": "POST", "htu": f"{holder.app.issuer}/token", "nonce": holder.nonce}

    proof = signed(header, {**claims, "iat": now}, secret, "HS256")

    assert verdict(holder.machine(proof)) == REFUSED


def test_a_public_key_used_as_a_secret_signs_nothing(holder: KeyHolder) -> None:
    """Algorithm confusion: HMAC with the public key that stands in the header."""
    secret = OctKey.import_key(json.dumps(holder.public_jwk, separators=(",", ":")).encode())
    header = {"typ": "dpop+jwt", "alg": "HS256", "jwk": holder.public_jwk}

    assert verdict(holder.machine(signed(header, {"jti": "one"}, secret, "HS256"))) == REFUSED


@pytest.mark.parametrize(
    "key",
    [ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519"), RSAKey.generate_key(2048)],
    ids=["EC", "OKP", "RSA"],
)
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_a_private_key_in_the_header_is_refused(holder: KeyHolder, key: Any) -> None:
    """RFC 9449 §4.3 (7): whoever shows it has given it away."""
    algorithm = {"EC": "ES256", "OKP": "EdDSA", "RSA": "PS256"}[key.key_type]
    shows = dataclasses.replace(holder, key=key, algorithm=algorithm)

    proof = shows.proof("POST", "/token", {"jwk": key.as_dict(private=True)})

    assert verdict(holder.machine(proof)) == REFUSED
    assert shows.machine(shows.proof("POST", "/token")).status == 200


KEYS: dict[str, dict[str, Any]] = {
    "not on the curve": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
    "another curve": {"kty": "EC", "crv": "P-384"},
    "kty missing": {"kty": None},
    "kty no text": {"kty": ["EC"]},
    "x no text": {"x": {"a": 1}},
    "x missing": {"x": None},
    "for encryption": {"use": "enc"},
}


@pytest.mark.parametrize("change", KEYS.values(), ids=KEYS.keys())
def test_what_is_no_key_for_its_algorithm_is_refused(holder: KeyHolder, change: dict[str, Any]) -> None:
    jwk = {name: value for name, value in {**holder.public_jwk, **change}.items() if value is not None}

    assert verdict(holder.machine(holder.proof("POST", "/token", {"jwk": jwk}))) == REFUSED


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "PS256"])
@pytest.mark.parametrize(
    "key",
    [
        ECKey.generate_key("P-256"),
        ECKey.generate_key("P-384"),
        OKPKey.generate_key("Ed25519"),
        OKPKey.generate_key("X25519"),
        RSAKey.generate_key(2048),
    ],
    ids=["P-256", "P-384", "Ed25519", "X25519", "RSA"],
)
def test_a_key_of_another_kind_than_its_algorithm_is_refused(
    holder: KeyHolder, algorithm: str, key: Any
) -> None:
    """And so is the right kind, which made no signature here: refused, and no fault of ours."""
    shown = dataclasses.replace(holder, key=key).public_jwk

    proof = holder.proof("POST", "/token", {"alg": algorithm, "jwk": shown})

    assert verdict(holder.machine(proof)) == REFUSED


def test_a_weak_rsa_key_is_refused(holder: KeyHolder) -> None:
    jwk = {"kty": "RSA", "n": base64.urlsafe_b64encode(b"\xc1" * 128).rstrip(b"=").decode(), "e": "AQAB"}
    proof = holder.proof("POST", "/token", {"alg": "PS256", "jwk": jwk})

    assert verdict(holder.machine(proof)) == REFUSED


def test_another_key_than_the_one_that_signed_is_refused(holder: KeyHolder) -> None:
    """Otherwise a token could be bound to, or used with, a key that nobody showed."""
    proof = thief(holder).proof("POST", "/token", {"jwk": holder.public_jwk})

    assert verdict(holder.machine(proof)) == REFUSED


@pytest.mark.parametrize("change", [{"htu": "https://evil.example"}, {"jti": "x"}, {"nonce": "y"}])
def test_a_proof_changed_on_the_way_is_refused(holder: KeyHolder, change: dict[str, str]) -> None:
    proof = with_changed(holder.proof("POST", "/token"), 1, **change)

    assert verdict(holder.machine(proof)) == REFUSED


CLAIMS: dict[str, dict[str, Any]] = {
    "no jti": {"jti": None},
    "jti empty": {"jti": ""},
    "jti no text": {"jti": 7},
    "jti too long": {"jti": "j" * 257},
    "jti with control characters": {"jti": "a\nb"},
    "no htm": {"htm": None},
    "htm of another method": {"htm": "GET"},
    "htm in small letters": {"htm": "post"},
    "no htu": {"htu": None},
    "htu of another endpoint": {"htu": "http://east.id.localhost:8001/userinfo"},
    "htu of another host": {"htu": "http://west.id.localhost:8001/token"},
    "htu on another port": {"htu": "http://east.id.localhost/token"},
    "htu by another scheme": {"htu": "https://east.id.localhost:8001/token"},
    "htu with more path": {"htu": "http://east.id.localhost:8001/token/"},
    "htu in another case": {"htu": "http://east.id.localhost:8001/TOKEN"},
    "htu with user information": {"htu": "http://east.id.localhost:8001@evil.example/token"},
    "htu with our user": {"htu": "http://a@east.id.localhost:8001/token"},
    "htu with an encoded slash": {"htu": "http://east.id.localhost:8001/%2ftoken"},
    "htu relative": {"htu": "/token"},
    "htu with a line end": {"htu": "http://east.id.localhost:8001/to\nken"},
    "htu with a port that is none": {"htu": "http://east.id.localhost:x/token"},
    "htu no text": {"htu": ["http://east.id.localhost:8001/token"]},
    "no iat": {"iat": None},
    "iat no number": {"iat": "1790000000"},
    "iat true": {"iat": True},
    "iat negative": {"iat": -1},
    "iat enormous": {"iat": 10**40},
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS.keys())
def test_a_proof_that_was_not_made_for_this_request_is_refused(
    holder: KeyHolder, claims: dict[str, Any]
) -> None:
    """RFC 9449 §4.3 (3, 8, 9)."""
    assert verdict(holder.machine(holder.proof("POST", "/token", **claims))) == REFUSED


@pytest.mark.parametrize("seconds", [-3_600, -61, 61, 3_600])
def test_a_proof_made_at_another_time_is_refused(provider: Provider, holder: KeyHolder, seconds: int) -> None:
    issued_at = int(provider.clock.now().timestamp()) + seconds

    assert verdict(holder.machine(holder.proof("POST", "/token", iat=issued_at))) == REFUSED


@pytest.mark.parametrize("ath", [None, "", "x", 1, hash_of("another token"), "hash_of(token).upper()"])
def test_a_proof_for_another_token_is_refused(holder: KeyHolder, token: str, ath: Any) -> None:
    """RFC 9449 §4.3 (12)."""
    answer = holder.userinfo(token, holder.proof_for(token, ath=ath))

    assert verdict(answer) == (401, "invalid_dpop_proof")


MALFORMED = {
    "empty segments": "..",
    "words": "not a proof",
    "two segments": "e30.e30",
    "no JSON": "YQ.YQ.YQ",
    "duplicate members": "eyJhIjoxLCJhIjoyfQ.e30.YQ",
    "five segments": "a.b.c.d.e",
    "too large": "e30." + "A" * 5_000 + ".YQ",
    "not ASCII": "é.é.é",
}


@pytest.mark.parametrize("proof", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_proof_is_refused(holder: KeyHolder, proof: str) -> None:
    assert verdict(holder.machine(proof)) == REFUSED


@pytest.mark.parametrize("size", [4_096, 60_000])
def test_a_proof_that_is_too_large_is_refused_unread(holder: KeyHolder, size: int) -> None:
    """Otherwise anybody could keep us busy with parsing and hashing."""
    in_payload = holder.proof("POST", "/token", extra="x" * size)
    in_header = holder.proof("POST", "/token", {"extra": "x" * size})

    assert [verdict(holder.machine(proof)) for proof in (in_payload, in_header)] == [REFUSED, REFUSED]


def test_two_proofs_in_one_request_are_refused(holder: KeyHolder) -> None:
    """RFC 9449 §4.3 (1). Servers hand two headers on as one with a comma."""
    first, second = holder.proof("POST", "/token"), holder.proof("POST", "/token")

    assert verdict(holder.machine(f"{first},{second}")) == REFUSED
    assert verdict(holder.machine(f"{first}, {first}")) == REFUSED


def test_a_stolen_token_is_no_bearer_token(holder: KeyHolder, token: str) -> None:
    """RFC 9449 §7.2: the downgrade is refused, in the header and in the body, with a proof beside it or without."""
    app = holder.app
    answers = [
        app.userinfo(token),
        app.send("POST", "/userinfo", {"access_token": token}),
        holder.userinfo(token, holder.proof_for(token), scheme="Bearer"),
        app.send(
            "POST",
            "/userinfo",
            {"access_token": token},
            {"DPoP": holder.proof("POST", "/userinfo", ath=hash_of(token))},
        ),
    ]

    assert [verdict(answer) for answer in answers] == [(401, "invalid_token")] * 4
    assert holder.userinfo(token).status == 200


def test_a_stolen_token_is_worth_nothing_with_another_key(holder: KeyHolder, token: str) -> None:
    assert verdict(thief(holder).userinfo(token)) == (401, "invalid_token")


def test_a_proof_counts_once(holder: KeyHolder, token: str) -> None:
    """RFC 9449 §11.1, at every endpoint that takes one."""
    at_token, at_userinfo = holder.proof("POST", "/token"), holder.proof_for(token)
    at_par, (_, members) = holder.proof("POST", "/par"), holder.app.ask()

    assert holder.machine(at_token).status == 200
    assert verdict(holder.machine(at_token)) == REFUSED
    assert holder.userinfo(token, at_userinfo).status == 200
    assert verdict(holder.userinfo(token, at_userinfo)) == (401, "invalid_dpop_proof")
    assert holder.call_once("/par", members, at_par).status == 201
    assert verdict(holder.call_once("/par", members, at_par)) == REFUSED


def test_a_jti_counts_once_over_all_endpoints(holder: KeyHolder, token: str) -> None:
    assert holder.machine(holder.proof("POST", "/token", jti="one")).status == 200

    assert verdict(holder.userinfo(token, holder.proof_for(token, jti="one"))) == (401, "invalid_dpop_proof")


def test_a_proof_counts_once_whichever_process_sees_it(provider: Provider, holder: KeyHolder) -> None:
    """The list of those seen is shared, and so are nonces."""
    proof = holder.proof("POST", "/token")

    with provider.twin() as other:
        elsewhere = dataclasses.replace(holder, app=dataclasses.replace(holder.app, app=other.app))
        assert elsewhere.machine(proof).status == 200
        assert verdict(holder.machine(proof)) == REFUSED
        assert holder.machine(holder.proof("POST", "/token")).status == 200


def test_of_many_uses_at_once_exactly_one_counts(holder: KeyHolder) -> None:
    proof, start = holder.proof("POST", "/token"), Barrier(AT_ONCE)
    form = {"grant_type": "client_credentials", "scope": "tax.read"}
    app = dataclasses.replace(holder.app, headers={"DPoP": proof})

    def use(_: int) -> int:
        start.wait()
        return app.call("/token", form).status

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(use, range(AT_ONCE)))

    assert sorted(statuses) == [200] + [400] * (AT_ONCE - 1)


@pytest.mark.parametrize("seconds", [-60, 0, 60])
def test_a_proof_is_remembered_for_as_long_as_it_could_be_used(
    provider: Provider, holder: KeyHolder, seconds: int
) -> None:
    """No gap between what the window accepts and what the memory keeps, housekeeping included."""
    issued_at = int(provider.clock.now().timestamp()) + seconds
    proof = holder.proof("POST", "/token", iat=issued_at)
    assert holder.machine(proof).status == 200

    for _ in range(16):
        provider.clock.advance(seconds=10)
        provider.services.stores.housekeeping.sweep(now=provider.clock.now())
        assert holder.machine(proof).status == 400


def test_a_refused_proof_uses_up_no_jti(holder: KeyHolder) -> None:
    """Nor does somebody else's key: nobody can spoil what the holder will send next."""
    stranger = thief(holder)
    assert stranger.machine(stranger.proof("POST", "/token", jti="next")).status == 200
    assert verdict(holder.machine(holder.proof("POST", "/token", jti="next", htm="GET"))) == REFUSED
    forged = stranger.proof("POST", "/token", {"jwk": holder.public_jwk}, jti="next")
    assert verdict(holder.machine(forged)) == REFUSED

    assert holder.machine(holder.proof("POST", "/token", jti="next")).status == 200


def test_a_proof_made_ahead_is_worth_nothing_later(provider: Provider, holder: KeyHolder) -> None:
    """RFC 9449 §11.2: whoever had the key for a moment made proofs for tomorrow, but not with tomorrow's nonce."""
    tomorrow = int(provider.clock.now().timestamp()) + 24 * 3_600
    proof = holder.proof("POST", "/token", iat=tomorrow)

    provider.clock.advance(hours=24)

    assert verdict(holder.machine(proof)) == (400, "use_dpop_nonce")


@pytest.mark.parametrize("nonce", [None, "", "x", 1, ["a"], "0" * 32])
def test_a_nonce_that_is_not_ours_is_refused(holder: KeyHolder, nonce: Any) -> None:
    answer = holder.machine(holder.proof("POST", "/token", nonce=nonce))

    assert verdict(answer) == (400, "use_dpop_nonce")


def test_the_nonce_of_another_provider_is_refused(provider: Provider, holder: KeyHolder) -> None:
    """Even of one with the same secret key."""
    now = provider.clock.now()
    nonces = provider.services.dpop_nonces
    foreign = dataclasses.replace(nonces, issuer="https://west.example").current(now=now)

    assert foreign != nonces.current(now=now)
    assert verdict(holder.machine(holder.proof("POST", "/token", nonce=foreign))) == (400, "use_dpop_nonce")


def test_nobody_knows_a_nonce_ahead(provider: Provider, holder: KeyHolder) -> None:
    later = provider.clock.now().replace(hour=provider.clock.now().hour + 1)
    proof = holder.proof("POST", "/token", nonce=provider.services.dpop_nonces.current(now=later))

    assert verdict(holder.machine(proof)) == (400, "use_dpop_nonce")


def test_a_client_that_wants_bound_tokens_gets_no_others(provider: Provider) -> None:
    """RFC 9449 §5.2, for every grant: a thief who strips the proof off gains nothing."""
    provider.person()
    app = provider.client("bound", dpop_bound_access_tokens=True, auth_method=ClientAuthMethod.SECRET_BASIC)
    holder = KeyHolder(app)
    arrival = provider.arrive(provider.browser(), app)

    assert verdict(app.redeem(arrival.code, arrival.pending.verifier)) == REFUSED
    tokens = holder.redeem(arrival.code, arrival.pending.verifier)
    assert verdict(app.refresh(tokens.refresh_token)) == REFUSED
    assert verdict(app.token(grant_type="client_credentials", scope="tax.read")) == REFUSED
    assert tokens.token_type == "DPoP"


def test_a_code_taken_on_its_way_is_worth_nothing_without_the_key(
    provider: Provider, holder: KeyHolder
) -> None:
    """RFC 9449 §11.9: even with the verifier and the client's own credentials."""
    provider.person()
    arrival = provider.arrive(provider.browser(), holder.app, dpop_jkt=holder.jkt)

    assert thief(holder).redeem(arrival.code, arrival.pending.verifier).error == "invalid_grant"
    assert holder.app.redeem(arrival.code, arrival.pending.verifier).error == "invalid_dpop_proof"


def test_three_tries_with_other_keys_kill_the_code(provider: Provider, holder: KeyHolder) -> None:
    provider.person()
    arrival = provider.arrive(provider.browser(), holder.app, dpop_jkt=holder.jkt)
    for _ in range(3):
        thief(holder).redeem(arrival.code, arrival.pending.verifier)

    assert holder.redeem(arrival.code, arrival.pending.verifier).error == "invalid_grant"


def test_the_key_named_in_a_pushed_request_cannot_be_changed_in_the_address(
    provider: Provider, holder: KeyHolder
) -> None:
    provider.person()
    pending, members = holder.app.ask()
    pushed = holder.call("/par", members)
    stranger = thief(holder)
    address = holder.app.address(
        client_id=holder.app.client_id, request_uri=pushed.request_uri, dpop_jkt=stranger.jkt
    )

    page = provider.walk(provider.browser(), address)
    code = page.url.partition("code=")[2].partition("&")[0]

    assert stranger.redeem(code, pending.verifier).error == "invalid_grant"
    assert holder.redeem(code, pending.verifier).status == 200
