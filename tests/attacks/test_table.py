"""The table of attacks is true: each test it names exists, and each test file of this folder is in it."""

from __future__ import annotations

import ast
import re

from tests.architecture.source import ROOT

FOLDER = ROOT / "tests" / "attacks"
TABLE = (ROOT / "docs" / "security" / "attacks.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(test_\w+\.py)(?:::(\w+))?`")


def names_in(file: str) -> set[str]:
    """The tests and groups of tests of one file here."""
    tree = ast.parse((FOLDER / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def test_every_test_in_the_table_exists() -> None:
    missing = [
        f"{file}::{name}"
        for file, name in NAMED.findall(TABLE)
        if not (FOLDER / file).is_file() or (name and name not in names_in(file))
    ]

    assert not missing


def test_every_file_of_attacks_is_in_the_table() -> None:
    here = {path.name for path in FOLDER.glob("test_*.py")} - {"test_table.py"}

    assert here == {file for file, _ in NAMED.findall(TABLE)}


def test_lines_are_numbered_in_order() -> None:
    numbers = [int(number) for number in re.findall(r"^\| (\d+) \|", TABLE, re.MULTILINE)]

    assert numbers == list(range(1, len(numbers) + 1))
