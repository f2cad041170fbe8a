"""Submissions as developers make them."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from idp.registry.submission import Submission
from idp.registry.submission_checks import Surroundings
from idp.registry.submission_document import read_submission
from tests.unit.registry.applications import PRODUCTION

BOTH = {"zh-CN": "用于核定减免", "en": "To find your allowance"}
LAW = {"zh-CN": "个人所得税法第九条", "en": "Individual Income Tax Law, Article 9"}


def document(**changes: Any) -> dict[str, Any]:
    """What a developer of the tax office hands in; a change to None leaves the member out."""
    written: dict[str, Any] = {
        "client_id": "tax",
        "name": {"zh-CN": "个人所得税", "en": "Income Tax"},
        "organisation": "East Tax Service",
        "category": "tax",
        "description": {"zh-CN": "申报与查询个人所得税。", "en": "File and look up your income tax."},
        "homepage": "https://tax.example/",
        "contact": "+86 10 0000 0000",
        "policy_uri": "https://tax.example/privacy",
        "privacy_summary": {"zh-CN": "我们只保存申报所需的资料。", "en": "We keep what your return needs."},
        "redirect_uris": ["https://tax.example/callback"],
        "scopes": ["openid", "profile"],
        "claims": {"birthdate": {"purpose": BOTH, "legal_basis": LAW}},
        "logo": "0" * 64,
        **changes,
    }
    return {member: value for member, value in written.items() if value is not None}


def submission(**changes: Any) -> Submission:
    """The same, read."""
    return read_submission(document(**changes), None)


def around(**changes: Any) -> Surroundings:
    """Nobody else is there."""
    return Surroundings(**{"rules": PRODUCTION, **changes})


def png(
    width: int = 32,
    height: int = 32,
    *,
    depth: int = 8,
    colour: int = 2,
    interlace: int = 0,
    rows: bytes | None = None,
    extra: bytes = b"",
) -> bytes:
    """A picture, one part after the other."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    plain = rows if rows is not None else (b"\0" + b"\x20\x40\x80" * width) * height
    parts = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(plain)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
