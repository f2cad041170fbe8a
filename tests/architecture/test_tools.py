"""The commands behind the Makefile say in words what is wrong, and end on the right line."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.support.postgres import PostgresMissing
from tools import needs
from tools.check import Tally, closing_line, read_tally


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with nothing in it but the script that makes the virtual environment."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    return tmp_path


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def set_up(checkout: Path, python: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHON": str(python)}
    return subprocess.run(
        [checkout / "tools" / "venv.sh", "run"], env=environment, capture_output=True, text=True
    )


def test_a_python_that_is_too_old_is_named_with_the_version_needed(checkout: Path) -> None:
    old = program(checkout / "old", '[ "$1" = --version ] && echo "Python 3.9.2"; exit 1')

    told = set_up(checkout, old)

    assert told.returncode == 1
    assert "Python 3.9.2; Python 3.11 or newer is needed" in told.stderr


def test_a_python_that_is_not_there_is_named(checkout: Path) -> None:
    told = set_up(checkout, "no-such-python")

    assert told.returncode == 1
    assert "PYTHON=no-such-python is not a command" in told.stderr


def test_a_python_without_its_venv_module_is_told_which_package_brings_it(checkout: Path) -> None:
    """What Debian's python3 is until python3-venv is installed."""
    bare = program(
        checkout / "bare", 'case "$2" in *ensurepip*) exit 1 ;; --version) echo "Python 3.11.2" ;; esac'
    )

    told = set_up(checkout, bare)

    assert told.returncode == 1
    assert "apt-get install python3-venv" in told.stderr


def nothing_found() -> object:
    raise PostgresMissing("The PostgreSQL server programs are not installed.")


def test_what_may_not_be_installed_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "root_prefix", lambda: None)

    with pytest.raises(needs.Unmet) as unmet:
        needs.meet([needs.Need(nothing_found, "postgresql")])

    assert "PostgreSQL server programs are not installed" in str(unmet.value)
    assert "apt-get install postgresql" in str(unmet.value)


@pytest.mark.parametrize(
    ("failed", "tally", "line"),
    [
        ([], Tally(12, 0, 0), "Good: 12 passed, 0 failed"),
        ([], Tally(12, 0, 1), "Good: 12 passed, 0 failed, 1 skipped"),
        (["tests"], Tally(11, 1, 0), "Failed: 11 passed, 1 failed"),
        (["mypy", "tests"], Tally(10, 2, 0), "Failed: mypy, tests (10 passed, 2 failed)"),
        (["mypy"], Tally(12, 0, 0), "Failed: mypy (12 passed, 0 failed)"),
        (["tests"], None, "Failed: tests (pytest did not finish)"),
    ],
)
def test_the_last_line_says_how_it_went(failed: list[str], tally: Tally | None, line: str) -> None:
    assert closing_line(failed, tally) == line


def test_tests_are_counted_from_the_report(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text('<testsuites><testsuite tests="13" failures="1" errors="2" skipped="3"/></testsuites>')

    assert read_tally(report) == Tally(passed=7, failed=3, skipped=3)
    assert read_tally(tmp_path / "none.xml") is None
