"""A wheel built from the checkout has everything, and `idp` runs from it in any folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

from idp.foundation.resources import folder
from tests.architecture.source import ROOT, modules

MAPPED = ("examples", "migrations", "static", "templates")
NEVER_SHIPPED = ("__pycache__", ".pyc", ".db", "/node_modules/")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what the repository tracks, as a fresh clone would."""
    copy, built = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("wheel")
    listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT)
    subprocess.run(
        ["tar", "--null", "--files-from=-", "-cf", copy / "all.tar"], input=listed, cwd=ROOT, check=True
    )
    subprocess.run(["tar", "-xf", "all.tar"], cwd=copy, check=True)
    pip(["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", built, copy])
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder into which nothing but the wheel was installed; its dependencies are the tests' own."""
    target = tmp_path_factory.mktemp("installed")
    pip(["install", "--no-deps", "--no-index", "--target", target, wheel])
    return target


def pip(arguments: list[str | Path]) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def run_installed(installed: Path, elsewhere: Path, *arguments: str) -> str:
    """Run a Python that knows the installed wheel and not the checkout, from a folder that is neither."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    # -P keeps the current folder off the path; the checkout's editable install comes after PYTHONPATH.
    command = [sys.executable, "-P", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=elsewhere, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_setup_cfg_lists_every_package() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = set(config["options"]["packages"].split())

    packages = {module.name for module in modules() if module.path.name == "__init__.py"}

    assert listed == packages | {f"idp.{name}" for name in MAPPED}, "mend [options] packages in setup.cfg"


def test_the_wheel_carries_every_file_of_the_product(wheel: Path) -> None:
    listed = subprocess.check_output(
        ["git", "ls-files", "-co", "--exclude-standard", "idp", *MAPPED], cwd=ROOT, text=True
    ).splitlines()
    wanted = {
        name if name.startswith("idp/") else f"idp/{name}" for name in listed if (ROOT / name).is_file()
    }

    carried = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("idp/")}

    assert wanted - carried == set()
    assert carried - wanted == set()


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.split("/")[0].split("-")[0] for name in names} == {"idp", "tongxing"}
    assert not [name for name in names if any(unwanted in name for unwanted in NEVER_SHIPPED)]


def test_the_command_answers_from_any_folder(installed: Path, tmp_path: Path) -> None:
    answer = run_installed(installed, tmp_path, "-m", "idp", "--help")

    for command in ("demo", "serve", "account", "client", "keys", "db", "doctor"):
        assert re.search(rf"^  {command}\b", answer, re.MULTILINE)


@pytest.mark.parametrize("name", [*MAPPED, "translations"])
def test_an_installed_wheel_finds_its_folders_inside(installed: Path, tmp_path: Path, name: str) -> None:
    program = f"from idp.foundation.resources import folder; print(folder({name!r}))"

    answer = run_installed(installed, tmp_path, "-c", program)

    assert Path(answer.strip()) == installed / "idp" / name


@pytest.mark.parametrize("name", MAPPED)
def test_a_checkout_finds_its_folders_beside_the_package(name: str) -> None:
    assert folder(name) == ROOT / name  # type: ignore[arg-type]


def test_inside_the_package_comes_before_beside_it(tmp_path: Path) -> None:
    """Beside an installed package is site-packages, where `templates` may be anybody's."""
    package = tmp_path / "idp"
    (package / "templates").mkdir(parents=True)
    (tmp_path / "templates").mkdir()

    assert folder("templates", package=package) == package / "templates"


def test_an_incomplete_installation_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="templates"):
        folder("templates", package=tmp_path / "idp")
