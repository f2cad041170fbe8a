"""Trust chains between us and @openid-federation/core, in both directions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import trust_chain
from idp.federation.trust_chain import ChainError
from tests.flows.federated import federated_provider
from tests.support.clock import FakeClock
from tests.support.leak_guard import LeakGuard
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.node import run_script
from tests.support.provider import Provider, build_provider, settings_for

ANCHOR, REGION, APP = "https://hub.example", "https://west.example/fed", "https://app.west.example"


def said(*arguments: str) -> Any:
    """What the script printed."""
    ran = run_script("federation.mjs", *arguments, timeout=timedelta(seconds=120))
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture
def others() -> Iterator[Neighbours]:
    """At the time of the machine's clock, which is what the other side looks at."""
    with neighbourhood(FakeClock(datetime.now(UTC))) as neighbours:
        yield neighbours


@pytest.fixture
def provider(
    tmp_path: Path, sqlite_template: Path, others: Neighbours, leak_guard: LeakGuard
) -> Iterator[Provider]:
    settings = settings_for(f"sqlite:///{tmp_path / 'idp.db'}", issuer=others.own_issuer)
    alone = build_provider(settings, others.clock, leak_guard, sqlite_template)
    with federated_provider(alone, others) as joined:
        others.vouch_for(joined)
        others.apps[others.own_issuer.removeprefix("http://")] = joined
        yield joined
    alone.services.close()


def test_it_finds_and_believes_the_chain_of_our_provider(provider: Provider, others: Neighbours) -> None:
    (chain,) = said("resolve", provider.issuer, others.hub.id)

    assert chain["metadata"]["openid_provider"]["issuer"] == provider.issuer


def test_it_finds_and_believes_the_chain_of_our_broker(provider: Provider, others: Neighbours) -> None:
    (chain,) = said("resolve", f"{provider.issuer}/rp", others.hub.id)

    redirects = chain["metadata"]["openid_relying_party"]["redirect_uris"]
    assert redirects == [f"{provider.issuer}/rp/callback"]


def test_we_believe_a_chain_that_it_made() -> None:
    made = said("make", ANCHOR, REGION, APP)

    chain = trust_chain.validate(
        made["chain"], {ANCHOR: made["jwks"]}, StatementSignatures(), now=datetime.now(UTC)
    )

    assert (chain.subject, chain.superior, chain.anchor) == (APP, REGION, ANCHOR)
    assert chain.metadata["openid_relying_party"]["client_name"] == "App"


def test_and_not_when_two_chains_are_mixed() -> None:
    one, other = (said("make", ANCHOR, REGION, APP) for _ in range(2))
    mixed = [*one["chain"][:1], *other["chain"][1:]]

    with pytest.raises(ChainError):
        trust_chain.validate(mixed, {ANCHOR: other["jwks"]}, StatementSignatures(), now=datetime.now(UTC))
