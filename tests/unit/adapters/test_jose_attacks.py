"""Known attacks on JWT readers, tried on every input that takes a JWT.

Algorithm confusion, `none`, keys in the header, kid injection, critical extensions, and inputs made to cost much.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, import_key

from idp.foundation.compact_jws import MAX_BRACKETS
from idp.oidc.client import Client
from idp.oidc.errors import InvalidClient, InvalidRequest, InvalidToken, ProtocolError
from idp.oidc.vocabulary import Algorithm
from tests.unit.adapters.keys import (
    ACCESS_CLAIMS,
    ID_CLAIMS,
    ISSUER,
    Region,
    client_key,
    region,
    registered,
    segment,
    signed,
)

CLIENT_KEY = client_key(Algorithm.ES256)
CLIENT = registered(dict(CLIENT_KEY.as_dict(private=False, kid="mine")))
ASSERTION = {"iss": "tax", "sub": "tax", "aud": ISSUER, "exp": 1_700_000_060, "jti": "once"}
EAST = region()


@pytest.fixture
def east() -> Region:
    return EAST


class Input:
    """One place where a stranger may hand us a JWT."""

    def __init__(
        self, typ: str, claims: dict[str, Any], refusal: type[ProtocolError], read: Callable[[str], object]
    ) -> None:
        self.typ, self.claims, self.refusal, self.read = typ, claims, refusal, read

    def public_jwk(self) -> dict[str, Any]:
        """The key that the victim verifies with, which everybody knows."""
        if self.refusal is InvalidClient:
            return dict(CLIENT_KEY.as_dict(private=False, kid="mine"))
        published = orjson.loads(EAST.keyring.jwks().body)["keys"]
        return next(key for key in published if key["alg"] == "ES256")

    def header(self, **members: Any) -> dict[str, Any]:
        """The header of a good token, changed."""
        header = {"alg": "ES256", "typ": self.typ, "kid": self.public_jwk()["kid"], **members}
        return {name: value for name, value in header.items() if value is not ...}

    def good_token(self) -> str:
        if self.refusal is InvalidClient:
            return signed(self.header(), self.payload(), CLIENT_KEY)
        return EAST.signer.sign(Algorithm.ES256, self.typ, self.claims)

    def payload(self) -> bytes:
        return orjson.dumps(self.claims)

    def signing_input(self, header: dict[str, Any] | bytes) -> str:
        raw = header if isinstance(header, bytes) else orjson.dumps(header)
        return f"{segment(raw)}.{segment(self.payload())}"

    def refuses(self, token: str) -> None:
        with pytest.raises(self.refusal):
            self.read(token)


INPUTS = {
    "access token": Input("at+jwt", ACCESS_CLAIMS, InvalidToken, EAST.verifier.access_token),
    "id_token_hint": Input("JWT", ID_CLAIMS, InvalidRequest, EAST.verifier.id_token_hint),
    "client assertion": Input(
        "JWT", ASSERTION, InvalidClient, lambda token: EAST.verifier.client_assertion(token, CLIENT)
    ),
}


@pytest.fixture(params=INPUTS.values(), ids=INPUTS.keys())
def victim(request: pytest.FixtureRequest) -> Input:
    found: Input = request.param
    return found


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Notes and refuses every attempt to leave the process."""
    attempts: list[object] = []

    def refuse(*arguments: object, **_: object) -> NoReturn:
        attempts.append(arguments)
        raise OSError("no network here")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    yield attempts
    assert attempts == []


def spellings(jwk: dict[str, Any]) -> dict[str, bytes]:
    """A public key as an attacker may guess that it is held in memory."""
    key = import_key({name: value for name, value in jwk.items() if name not in ("kid", "alg", "use")})
    assert isinstance(key, ECKey)
    return {
        "PEM": key.as_pem(),
        "PEM without its last line end": key.as_pem().rstrip(),
        "DER": key.as_der(),
        "JWK": orjson.dumps(jwk),
        "thumbprint members": orjson.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}),
        "x": base64.urlsafe_b64decode(jwk["x"] + "="),
        "point": b"\x04" + b"".join(base64.urlsafe_b64decode(jwk[name] + "=") for name in ("x", "y")),
    }


def test_the_inputs_do_accept_a_good_token(victim: Input) -> None:
    """Or else the refusals below would prove nothing."""
    assert victim.read(victim.good_token()) == victim.claims


@pytest.mark.parametrize("lead", [b"", b"\n", b" ", b"\x00", b"\xef\xbb\xbf", b"---"])
@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512", "hs256"])
def test_a_public_key_is_no_shared_secret(victim: Input, algorithm: str, lead: bytes) -> None:
    """Algorithm confusion: our own public key as HMAC key, in every spelling, also with bytes in front."""
    digest = f"sha{algorithm[2:]}"
    signing_input = victim.signing_input(victim.header(alg=algorithm))

    for secret in spellings(victim.public_jwk()).values():
        code = hmac.new(lead + secret, signing_input.encode(), digest).digest()
        victim.refuses(f"{signing_input}.{segment(code)}")
        under_good_header = victim.signing_input(victim.header())
        code = hmac.new(lead + secret, under_good_header.encode(), "sha256").digest()
        victim.refuses(f"{under_good_header}.{segment(code)}")


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "", " ", None, 0, [], ["ES256"], {}, ...]
)
@pytest.mark.parametrize("kid", [..., "mine", ""])
def test_an_unsigned_token_is_refused(victim: Input, algorithm: object, kid: object) -> None:
    signing_input = victim.signing_input(victim.header(alg=algorithm, kid=kid))
    good_signature = victim.good_token().split(".")[2]

    for signature in ("", "AA", good_signature):
        victim.refuses(f"{signing_input}.{signature}")
    victim.refuses(signing_input)


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_an_empty_shared_secret_opens_nothing(victim: Input, algorithm: str) -> None:
    signing_input = victim.signing_input(victim.header(alg=algorithm))
    code = hmac.new(b"", signing_input.encode(), f"sha{algorithm[2:]}").digest()

    victim.refuses(f"{signing_input}.{segment(code)}")


def test_the_json_spelling_of_a_jws_is_refused(victim: Input) -> None:
    header, payload, signature = victim.good_token().split(".")

    for document in (
        {"protected": header, "payload": payload, "signature": signature},
        {"payload": payload, "signatures": [{"protected": header, "signature": signature}]},
        {"payload": payload, "signatures": []},
        {"header": {"alg": "none"}, "payload": payload, "signature": ""},
    ):
        victim.refuses(orjson.dumps(document).decode())


@pytest.mark.usefixtures("no_network")
def test_a_key_in_the_header_is_not_believed_and_not_fetched(victim: Input) -> None:
    mallory = ECKey.generate_key("P-256")
    own_jwk = dict(mallory.as_dict(private=False, kid="mallory"))
    address = "http://127.0.0.1:9/keys.json"

    for members in (
        {"jwk": own_jwk},
        {"jwk": own_jwk, "kid": "mallory"},
        {"jwk": own_jwk, "kid": ...},
        {"jku": address},
        {"jku": address, "kid": "mallory"},
        {"x5u": address},
        {"x5c": [base64.b64encode(mallory.as_der()).decode()]},
        {"x5t": "AQAB", "x5t#S256": "AQAB", "kid": "mallory"},
        {"kid": address},
    ):
        victim.refuses(signed(victim.header(**members), victim.payload(), mallory))


def test_a_header_that_brings_a_key_is_refused_even_when_the_signature_is_good() -> None:
    for name in ("jwk", "jku", "x5u", "x5c"):
        with pytest.raises(InvalidClient):
            EAST.verifier.client_assertion(
                signed({"alg": "ES256", name: "x"}, orjson.dumps(ASSERTION), CLIENT_KEY), CLIENT
            )


@pytest.mark.parametrize(
    "kid",
    [
        "../../../../dev/null",
        "/etc/passwd",
        "C:\\Windows\\win.ini",
        "file:///proc/self/environ",
        "' OR '1'='1",
        "x'; DROP TABLE keys; --",
        "mine\x00",
        "\x00",
        "${jndi:ldap://x}",
        "mine\r\nx: y",
        "ｍｉｎｅ",
        "mi\u200bne",
        "\N{RIGHT-TO-LEFT OVERRIDE}enim",
        "k" * 10_240,
        "k" * 100_000,
        "",
        [],
        ["mine"],
        {"mine": 1},
        0,
        True,
    ],
)
def test_a_kid_names_one_of_our_keys_or_nothing(
    victim: Input, kid: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    mallory = ECKey.generate_key("P-256")

    with monkeypatch.context() as patched:
        patched.setattr("builtins.open", lambda *_, **__: pytest.fail("a file was opened"))
        victim.refuses(signed(victim.header(kid=kid), victim.payload(), mallory))
        if not isinstance(kid, str):
            victim.refuses(signed(victim.header(kid=kid), victim.payload(), CLIENT_KEY))


@pytest.mark.parametrize(
    "members",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": False},
        {"crit": ["x"], "x": 1},
        {"crit": []},
        {"crit": None},
        {"crit": "alg"},
        {"b64": False},
        {"b64": True},
        {"zip": "DEF"},
        {"zip": None},
    ],
)
def test_an_extension_we_do_not_know_is_refused_however_well_signed(
    victim: Input, members: dict[str, Any]
) -> None:
    """Spec: RFC 7515 §4.1.11; RFC 7797 §6; a crit we ignore would be a promise that we break."""
    victim.refuses(signed(victim.header(**members), victim.payload(), CLIENT_KEY))


def test_a_detached_payload_is_refused(victim: Input) -> None:
    header, _, signature = victim.good_token().split(".")

    victim.refuses(f"{header}..{signature}")


def test_encrypted_tokens_are_refused_before_any_password_is_stretched(victim: Input) -> None:
    """PBES2 with two thousand million rounds, and a zip bomb behind it: five segments are not ours."""
    header = {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2**31, "p2s": "AQAB", "zip": "DEF"}

    victim.refuses(".".join([segment(orjson.dumps(header)), "AQAB", "AQAB", "AQAB", "AQAB"]))
    victim.refuses(".".join([segment(orjson.dumps(header)), "AQAB", "AQAB"]))


@pytest.mark.parametrize("place", ["header", "payload", "signature", "dots", "unicode"])
def test_a_huge_token_is_refused_unread(victim: Input, place: str) -> None:
    """Refusing 30 megabytes takes less memory than a thousandth of them."""
    header, payload, signature = victim.good_token().split(".")
    huge = "A" * 30_000_000
    token = {
        "header": f"{huge}.{payload}.{signature}",
        "payload": f"{header}.{huge}.{signature}",
        "signature": f"{header}.{payload}.{huge}",
        "dots": "." * 30_000_000,
        "unicode": "行" * 30_000_000,
    }[place]

    tracemalloc.start()
    try:
        victim.refuses(token)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 30_000 + 100_000  # what pytest itself needs to catch an exception


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_json_is_only_so_deep(victim: Input, opening: str) -> None:
    deep = (opening * (MAX_BRACKETS + 1)).encode()

    for header, payload in (
        (deep, victim.payload()),
        (orjson.dumps(victim.header()), deep),
        (orjson.dumps(victim.header()), b'{"x":' + deep),
    ):
        victim.refuses(f"{segment(header)}.{segment(payload)}.{segment(hashlib.sha512(b'').digest())}")


READERS: list[tuple[type[ProtocolError], Callable[[str, Client], object]]] = [
    (InvalidToken, lambda token, _: EAST.verifier.access_token(token)),
    (InvalidRequest, lambda token, _: EAST.verifier.id_token_hint(token)),
    (InvalidClient, lambda token, client: EAST.verifier.client_assertion(token, client)),
]

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
header_names = st.sampled_from(["alg", "kid", "typ", "crit", "jwk", "jku", "b64", "zip", "cty"]) | st.text(
    max_size=3
)
header_values = json_values | st.sampled_from(
    [*map(str, Algorithm), "none", "HS256", "JWT", "at+jwt", "mine"]
)
segments = (
    st.binary(max_size=80).map(segment)
    | st.text(max_size=20)
    | st.dictionaries(header_names, header_values, max_size=4).map(orjson.dumps).map(segment)
)


@given(st.text(max_size=200) | st.lists(segments, min_size=1, max_size=5).map(".".join))
@example("\ud800.\udfff.\ud800")
def test_whatever_arrives_is_refused_in_the_words_of_the_protocol(token: str) -> None:
    for refusal, read in READERS:
        with pytest.raises(refusal):
            read(token, CLIENT)
    with contextlib.suppress(InvalidClient):
        assert EAST.verifier.unverified_assertion_subject(token).isprintable()


@given(st.data())
def test_a_good_token_with_anything_changed_is_refused(data: st.DataObject) -> None:
    victim = data.draw(st.sampled_from(list(INPUTS.values())))
    token = victim.good_token()
    place = data.draw(st.integers(0, len(token)))
    cut = data.draw(st.integers(0, 3))
    patch = data.draw(st.text(max_size=3) | st.text("ABCz09-_.=", max_size=3))
    changed = token[:place] + patch + token[place + cut :]

    if changed != token:
        victim.refuses(changed)


@given(
    st.dictionaries(st.text(max_size=6) | st.sampled_from(["keys", "kty", "x", "n"]), json_values, max_size=3)
)
def test_whatever_a_registry_row_holds_an_assertion_is_refused_in_the_words_of_the_protocol(
    jwks: dict[str, Any],
) -> None:
    for keys in (jwks, {"keys": [jwks]}, {"keys": jwks}):
        client = registered(client_id="odd")
        object.__setattr__(client, "jwks", keys)
        with pytest.raises(InvalidClient):
            EAST.verifier.client_assertion(INPUTS["client assertion"].good_token(), client)
