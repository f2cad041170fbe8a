"""What could be wrong with witnesses: none are named, too few answer, or a witness has lost its memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from idp.cli.finding import Finding, advice, fault, good
from idp.cli.output import in_words
from idp.settings import Mode, Settings
from idp.transparency.witness import NotWitnessing
from idp.trustlist.belief import WITNESSED_WITHIN
from idp.wiring.hub.hub import Hub
from idp.wiring.witnessing.witness_desk import WitnessDesk


def hub_witnesses(settings: Settings, hub: Hub, now: datetime) -> Iterator[Finding]:
    """Whether enough witnesses stand by the trust log."""
    standing = hub.standing(now=now)
    quorum, waiting = standing.quorum, standing.waiting
    if quorum == 0:
        if settings.mode is Mode.PRODUCTION:
            yield advice(
                "no witnesses have to stand by the trust list, so whoever has the hub's key can show some regions "
                "another list than the rest: name some (`idp witness add`, `idp witness quorum`)"
            )
        return
    for witness in standing.witnesses:
        if witness.fault:
            yield advice(f"the witness at {witness.address} did not cosign: {witness.fault}")
    if waiting is not None:
        yield fault(
            f"what gives trust has waited for witnesses since {in_words(waiting.since)}: "
            f"{waiting.standing} of {waiting.needed} stand by it"
        )
    if standing.cosigned_at is None or now - standing.cosigned_at > WITNESSED_WITHIN:
        yield fault(
            f"fewer than {quorum} witnesses have stood by the trust log for ten minutes: regions degrade"
        )
    elif waiting is None:
        yield good(f"at least {quorum} witnesses stand by the trust log")


def own_memory(desk: WitnessDesk) -> Iterator[Finding]:
    """Whether this region can cosign."""
    try:
        heads = desk.heads()
    except NotWitnessing as error:
        yield fault(error.detail)
        return
    watched = desk.watched
    if not watched:
        yield advice(
            "this region is a witness of no log: the hub names none yet, and IDP_WITNESS_LOGS neither"
        )
        return
    yield good(f"this region is a witness of {len(watched)} logs, and has cosigned {len(heads)}")
