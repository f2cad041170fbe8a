"""A request object is believed for its client, by its keys, for us, in time, and an entity's only once.

RFC 9101 §6, §10; RFC 8725; OpenID Federation 1.0 §12.1.1.1.
"""

from __future__ import annotations

import socket
import warnings
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey

from idp.oidc.vocabulary import ClientAuthMethod
from tests.attacks.forgery import compact, every_forgery, parts_of, segment, signed_anyhow
from tests.support.provider import ISSUER, Provider
from tests.support.relying_party import ASSERTION_TYPE, Answer, RelyingParty, answer_of

ENTITY = "https://west.example/rp"
MINUTE = 60


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """No request may make us call anybody."""
    reached: list[str] = []

    def connect(_self: object, address: Any, *_: Any) -> None:
        reached.append(f"connection to {address!r}")
        raise OSError("no connections in this test")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)
    yield reached
    assert reached == []


@pytest.fixture
def app(provider: Provider) -> RelyingParty:
    """A mini-app of the registry, with a key."""
    return provider.client("signing", auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)


@pytest.fixture
def entity(provider: Provider) -> RelyingParty:
    """An entity of the federation, registered by trust."""
    return provider.client(
        ENTITY,
        auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
        redirect_uris=("https://west.example/callback",),
        trust_expires_at=provider.clock.now() + timedelta(days=1),
    )


def push(app: RelyingParty, token: str) -> Answer:
    """A request object, pushed by whoever has the client's credentials."""
    return app.call("/par", {"client_id": app.client_id, "request": token})


def require_page(provider: Provider, address: str, name: object = "") -> None:
    """An error page, and nobody redirected."""
    shown = provider.send("GET", address.removeprefix(provider.issuer))
    assert (shown.status_code, shown.headers.get("Location")) == (400, None), name


def require_refused(provider: Provider, app: RelyingParty, token: str, name: object = "") -> None:
    """Pushed, in an address, by form: never a sign-in, and never a redirect to what only the object names."""
    pushed = push(app, token)
    assert (pushed.status, pushed.error) in ((400, "invalid_request_object"), (400, "invalid_request")), name
    require_page(provider, app.address(client_id=app.client_id, request=token), name)
    posted = provider.send("POST", "/authorize", data={"client_id": app.client_id, "request": token})
    assert (posted.status_code, posted.headers.get("Location")) == (400, None), name


def test_no_forged_request_object_is_believed(provider: Provider, app: RelyingParty) -> None:
    """`none`, algorithm confusion, keys in the header, strange `kid`, `crit`, damage; the client itself too."""
    assert app.key is not None
    _, genuine = app.request_object()

    for name, forged in every_forgery(genuine, app.key.as_dict(private=False), app.key).items():
        require_refused(provider, app, forged, name)

    assert push(app, genuine).status == 201


def test_no_forgery_is_believed_inside_an_encryption(provider: Provider, app: RelyingParty) -> None:
    """Encrypting proves nothing: anybody can."""
    _, genuine = app.request_object()
    header, claims, _ = parts_of(genuine)
    forged = {
        "unsigned": compact({**header, "alg": "none"}, claims),
        "no signature": compact(header, claims),
        "another key": signed_anyhow(header, claims),
        "the claims alone": '{"iss": "signing"}',
        "encrypted twice": app.encrypted(genuine),
        "nothing": "",
    }

    for name, inside in forged.items():
        require_refused(provider, app, app.encrypted(inside), name)

    assert push(app, app.encrypted(genuine)).status == 201


def test_a_damaged_or_misled_encryption_is_refused(provider: Provider, app: RelyingParty) -> None:
    """One answer for every fault, so that trying tells nothing (RFC 7516 §11.5; RFC 8725 §2.3, §3.4)."""
    _, token = app.request_object()
    header, _, _, _, _ = app.encrypted(token).split(".")
    _, key, iv, text, tag = app.encrypted(token).split(".")
    genuine = parts_of_jwe(app.encrypted(token))
    changes: dict[str, dict[str, Any]] = {
        "another key of ours": {"kid": provider.services.keyring.view().records[0].kid},
        "unknown kid": {"kid": "unknown"},
        "kid no text": {"kid": 7},
        "alg dir": {"alg": "dir"},
        "alg RSA1_5": {"alg": "RSA1_5"},
        "alg none": {"alg": "none"},
        "alg no text": {"alg": ["ECDH-ES"]},
        "enc CBC": {"enc": "A128CBC-HS256"},
        "enc no text": {"enc": None},
        "zip": {"zip": "DEF"},
        "crit": {"crit": ["exp"]},
        "PBES2": {"alg": "PBES2-HS256+A128KW", "p2c": 2**31, "p2s": "AAAA"},
        "a point off the curve": {"epk": {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}},
        "no epk": {"epk": None},
        "half a point": {"epk": {"kty": "EC", "crv": "P-256", "x": genuine["epk"]["x"]}},
        "a point in numbers": {"epk": {"kty": "EC", "crv": "P-256", "x": 1, "y": 2}},
        "a private epk": {"epk": {**genuine["epk"], "d": genuine["epk"]["x"]}},
        "epk no object": {"epk": "epk"},
        "epk of another curve": {"epk": {"kty": "OKP", "crv": "X25519", "x": segment(bytes(32)), "y": ""}},
        "apu no text": {"apu": {}},
        "a large header": {"x": "x" * 5_000},
    }
    broken = {
        name: with_header({**genuine, **change}, key, iv, text, tag) for name, change in changes.items()
    }
    broken |= {
        "another text": f"{header}.{key}.{iv}.{segment(b'x' * 40)}.{tag}",
        "another tag": f"{header}.{key}.{iv}.{text}.{segment(bytes(16))}",
        "a short tag": f"{header}.{key}.{iv}.{text}.{segment(bytes(4))}",
        "no iv": f"{header}.{key}..{text}.{tag}",
        "a key for direct agreement": f"{header}.{segment(bytes(24))}.{iv}.{text}.{tag}",
        "dots": "....",
        "not ASCII": f"{header}.{key}.{iv}.{text}.\u0430",
    }

    for name, forged in broken.items():
        require_refused(provider, app, forged, name)
    said = {push(app, forged).error_description for forged in broken.values()}
    assert said == {"the request object cannot be decrypted"}


@pytest.mark.parametrize(
    ("alg", "enc", "more"),
    [
        ("ECDH-ES", "A128CBC-HS256", {}),
        ("ECDH-ES", "A192GCM", {}),
        ("ECDH-ES+A192KW", "A256GCM", {}),
        ("RSA-OAEP", "A256GCM", {}),
        ("RSA1_5", "A256GCM", {}),
        ("ECDH-ES", "A256GCM", {"zip": "DEF"}),
        ("ECDH-ES", "A256GCM", {"jku": "https://evil.example/keys.json"}),
        ("ECDH-ES", "A256GCM", {"x5c": ["AAAA"]}),
    ],
)
def test_an_honest_encryption_of_another_kind_is_refused(
    provider: Provider, app: RelyingParty, alg: str, enc: str, more: dict[str, Any]
) -> None:
    """Our key, everything right, but nothing that discovery offers."""
    _, token = app.request_object()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        encrypted = app.encrypted(token, alg, enc, **more)

    assert "enc" in parts_of_jwe(encrypted)
    require_refused(provider, app, encrypted)


def parts_of_jwe(token: str) -> dict[str, Any]:
    """The header of a JWE."""
    return dict(parts_of(f"{token.partition('.')[0]}.{segment('{}')}.")[0])


def with_header(header: dict[str, Any], *rest: str) -> str:
    """A JWE with another header."""
    return ".".join((compact(header, {}).partition(".")[0], *rest))


@pytest.mark.parametrize(
    "typ", ["at+jwt", "dpop+jwt", "logout+jwt", "client-authentication+jwt", "entity-statement+jwt", "", 7]
)
def test_a_jwt_made_for_another_use_is_no_request(provider: Provider, app: RelyingParty, typ: Any) -> None:
    header, claims, _ = parts_of(app.request_object()[1])

    require_refused(provider, app, signed_anyhow({**header, "typ": typ}, claims, app.key))


ELSEWHERE: dict[str, Any] = {
    "another region": "https://west.example",
    "token endpoint": f"{ISSUER}/token",
    "authorization endpoint": f"{ISSUER}/authorize",
    "pushing endpoint": f"{ISSUER}/par",
    "issuer with a slash": f"{ISSUER}/",
    "issuer as a prefix": f"{ISSUER}.evil.example",
    "issuer in capitals": ISSUER.upper(),
    "the client": "signing",
    "others in a list": ["https://west.example", f"{ISSUER}/token"],
    "empty list": [],
    "object": {"iss": ISSUER},
    "missing": None,
}
BESIDE_US: dict[str, Any] = {
    "alone in a list": [ISSUER],
    "among others": [ISSUER, "https://west.example"],
}


@pytest.mark.parametrize("audience", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_an_object_for_another_audience_is_refused(
    provider: Provider, app: RelyingParty, entity: RelyingParty, audience: Any
) -> None:
    for one in (app, entity):
        require_refused(provider, one, one.request_object(aud=audience)[1])


@pytest.mark.parametrize("audience", BESIDE_US.values(), ids=BESIDE_US.keys())
def test_an_entity_s_object_is_for_us_alone(
    app: RelyingParty, entity: RelyingParty, provider: Provider, audience: Any
) -> None:
    """Another audience beside us could hand it on (audience injection). The registry's own may list us."""
    require_refused(provider, entity, entity.request_object(aud=audience)[1])

    assert push(app, app.request_object(aud=audience)[1]).status == 201


def test_client_id_inside_and_outside_and_the_issuer_are_one(
    provider: Provider, app: RelyingParty, entity: RelyingParty
) -> None:
    for one, other in ((app, entity), (entity, app)):
        for claims in (
            {"iss": other.client_id},
            {"client_id": other.client_id},
            {"iss": other.client_id, "client_id": other.client_id},
            {"iss": None},
            {"client_id": None},
            {"client_id": [one.client_id]},
        ):
            require_refused(provider, one, one.request_object(**claims)[1], claims)
        # A genuine one under the other's name: the keys that verify it are the other's.
        require_page(provider, one.address(client_id=other.client_id, request=one.request_object()[1]))


def test_an_assertion_is_no_request_and_a_request_no_assertion(
    provider: Provider, app: RelyingParty, entity: RelyingParty
) -> None:
    """`sub` tells them apart (RFC 9101 §10.8; OpenID Federation 1.0 §12.1.1.1)."""
    for one in (app, entity):
        _, members = one.ask()
        require_refused(provider, one, one.assertion({"typ": "JWT"}, **members))
        require_refused(provider, one, one.request_object(sub=one.client_id)[1])
        _, token = one.request_object({"typ": "JWT"})
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}
        answer = one.send("POST", "/token", {"grant_type": "client_credentials", **proof})
        assert (answer.status, answer.error) == (401, "invalid_client")
    require_refused(provider, entity, entity.request_object(sub="somebody")[1])


def test_an_entity_s_object_counts_once_whichever_process_sees_it(
    provider: Provider, entity: RelyingParty
) -> None:
    """Pushed or in an address, here or there, and after a restart."""
    _, pushed = entity.request_object()
    _, shown = entity.request_object()
    assert push(entity, pushed).status == 201
    assert provider.browser().get(entity.address(client_id=ENTITY, request=shown)).path == "/login"

    with provider.twin() as other:
        entity.app = other.app
        for token in (pushed, shown):
            require_refused(other, entity, token)


def test_an_object_that_counts_once_says_which_it_is(provider: Provider, entity: RelyingParty) -> None:
    for jti in (None, "", 7, "x" * 257, "a\x00b", ["a"]):
        require_refused(provider, entity, entity.request_object(jti=jti)[1], jti)


def test_a_refused_object_uses_up_no_jti(entity: RelyingParty) -> None:
    """Nor does an assertion with the same one."""
    assert push(entity, entity.request_object(jti="mine", scope="profile")[1]).error == "invalid_scope"
    assert push(entity, entity.request_object(jti="mine", redirect_uri="https://x.example/")[1]).status == 400

    assert push(entity, entity.request_object(jti="mine")[1]).status == 201


TIMES: dict[str, tuple[dict[str, Any], bool, bool]] = {
    # name: (seconds from now, does the registry's app get on, does an entity get on)
    "expired": ({"exp": -31}, False, False),
    "expired within the skew": ({"exp": -29}, True, True),
    "five minutes": ({"exp": 5 * MINUTE}, True, True),
    "six minutes": ({"exp": 6 * MINUTE}, True, False),
    "an hour": ({"exp": 60 * MINUTE}, True, False),
    "longer than an hour": ({"exp": 61 * MINUTE}, False, False),
    "nbf soon": ({"nbf": 8}, True, True),
    "nbf later": ({"nbf": 31}, False, False),
    "iat later": ({"iat": 61}, False, False),
    "nbf an hour ago": ({"nbf": -60 * MINUTE}, True, True),
    "nbf longer ago": ({"nbf": -61 * MINUTE}, False, False),
}


@pytest.mark.parametrize("name", TIMES)
def test_an_object_lives_for_a_short_time(
    provider: Provider, app: RelyingParty, entity: RelyingParty, name: str
) -> None:
    times, ordinary, federated = TIMES[name]
    now = int(provider.clock.now().timestamp())
    claims = {claim: now + seconds for claim, seconds in times.items()}

    for one, gets_on in ((app, ordinary), (entity, federated)):
        if gets_on:
            assert push(one, one.request_object(**claims)[1]).status == 201
        else:
            require_refused(provider, one, one.request_object(**claims)[1])


@pytest.mark.parametrize("exp", [None, "soon", True, -1, 2**40, [1], {}])
def test_an_object_without_an_end_is_refused(provider: Provider, app: RelyingParty, exp: Any) -> None:
    require_refused(provider, app, app.request_object(exp=exp)[1])


def test_a_federation_key_signs_no_request(provider: Provider, entity: RelyingParty) -> None:
    """Only the keys that the entity registered for the protocol; not what its statements are signed with."""
    header, claims, _ = parts_of(entity.request_object()[1])
    federation_key = ECKey.generate_key("P-256", {"kid": "federation"})

    for kid in ("federation", header["kid"], None):
        require_refused(provider, entity, signed_anyhow({**header, "kid": kid}, claims, federation_key), kid)


def test_an_unproven_address_inside_gets_a_page(
    provider: Provider, app: RelyingParty, entity: RelyingParty
) -> None:
    """Nor does a registered one outside make up for it."""
    for one in (app, entity):
        _, token = one.request_object(redirect_uri="https://evil.example/callback")
        require_refused(provider, one, token)
        address = one.address(client_id=one.client_id, request=token, redirect_uri=one.redirect_uri)
        require_page(provider, address)


def test_when_trust_fails_nobody_is_redirected(provider: Provider, entity: RelyingParty) -> None:
    """OpenID Federation 1.0 §12.1.3: not even to an address that was registered before."""
    header, claims, _ = parts_of(entity.request_object()[1])
    forged = signed_anyhow(header, claims)

    for client_id in (ENTITY, "https://nobody.example/rp"):
        address = entity.address(client_id=client_id, request=forged, redirect_uri=entity.redirect_uri)
        require_page(provider, address)


def test_an_entity_signs_or_pushes(provider: Provider, entity: RelyingParty) -> None:
    """A plain request in the address proves nothing about who made it."""
    plain = answer_of(provider.browser().get(entity.begin().url).url)
    pending, pushed = entity.push()

    assert plain["error"] == "invalid_request"
    assert pushed.status == 201
    assert provider.browser().get(pending.url).path == "/login"


REFERENCES = [
    "https://tax.example/request.jwt",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:127.0.0.1]/",
    "http://2130706433/",
    "file:///etc/passwd",
    "https://signing@evil.example/#x",
    "urn:ietf:params:oauth:request_uri",
    "URN:IETF:params:oauth:request_uri:pr_x",
]


@pytest.mark.parametrize("reference", REFERENCES)
def test_nothing_is_fetched_by_reference(provider: Provider, app: RelyingParty, reference: str) -> None:
    """Neither from an address, nor pushed, nor named inside an object."""
    asked = provider.browser().get(app.begin(request_uri=reference).url)
    pushed = app.push(request_uri=reference)[1]

    assert answer_of(asked.url)["error"] == "request_uri_not_supported"
    assert (pushed.status, pushed.error) == (400, "invalid_request")
    require_refused(provider, app, app.request_object(request_uri=reference)[1])
    require_refused(provider, app, app.request_object(request=app.request_object()[1])[1])


def test_a_member_of_another_kind_means_nothing_else(app: RelyingParty) -> None:
    """Each is read as one text, or refused; what we do not know is ignored, whatever it is."""
    faults: list[tuple[dict[str, Any], str]] = [
        ({"scope": ["openid", "profile"]}, "invalid_request"),
        ({"scope": ["openid", ["profile"]]}, "invalid_scope"),
        ({"scope": {"openid": True}}, "invalid_scope"),
        ({"state": ["a", "b"]}, "invalid_request"),
        ({"max_age": 1.5}, "invalid_request"),
        ({"redirect_uri": ["https://tax.example/callback"] * 2}, "invalid_request"),
        ({"code_challenge_method": True}, "invalid_request"),
        ({"nonce": "a\x00b"}, "invalid_request_object"),
        ({"x": "y" * 70_000}, "invalid_request_object"),
    ]

    for claims, error in faults:
        assert push(app, app.request_object(**claims)[1]).error == error, claims
    strange = {"authorization_details": [{"type": "x"}], "x": 1.5, "y": {"z": [None]}, "w": [], "v": True}
    assert push(app, app.request_object(**strange)[1]).status == 201


class TestBoundedWork:
    """A hostile object costs a look at its size (RFC 8725 §2.9, §3.5)."""

    @pytest.fixture(autouse=True)
    def no_inflating(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: Any, **__: Any) -> None:
            raise AssertionError("this work must not be done for a stranger")

        monkeypatch.setattr(zlib, "decompress", refuse)
        monkeypatch.setattr(zlib, "decompressobj", refuse)
        monkeypatch.setattr("hashlib.pbkdf2_hmac", refuse)

    def test_a_hostile_object_is_refused_before_it_is_worked_on(
        self, provider: Provider, app: RelyingParty
    ) -> None:
        bomb = segment(zlib.compress(bytes(4_000_000)))
        jwe = {"enc": "A256GCM", "zip": "DEF"}
        for token in (
            compact({"alg": "dir", **jwe}, bomb, "AA"),
            with_header({"alg": "ECDH-ES", **jwe}, "", "AAAA", bomb, "AAAA"),
            with_header(
                {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2**31, "p2s": "AA"}, *["AAAA"] * 4
            ),
            "." * 30_000,
            compact({"alg": "ES256"}, "[" * 30_000 + "]" * 30_000, "AA"),
        ):
            require_refused(provider, app, token, token[:40])

    @pytest.mark.parametrize("path", ["/par", "/authorize"])
    def test_more_than_a_quarter_of_a_megabyte_is_refused_unread(self, provider: Provider, path: str) -> None:
        answer = provider.send("POST", path, data={"client_id": "signing", "request": "x" * 262_144})

        assert answer.status_code == 400

    def test_a_trust_chain_in_the_header_is_not_too_large(self, entity: RelyingParty) -> None:
        """Ten statements of ten kilobytes."""
        chain = [segment(bytes(7_500)) for _ in range(10)]

        _, token = entity.request_object({"trust_chain": chain})

        assert len(token) > 100_000
        assert push(entity, token).status == 201
