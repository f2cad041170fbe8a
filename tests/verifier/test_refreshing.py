"""Keeping the bundle fresh: from the hub, from a mirror, over a restart, and never from anybody who lies."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from idp_verifier import Refresher, Verifier
from idp_verifier import bundle as bundles

from idp.trustlist.bundle import content_hash
from tests.support.node import find_node
from tests.verifier.hub import Answer, Hub, serving
from tests.verifier.nation import AUDIENCE, EAST, Nation

PACKAGES = Path(__file__).resolve().parents[2] / "packages"
BUNDLE = "/trust/bundle"
PATIENCE_SECONDS = 120


class LiveNation(Nation):
    """Signs with today's date, for a hub at `address`."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def claims(self, seq: int = 1, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        return super().claims(
            seq, **{"iss": self.address, "iat": now, "exp": now + 86_400, "next_update": now + 60, **changes}
        )

    def served(self, claims: dict[str, Any]) -> Answer:
        return Answer(body=self.bundle(claims), headers={"ETag": f'"{claims["seq"]}"'})


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as running:
        yield running


@pytest.fixture
def nation(hub: Hub) -> LiveNation:
    return LiveNation(hub.address)


def verifier_for(nation: LiveNation) -> Verifier:
    return Verifier(nation.address, nation.pinned, AUDIENCE)


def test_a_newer_bundle_is_taken_and_the_same_one_is_not_sent_again(hub: Hub, nation: LiveNation) -> None:
    verifier = verifier_for(nation)
    refresher = Refresher(verifier)
    first = nation.claims()

    hub.answers[BUNDLE] = nation.served(first)
    taken = [refresher.refresh(), refresher.refresh()]
    hub.answers[BUNDLE] = nation.served(nation.successor(first))
    taken.append(refresher.refresh())

    assert taken == [True, False, True]
    assert hub.asked == [(BUNDLE, None), (BUNDLE, '"1"'), (BUNDLE, '"1"')]
    assert verifier.bundle.seq == 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500),
        Answer(404),
        Answer(302, headers={"Location": "/elsewhere"}),
        Answer(200, "not a bundle"),
        Answer(200, "x" * 2_000_000),
    ],
    ids=["broken", "missing", "redirect", "nonsense", "endless"],
)
def test_a_mirror_helps_when_the_hub_does_not(
    hub: Hub, nation: LiveNation, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp_verifier.refresh.MAX_SIZE", 1_000_000)
    verifier = verifier_for(nation)
    hub.answers = {
        BUNDLE: answer,
        "/mirror": nation.served(nation.claims()),
        "/elsewhere": nation.served(nation.claims(7)),
    }

    assert Refresher(verifier, mirrors=[f"{hub.address}/mirror"]).refresh()
    assert verifier.bundle.seq == 1


def test_a_lying_mirror_changes_nothing(hub: Hub, nation: LiveNation) -> None:
    verifier = verifier_for(nation)
    first, liar = nation.claims(), LiveNation(hub.address)
    hub.answers[BUNDLE] = nation.served(first)
    refresher = Refresher(verifier, mirrors=[f"{hub.address}/mirror"])
    refresher.refresh()

    hub.answers = {"/mirror": liar.served(liar.successor(first))}

    assert not refresher.refresh()
    assert verifier.bundle.seq == 1


def test_a_source_that_keeps_the_news_from_us_is_passed_by(hub: Hub, nation: LiveNation) -> None:
    """It says "not modified", or shows the old bundle: fine for two minutes, and then another one is asked."""
    verifier = verifier_for(nation)
    old = nation.claims(iat=int(time.time()) - 300)
    verifier.load(nation.bundle(old))
    refresher = Refresher(verifier, mirrors=[f"{hub.address}/stale", f"{hub.address}/mirror"])

    hub.answers = {
        BUNDLE: Answer(304),
        "/stale": nation.served(old),
        "/mirror": nation.served(nation.successor(old, iat=int(time.time()))),
    }

    assert refresher.refresh()
    assert verifier.bundle.seq == 2
    assert not refresher.refresh()
    assert [path for path, _ in hub.asked] == [BUNDLE, "/stale", "/mirror", BUNDLE]


def test_a_bundle_that_could_not_be_taken_is_sent_again(hub: Hub, nation: LiveNation) -> None:
    verifier = verifier_for(nation)
    refresher = Refresher(verifier)
    first = nation.claims()
    verifier.load(nation.bundle(first))

    # It does not reach back to ours, and the hub cannot say just now what came between.
    far = nation.claims(9)
    hub.answers[BUNDLE] = nation.served(far)
    assert not refresher.refresh()
    lineage = {"iss": hub.address, "from": 1, "hashes": {"1": content_hash(first)}, "iat": first["iat"]}
    hub.answers["/trust/lineage?from=1"] = Answer(body=nation.bundle(lineage, typ="trust-lineage+jwt"))

    assert refresher.refresh()
    assert hub.asked[-2] == (BUNDLE, None)


def test_who_was_away_for_long_asks_for_what_came_between(hub: Hub, nation: LiveNation) -> None:
    verifier = verifier_for(nation)
    first = nation.claims()
    refresher = Refresher(verifier)
    hub.answers[BUNDLE] = nation.served(first)
    refresher.refresh()

    lineage = {"iss": hub.address, "from": 1, "hashes": {"1": content_hash(first)}, "iat": first["iat"]}
    hub.answers = {
        BUNDLE: nation.served({**nation.successor(first), "seq": 900, "lineage": {}}),
        "/trust/lineage?from=1": Answer(body=nation.bundle(lineage, typ="trust-lineage+jwt")),
    }

    assert refresher.refresh()
    assert verifier.bundle.seq == 900


def test_the_newest_bundle_survives_a_restart(hub: Hub, nation: LiveNation, tmp_path: Path) -> None:
    store = tmp_path / "trust-bundle.jwt"
    first = nation.claims()
    hub.answers[BUNDLE] = nation.served(nation.successor(first))
    Refresher(verifier_for(nation), store=store).refresh()

    hub.answers[BUNDLE] = nation.served(first)
    again = verifier_for(nation)
    refresher = Refresher(again, store=store, every_seconds=3_600)
    refresher.start()
    refresher.stop()

    assert again.bundle.seq == 2


@pytest.mark.parametrize(
    "content", ["", "nonsense", "a.b.c", "\udce4"], ids=["empty", "nonsense", "segments", "bytes"]
)
def test_a_damaged_store_is_as_good_as_none(
    hub: Hub, nation: LiveNation, tmp_path: Path, content: str
) -> None:
    store = tmp_path / "trust-bundle.jwt"
    store.write_bytes(content.encode("utf-8", errors="surrogateescape"))
    hub.answers[BUNDLE] = nation.served(nation.claims())
    verifier = verifier_for(nation)
    refresher = Refresher(verifier, store=store, every_seconds=3_600)

    refresher.start()
    refresher.stop()

    assert verifier.bundle.seq == 1
    assert bundles.read(store.read_text(), hub.address, verifier.bundle.signers).seq == 1


@pytest.mark.node
def test_the_javascript_refresher_does_the_same(hub: Hub, nation: LiveNation) -> None:
    first = nation.claims()
    lineage = {"iss": hub.address, "from": 1, "hashes": {"1": content_hash(first)}, "iat": first["iat"]}
    told = {
        "hub": hub.address,
        "pinned": nation.pinned,
        "audience": AUDIENCE,
        "mirror": f"{hub.address}/mirror",
    }
    hub.answers = {
        BUNDLE: Answer(302, headers={"Location": "/elsewhere"}),
        "/elsewhere": nation.served(nation.claims(7)),
        "/mirror": nation.served(first),
        "/mirror-of-later": nation.served({**nation.successor(first), "seq": 900, "lineage": {}}),
        "/trust/lineage?from=1": Answer(body=nation.bundle(lineage, typ="trust-lineage+jwt")),
    }

    script = Path(__file__).with_name("run_refresh.mjs")
    done = subprocess.run(
        [str(find_node()), str(script)],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )

    assert json.loads(done.stdout) == {"taken": [True, False, True], "seqs": [1, 1, 900]}


def test_the_example_of_the_readme_works(
    hub: Hub, nation: LiveNation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = re.findall(
        r"```python\n(.*?)```", (PACKAGES / "verifier-python/README.md").read_text(), re.DOTALL
    )[0]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hub_keys.json").write_text(json.dumps(nation.pinned))
    hub.answers[BUNDLE] = nation.served(nation.claims())
    now = int(time.time())
    key = nation.keys[EAST]

    space: dict[str, Any] = {}
    exec(code.replace("https://hub.example.org", hub.address), space)
    token = nation.token(iat=now, exp=now + 60)
    bound = nation.token(iat=now, exp=now + 60, cnf={"jkt": key.thumbprint()})
    proof = nation.proof(key, bound, iat=now)
    url = f"{AUDIENCE}/records"

    assert space["answer"]("GET", url, {"Authorization": f"Bearer {token}"})[0] == 200
    assert space["answer"]("GET", url, {"Authorization": f"DPoP {bound}", "DPoP": proof})[0] == 200
    assert space["answer"]("GET", url, {"Authorization": f"DPoP {bound}", "DPoP": proof})[0] == 401
    assert space["answer"]("GET", url, {})[0] == 401


@pytest.mark.node
def test_the_example_of_the_javascript_readme_works(hub: Hub, nation: LiveNation, tmp_path: Path) -> None:
    code = re.findall(r"```js\n(.*?)```", (PACKAGES / "verifier-js/README.md").read_text(), re.DOTALL)[0]
    now = int(time.time())
    tokens = [
        nation.token(iat=now, exp=now + 300),
        nation.token(iat=now, exp=now + 300, aud="https://other.example"),
    ]
    hub.answers[BUNDLE] = nation.served(nation.claims())
    (tmp_path / "hub_keys.json").write_text(json.dumps(nation.pinned))
    code = code.replace("https://hub.example.org", hub.address).replace(
        '"idp-verifier"', json.dumps((PACKAGES / "verifier-js/src/index.js").as_uri())
    )
    asking = f"""
const url = "{AUDIENCE}/records";
const statuses = [];
for (const authorization of {json.dumps([*(f"Bearer {token}" for token in tokens), None])}) {{
  const headers = new Headers(authorization === null ? {{}} : {{ authorization }});
  statuses.push((await answer({{ method: "GET", url, headers }})).status);
}}
console.log(JSON.stringify(statuses));
"""
    (tmp_path / "example.mjs").write_text(code + asking)

    done = subprocess.run(
        [str(find_node()), "example.mjs"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )

    assert json.loads(done.stdout) == [200, 401, 401]
