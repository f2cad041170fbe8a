"""What every verifier must accept and refuse, in whatever language it is written: as plain data, signed for real."""

from __future__ import annotations

import hmac
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson
from joserfc.jwk import OKPKey, RSAKey

from idp.foundation import compact_jws
from idp.trustlist.bundle import content_hash
from tests.verifier import witness_cases
from tests.verifier.nation import (
    ACR,
    AUDIENCE,
    EAST,
    HUB,
    NOW,
    WEST,
    Key,
    Nation,
    ath,
    ec_key,
    public,
    segment,
    signed,
)

URL = f"{AUDIENCE}/records"
OK = "ok"
UNSIGNED = b'{"alg":"none","typ":"at+jwt","kid":"k"}'


@dataclass
class Case:
    """Steps taken in order with one verifier; the last one's outcome counts. Every step is at its own time."""

    name: str
    expected: str
    """`ok`, or the error: `invalid_token`, `temporarily_unavailable`, …"""
    steps: list[dict[str, Any]] = field(default_factory=list)
    pinned: dict[str, Any] = field(default_factory=dict)

    def load(self, compact: str, at: int = NOW, lineage: str | None = None) -> Case:
        self.steps.append({"do": "load", "compact": compact, "lineage": lineage, "at": at})
        return self

    def verify(self, token: str, at: int = NOW, **options: Any) -> Case:
        self.steps.append({"do": "verify", "token": token, "at": at, "options": options})
        return self

    def request(
        self, authorization: str | None, proof: str | None = None, at: int = NOW, **more: Any
    ) -> Case:
        options = {"method": "GET", "url": URL, "authorization": authorization, "proof": proof, **more}
        self.steps.append({"do": "request", "at": at, "options": options})
        return self

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "hub": HUB, "audience": AUDIENCE}


def every() -> list[Case]:
    """All of them, with fresh keys."""
    cases = [
        *_tokens(Nation()),
        *_regions(Nation()),
        *_homes(Nation()),
        *_strength(Nation()),
        *_bundles(Nation()),
        *_proofs(Nation()),
        *witness_cases.cases(lambda name, expected, pinned: Case(name, expected, pinned=pinned)),
    ]
    assert len({case.name for case in cases}) == len(cases)
    return cases


def _after(nation: Nation, claims: dict[str, Any], name: str, expected: str) -> Case:
    return Case(name, expected, pinned=nation.pinned).load(nation.bundle(claims))


def _tokens(nation: Nation) -> list[Case]:
    def case(name: str, expected: str, token: str, at: int = NOW, **options: Any) -> Case:
        return _after(nation, nation.claims(), name, expected).verify(token, at, **options)

    good, key = nation.token(), nation.keys[EAST]
    head, body, tail = good.split(".")
    return [
        case("a token of East", OK, good),
        case("a token of West", OK, nation.token(WEST)),
        case("a token with what is wanted", OK, good, scope=["records"], acr=f"{ACR}2"),
        case("an audience in an array of one", OK, nation.token(aud=[AUDIENCE])),
        case("a type spelled in full", OK, nation.token(header={"typ": "application/at+jwt"})),
        case("an expired token, within the leeway", OK, good, at=NOW + 330),
        case("an expired token", "invalid_token", good, at=NOW + 361),
        case("a token of the future", "invalid_token", nation.token(iat=NOW + 61)),
        case("a token not valid yet", "invalid_token", nation.token(nbf=NOW + 61)),
        case("a token without an end", "invalid_token", nation.token(exp=None)),
        case("an end that is true", "invalid_token", nation.token(exp=True)),
        case("an end that is text", "invalid_token", nation.token(exp=str(NOW + 300))),
        case("an end with a fraction", "invalid_token", nation.token(exp=NOW + 300.5)),
        case("another audience", "invalid_token", nation.token(aud="https://api.tax.example")),
        case("two audiences", "invalid_token", nation.token(aud=[AUDIENCE, "https://api.tax.example"])),
        case("no audience", "invalid_token", nation.token(aud=None)),
        case("an empty audience", "invalid_token", nation.token(aud=[])),
        case("no subject", "invalid_token", nation.token(sub=None)),
        case("a scope that is missing", "insufficient_scope", good, scope=["delete"]),
        case("an ID token", "invalid_token", nation.token(header={"typ": "JWT"})),
        case(
            "no type", "invalid_token", signed(key, {"alg": "ES256", "kid": key.thumbprint()}, {"iss": EAST})
        ),
        case(
            "an unknown critical header", "invalid_token", nation.token(header={"crit": ["b64"], "b64": True})
        ),
        case("another region's key", "invalid_token", nation.token(EAST, nation.keys[WEST])),
        case("a stranger's key", "invalid_token", nation.token(EAST, ec_key())),
        case(
            "a stranger's key under the region's kid",
            "invalid_token",
            nation.token(EAST, ec_key(), {"kid": key.thumbprint()}),
        ),
        case("an unknown issuer", "invalid_token", nation.token(iss="https://id.north.example")),
        case("an issuer with a slash more", "invalid_token", nation.token(iss=f"{EAST}/")),
        case("no issuer", "invalid_token", nation.token(iss=None)),
        case("no signature", "invalid_token", f"{head}.{body}."),
        case("a signature cut short", "invalid_token", f"{head}.{body}.{tail[:-4]}"),
        case(
            "a changed payload", "invalid_token", f"{head}.{nation.token(sub='other').split('.')[1]}.{tail}"
        ),
        case("alg none", "invalid_token", f"{segment(UNSIGNED)}.{body}."),
        case("HS256 with the public key", "invalid_token", _symmetric(nation)),
        case("a key of its own in the header", "invalid_token", _self_made(nation)),
        case("a member that comes twice", "invalid_token", _twice(nation)),
        case("two segments", "invalid_token", f"{head}.{body}"),
        case("padding", "invalid_token", f"{head}.{body}.{tail}=="),
        case("not JSON", "invalid_token", signed(key, {"alg": "ES256", "typ": "at+jwt", "kid": "k"}, b"{")),
        case("an array", "invalid_token", signed(key, {"alg": "ES256", "typ": "at+jwt", "kid": "k"}, b"[]")),
        case("nothing", "invalid_token", ""),
        case("far too much", "invalid_token", nation.token(sub="x" * 20_000)),
    ]


def _regions(nation: Nation) -> list[Case]:
    token, kid = nation.token(), nation.keys[EAST].thumbprint()
    west = nation.region(WEST)

    def case(name: str, expected: str, **changes: Any) -> Case:
        claims = nation.claims(regions=[nation.region(EAST, **changes), west])
        return _after(nation, claims, name, expected).verify(token)

    two_keys = {"issuer": EAST, "jwks": {"keys": [public(ec_key()), public(nation.keys[EAST])]}}
    foreign = {"issuer": WEST, "jwks": {"keys": [public(nation.keys[EAST])]}}
    ed25519, rsa = OKPKey.generate_key("Ed25519"), RSAKey.generate_key(2048)
    others = {"issuer": EAST, "jwks": {"keys": [public(ed25519), public(rsa, alg="PS256")]}}
    by_others = nation.claims(regions=[nation.region(EAST, op_metadata=others), west])
    revoked = nation.claims(revoked=[{"issuer": EAST, "kid": kid, "at": NOW, "reason": "compromised"}])
    elsewhere = nation.claims(revoked=[{"issuer": WEST, "kid": kid, "at": NOW, "reason": "compromised"}])
    return [
        case("a suspended region", "invalid_token", status="suspended", reason="review"),
        case("a removed region", "invalid_token", status="removed"),
        case("a region that changes keys", OK, op_metadata=two_keys),
        case("metadata of another issuer", "temporarily_unavailable", op_metadata=foreign),
        _after(nation, by_others, "a token signed with Ed25519", OK).verify(
            nation.token(key=ed25519, header={"alg": "EdDSA"})
        ),
        _after(nation, by_others, "a token signed with PS256", OK).verify(
            nation.token(key=rsa, header={"alg": "PS256"})
        ),
        _after(nation, by_others, "RS256 by a key for PS256", "invalid_token").verify(
            nation.token(key=rsa, header={"alg": "RS256"})
        ),
        _after(nation, revoked, "a revoked key", "invalid_token").verify(token),
        _after(nation, elsewhere, "the same kid revoked at another region", OK).verify(token),
        Case("no bundle at all", "temporarily_unavailable", pinned=nation.pinned).verify(token),
    ]


def _homes(nation: Nation) -> list[Case]:
    """Tokens of West for people whom East vouched for."""

    def case(name: str, expected: str, home: object = EAST, acr: str = "2", **changes: Any) -> Case:
        claims = nation.claims(regions=[nation.region(EAST, **changes), nation.region(WEST)])
        token = nation.token(WEST, home_iss=home, acr=ACR + acr)
        return _after(nation, claims, name, expected).verify(token)

    return [
        case("a person of another region", OK),
        case("a person of a suspended region", "invalid_token", status="suspended", reason="review"),
        case("a person of a removed region", "invalid_token", status="removed"),
        case("a person of nowhere", "invalid_token", "https://id.north.example"),
        case("a home region that is no text", "invalid_token", [EAST]),
        case("a home region without a name", "invalid_token", ""),
        case("an acr at the ceiling of the home region", OK, acr="1", acr_ceiling=f"{ACR}1"),
        case("an acr above the ceiling of the home region", "invalid_token", acr_ceiling=f"{ACR}1"),
    ]


def _strength(nation: Nation) -> list[Case]:
    def case(
        name: str, expected: str, reached: str | None, at: int = NOW, ceiling: str = "3", **options: Any
    ) -> Case:
        claims = nation.claims(regions=[nation.region(EAST, acr_ceiling=ACR + ceiling), nation.region(WEST)])
        level = None if reached is None else ACR + reached
        token = nation.token(acr=level, iat=at, exp=at + 300)
        return _after(nation, claims, name, expected).verify(token, at, **options)

    unavailable, weak = "temporarily_unavailable", "insufficient_user_authentication"
    return [
        case("an acr at the ceiling", OK, "2", ceiling="2"),
        case("an acr above the ceiling", "invalid_token", "3", ceiling="2"),
        case("a ceiling that is not on the ladder", "invalid_token", "1", ceiling="9"),
        case("no acr, and a ceiling that is not on the ladder", "invalid_token", None, ceiling="9"),
        case("an acr that is not on the ladder", "invalid_token", "4"),
        case("an acr that is weaker than wanted", weak, "1", acr=f"{ACR}2"),
        case("no acr where one is wanted", weak, None, acr=f"{ACR}1"),
        case("no acr where none is wanted", OK, None),
        case("a wish that is not on the ladder", weak, "3", acr="urn:other:1"),
        case("the strongest after ten minutes", OK, "3", NOW + 600),
        case("the strongest a second later", unavailable, "3", NOW + 601),
        case("the middle after an hour", OK, "2", NOW + 3_600),
        case("the middle a second later", unavailable, "2", NOW + 3_601),
        case("the weakest just before a day", OK, "1", NOW + 86_399),
        case("the weakest after a day", unavailable, "1", NOW + 86_400),
        case("no acr after a day", unavailable, None, NOW + 86_400),
        case("a clock two minutes slow", unavailable, "1", NOW - 120),
        case("a clock half a minute slow", OK, "1", NOW - 30),
    ]


def _bundles(nation: Nation) -> list[Case]:
    first = nation.claims()
    second = nation.successor(first, regions=[nation.region(EAST)])
    third = nation.successor(second)
    far = {**nation.successor(third), "seq": 400, "lineage": {}}
    new_key = ec_key()
    both = {"keys": [*nation.pinned["keys"], public(new_key)]}
    introduces = nation.successor(first, bundle_jwks=both)
    alone = nation.successor(introduces, bundle_jwks={"keys": [public(new_key)]})

    def held(name: str, expected: str) -> Case:
        return _after(nation, first, name, expected)

    true_line = nation.bundle(
        {"iss": HUB, "from": 1, "hashes": {"1": content_hash(first)}, "iat": NOW}, typ="trust-lineage+jwt"
    )
    false_line = nation.bundle(
        {"iss": HUB, "from": 1, "hashes": {"1": content_hash(second)}, "iat": NOW}, typ="trust-lineage+jwt"
    )
    return [
        held("the next bundle", OK).load(nation.bundle(second)),
        held("two at a time", OK).load(nation.bundle(third)),
        held("the same again", OK).load(nation.bundle(first)),
        held("the same, signed later", OK).load(
            nation.bundle({**first, "iat": NOW + 60, "exp": NOW + 86_460}), NOW + 60
        ),
        held("what the next bundle says counts", "invalid_token")
        .load(nation.bundle(second))
        .verify(nation.token(WEST)),
        held("rolled back", "invalid_token").load(nation.bundle(second)).load(nation.bundle(first)),
        held("rolled back changes nothing", "invalid_token")
        .load(nation.bundle(second))
        .load(nation.bundle({**first, "iat": NOW + 60}), NOW + 60)
        .verify(nation.token(WEST)),
        held("two bundles of one number", "invalid_token").load(
            nation.bundle({**first, "revoked": [], "regions": []})
        ),
        held("another past", "invalid_token").load(
            nation.bundle({**second, "lineage": {"1": content_hash(third)}})
        ),
        held("a gap", "invalid_token").load(nation.bundle(far)),
        held("a gap closed by the lineage", OK).load(nation.bundle(far), lineage=true_line),
        held("a gap with another past", "invalid_token").load(nation.bundle(far), lineage=false_line),
        held("a bundle in the place of the lineage", "invalid_token").load(
            nation.bundle(far), lineage=nation.bundle(first)
        ),
        held("signed by a stranger", "invalid_token").load(nation.bundle(second, new_key)),
        held("signed by a stranger under the hub's kid", "invalid_token").load(
            nation.bundle(second, new_key, kid=nation.hub_key.thumbprint())
        ),
        held("a new key, introduced", OK).load(nation.bundle(introduces)).load(nation.bundle(alone, new_key)),
        held("a new key, not introduced", "invalid_token").load(nation.bundle(alone, new_key)),
        held("the old key after the change", "invalid_token")
        .load(nation.bundle(introduces))
        .load(nation.bundle(alone, new_key))
        .load(nation.bundle(nation.successor(alone))),
        held("another hub", "invalid_token").load(
            nation.bundle({**second, "iss": "https://hub.other.example"})
        ),
        held("an expired bundle", "invalid_token").load(nation.bundle({**second, "exp": NOW})),
        held("a bundle of the future", "invalid_token").load(nation.bundle({**second, "iat": NOW + 61})),
        held("a token as bundle", "invalid_token").load(nation.token()),
        held("a region without a status", "invalid_token").load(
            nation.bundle(nation.successor(first, regions=[{"id": EAST}]))
        ),
        held("a number that is text", "invalid_token").load(nation.bundle({**second, "seq": "2"})),
        held("an unknown member", OK).load(nation.bundle(nation.successor(first, later={"size": 1}))),
        Case("an old bundle is a beginning", OK, pinned=nation.pinned)
        .load(nation.bundle(first), NOW + 200_000)
        .load(nation.bundle({**second, "iat": NOW + 200_000, "exp": NOW + 286_400}), NOW + 200_000)
        .verify(nation.token(iat=NOW + 200_000, exp=NOW + 200_300), NOW + 200_000),
    ]


def _proofs(nation: Nation) -> list[Case]:
    key = ec_key()
    bound = nation.token(cnf={"jkt": key.thumbprint()})
    proof = nation.proof(key, bound)
    bad = "invalid_dpop_proof"

    def case(name: str, expected: str, proof: str | None, scheme: str = "DPoP", at: int = NOW) -> Case:
        return _after(nation, nation.claims(), name, expected).request(f"{scheme} {bound}", proof, at)

    def broken(name: str, **changes: Any) -> Case:
        return case(name, bad, nation.proof(key, bound, **changes))

    private = {**key.as_dict(private=True)}
    rsa = RSAKey.generate_key(2048)
    by_rsa = nation.token(cnf={"jkt": rsa.thumbprint()})
    return [
        case("a proof", OK, proof),
        case("a scheme in small letters", OK, proof, "dpop"),
        case("a proof of a minute ago", OK, proof, at=NOW + 60),
        case("a proof for the address with a query", OK, nation.proof(key, bound, htu=f"{URL}?page=2#top")),
        case(
            "a proof for the address in capitals",
            OK,
            nation.proof(key, bound, htu=URL.replace("https://api", "HTTPS://API")),
        ),
        case(
            "a proof for the address with its port",
            OK,
            nation.proof(key, bound, htu=URL.replace(".example", ".example:443")),
        ),
        case("a proof that is too old", bad, proof, at=NOW + 61),
        case("a proof of the future", bad, nation.proof(key, bound, iat=NOW + 61)),
        case("a proof used twice", bad, proof).request(f"DPoP {bound}", proof),
        case("two proofs", OK, proof).request(f"DPoP {bound}", nation.proof(key, bound, jti="another")),
        case("a bound token as bearer", bad, None, "Bearer"),
        case("a bound token without proof", "invalid_request", None),
        case("a proof beside a bearer token", "invalid_request", proof, "Bearer"),
        _after(nation, nation.claims(), "a proof beside an unbound token", bad).request(
            f"DPoP {nation.token()}", nation.proof(key, nation.token())
        ),
        _after(nation, nation.claims(), "no token", "").request(None),
        _after(nation, nation.claims(), "an unbound token as bearer", OK).request(f"bearer {nation.token()}"),
        case("another key's proof", bad, nation.proof(ec_key(), bound)),
        case(
            "a proof signed by another key than it shows",
            "invalid_token",
            nation.proof(ec_key(), bound, {"jwk": key.as_dict(private=False)}),
        ),
        case(
            "a private key in the proof",
            "invalid_token|invalid_dpop_proof",
            nation.proof(key, bound, {"jwk": private}),
        ),
        case("a proof of another type", bad, nation.proof(key, bound, {"typ": "JWT"})),
        case(
            "a key whose kind is a word of the language",
            "invalid_token|invalid_dpop_proof",
            nation.proof(key, bound, {"jwk": {"kty": "constructor", "x": "AA", "y": "AA"}}),
        ),
        _after(nation, nation.claims(), "a key whose curve is a list", "ok|invalid_token").request(
            f"DPoP {by_rsa}",
            nation.proof(
                rsa, by_rsa, {"alg": "PS256", "jwk": {**rsa.as_dict(private=False), "crv": ["P-256"]}}
            ),
        ),
        _after(nation, nation.claims(), "a proof by PS256", OK).request(
            f"DPoP {by_rsa}",
            nation.proof(rsa, by_rsa, {"alg": "PS256"}),
        ),
        _after(nation, nation.claims(), "a proof by RS256", bad).request(
            f"DPoP {by_rsa}",
            nation.proof(rsa, by_rsa, {"alg": "RS256"}),
        ),
        case("a time of a hundred digits", bad, _at(nation, key, bound, b"1" * 100)),
        case("a time of five hundred digits", bad, _at(nation, key, bound, b"1" * 500)),
        broken("no jti", jti=None),
        broken("an endless jti", jti="x" * 257),
        broken("another method", htm="POST"),
        broken("another address", htu=f"{AUDIENCE}/other"),
        broken("another host", htu="https://evil.example/records"),
        broken("no address", htu=None),
        broken("an address that is none", htu="http://["),
        broken("no time", iat=None),
        broken("a time that is text", iat=str(NOW)),
        broken("another token's hash", ath=ath("another")),
        broken("no hash of the token", ath=None),
        case("a token in the place of the proof", bad, bound),
    ]


def _symmetric(nation: Nation) -> str:
    """By hand: no library signs with a public key."""
    key = nation.keys[EAST]
    header = orjson.dumps({"alg": "HS256", "typ": "at+jwt", "kid": key.thumbprint()})
    given = f"{segment(header)}.{nation.token().split('.')[1]}"
    return f"{given}.{segment(hmac.digest(key.as_pem(private=False), given.encode(), 'sha256'))}"


def _self_made(nation: Nation) -> str:
    key = ec_key()
    return nation.token(key=key, header={"jwk": key.as_dict(private=False), "jku": f"{EAST}/jwks.json"})


def _twice(nation: Nation) -> str:
    key = nation.keys[EAST]
    payload = (
        f'{{"iss":"{EAST}","aud":"https://other.example","aud":"{AUDIENCE}","exp":{NOW + 300},"iat":{NOW},'
        '"sub":"s","client_id":"c","scope":""}'
    )
    return signed(key, {"alg": "ES256", "typ": "at+jwt", "kid": key.thumbprint()}, payload.encode())


def _at(nation: Nation, key: Key, bound: str, digits: bytes) -> str:
    """A proof that says it was made at a number too large for a writer of JSON to write."""
    header, payload, _ = nation.proof(key, bound).split(".")
    claims = compact_jws.decode_segment(payload.encode()).replace(str(NOW).encode(), digits)
    return signed(key, compact_jws.parse_object(compact_jws.decode_segment(header.encode())), claims)
