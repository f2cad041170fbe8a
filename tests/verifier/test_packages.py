"""Both packages install alone: into an empty folder, with nothing of the provider beside them, without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.node import find_node, npm_command

PACKAGES = Path(__file__).resolve().parents[2] / "packages"


def run(*command: str, folder: Path, **environment: str) -> str:
    """What a command says. Raises: CalledProcessError."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_python_package_installs_alone(tmp_path: Path) -> None:
    source = shutil.copytree(PACKAGES / "verifier-python", tmp_path / "source")
    target = tmp_path / "installed"
    offline = ("--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--quiet")

    run(sys.executable, "-m", "pip", "install", *offline, "--target", str(target), ".", folder=source)

    program = (
        "import sys; sys.path.insert(0, '.'); import idp_verifier; print(idp_verifier.__file__);"
        "print([name for name in sys.modules if name.partition('.')[0] in ('idp', 'joserfc', 'flask')])"
    )
    where, others = run(sys.executable, "-I", "-c", program, folder=target).splitlines()
    assert Path(where).is_relative_to(target)
    assert others == "[]"
    assert (target / "idp_verifier/py.typed").is_file()


@pytest.mark.node
def test_the_javascript_package_installs_alone(tmp_path: Path) -> None:
    home = {"npm_config_cache": str(tmp_path / "cache"), "npm_config_offline": "true"}
    path = f"{find_node().parent}{os.pathsep}{os.environ['PATH']}"
    (tmp_path / "package.json").write_text('{"private": true, "type": "module"}')

    def npm(*words: str) -> str:
        return run(*npm_command(), *words, "--silent", folder=tmp_path, PATH=path, **home)

    packed = npm("pack", str(PACKAGES / "verifier-js")).split()[-1]
    npm("install", "--no-audit", "--no-fund", f"./{packed}")

    program = 'import("idp-verifier").then((found) => console.log(Object.keys(found).sort().join(" ")));'
    said = run(str(find_node()), "-e", program, folder=tmp_path)
    assert said.split() == ["Gap", "NoTrust", "Refresher", "Refused", "Remembered", "Verifier"]
    assert [each.name for each in (tmp_path / "node_modules").iterdir() if each.is_dir()] == ["idp-verifier"]
