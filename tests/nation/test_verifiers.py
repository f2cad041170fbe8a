"""Both verifier packages with what real regions and the real hub make: a bundle, and a token bound to a key."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from idp_verifier import Refused, Verifier

from tests.support.dpop import KeyHolder, hash_of
from tests.support.nation import RECORDS, Nation
from tests.support.node import find_node
from tests.support.relying_party import claims_of
from tests.support.server import RunningProvider

SCRIPT = Path(__file__).with_name("verify_requests.mjs")
URL = f"{RECORDS}/records"
AHEAD_SECONDS = 45

Outcome = list[str] | str
"""Issuer, subject, acr and home region; or why not."""


def bound_token(country: Nation, username: str) -> tuple[KeyHolder, str]:
    """What an app of West holds, with its key, after a citizen of East has signed in."""
    app = country.app(f"pharmacy-{username}", country.west)
    holder = KeyHolder(app)
    visit = country.visit(app, country.east, username, resource=RECORDS)
    answer = holder.redeem(visit.answer["code"], visit.pending.verifier, resource=RECORDS)
    assert answer.token_type == "DPoP", answer.members
    return holder, answer.access_token


def proof_of(holder: KeyHolder, token: str, url: str = URL) -> str:
    """Dated ahead, as far as clocks may differ: Node.js takes its time to begin on a busy machine."""
    at = int(time.time()) + AHEAD_SECONDS
    return holder.proof("GET", "", htu=url, nonce=None, ath=hash_of(token), iat=at)


def asked(country: Nation, requests: list[dict[str, Any]]) -> dict[str, Any]:
    """What the back end of a service has, and the requests that come."""
    keys = orjson.loads(country.registry.bundle_keys.jwks().body)
    return {
        "hub": country.hub.issuer,
        "hubKeys": keys,
        "audience": RECORDS,
        "bundle": country.bundle(),
        "requests": requests,
    }


def in_python(told: dict[str, Any]) -> list[Outcome]:
    verifier = Verifier(told["hub"], told["hubKeys"], told["audience"])
    verifier.load(told["bundle"])
    outcomes: list[Outcome] = []
    for request in told["requests"]:
        try:
            found = verifier.verify_request(**request)
        except Refused as refused:
            outcomes.append(refused.error)
        else:
            outcomes.append([found.issuer, found.subject, str(found.acr), found.claims["home_iss"]])
    return outcomes


def in_javascript(told: dict[str, Any]) -> list[Outcome]:
    done = subprocess.run(
        [str(find_node()), str(SCRIPT)],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    outcomes: list[Outcome] = json.loads(done.stdout)
    return outcomes


@pytest.mark.parametrize(
    "outcomes_of",
    [in_python, pytest.param(in_javascript, marks=pytest.mark.node)],
    ids=["python", "javascript"],
)
def test_a_bound_token_of_another_region_is_of_use_to_its_holder_alone(
    country: Nation,
    citizen: Callable[[RunningProvider], str],
    outcomes_of: Callable[[dict[str, Any]], list[Outcome]],
) -> None:
    holder, token = bound_token(country, citizen(country.east))
    thief = KeyHolder(holder.app)
    once, elsewhere = proof_of(holder, token), proof_of(holder, token, f"{RECORDS}/other")

    def request(proof: str | None, scheme: str = "DPoP") -> dict[str, Any]:
        return {"method": "GET", "url": URL, "authorization": f"{scheme} {token}", "proof": proof}

    outcomes = outcomes_of(
        asked(
            country,
            [
                request(once),
                request(once),
                request(elsewhere),
                request(proof_of(thief, token)),
                request(None, "Bearer"),
                request(None),
            ],
        )
    )

    claims = claims_of(token)
    assert outcomes == [
        [country.west.issuer, claims["sub"], claims["acr"], country.east.issuer],
        "invalid_dpop_proof",
        "invalid_dpop_proof",
        "invalid_dpop_proof",
        "invalid_dpop_proof",
        "invalid_request",
    ]
