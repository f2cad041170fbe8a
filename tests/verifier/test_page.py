"""The page for back ends says what works: its two programs are run as they stand there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.node import find_node
from tests.verifier.hub import Answer, serving
from tests.verifier.nation import ACR, EAST, Nation

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/how-to/verify-tokens.md").read_text(encoding="utf-8")
RECORD = f"{EAST} somebody"
AHEAD_SECONDS = 45
PATIENCE_SECONDS = 120


@dataclass
class Asked:
    """Requests in order, and what the page promises for each: a status, and a header with its value."""

    headers: list[dict[str, str]]
    expected: list[list[Any]]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Nation]]:
    """A hub that serves a bundle; its keys lie in the folder where the program runs."""
    nation, now = Nation(), int(time.time())
    with serving() as hub:
        claims = nation.claims(iss=hub.address, iat=now, exp=now + 86_400, next_update=now + 60)
        hub.answers["/trust/bundle"] = Answer(body=nation.bundle(claims))
        (tmp_path / "hub-keys.json").write_text(json.dumps(nation.pinned))
        yield hub.address, nation


def asked(nation: Nation) -> Asked:
    """Dated ahead, as far as clocks may differ: a program takes its time to begin on a busy machine."""
    key, now = nation.keys[EAST], int(time.time()) + AHEAD_SECONDS

    def token(**changes: Any) -> str:
        return nation.token(iat=now, exp=now + 300, cnf={"jkt": key.thumbprint()}, **changes)

    def request(bound: str, jti: str) -> dict[str, str]:
        proof = nation.proof(key, bound, iat=now, jti=jti)
        return {"Authorization": f"DPoP {bound}", "DPoP": proof}

    weak, narrow, other = token(acr=f"{ACR}1"), token(scope="write"), token(aud="https://other.example")
    first = request(token(), "one")
    return Asked(
        [
            first,
            first,
            request(weak, "two"),
            request(narrow, "three"),
            request(other, "four"),
            {"Authorization": first["Authorization"]},
            {},
        ],
        [
            [200, "Record-Of", RECORD],
            [401, "WWW-Authenticate", 'DPoP error="invalid_dpop_proof"'],
            [
                401,
                "WWW-Authenticate",
                f'DPoP error="insufficient_user_authentication", acr_values="{ACR}2"',
            ],
            [403, "WWW-Authenticate", 'DPoP error="insufficient_scope"'],
            [401, "WWW-Authenticate", 'DPoP error="invalid_token"'],
            [400, "WWW-Authenticate", 'DPoP error="invalid_request"'],
            [401, "WWW-Authenticate", 'DPoP algs="ES256 EdDSA PS256"'],
        ],
    )


def program(language: str, address: str) -> str:
    (code,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return re.sub(r"https://(hub\.example\.org|id\.\w+\.example)", address, code)


def answers_of(command: list[str], code: str, folder: Path) -> list[list[Any]]:
    """Run a program in a process of its own, so that nothing goes on asking for bundles afterwards."""
    name = f"example{command[1]}"
    (folder / name).write_text(code)
    done = subprocess.run(
        [command[0], name],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT / "packages/verifier-python")},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    answers: list[list[Any]] = json.loads(done.stdout)
    return answers


def in_python(address: str, headers: list[dict[str, str]], folder: Path) -> list[list[Any]]:
    asking = f"""
answers = [answer("GET", "/records", given) for given in {headers!r}]
print(json.dumps([[status, *item] for status, named in answers for item in named.items()]))
"""
    return answers_of([sys.executable, ".py"], program("python", address) + asking, folder)


def in_javascript(address: str, headers: list[dict[str, str]], folder: Path) -> list[list[Any]]:
    asking = f"""
const answers = [];
for (const given of {json.dumps(headers)}) {{
  const {{ status, headers }} = await answer("GET", "/records", new Headers(given));
  const name = {{ 200: "Record-Of", 503: "Retry-After" }}[status] ?? "WWW-Authenticate";
  answers.push([status, name, headers.get(name)]);
}}
console.log(JSON.stringify(answers));
"""
    package = json.dumps((ROOT / "packages/verifier-js/src/index.js").as_uri())
    code = program("js", address).replace('"idp-verifier"', package)
    return answers_of([str(find_node()), ".mjs"], code + asking, folder)


Run = Callable[[str, list[dict[str, str]], Path], list[list[Any]]]
in_both = pytest.mark.parametrize(
    "run", [in_python, pytest.param(in_javascript, marks=pytest.mark.node)], ids=["python", "javascript"]
)


@in_both
def test_the_program_of_the_page_answers_as_the_page_says(
    served: tuple[str, Nation], tmp_path: Path, run: Run
) -> None:
    address, nation = served
    questions = asked(nation)

    answers = run(address, questions.headers, tmp_path)

    assert answers == questions.expected


@in_both
def test_without_a_bundle_it_says_that_it_is_its_own_trouble(
    served: tuple[str, Nation], tmp_path: Path, run: Run
) -> None:
    address, nation = served
    questions = asked(nation)

    answers = run(f"{address}/nowhere", questions.headers[:1], tmp_path)

    assert answers == [[503, "Retry-After", "30"]]
