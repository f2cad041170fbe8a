"""Keys change under load: nobody is turned away, and every token verifies with the keys served afterwards (N9)."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from idp.oidc.keys import KeyPurpose, KeyState
from idp.oidc.vocabulary import Algorithm
from tests.fire.commands import command_under_way
from tests.fire.verdicts import statuses
from tests.fire.volley import Volley, written_by_app
from tests.support.relying_party import RelyingParty
from tests.support.server import RunningProvider

ROTATIONS = 2
AT_ONCE = 4
"""Requests of each mini-app."""
PATIENCE_SECONDS = 120.0


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")
def test_no_request_fails_while_keys_change_at_once(own_region: RunningProvider) -> None:
    apps = [own_region.client(f"app-{name}", signing_alg=name) for name in Algorithm]
    load = [
        written_by_app(app, lambda app: app.token(grant_type="client_credentials", scope="tax.read"))
        for app in apps * AT_ONCE
    ]
    tokens: list[str] = []

    with Volley(own_region, len(load)) as volley:
        # Of the first keys too, however soon they are the old ones.
        tokens += [answer.access_token for answer in volley.fire(load)]
        for _ in range(ROTATIONS):
            with command_under_way(own_region, "keys", "rotate", "--now") as command:
                deadline = time.monotonic() + PATIENCE_SECONDS
                latest: list[str] = []
                while command.poll() is None or kids_of(latest) != signing(own_region):
                    assert time.monotonic() < deadline, "not every worker has changed keys"
                    answers = volley.fire(load)
                    assert statuses(answers) == {200: len(load)}
                    latest = [answer.access_token for answer in answers]
                    tokens += latest

    served = served_keys(apps[0])
    assert len({kid_verified(token, served) for token in tokens}) == (1 + ROTATIONS) * len(apps)


def signing(provider: RunningProvider) -> set[str]:
    """The keys that sign tokens now, one for each algorithm."""
    keys = provider.services.stores.keys.published(KeyPurpose.PROTOCOL)
    return {key.kid for key in keys if key.state is KeyState.SIGNING}


def kids_of(tokens: Iterable[str]) -> set[str]:
    """Which keys the tokens say they are signed with."""
    return {str(jws.extract_compact(token.encode()).headers()["kid"]) for token in tokens}


def served_keys(app: RelyingParty) -> KeySet:
    """What the provider's JWKS has now."""
    return KeySet.import_key_set(app.send("GET", "/jwks.json").members)  # type: ignore[arg-type]


def kid_verified(token: str, keys: KeySet) -> str:
    """The kid of the published key that this token verifies with."""
    return str(jws.deserialize_compact(token, keys, algorithms=[*Algorithm]).headers()["kid"])
