"""Our Node.js runs our scripts, and has the packages that the lock file names."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.node import SCRIPTS, NodeMissing, package_file, run_script

pytestmark = pytest.mark.node

SOON = timedelta(seconds=120)


def script(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "script.mjs"
    path.write_text(text)
    return path


def test_a_script_gets_its_arguments_and_environment(tmp_path: Path) -> None:
    told = script(tmp_path, "console.log(process.argv[2], process.env.COLOUR)")

    done = run_script(told, "通行", timeout=SOON, environment={"COLOUR": "red"})

    assert (done.returncode, done.stdout) == (0, "通行 red\n")


def test_a_script_that_fails_says_why(tmp_path: Path) -> None:
    done = run_script(script(tmp_path, "throw new Error('no luck')"), timeout=SOON)

    assert done.returncode == 1
    assert "no luck" in done.stderr


def test_a_script_that_hangs_is_stopped(tmp_path: Path) -> None:
    hanging = script(tmp_path, "setInterval(() => {}, 1000)")

    with pytest.raises(subprocess.TimeoutExpired):
        run_script(hanging, timeout=timedelta(seconds=0.5))


@pytest.mark.parametrize("package", ["axe-core", "openid-client"])
def test_a_package_from_npm_is_the_one_the_lock_file_names(package: str) -> None:
    locked = json.loads((SCRIPTS / "package-lock.json").read_text())["packages"][f"node_modules/{package}"]

    installed = json.loads(package_file(package, "package.json").read_text())

    assert installed["version"] == locked["version"]


def test_a_missing_package_is_told_with_its_remedy() -> None:
    with pytest.raises(NodeMissing, match="make test"):
        package_file("no-such-package", "package.json")
