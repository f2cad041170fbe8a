"""When two names look the same to somebody in a hurry, and when two keys are one."""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from collections.abc import Mapping
from typing import Any

_LOOKS_LIKE = str.maketrans(
    {
        # Cyrillic and Greek letters that are drawn like Latin ones.
        "а": "a", "в": "b", "с": "c", "е": "e", "һ": "h", "і": "i", "ј": "j", "к": "k", "м": "m", "н": "h",
        "о": "o", "р": "p", "ѕ": "s", "т": "t", "у": "y", "х": "x", "ԁ": "d", "ɡ": "g", "ո": "n", "ս": "u",
        "α": "a", "β": "b", "ε": "e", "η": "n", "ι": "i", "κ": "k", "ν": "v", "ο": "o", "ρ": "p", "τ": "t",
        "υ": "u", "χ": "x",
        # Digits and letters that stand for one another.
        "0": "o", "1": "l", "i": "l", "|": "l", "5": "s", "ı": "l",
        # Characters that differ by a stroke.
        "己": "已", "巳": "已", "末": "未", "曰": "日", "士": "土", "壬": "王", "囗": "口", "人": "入",
    }
)  # fmt: skip
_KEY_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "EC": ("crv", "kty", "x", "y"),
    "OKP": ("crv", "kty", "x"),
    "RSA": ("e", "kty", "n"),
}


def skeleton(name: str) -> str:
    """What is left of a name when everything is taken away that a quick glance does not tell apart.

    Two names with one skeleton are alike: compared, never shown. Spec: the idea of Unicode UTS 39 §4, with a table
    for the letters and characters that names of public services are written in.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    # Ideographs are normalised too: some have two code points.
    seen = (char for char in plain if unicodedata.category(char)[0] in "LN")
    return "".join(seen).translate(_LOOKS_LIKE).replace("rn", "m").replace("vv", "w")


def thumbprints(jwks: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The thumbprint of every key that is complete. Spec: RFC 7638 §3."""
    keys = jwks.get("keys") if jwks else None
    found = (_thumbprint(key) for key in keys if isinstance(key, Mapping)) if isinstance(keys, list) else ()
    return tuple(sorted({each for each in found if each}))


def _thumbprint(key: Mapping[str, Any]) -> str | None:
    members = _KEY_MEMBERS.get(str(key.get("kty")), ())
    if not members or not all(isinstance(key.get(member), str) for member in members):
        return None
    said = json.dumps({member: key[member] for member in members}, separators=(",", ":"), sort_keys=True)
    raw = hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
