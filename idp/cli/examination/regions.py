"""What could be wrong with the list of regions, whoever looks: a hub, a region, a witness."""

from __future__ import annotations

from collections.abc import Iterator

from idp.authn.factors.seal import BrokenSeal
from idp.cli.examination.hub import hub_list
from idp.cli.examination.looking import SAID_ELSEWHERE, is_there, opened
from idp.cli.examination.trust import held_bundle
from idp.cli.examination.witnesses import own_memory
from idp.cli.finding import Finding
from idp.settings import Settings
from idp.storage.failures import StorageError


def trust_list(settings: Settings) -> Iterator[Finding]:
    """How the list of regions is: a hub's own, or what a region holds of it.

    Nothing of it keeps anybody from being served. A hub is mended by serving, and a region's own people need no list.
    """
    if not is_there(settings):
        return
    try:
        with opened(settings) as services:
            if services.hub is not None:
                yield from hub_list(services, services.hub)
            if services.following is not None:
                yield from held_bundle(services, services.following)
            if services.witness is not None:
                yield from own_memory(services.witness)
    except (*SAID_ELSEWHERE, BrokenSeal, StorageError):
        return  # said by `database` already
