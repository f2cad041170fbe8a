"""A provider that has joined a federation of neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from idp.wiring import build_services
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider


@contextmanager
def federated_provider(provider: Provider, others: Neighbours, **changes: Any) -> Iterator[Provider]:
    """The same provider below the hub of `others`, believing its bundle."""
    settings = replace(
        provider.settings, trust_anchor=others.hub.id, trust_keys_file=Path("brought-along.json"), **changes
    )
    services = build_services(settings, clock=provider.clock, trust=others.trust)
    services.open_keys()
    try:
        yield Provider(settings, services, provider.clock, provider.guard)
    finally:
        services.close()
