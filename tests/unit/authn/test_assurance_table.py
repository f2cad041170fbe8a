"""The table in the documents, line by line, against what the standards say written down once more by hand.

Nothing here asks the code that judges: the rules below are read off NIST SP 800-63B-4 and the decisions of this house.
"""

from __future__ import annotations

import re

import pytest

from tests.architecture.source import ROOT

PAGE = (ROOT / "docs" / "reference" / "assurance.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| (?P<proved>[^|]+) \| `(?P<amr>[^`]+)` \| (?P<strict>[123–]) \| (?P<gov>[123–]) \|$", re.MULTILINE
)
TABLE = {
    frozenset(row["proved"].split(" + ")): {"strict": row["strict"], "cn-gov": row["gov"], "amr": row["amr"]}
    for row in ROW.finditer(PAGE)
}

UV_PASSKEYS = {"passkey, synced", "passkey, device-bound", "passkey, attested"}
QR = {"QR, synced phone passkey", "QR, device-bound phone passkey"}
CHECKS_ITS_USER = UV_PASSKEYS | QR | {"gesture"}
HELD = CHECKS_ITS_USER | {"security key, touch only", "TOTP or HOTP"}
BOUND = {
    "passkey, device-bound",
    "passkey, attested",
    "security key, touch only",
    "QR, device-bound phone passkey",
    "gesture",
}
ADDS_NOTHING = {"text message", "recovery code", "face, engine not declared", "voice"}
EVERYTHING = HELD | ADDS_NOTHING | {"password", "face, engine declared"}


def opens(proved: frozenset[str]) -> bool:
    """A password, a passkey of any kind, a phone's passkey or a gesture; nothing else, nor all else together."""
    return bool(proved & (CHECKS_ITS_USER | {"password", "security key, touch only"}))


def strict(proved: frozenset[str]) -> str:
    """NIST SP 800-63B-4: AAL1; two factors; AAL3 for a key that provably cannot leave its device."""
    if not opens(proved):
        return "–"
    if "passkey, attested" in proved:
        return "3"
    return "2" if proved & CHECKS_ITS_USER or ("password" in proved and proved & HELD) else "1"


def cn_gov(proved: frozenset[str]) -> str:
    """One factor; two with a bound device; a live face, compared by a declared engine, on top of those, right here."""
    if not opens(proved):
        return "–"
    here = two_bound_factors(proved - QR)
    if here and "face, engine declared" in proved:
        return "3"
    return "2" if two_bound_factors(proved) else "1"


def two_bound_factors(proved: frozenset[str]) -> bool:
    return bool(proved & BOUND & CHECKS_ITS_USER) or ("password" in proved and bool(proved & BOUND))


def test_the_table_has_every_combination() -> None:
    faces = {"face, engine declared", "face, engine not declared"}
    pairs = {frozenset((a, b)) for a in EVERYTHING for b in EVERYTHING} - {frozenset(faces)}
    on_top = {
        frozenset((a, b, "face, engine declared")) for a in EVERYTHING - faces for b in EVERYTHING - faces
    }

    assert set(TABLE) == pairs | on_top


@pytest.mark.parametrize("proved", sorted(TABLE, key=sorted), ids=lambda proved: " + ".join(sorted(proved)))
def test_each_line_earns_what_the_standards_say(proved: frozenset[str]) -> None:
    assert (TABLE[proved]["strict"], TABLE[proved]["cn-gov"]) == (strict(proved), cn_gov(proved))


@pytest.mark.parametrize("nothing", sorted(ADDS_NOTHING))
def test_some_proofs_add_nothing_to_any_line(nothing: str) -> None:
    for policy in ("strict", "cn-gov"):
        for proved in TABLE:
            with_it = proved | {nothing}
            if with_it != proved and with_it in TABLE:
                assert TABLE[with_it][policy] == TABLE[proved][policy], (policy, with_it)


def test_a_face_adds_nothing_in_strict() -> None:
    for proved in TABLE:
        with_face = proved | {"face, engine declared"}
        if with_face in TABLE:
            assert TABLE[with_face]["strict"] == TABLE[proved]["strict"], with_face


def test_a_qr_code_alone_never_reaches_the_top() -> None:
    for proved in TABLE:
        if proved <= QR | {"password", "face, engine declared", "voice", "TOTP or HOTP", "text message"}:
            assert "3" not in (TABLE[proved]["strict"], TABLE[proved]["cn-gov"]), proved


@pytest.mark.parametrize(
    ("proved", "levels"),
    [
        ("password", ("1", "1")),
        ("passkey, synced", ("2", "1")),
        ("passkey, attested", ("3", "2")),
        ("password + TOTP or HOTP", ("2", "1")),
        ("password + text message", ("1", "1")),
        ("password + recovery code", ("1", "1")),
        ("passkey, device-bound + face, engine declared", ("2", "3")),
        ("passkey, device-bound + face, engine not declared", ("2", "2")),
        ("QR, device-bound phone passkey + face, engine declared", ("2", "2")),
        ("recovery code", ("–", "–")),
        ("text message + recovery code", ("–", "–")),
        ("face, engine declared + voice", ("–", "–")),
    ],
)
def test_some_lines_word_for_word(proved: str, levels: tuple[str, str]) -> None:
    line = TABLE[frozenset(proved.split(" + "))]

    assert (line["strict"], line["cn-gov"]) == levels
