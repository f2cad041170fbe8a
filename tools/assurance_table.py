"""The reference page of assurance: every combination of proofs, and what each shipped policy says of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations

from idp.authn.assurance import Assurance, NothingProved, amr_of
from idp.authn.assurance_policy import AssurancePolicy
from idp.authn.factors import gesture, hotp, text_message, voice
from idp.oidc.proofs import Method, Proof, Property

NOW = datetime(2026, 1, 1, tzinfo=UTC)
POLICIES = ("strict", "cn-gov")
NOTHING = "–"

INTRODUCTION = """\
# What each combination of proofs earns

<!-- Made by `python -m tools.reference` from the policies and the code that judges. Change idp/authn, not this page. -->

A factor says what it verified: *properties*, never a level. An assurance policy gives them a value. Two policies ship:
`strict` (the default) follows NIST SP 800-63B-4; `cn-gov` is the ladder of Chinese government service platforms.
[A region may have its own](../how-to/assurance-policy.md).

**1**, **2** and **3** are the last part of `acr`, as in `urn:tongxing:acr:2`. **–** opens no session.
Everything in a row was proved just now. What is older than this does not count:

{ages}

What somebody is asked for depends on what they have set up, too. Who has a passkey or an authenticator app is asked for
it: their password alone does not open their account, whatever it earns here.

## What each one verifies

A *passkey* here has verified its user: by PIN, fingerprint or face, on the device. A *security key* only felt a touch.

| proof | properties |
|---|---|
"""  # noqa: E501 — paragraphs of Markdown


@dataclass(frozen=True, slots=True)
class Kind:
    """One row's word: a proof as it can happen."""

    words: str
    method: Method
    properties: frozenset[Property]

    @property
    def proof(self) -> Proof:
        return Proof(self.method, NOW, self.properties)


def _kind(words: str, method: Method, properties: str) -> Kind:
    return Kind(words, method, frozenset(map(Property, properties.split())))


KINDS = (
    _kind("password", Method.PASSWORD, "knowledge"),
    _kind("passkey, synced", Method.PASSKEY, "possession user_verified phishing_resistant"),
    _kind(
        "passkey, device-bound", Method.PASSKEY, "possession user_verified phishing_resistant device_bound"
    ),
    _kind(
        "passkey, attested",
        Method.PASSKEY,
        "possession user_verified phishing_resistant device_bound attested",
    ),
    _kind("security key, touch only", Method.PASSKEY, "possession phishing_resistant device_bound"),
    Kind("TOTP or HOTP", Method.HOTP, hotp.PROPERTIES),
    Kind("text message", Method.SMS, text_message.PROPERTIES),
    _kind("recovery code", Method.RECOVERY_CODE, "recovery"),
    _kind("QR, synced phone passkey", Method.QR, "possession user_verified cross_device"),
    _kind("QR, device-bound phone passkey", Method.QR, "possession user_verified device_bound cross_device"),
    Kind("gesture", Method.GESTURE, gesture.PROPERTIES),
    _kind("face, engine not declared", Method.FACE, "live_face"),
    _kind("face, engine declared", Method.FACE, "live_face declared_engine"),
    Kind("voice", Method.VOICE, voice.PROPERTIES),
)
HEADINGS = {
    1: "## One proof",
    2: "## Two proofs",
    3: "## A face on top of two proofs\n\nOf a declared engine. Any other face adds nothing but its `amr`.",
}
FACES = tuple(kind for kind in KINDS if kind.method is Method.FACE)


def rows() -> Iterator[tuple[Kind, ...]]:
    """Every set of one, of two, and of two with a face on top whose engine is declared."""
    for size in (1, 2):
        yield from (chosen for chosen in combinations(KINDS, size) if not set(FACES) <= set(chosen))
    others = [kind for kind in KINDS if kind not in FACES]
    yield from ((*chosen, FACES[-1]) for chosen in combinations(others, 2))


def earned(policy: str, kinds: tuple[Kind, ...]) -> str:
    """The level as the table writes it."""
    try:
        judged = Assurance(AssurancePolicy.load(policy)).judge([kind.proof for kind in kinds], now=NOW)
    except NothingProved:
        return NOTHING
    return str(int(judged.level))


def assurance_page() -> str:
    """The page."""
    parts = [INTRODUCTION.format(ages=_ages()) + "\n".join(_verified(kind) for kind in KINDS)]
    every = tuple(rows())
    for size, heading in HEADINGS.items():
        parts.append(f"{heading}\n\n" + _table([kinds for kinds in every if len(kinds) == size]))
    return "\n\n".join(parts) + "\n"


def _ages() -> str:
    return "\n".join(
        f"- under `{name}`, for level {int(rung.level)}: {_span(rung.within)}"
        for name in POLICIES
        for rung in AssurancePolicy.load(name).rungs
        if rung.within
    )


def _span(within: timedelta) -> str:
    minutes = int(within.total_seconds()) // 60
    return f"{minutes // 60} hours" if minutes % 60 == 0 else f"{minutes} minutes"


def _verified(kind: Kind) -> str:
    named = [f"`{name}`" for name in Property if name in kind.properties]
    return f"| {kind.words} | {', '.join(named)} |"


def _table(chosen: list[tuple[Kind, ...]]) -> str:
    heads = ["| proved | `amr` | " + " | ".join(f"`{name}`" for name in POLICIES) + " |", "|---|---|:-:|:-:|"]
    return "\n".join(heads + [_row(kinds) for kinds in chosen])


def _row(kinds: tuple[Kind, ...]) -> str:
    amr = " ".join(amr_of(kind.proof for kind in kinds))
    words = " + ".join(kind.words for kind in kinds)
    return f"| {words} | `{amr}` | " + " | ".join(earned(name, kinds) for name in POLICIES) + " |"
