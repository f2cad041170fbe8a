"""Types, algorithms, key ids, and keys brought along."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from idp.foundation.compact_jws import encode_segment
from tests.attacks.chains.world import (
    NEW_KEY,
    Case,
    Change,
    World,
    all_of,
    also_knows,
    claim,
    fresh,
    header,
    of_stranger,
    signed_by,
)
from tests.support.federation import Json, public_jwk


def _alg_none(world: World) -> None:
    header(1, alg="none")(world)
    draft = world.chain[1]
    draft.token = f"{_segment(draft.header)}.{_segment(draft.claims)}."


def _signed_with_a_public_key(world: World) -> None:
    """HMAC, with the key that everybody knows for a secret."""
    draft = world.chain[1]
    draft.header["alg"] = "HS256"
    signing_input = f"{_segment(draft.header)}.{_segment(draft.claims)}"
    secret = world.west.key.as_pem(private=False)
    mac = hmac.new(secret, signing_input.encode(), hashlib.sha256).digest()
    draft.token = f"{signing_input}.{encode_segment(mac).decode()}"


def _secret_in_the_set(world: World) -> None:
    world.chain[2].claims["jwks"]["keys"].append({"kty": "oct", "k": "AAAA", "kid": "s"})


def _segment(value: Json) -> str:
    return encode_segment(json.dumps(value).encode()).decode()


def _key_of_west(**members: Any) -> Change:
    """West's key in the hub's statement with other members; `...` takes one out."""

    def change(world: World) -> None:
        jwk = world.chain[2].claims["jwks"]["keys"][0]
        jwk.update(members)
        for name in [name for name, value in members.items() if value is ...]:
            del jwk[name]

    return change


def _twice(world: World) -> None:
    keys = world.chain[2].claims["jwks"]["keys"]
    keys.append({**public_jwk(NEW_KEY), "kid": keys[0]["kid"]})


def _brought_along(**members: Any) -> Change:
    """Signed by a stranger, who has the header say where the key is."""
    return all_of(signed_by(1, of_stranger), header(1, **members))


def _algorithm_changed_alone(world: World) -> None:
    """The header asks for RSA with a key of a curve."""
    draft = world.chain[1]
    good = draft.sign().rpartition(".")[2]
    draft.header["alg"] = "RS256"
    draft.token = f"{_segment(draft.header)}.{_segment(draft.claims)}.{good}"


TYPES = [
    *(
        Case(f"statement {index} with typ {typ!r}", header(index, typ=typ), "typ is not")
        for index in range(4)
        for typ in (
            ...,
            "",
            "JWT",
            "trust-mark+jwt",
            "explicit-registration-response+jwt",
            "Entity-Statement+JWT",
            "application/entity-statement+jwt",
            ["entity-statement+jwt"],
        )
    ),
    Case("alg none and no signature", _alg_none, "alg is not accepted"),
    Case("a public key as a shared secret", _signed_with_a_public_key, "alg is not accepted"),
    Case("a shared secret in the set of keys", _secret_in_the_set, "a key of jwks is not public"),
    Case("a private key in the set of keys", _key_of_west(d="AAAA"), "a key of jwks is not public"),
    *(
        Case(f"alg {alg!r}", header(1, alg=alg), "alg is not accepted")
        for alg in (..., "ES256K", "es256", "HS512", "", ["ES256"], None)
    ),
    Case("an algorithm that the key is not for", _algorithm_changed_alone, "the signature is wrong"),
    *(
        Case(
            f"a key for {name} {value}",
            _key_of_west(**{name: value}),
            refusal,
            twin=_key_of_west(**{name: good}),
        )
        for name, value, good, refusal in (
            ("alg", "ES384", "ES256", "another algorithm"),
            ("use", "enc", "sig", "not for signing"),
        )
    ),
    *(
        Case(f"kid {kid!r}", header(1, kid=kid), refusal)
        for kid, refusal in (
            (..., "kid is missing"),
            ("", "kid is missing"),
            (7, "kid is missing"),
            (None, "kid is missing"),
            ("k" * 10_000, "too long"),
            ("../../etc/passwd", "not in the set of the issuer"),
            ("' or 1=1 --", "not in the set of the issuer"),
        )
    ),
    *(
        Case(f"a key with kid {kid!r}", _key_of_west(kid=kid), "a kid of its own")
        for kid in (..., "", None, 7)
    ),
    Case("two keys of one name", _twice, "a kid of its own", twin=also_knows(2, fresh)),
    *(
        Case(f"jwks {jwks!r}", claim(1, jwks=jwks), "jwks is missing")
        for jwks in (..., None, [], {}, {"keys": []}, {"keys": {}}, {"keys": ["k"]})
    ),
    *(
        Case(
            f"a key brought along in {name}",
            _brought_along(**{name: value}),
            "not in the set",
            twin=header(1, **{name: value}),
        )
        for name, value in (
            ("jwk", public_jwk(NEW_KEY)),
            ("jku", "https://stranger.example/jwks"),
            ("x5u", "https://stranger.example/certificate"),
            ("x5c", ["MIIB"]),
        )
    ),
]
