"""What others wrote and we serve is what they published: nobody edits it here."""

from __future__ import annotations

import hashlib
import re

from tests.architecture.source import ROOT

FOLDER = ROOT / "static" / "js" / "vendor"
DIGEST = re.compile(r"SHA-256 of `([^`]+)`: `([0-9a-f]{64})`")


def test_every_vendored_script_is_the_one_its_readme_names() -> None:
    for folder in FOLDER.iterdir():
        named = dict(DIGEST.findall((folder / "README.md").read_text(encoding="utf-8")))
        scripts = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.js")}

        assert scripts
        assert named == scripts


def test_every_vendored_script_brings_its_licence() -> None:
    assert all((folder / "LICENSE").is_file() for folder in FOLDER.iterdir())
