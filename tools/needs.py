"""See that what the tests need beyond Python is here: install it where allowed, else say what is missing.

python -m tools.needs tests|benchmarks
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.support.chromium import ChromiumMissing, PlaywrightBroken, find_chromium, find_playwright_driver
from tests.support.espeak import EspeakMissing, find_espeak
from tests.support.faketime import FaketimeMissing, find_faketime
from tests.support.fonts import FontMissing, find_cjk_font
from tests.support.iproute import IprouteMissing, find_ip
from tests.support.node import NodeMissing, npm_command
from tests.support.postgres import PostgresMissing, find_programs

Missing = (
    ChromiumMissing,
    EspeakMissing,
    FaketimeMissing,
    FontMissing,
    IprouteMissing,
    NodeMissing,
    PlaywrightBroken,
    PostgresMissing,
)
"""What the finders raise: the same ones that the tests use, so that the two cannot disagree."""


@dataclass(frozen=True)
class Need:
    """One thing from the machine, how the tests find it, and the Debian package that brings it."""

    find: Callable[[], object]
    package: str


POSTGRES = Need(find_programs, "postgresql")
CHROMIUM = Need(find_chromium, "chromium")
DRIVER = Need(find_playwright_driver, "libatomic1")
FONT = Need(find_cjk_font, "fonts-noto-cjk")
ESPEAK = Need(find_espeak, "espeak-ng")
FAKETIME = Need(find_faketime, "faketime")
IPROUTE = Need(find_ip, "iproute2")
NEEDS = {
    "tests": (POSTGRES, CHROMIUM, DRIVER, FONT, ESPEAK, FAKETIME, IPROUTE),
    "benchmarks": (POSTGRES,),
}

WAIT_FOR_OTHERS = ("-o", "DPkg::Lock::Timeout=300")
NO_CLUSTER = "/etc/postgresql-common/createcluster.d/tongxing.conf"
"""Debian's package makes and starts a server of its own. Ours are private, so we ask it not to."""


class Unmet(Exception):
    """Something is missing that we may not or could not install; the text says what and how."""


def main(part: str) -> int:
    try:
        meet(NEEDS[part])
        for folder in sorted(Path(part).glob("*/package-lock.json")):
            install_npm_packages(folder.parent)
    except (Unmet, *Missing) as error:
        print(f"\nFailed: something that the {part} need is missing.\n{error}", file=sys.stderr)
        return 1
    return 0


def meet(needs: Iterable[Need]) -> None:
    """Install what is missing from Debian's packages, as root or by sudo without a password.

    Raises: Unmet.
    """
    missing = [need for need in needs if complaint(need)]
    if not missing:
        return
    packages = [need.package for need in missing]
    as_root = root_prefix()
    if as_root is None:
        raise Unmet(explain(missing))
    print(f"Installing with apt-get: {' '.join(packages)}", flush=True)
    apt_install(packages, as_root)
    if still := [need for need in missing if complaint(need)]:
        raise Unmet(explain(still))


def complaint(need: Need) -> str | None:
    """What the finder says is wrong; None when it finds the thing."""
    try:
        need.find()
    except Missing as error:
        return str(error)
    return None


def explain(missing: Iterable[Need]) -> str:
    """Every complaint, then the one command that answers them all."""
    needs = list(missing)
    lines = [f"- {complaint(need)}" for need in needs]
    packages = " ".join(need.package for need in needs)
    lines.append(f"On Debian or Ubuntu, as root: apt-get update && apt-get install {packages}")
    return "\n".join(lines)


def root_prefix() -> list[str] | None:
    """How to run a command as root here; None when there is no apt-get or we may not."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    allowed = shutil.which("sudo") and subprocess.run([*sudo, "true"], capture_output=True).returncode == 0
    return sudo if allowed else None


def apt_install(packages: list[str], as_root: list[str]) -> None:
    """Update Debian's lists and install; another apt-get at work is waited for.

    Raises: Unmet.
    """
    apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", *WAIT_FOR_OTHERS]
    quietly = f"mkdir -p {Path(NO_CLUSTER).parent} && echo 'create_main_cluster = false' >{NO_CLUSTER}"
    if "postgresql" in packages:
        subprocess.run([*as_root, "sh", "-c", quietly], check=True)
    try:
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            if not succeeds([*apt, *command]):
                raise Unmet(f"apt-get {command[0]} failed (above). Needed: {' '.join(packages)}")
    finally:
        # Whoever installs PostgreSQL for themselves later gets what Debian gives everybody.
        subprocess.run([*as_root, "rm", "-f", NO_CLUSTER], check=True)


def install_npm_packages(folder: Path) -> None:
    """Install what the lock file of this folder names, unless it is installed already.

    Raises: Unmet, NodeMissing.
    """
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules" / ".installed"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print(f"Installing the packages from npm that {folder} names", flush=True)
    if not succeeds([*npm_command(), "ci", "--no-progress", "--loglevel=error"], folder):
        raise Unmet(f"npm failed in {folder} (above). Is this machine online? Does npm need a mirror?")
    stamp.write_text(wanted)


def succeeds(command: list[str], folder: Path | None = None) -> bool:
    """Run a command that asks nothing. What it says is shown only when it fails."""
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
