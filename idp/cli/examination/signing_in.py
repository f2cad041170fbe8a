"""What could be wrong with signing in: the ladder, and what some factors need of the installation."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from idp.adapters import dlib_face
from idp.authn.assurance_policy import AssurancePolicy, BadPolicy
from idp.authn.factors.passkey_values import BadMetadata
from idp.cli.finding import Finding, advice, fault, good
from idp.settings import Settings
from idp.wiring.assurance import unprovable

NEEDED_FOR = {"attested": "IDP_PASSKEY_METADATA_FILE", "declared_engine": "IDP_FACE_ENGINE_DECLARED"}
"""What an operator sets so that a property can be proved."""


def assurance_policy(settings: Settings) -> Iterator[Finding]:
    """Which ladder of levels is in force, and how much of it can be climbed with these settings."""
    try:
        whole = AssurancePolicy.load(settings.assurance_policy)
        policy = whole.without(unprovable(settings))
    except BadPolicy as bad:
        yield fault(f"the assurance policy (IDP_ASSURANCE_POLICY) cannot be used: {bad}")
        return
    yield good(
        f"the assurance policy {policy.name!r} is in force, with levels up to {int(policy.rungs[-1].level)}"
    )
    for rung in whole.rungs[len(policy.rungs) :]:
        lacking = {word for way in rung.ways for proof in way for word in proof & unprovable(settings)}
        variables = ", ".join(NEEDED_FOR[word] for word in sorted(lacking))
        yield advice(
            f"nobody can reach its level {int(rung.level)}, so it is not offered: {variables} is not set"
        )


def passkey_makers(settings: Settings) -> Iterator[Finding]:
    """Whether the list of those who may vouch for passkeys can be believed."""
    if settings.passkey_metadata_file is None:
        return
    # A library of its own: only where an operator has such a list.
    from idp.adapters.fido_mds import FidoMetadata

    try:
        makers = FidoMetadata.load(settings.passkey_metadata_file, settings.passkey_metadata_root)
    except BadMetadata as bad:
        yield fault(f"{bad} (IDP_PASSKEY_METADATA_FILE)")
        return
    yield good(
        f"the list of passkey makers is signed by whom we believe; the next is due on {makers.next_update}"
    )


def face_engine(settings: Settings) -> Iterator[Finding]:
    """Whether faces can be compared, where they should be."""
    if not settings.face:
        return
    missing = dlib_face.missing_packages()
    if missing:
        yield fault(
            f"IDP_FACE is on and {', '.join(missing)} is not installed, so no face check is offered: "
            "install with the extra `face`"
        )
        return
    try:
        for name in dlib_face.DIGESTS:
            dlib_face.model_file(name)
    except dlib_face.EngineMissing as wrong:
        yield fault(str(wrong))
        return
    yield good("the face engine is installed and its models are the right ones")
    if not settings.face_engine_declared:
        yield advice("IDP_FACE_ENGINE_DECLARED is not set, so a face is checked and raises no level")


def voice_engine(settings: Settings) -> Iterator[Finding]:
    """Whether voices can be compared, where they should be."""
    if not settings.voice:
        return
    if find_spec("numpy") is None:
        yield fault(
            "IDP_VOICE is on and numpy is not installed, so no voice check is offered: install with the extra `voice`"
        )
        return
    yield advice("IDP_VOICE is on: a voice is easily copied, so it is recorded as a sign and raises no level")
