"""Open a compact JWE that somebody encrypted to us: few algorithms, everything bounded before it is worked on.

Whatever is wrong with it, the answer is the same, so that nobody learns anything from trying.
Spec: RFC 7516 §5.2; RFC 7518 §4.3, §4.6; RFC 8725 §3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from idp.adapters.encryption_keys import EncryptionKeys
from idp.adapters.jose_header import REFUSED_HEADERS
from idp.foundation.compact_jws import Malformed, decode_segment, parse_object
from idp.oidc.parameters import MAX_SIGNED_SIZE_BYTES
from idp.oidc.request_object import COMPAT_KEY_ENCRYPTIONS, CONTENT_ENCRYPTIONS, KEY_ENCRYPTIONS

MAX_HEADER = 4_096
SEGMENTS = 5

_KINDS: Mapping[str, type[ECKey] | type[RSAKey]] = {
    name: RSAKey if name.startswith("RSA") else ECKey for name in COMPAT_KEY_ENCRYPTIONS
}


class _Registry(jwe.JWERegistry):
    """What of joserfc can be reached from here: no `zip`, no passwords (PBES2), no shared keys."""

    max_protected_header_length = MAX_HEADER
    max_ciphertext_length = MAX_SIGNED_SIZE_BYTES

    def __init__(self) -> None:
        algorithms = [*COMPAT_KEY_ENCRYPTIONS, *CONTENT_ENCRYPTIONS]
        super().__init__(algorithms=algorithms, strict_check_header=False)


_REGISTRY = _Registry()


def is_encrypted(token: str) -> bool:
    """Whether it has the shape of a compact JWE."""
    return token.count(".") == SEGMENTS - 1


def decrypt(token: str, keys: EncryptionKeys, allowed: Sequence[str] = KEY_ENCRYPTIONS) -> str:
    """What was encrypted to one of our keys, by one of these `alg`. Raises: Malformed — anything else."""
    if len(token) > MAX_SIGNED_SIZE_BYTES or not token.isascii():
        raise Malformed("too large, or not ASCII")
    header = _header(token, allowed)
    kid = header.get("kid")
    key = keys.find(kid if isinstance(kid, str) else None, _KINDS[header["alg"]])
    if key is None:
        raise Malformed("encrypted to no key of ours")
    try:
        plaintext = jwe.decrypt_compact(token, key, registry=_REGISTRY).plaintext
        return (plaintext or b"").decode("ascii")
    except (JoseError, ValueError) as error:
        raise Malformed("cannot be decrypted") from error


def _header(token: str, allowed: Sequence[str]) -> Mapping[str, Any]:
    encoded = token.partition(".")[0]
    if len(encoded) > MAX_HEADER:
        raise Malformed("the header is too large")
    header = parse_object(decode_segment(encoded.encode("ascii")))
    if not REFUSED_HEADERS.isdisjoint(header):
        raise Malformed("its header brings a key or an extension")
    if header.get("alg") not in allowed or header.get("enc") not in CONTENT_ENCRYPTIONS:
        raise Malformed("alg or enc is not allowed")
    epk = header.get("epk")
    # The library looks the curve up by name before it looks at anything else, and trips over one it does not know.
    if _KINDS[header["alg"]] is ECKey and not (isinstance(epk, dict) and epk.get("crv") == "P-256"):
        raise Malformed("no ephemeral key on our curve")
    return header
