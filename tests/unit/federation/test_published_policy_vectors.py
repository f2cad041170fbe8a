"""The test vectors for metadata policies that Connect2id published for every implementation, of 2025-02-13.

Each is the policy of a trust anchor (`TA`), that of an intermediate (`INT`) and metadata below them, with what comes of
it. Source: connect2id.com/blog/metadata-policy-test-vectors-openid-federation. The figures alone are kept here.
Spec: OpenID Federation 1.0 §6.1.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from idp.federation.metadata_policy import PolicyError, merged, resolve

FILE = Path(__file__).with_name("published_policy_vectors.jsonl")
VECTORS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
ENTITY_TYPE = "openid_relying_party"
"""The vectors name none: they hold for each."""


def outcome(vector: dict[str, Any]) -> dict[str, Any]:
    """What we make of a vector, in its own words."""
    policies = [{ENTITY_TYPE: vector["TA"]}, {ENTITY_TYPE: vector["INT"]}]
    found = {}
    try:
        found["merged"] = merged(policies)[ENTITY_TYPE]
        found["resolved"] = resolve(policies, {ENTITY_TYPE: vector["metadata"]})[ENTITY_TYPE]
    except PolicyError as error:
        found["error"] = error.kind.value
    return found


def test_every_published_vector_comes_out_as_published() -> None:
    assert [vector["n"] for vector in VECTORS] == list(range(1, 2020))

    wrong = [
        vector["n"]
        for vector in VECTORS
        if outcome(vector) != {name: vector[name] for name in vector.keys() & {"merged", "resolved", "error"}}
    ]

    assert wrong == []
