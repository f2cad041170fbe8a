"""Random identifiers that say what they are, and the digests under which we keep them.

Every one-time or bearer value has its own prefix and its own table, so that a value of one kind presented as
another is refused before any look-up (a forged code cannot come out of a store shared with something else).
"""

from __future__ import annotations

import hashlib
import hmac
from enum import StrEnum

from idp.foundation.entropy import Entropy

MAX_TOKEN_LENGTH = 128
"""No value we issue is longer; anything longer is refused unread."""
SID_DIGITS = 32


class Kind(StrEnum):
    """The prefix of each kind of value we hand out."""

    CODE = "ac_"
    REFRESH_TOKEN = "rt_"
    TRANSACTION = "tx_"
    SESSION = "se_"
    BROWSER = "br_"
    GRANT = "gr_"
    ACCOUNT = "acct_"
    CLIENT_SECRET = "cs_"
    CHALLENGE = "ch_"
    QR_SIGN_IN = "qr_"
    PUSHED_REQUEST = "pr_"
    SHOWN_CODE = "sc_"
    RECOVERY = "rv_"
    RECOVERY_STOP = "rs_"
    CHANGE = "chg_"
    STAFF = "st_"
    STAFF_LINK = "sl_"
    STAFF_SESSION = "ss_"
    STAFF_TOKEN = "tk_"


def new_value(kind: Kind, entropy: Entropy, size_bytes: int = 32) -> str:
    """A fresh value of `kind` with `size_bytes` (default 256 bits) of randomness."""
    return kind + entropy.token(size_bytes)


def is_kind(kind: Kind, value: str) -> bool:
    """Whether `value` has the shape of `kind`; says nothing about whether it was ever issued."""
    return value.startswith(kind) and len(value) <= MAX_TOKEN_LENGTH and value.isascii()


def digest(value: str) -> bytes:
    """SHA-256 of a high-entropy value: what is stored in place of it.

    A plain hash is enough because these values carry 256 random bits; passwords go through Argon2id instead.
    """
    return hashlib.sha256(value.encode()).digest()


def keyed_digest(key: str, *parts: str) -> str:
    """HMAC-SHA-256 over `parts`, hex: binds values together in a form token. Each part is length-prefixed."""
    message = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def sid_of(session_id: str, client_id: str) -> str:
    """The `sid` of a session for one client: what the two call it. Spec: Back-Channel Logout 1.0 §2.1.

    The key of the digest is the session's own id, 128 random bits that no mini-app ever sees: two of them cannot find
    out by their `sid` that the same person sits before both, and no key of ours changes it under a session's feet.
    """
    return keyed_digest(session_id, "sid", client_id)[:SID_DIGITS]
